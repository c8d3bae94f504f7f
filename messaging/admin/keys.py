"""API keys in the admin: made by `issue_key`, shown once, revoked for good."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from media.listing import GuardedList
from messaging.admin.fields import Levels, NetworksField
from messaging.models import SCOPES, ApiKey, issue_key
from messaging.models.sealing import seal, unseal

ISSUED = "issued_key"


class KeyForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    """Scopes as checkboxes, networks one a line."""

    scopes = forms.MultipleChoiceField(
        label=_("Scopes"),
        choices=[(name, format_lazy("{} ({})", _(label), name)) for name, label in SCOPES.items()],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    source_cidrs = NetworksField(
        label=_("May be used from"), help_text=_("One network a line, such as 203.0.113.0/24. Empty allows any.")
    )

    def clean_expires_at(self) -> Any:
        moment = self.cleaned_data["expires_at"]
        if moment and "expires_at" in self.changed_data and moment <= timezone.now():
            raise forms.ValidationError(gettext("This moment has passed. Choose a later one, or leave it empty."))
        return moment


@admin.register(ApiKey)
class KeyAdmin(GuardedList, ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """An integration's key. Nothing here can show it again."""

    form = KeyForm
    list_display = ("name", "shown_prefix", "shown_state", "shown_scopes", "last_used_at", "expires_at", "created_at")
    search_fields = ("name", "prefix")
    list_per_page = 50
    show_full_result_count = False
    actions = ("revoke",)
    readonly_fields = ("shown_prefix", "shown_state", "last_used_at", "created_at")

    class Media:
        css = {"all": ["messaging/dashboard.css"]}

    def get_fieldsets(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:  # noqa: ARG002 (Django's signature)
        rights = (
            gettext("Rights"),
            {"fields": ("scopes", "senders"), "description": _("Choose no sender to allow all of them.")},
        )
        limits = (gettext("Limits"), {"fields": ("expires_at", "source_cidrs")})
        if obj is None:
            return [(None, {"fields": ("name",)}), rights, limits]
        state = (None, {"fields": ("name", "shown_prefix", "shown_state", ("created_at", "last_used_at"))})
        return [state, rights, limits]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return super().formfield_for_manytomany(
            db_field, request, **{**kwargs, "widget": UnfoldAdminCheckboxSelectMultipleWidget}
        )

    @display(description=_("key"))  # type: ignore[untyped-decorator]
    def shown_prefix(self, key: ApiKey) -> str:
        return f"mms_live_{key.prefix}…"

    @display(
        description=_("state"),
        label=Levels({"Active": "success", "Revoked": "danger", "Expired": "warning"}),
    )  # type: ignore[untyped-decorator]
    def shown_state(self, key: ApiKey) -> str:
        if key.revoked_at:
            return gettext("Revoked")
        return gettext("Expired") if key.expires_at and key.expires_at <= timezone.now() else gettext("Active")

    @display(description=_("scopes"))  # type: ignore[untyped-decorator]
    def shown_scopes(self, key: ApiKey) -> str:
        return ", ".join(key.scopes)

    def save_model(self, request: HttpRequest, obj: ApiKey, form: KeyForm, change: bool) -> None:
        """A new key is issued, and kept on the request for `response_add`, which hands it to the page that shows it."""
        if change:
            super().save_model(request, obj, form, change)
            return
        issued, token, _jwt_secret = issue_key(name=obj.name, scopes=obj.scopes)
        ApiKey.objects.filter(pk=issued.pk).update(source_cidrs=obj.source_cidrs, expires_at=obj.expires_at)
        obj.pk, obj._state.adding = issued.pk, False
        obj.refresh_from_db()
        request.issued_token = token  # type: ignore[attr-defined]

    def response_add(self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None) -> HttpResponse:  # noqa: ARG002
        # Sealed, and taken out by the page that shows it: nothing readable lies in the session store.
        token = request.issued_token  # type: ignore[attr-defined]
        request.session[ISSUED] = seal({"key": str(obj.pk), "token": token})
        return HttpResponseRedirect(reverse("admin:messaging_apikey_issued", args=[obj.pk]))

    def get_urls(self) -> list[URLPattern]:
        shown = self.admin_site.admin_view(self.issued)
        own: list[URLPattern] = [path("<uuid:pk>/issued/", shown, name="messaging_apikey_issued")]
        return own + super().get_urls()  # type: ignore[no-any-return]

    def issued(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Show a new key's secrets, once and to the browser that made it; asked again, it only says so."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        kept = unseal(request.session.pop(ISSUED, ""))
        key = ApiKey.objects.filter(pk=pk).first()
        if key is None or kept.get("key") != str(pk):
            messages.info(
                request, gettext("A key is shown once, right after it was made. If it was not copied, make another.")
            )
            return HttpResponseRedirect(reverse("admin:messaging_apikey_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Key for %(name)s") % {"name": key.name},
            "key": key,
            "token": kept["token"],
            "jwt_secret": key.jwt_secret,
        }
        return TemplateResponse(
            request, "admin/messaging/apikey/issued.html", context, headers={"Cache-Control": "no-store"}
        )

    @action(description=_("Revoke for good"), permissions=["change"])  # type: ignore[untyped-decorator]
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        chosen = list(queryset.filter(revoked_at=None))
        done = ApiKey.objects.filter(pk__in=[key.pk for key in chosen]).update(revoked_at=timezone.now())
        for key in chosen:
            self.log_change(request, key, "Revoked")
        said = gettext("Revoked: %(number)s. Requests with these keys are refused from now on.")
        messages.success(request, said % {"number": done})
