"""Codes that no provider's table has: an admin says what they mean, and replays the receipts that carried them."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from media.listing import GuardedList
from messaging import meanings, receipts
from messaging.admin.fields import Levels
from messaging.admin.receipts import MOST_REPLAYED
from messaging.gateway.codes import OutcomeClass, Where
from messaging.models import ProviderCode, ReceiptInbox
from messaging.statuses import Status

# What an answer may mean. Acceptance is not among them: the adapter alone knows where a reference stands.
OUTCOMES = (
    (OutcomeClass.UNKNOWN, _("Outcome unknown: never sent again by itself, a receipt settles it (the safe choice)")),
    (OutcomeClass.FAILED, _("Refused for good: the message ends as failed")),
    (OutcomeClass.CONFIGURATION, _("The account is at fault: the message is kept, several in a row pause the account")),
    (OutcomeClass.BLOCKED, _("The provider holds this recipient back: nothing was sent")),
    (OutcomeClass.RETRY, _("Certainly not accepted: sent again by itself. If that is wrong, people get it twice")),
)
STATES = (
    ("", _("Shown on the timeline only: the status stays")),
    (Status.SUBMITTED, _("Submitted: handed to the mobile network")),
    (Status.DELIVERED, _("Delivered: it reached the phone")),
    (Status.READ, _("Read: it was opened")),
    (Status.UNCONFIRMED, _("Unconfirmed: nothing more will be known")),
    (Status.EXPIRED, _("Expired: not delivered in time")),
    (Status.FAILED, _("Failed: not delivered")),
)
WHOSE = (
    ("sender", _("Whoever wrote the message")),
    ("admin", _("An administrator")),
    ("recipient", _("The recipient")),
    ("provider", _("The provider")),
    ("nobody", _("Nobody: there is nothing to do")),
)


class CodeForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    """A whole meaning or none: what is saved is shown to clerks and steers what happens next."""

    meaning = forms.CharField(
        max_length=300,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("In plain words, a whole sentence, such as “The phone was switched off.”"),
    )
    next_step = forms.CharField(
        max_length=300,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("What a clerk should do, such as “Send again later.”"),
    )
    whose = forms.ChoiceField(label=_("Whose matter"), choices=WHOSE, widget=UnfoldAdminSelectWidget)
    outcome = forms.ChoiceField(
        label=_("What the answer says about the message"), choices=OUTCOMES, widget=UnfoldAdminSelectWidget
    )
    state = forms.ChoiceField(
        label=_("What it does to the status"), choices=STATES, required=False, widget=UnfoldAdminSelectWidget
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Declared fields come into every form, shown or not: an answer has no state, a receipt no class.
        self.fields.pop("state" if self.instance.where == Where.ANSWER else "outcome", None)


@admin.register(ProviderCode)
class CodeAdmin(GuardedList, ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Rows come from providers, never from people; saving one is what explains it."""

    form = CodeForm
    list_display = ("code", "shown_provider", "where", "shown_state", "meaning", "seen_count", "last_seen_at")
    list_filter = ("provider", "where", ("mapped_at", admin.EmptyFieldListFilter))
    search_fields = ("code", "meaning", "sample")
    list_per_page = 50
    show_full_result_count = False

    class Media:
        css = {"all": ["messaging/dashboard.css"]}

    @display(description=_("provider"), ordering="provider")  # type: ignore[untyped-decorator]
    def shown_provider(self, row: ProviderCode) -> str:
        return meanings.label_of(row.provider)

    @display(
        description=_("state"),
        label=Levels({"Explained": "success", "Not known": "warning"}),
    )  # type: ignore[untyped-decorator]
    def shown_state(self, row: ProviderCode) -> str:
        return gettext("Explained") if row.mapped_at else gettext("Not known")

    @display(description=_("seen"))  # type: ignore[untyped-decorator]
    def shown_seen(self, row: ProviderCode) -> str:
        number = {"number": f"{row.seen_count:,}"}
        times = ngettext("%(number)s time", "%(number)s times", row.seen_count) % number
        moments = {"first": f"{row.first_seen_at:%Y-%m-%d %H:%M}", "last": f"{row.last_seen_at:%Y-%m-%d %H:%M}"}
        return gettext("%(times)s, first %(first)s UTC, last %(last)s UTC") % {"times": times, **moments}

    @display(description=_("the provider says"))  # type: ignore[untyped-decorator]
    def shown_sample(self, row: ProviderCode) -> str:
        return row.sample or gettext("Nothing beside the code")

    @display(description=_("explained"))  # type: ignore[untyped-decorator]
    def shown_mapped(self, row: ProviderCode) -> str:
        if not row.mapped_at:
            return gettext("Not yet. Saving this page explains it.")
        who = row.mapped_by.get_username() if row.mapped_by else gettext("somebody who has left")
        return gettext("%(at)s UTC by %(who)s") % {"at": f"{row.mapped_at:%Y-%m-%d %H:%M}", "who": who}

    @display(description=_("past messages"))  # type: ignore[untyped-decorator]
    def shown_replay(self, row: ProviderCode) -> str:
        if row.where == Where.ANSWER:
            return gettext("What was sent before stays as it is; the meaning counts from the next answer on.")
        number = carrying(row).count()
        if not number:
            return gettext("No receipt in the inbox carries it.")
        said = ngettext(
            "%(number)s receipt in the inbox carried it.", "%(number)s receipts in the inbox carried it.", number
        ) % {"number": f"{number:,}"}
        if not row.mapped_at:
            return f"{said} {gettext('Once it is explained, they can be replayed.')}"
        if not getattr(row, "may_replay", False):
            return said
        return format_html(
            '<span>{}</span> <button class="resume" type="submit" formaction="{}" formnovalidate>{}</button>',
            said,
            reverse("admin:messaging_providercode_replay", args=[row.pk]),
            gettext("Replay"),
        )

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> ProviderCode | None:
        # One admin serves every thread: what somebody may do travels with the row, never on the admin itself.
        row: ProviderCode | None = super().get_object(request, object_id, from_field)
        if row:
            row.may_replay = request.user.has_perm("messaging.replay_receiptinbox")  # type: ignore[attr-defined]
        return row

    def get_fieldsets(self, request: HttpRequest, obj: ProviderCode | None = None) -> Any:  # noqa: ARG002 (Django's signature)
        decides = "outcome" if obj and obj.where == Where.ANSWER else "state"
        seen = ("code", "shown_provider", "where", "shown_sample", "shown_seen")
        return [
            (None, {"fields": seen}),
            (
                gettext("What it means"),
                {"fields": ("meaning", "next_step", "whose", decides, "shown_mapped", "shown_replay")},
            ),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: ProviderCode | None = None) -> Any:  # noqa: ARG002
        return ("code", "shown_provider", "where", "shown_sample", "shown_seen", "shown_mapped", "shown_replay")

    def save_model(self, request: HttpRequest, obj: ProviderCode, form: Any, change: bool) -> None:
        obj.mapped_at, obj.mapped_by = timezone.now(), cast(User, request.user)
        super().save_model(request, obj, form, change)

    def response_change(self, request: HttpRequest, obj: ProviderCode) -> HttpResponse:
        """Back to the page while there is something to replay: that is the next step."""
        if obj.where == Where.RECEIPT and carrying(obj).exists():
            said = gettext("%(code)s is explained. Replay the receipts that carried it to count them.")
            messages.success(request, said % {"code": obj.code})
            return HttpResponseRedirect(reverse("admin:messaging_providercode_change", args=[obj.pk]))
        return cast(HttpResponse, super().response_change(request, obj))

    def get_urls(self) -> list[URLPattern]:
        own = path("<int:pk>/replay/", self.admin_site.admin_view(self.replay), name="messaging_providercode_replay")
        return [own, *super().get_urls()]

    def replay(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Read the receipts that carry an explained code once more."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        row = get_object_or_404(ProviderCode, pk=pk)
        if not (self.has_view_permission(request, row) and request.user.has_perm("messaging.replay_receiptinbox")):
            raise PermissionDenied
        back = HttpResponseRedirect(reverse("admin:messaging_providercode_change", args=[pk]))
        if not row.mapped_at:
            messages.error(request, gettext("Say what the code means first."))
            return back
        chosen = list(carrying(row).order_by("id").values_list("pk", flat=True)[:MOST_REPLAYED])
        receipts.replay(chosen)
        said = gettext("Replayed: %(number)s. The same facts are never counted twice.")
        messages.success(request, said % {"number": len(chosen)})
        return back

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 (Django's signature)
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False


def carrying(row: ProviderCode) -> QuerySet[ReceiptInbox]:
    """The receipts in the inbox that told of this code while nobody knew it."""
    told = {"entries__kind": "unrecognised", "entries__code": row.code}
    return ReceiptInbox.objects.filter(account__provider=row.provider, **told).distinct()
