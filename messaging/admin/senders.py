"""Sender IDs in the admin."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from media.listing import GuardedList
from messaging.admin.fields import Levels, pause_shown, resume_address
from messaging.models import ApiKey, Sender
from messaging.pauses import pause, resume

KINDS = {
    "short_code": _("Short code (3 to 8 digits)"),
    "10dlc": _("10DLC (US ten-digit number for businesses)"),
    "toll_free": _("Toll-free number"),
    "long": _("Long code (ordinary number)"),
    "alphanumeric": _("Alphanumeric name (mask)"),
}
KIND_HELP = _(
    "What sort of sender the provider gave you. Numbers are written in E.164, such as +16475550142; "
    "an alphanumeric name is shown in place of a number and cannot be answered."
)


@admin.register(Sender)
class SenderAdmin(GuardedList, ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """The model checks that an address fits its kind; here it is only shown."""

    class Media:
        css = {"all": ["messaging/dashboard.css"]}

    list_display = (
        "address",
        "label",
        "shown_kind",
        "country",
        "account",
        "shown_state",
        "mms_enabled",
        "messages_per_second",
    )
    list_filter = ("kind", "mms_enabled", "country", "account")
    list_select_related = ("account",)
    search_fields = ("address", "label")
    list_per_page = 50
    show_full_result_count = False
    readonly_fields = ("shown_pause",)
    actions = ("pause", "resume")
    fieldsets = (
        (None, {"fields": (("address", "kind"), ("label", "country"), "account")}),
        (_("Sending"), {"fields": ("shown_pause", "mms_enabled", "messages_per_second")}),
        (
            _("Who may use it"),
            {"fields": ("allowed_groups",), "description": _("Choose none to let everybody who may send use it.")},
        ),
    )

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_choice_field(db_field, request, **kwargs)
        if db_field.name == "kind" and isinstance(field, forms.ChoiceField):
            field.choices = [("", gettext("Choose one")), *KINDS.items()]
            field.help_text = KIND_HELP
        return field

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return super().formfield_for_manytomany(
            db_field, request, **{**kwargs, "widget": UnfoldAdminCheckboxSelectMultipleWidget}
        )

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """A key that lists no sender may use all: its last one must not go unnoticed."""
        deleted, counts, lacking, protected = super().get_deleted_objects(objs, request)
        going = [sender.pk for sender in objs]
        kept = ApiKey.objects.filter(senders__in=Sender.objects.exclude(pk__in=going)).values("pk")
        widened = ApiKey.objects.filter(senders__in=going, revoked_at=None).exclude(pk__in=kept).distinct()
        said = gettext("%(key)s: it would then be allowed every sender. Give it another one, or revoke it.")
        words = [said % {"key": key} for key in widened]
        return deleted, counts, lacking, [*protected, *words]

    @display(description=_("kind"), ordering="kind")  # type: ignore[untyped-decorator]
    def shown_kind(self, sender: Sender) -> str:
        return str(KINDS.get(sender.kind, sender.kind)).partition(" (")[0]

    @display(description=_("state"), label=Levels({"Active": "success", "Paused": "warning"}))  # type: ignore[untyped-decorator]
    def shown_state(self, sender: Sender) -> str:
        return gettext("Paused") if sender.paused_at else gettext("Active")

    @display(description=_("state"))  # type: ignore[untyped-decorator]
    def shown_pause(self, sender: Sender) -> str:
        return pause_shown(sender, getattr(sender, "resume_address", ""))

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Sender | None:
        # One admin serves every thread: who may resume travels with the row, never on the admin itself.
        sender: Sender | None = super().get_object(request, object_id, from_field)
        if sender:
            allowed = self.has_change_permission(request, sender)
            sender.resume_address = resume_address(sender, allowed=allowed)  # type: ignore[attr-defined]
        return sender

    @action(description=_("Pause sending"), permissions=["change"])  # type: ignore[untyped-decorator]
    def pause(self, request: HttpRequest, queryset: QuerySet[Sender]) -> None:
        done = pause(queryset, cast(User, request.user))
        said = gettext("Paused: %(number)s. Messages of these senders wait in the queue.")
        messages.success(request, said % {"number": done})

    @action(description=_("Resume sending"), permissions=["change"])  # type: ignore[untyped-decorator]
    def resume(self, request: HttpRequest, queryset: QuerySet[Sender]) -> None:
        done = resume(queryset, cast(User, request.user))
        messages.success(request, gettext("Resumed: %(number)s.") % {"number": done})
