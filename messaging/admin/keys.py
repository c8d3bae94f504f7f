"""API keys in the admin: made by `issue_key`, rotated by `rotate_key`, shown once, revoked for good."""

from datetime import timedelta
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
from django.utils.formats import date_format
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from media.listing import GuardedList
from messaging.admin.fields import Levels, NetworksField
from messaging.models import SCOPES, ApiKey, issue_key, rotate_key
from messaging.models.sealing import seal, unseal

ISSUED = "issued_key"
# Time enough to bring a new secret to every host of an integration.
KEPT = timedelta(days=7)

# What an admin may set of a new key beside its name and rights.
CHOSEN = ("source_cidrs", "expires_at", "calls_per_second", "recipients_per_day")


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
    list_filter = ("test",)
    search_fields = ("name", "prefix")
    list_per_page = 50
    show_full_result_count = False
    actions = ("rotate", "end_rotation", "revoke")
    readonly_fields = ("shown_prefix", "shown_state", "shown_rotation", "last_used_at", "created_at")

    class Media:
        css = {"all": ["messaging/dashboard.css"]}

    def get_fieldsets(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:  # noqa: ARG002 (Django's signature)
        rights = (
            gettext("Rights"),
            {"fields": ("scopes", "senders"), "description": _("Choose no sender to allow all of them.")},
        )
        bounds = ("expires_at", "source_cidrs", "calls_per_second", "recipients_per_day")
        limits = (gettext("Limits"), {"fields": bounds})
        if obj is None:
            return [(None, {"fields": ("name", "test")}), rights, limits]
        known = ("name", "shown_prefix", "shown_state", "shown_rotation", ("created_at", "last_used_at"))
        state = (None, {"fields": known})
        return [state, rights, limits]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return super().formfield_for_manytomany(
            db_field, request, **{**kwargs, "widget": UnfoldAdminCheckboxSelectMultipleWidget}
        )

    @display(description=_("key"))  # type: ignore[untyped-decorator]
    def shown_prefix(self, key: ApiKey) -> str:
        return f"{key.mark}…"

    @display(description=_("rotation"))  # type: ignore[untyped-decorator]
    def shown_rotation(self, key: ApiKey) -> str:
        if key.previous_until is None:
            return gettext("Never rotated.")
        until = date_format(timezone.localtime(key.previous_until), "DATETIME_FORMAT")
        said = gettext("The secret of before holds until %(at)s.") if key.rotating(timezone.now()) else ""
        return (said or gettext("The secret of before ended on %(at)s.")) % {"at": until}

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
        issued, token, _jwt_secret = issue_key(name=obj.name, scopes=obj.scopes, test=obj.test)
        chosen = {name: getattr(obj, name) for name in CHOSEN}
        ApiKey.objects.filter(pk=issued.pk).update(**chosen)
        obj.pk, obj._state.adding = issued.pk, False
        obj.refresh_from_db()
        request.issued_token = token  # type: ignore[attr-defined]

    def response_add(self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None) -> HttpResponse:  # noqa: ARG002
        return _to_be_shown(request, obj.pk, request.issued_token)  # type: ignore[attr-defined]

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

    @action(description=_("New secret"), permissions=["change"])  # type: ignore[untyped-decorator]
    def rotate(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> HttpResponse | None:
        """A new secret for one key, shown once; the one it replaces holds for a week."""
        chosen = list(queryset[:2])
        if len(chosen) != 1:
            messages.error(request, gettext("Choose one key: each new secret is shown on a page of its own."))
            return None
        try:
            token, _jwt_secret = rotate_key(chosen[0], keep=KEPT, now=timezone.now())
        except ValueError:
            messages.error(request, gettext("This key is revoked. Make another one."))
            return None
        self.log_change(request, chosen[0], "New secret")
        return _to_be_shown(request, chosen[0].pk, token)

    @action(description=_("Stop taking the previous secret"), permissions=["change"])  # type: ignore[untyped-decorator]
    def end_rotation(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        now = timezone.now()
        chosen = list(queryset.filter(previous_until__gt=now))
        done = ApiKey.objects.filter(pk__in=[key.pk for key in chosen]).update(previous_until=now)
        for key in chosen:
            self.log_change(request, key, "Previous secret ended")
        messages.success(request, gettext("Previous secrets ended: %(number)s.") % {"number": done})

    @action(description=_("Revoke for good"), permissions=["change"])  # type: ignore[untyped-decorator]
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        chosen = list(queryset.filter(revoked_at=None))
        done = ApiKey.objects.filter(pk__in=[key.pk for key in chosen]).update(revoked_at=timezone.now())
        for key in chosen:
            self.log_change(request, key, "Revoked")
        said = gettext("Revoked: %(number)s. Requests with these keys are refused from now on.")
        messages.success(request, said % {"number": done})


def _to_be_shown(request: HttpRequest, pk: UUID, token: str) -> HttpResponse:
    # Sealed, and taken out by the page that shows it: nothing readable lies in the session store.
    request.session[ISSUED] = seal({"key": str(pk), "token": token})
    return HttpResponseRedirect(reverse("admin:messaging_apikey_issued", args=[pk]))
