"""Templates in the admin: slides in order, each with its media."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, F, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, StackedInline, TabularInline
from unfold.decorators import display

from media.listing import GuardedList
from messaging.models import Part, Slide, Template
from messaging.templates import keep_version


class PartForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        asset, kind = cleaned.get("asset"), cleaned.get("kind")
        if asset and kind and asset.kind != kind:
            said = gettext("“%(name)s” is of kind %(is)s, not %(kind)s.")
            self.add_error("asset", said % {"name": asset.name, "is": gettext(asset.kind), "kind": gettext(kind)})
        return cleaned


class SlideForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    def _get_validation_exclusions(self) -> set[str]:
        # Slides change places together: one alone may stand where another still is (the constraint is deferred).
        return {*super()._get_validation_exclusions(), "position"}  # type: ignore[misc]  # not in the stubs


class SlideFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    """Numbers the slides that stay from 0, in the order they were left in."""

    def clean(self) -> None:
        super().clean()
        staying = [form for form in self.forms if form.has_changed() or form.instance.pk]
        staying = [form for form in staying if form not in self.deleted_forms and form.is_valid()]
        staying.sort(key=lambda form: (form.instance._state.adding, form.cleaned_data.get("position") or 0))
        for position, form in enumerate(staying):
            form.instance.position = position
            if form.initial.get("position") != position and "position" not in form.changed_data:
                form.changed_data.append("position")


class PartInline(TabularInline):  # type: ignore[misc]  # unfold has no types
    model = Part
    form = PartForm
    extra = 0
    raw_id_fields = ("asset",)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "asset":
            field.widget.attrs["aria-label"] = gettext("Asset")
        return field


class SlideInline(StackedInline):  # type: ignore[misc]  # unfold has no types
    model = Slide
    form = SlideForm
    formset = SlideFormSet
    fields = ("text", "duration", "position")
    extra = 0
    ordering_field = "position"
    hide_ordering_field = True
    inlines = (PartInline,)


@admin.register(Template)
class TemplateAdmin(GuardedList, ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """The composer is the better place to write one; here a template is mended, renamed or removed."""

    list_display = ("name", "subject", "shown_slides", "version", "created_by", "updated_at")
    list_select_related = ("created_by",)
    search_fields = ("name", "subject")
    list_per_page = 50
    show_full_result_count = False
    inlines = (SlideInline,)
    readonly_fields = ("version", "created_by", "created_at", "updated_at")
    fieldsets = (
        (None, {"fields": ("name", "subject")}),
        (_("Fallback SMS"), {"fields": ("fallback_text", ("fallback_link", "fallback_disabled"))}),
        (_("History"), {"fields": (("version", "created_by"), ("created_at", "updated_at"))}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Template]:
        found: QuerySet[Template] = super().get_queryset(request)
        return found.annotate(slide_count=Count("slides"))

    @display(description=_("slides"), ordering="slide_count")  # type: ignore[untyped-decorator]
    def shown_slides(self, template: Template) -> int:
        return int(getattr(template, "slide_count", 0))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        keep_version(form.instance, request.user if request.user.is_authenticated else None)

    def save_model(self, request: HttpRequest, obj: Template, form: Any, change: bool) -> None:
        if change:
            # As it stood until now: its slides are written after this.
            before = Template.objects.get(pk=obj.pk)
            keep_version(before, before.created_by)
            obj.version = F("version") + 1
        elif request.user.is_authenticated:
            obj.created_by = request.user
        super().save_model(request, obj, form, change)
        obj.refresh_from_db(fields=["version"])
