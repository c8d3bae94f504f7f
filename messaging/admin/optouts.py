"""Opt-outs in the admin: looked up, entered by hand, lifted with a reason. None is ever deleted."""

import re
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.db.models import QuerySet, Value
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.paginator import InfinitePaginator
from unfold.widgets import UnfoldAdminTextareaWidget

from media.listing import GuardedList
from messaging import consent
from messaging.addresses import AddressError, digits, masked, masked_in, normalise, readable
from messaging.admin.fields import Levels
from messaging.models import OptOut
from messaging.models.clock import database_now

# Each is a hidden field of the confirmation; Django takes 1,000 in a form.
MOST_LIFTED = 500
SHOWN_LIFTED = 20
LEAST_DIGITS = 4
LONGEST_REASON = 300
WHY_LIFT = _("What gives us the right to write to this number again, such as a request of the recipient and its date.")
WHO = ("created_at", "created_by", "api_key")
FOUND = ("shown_number", "shown_sender", "source", "shown_evidence", "shown_inbox", WHO)


class EnteredForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    """A new opt-out: any usual spelling of a number, and the reason."""

    evidence = forms.CharField(
        label=_("Why"),
        max_length=LONGEST_REASON,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text=_("Who asked for it, when and how, such as “by telephone on 3 November”."),
    )

    def clean_number(self) -> str:
        try:
            return normalise(self.cleaned_data["number"])
        except AddressError as error:
            raise forms.ValidationError(gettext(error.message)) from error

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        sender = values.get("sender")
        if OptOut.objects.filter(number=values.get("number"), sender=sender, lifted_at=None).exists():
            raise forms.ValidationError(gettext("This opt-out stands already."))
        return values


class LiftForm(forms.ModelForm):  # type: ignore[type-arg]
    """Nothing of a standing opt-out can be changed; it can only be lifted, with a reason."""

    reason = forms.CharField(
        label=_("Lift it, because"),
        max_length=LONGEST_REASON,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text=WHY_LIFT,
    )


class ReasonForm(forms.Form):
    """The reason for lifting several."""

    reason = forms.CharField(max_length=LONGEST_REASON)


class StateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002 (Django's)
        return [("stands", gettext("Stands")), ("lifted", gettext("Lifted"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[OptOut]) -> QuerySet[OptOut]:  # noqa: ARG002
        if self.value() not in ("stands", "lifted"):
            return queryset
        return queryset.filter(lifted_at__isnull=self.value() == "stands")


@admin.register(OptOut)
class OptOutAdmin(GuardedList, ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Who may not be written to. Every row stays: what was lifted is the history of a number's consent."""

    list_display = ("shown_number", "shown_sender", "shown_state", "source", "shown_evidence", "created_at")
    list_filter = (StateFilter, "source", "sender")
    list_select_related = ("sender", "created_by")
    search_fields = ("number",)
    search_help_text = _("A whole number, or its last digits (four at least).")
    list_per_page = 50
    paginator = InfinitePaginator
    show_full_result_count = False
    actions = ("lift",)
    readonly_fields = (
        *("shown_number", "shown_sender", "shown_evidence", "shown_inbox", "shown_lifted", "shown_why"),
        *("source", *WHO),
    )

    class Media:
        css = {"all": ["messaging/dashboard.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[OptOut]:
        # One admin serves every thread: who looks travels with the rows, never on the admin itself.
        whole = Value(request.user.has_perm("messaging.view_numbers"))
        found: QuerySet[OptOut] = super().get_queryset(request)
        return found.annotate(whole_numbers=whole)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[OptOut], search_term: str
    ) -> tuple[QuerySet[OptOut], bool]:
        """By number only. Who may not see whole numbers can search by the digits they see anyway."""
        term = search_term.strip()
        if not term:
            return queryset, False
        wanted = digits(term)
        if not re.fullmatch(r"[+()\d\s.-]+", term) or len(wanted) < LEAST_DIGITS:
            return queryset.none(), False
        if not request.user.has_perm("messaging.view_numbers"):
            return queryset.filter(number__endswith=wanted[-LEAST_DIGITS:]), False
        try:
            whole = normalise(term) if term.startswith("+") or len(wanted) == 10 else f"+{wanted}"
        except AddressError:
            whole = ""
        exactly = queryset.filter(number=whole)
        return (exactly if len(wanted) >= 10 else queryset.filter(number__endswith=wanted)), False

    def get_form(self, request: HttpRequest, obj: OptOut | None = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, form=LiftForm if obj else EnteredForm, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: OptOut | None = None) -> Any:
        if obj is None:
            return [(None, {"fields": ("number", "sender", "evidence")})]
        said = (None, {"fields": FOUND})
        if obj.lifted_at:
            return [said, (gettext("Lifted"), {"fields": ("shown_lifted", "shown_why")})]
        lifting = [(gettext("Lift"), {"fields": ("reason",)})] if self.has_change_permission(request, obj) else []
        return [said, *lifting]

    def get_readonly_fields(self, request: HttpRequest, obj: OptOut | None = None) -> Any:  # noqa: ARG002
        return self.readonly_fields if obj else ()

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "sender" and isinstance(field, forms.ModelChoiceField):
            field.empty_label = _("All our senders")
        return field

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        # Lifting is the one thing to be done here: nothing to continue with.
        once = {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().render_change_form(request, context | once, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: OptOut, form: Any, change: bool) -> None:
        """Entered and lifted through `consent` alone, so that one set of rules holds for pages and webhooks."""
        now = database_now()
        if change:
            consent.lift(OptOut.objects.filter(pk=obj.pk), why=form.cleaned_data["reason"], now=now)
            return
        made = consent.opt_out(
            obj.number,
            obj.sender,
            source=OptOut.Source.PERSON,
            evidence=obj.evidence,
            now=now,
            by=cast(User, request.user),
        )
        # Somebody, or the handset itself, was quicker: theirs is the one.
        row = made or OptOut.objects.filter(number=obj.number, sender=obj.sender).latest("created_at")
        obj.pk, obj.created_at = row.pk, row.created_at

    @action(description=_("Lift"), permissions=["change"])  # type: ignore[untyped-decorator]
    def lift(self, request: HttpRequest, queryset: QuerySet[OptOut]) -> HttpResponse | None:
        rows = list(queryset.filter(lifted_at=None).order_by("pk")[: MOST_LIFTED + 1])
        if not rows or len(rows) > MOST_LIFTED:
            words = (
                gettext("At most %(most)s are lifted at once. Choose fewer.") % {"most": f"{MOST_LIFTED:,}"}
                if rows
                else gettext("None of these stands.")
            )
            messages.error(request, words)
            return None
        form = ReasonForm(request.POST if "reason" in request.POST else None)
        if not form.is_valid():
            return TemplateResponse(request, "admin/messaging/optout/lift.html", self._asking(request, rows, form))
        chosen = OptOut.objects.filter(pk__in=[row.pk for row in rows])
        count = consent.lift(chosen, why=form.cleaned_data["reason"], now=database_now())
        LogEntry.objects.log_actions(cast(User, request.user).pk, rows, CHANGE, change_message="Lifted")
        messages.success(request, gettext("Lifted: %(number)s.") % {"number": count})
        return None

    def _asking(self, request: HttpRequest, rows: list[OptOut], form: ReasonForm) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "title": gettext("Lift opt-outs"),
            "form": form,
            "why": WHY_LIFT,
            "rows": [(self.shown_number(row), self.shown_sender(row)) for row in rows[:SHOWN_LIFTED]],
            "more": max(0, len(rows) - SHOWN_LIFTED),
            "chosen": [row.pk for row in rows],
        }

    @display(description=_("number"), ordering="number")  # type: ignore[untyped-decorator]
    def shown_number(self, row: OptOut) -> str:
        return readable(row.number) if shows_numbers(row) else masked(row.number)

    @display(description=_("sender"), ordering="sender")  # type: ignore[untyped-decorator]
    def shown_sender(self, row: OptOut) -> str:
        return str(row.sender) if row.sender else gettext("All our senders")

    @display(description=_("state"), label=Levels({"Stands": "warning", "Lifted": "info"}))  # type: ignore[untyped-decorator]
    def shown_state(self, row: OptOut) -> str:
        return gettext("Lifted") if row.lifted_at else gettext("Stands")

    @display(description=_("what was said"))  # type: ignore[untyped-decorator]
    def shown_evidence(self, row: OptOut) -> str:
        return row.evidence if shows_numbers(row) else masked_in(row.evidence)

    @display(description=_("came with"))  # type: ignore[untyped-decorator]
    def shown_inbox(self, row: OptOut) -> str:
        if not row.inbox_id:
            return "–"  # noqa: RUF001 (a dash on a page)
        page = reverse("admin:messaging_receiptinbox_change", args=[row.inbox_id])
        link = '<a class="text-primary-600 dark:text-primary-500 underline" href="{}">{}</a>'
        return format_html(link, page, gettext("Raw receipt %(number)s") % {"number": row.inbox_id})

    @display(description=_("lifted at"))  # type: ignore[untyped-decorator]
    def shown_lifted(self, row: OptOut) -> str:
        return f"{row.lifted_at:%Y-%m-%d %H:%M} UTC" if row.lifted_at else ""

    @display(description=_("because"))  # type: ignore[untyped-decorator]
    def shown_why(self, row: OptOut) -> str:
        return row.lifted_why if shows_numbers(row) else masked_in(row.lifted_why)

    def has_change_permission(self, request: HttpRequest, obj: OptOut | None = None) -> bool:
        allowed: bool = super().has_change_permission(request, obj)
        return allowed and (obj is None or obj.lifted_at is None)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False


def shows_numbers(row: OptOut) -> bool:
    """Whether the person this row was read for may see whole numbers."""
    return bool(getattr(row, "whole_numbers", False))
