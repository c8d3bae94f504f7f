"""News to callers in the admin: the log with its replay, and the endpoints, verified, vouched for, switched off."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet, Value
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.paginator import InfinitePaginator

from media.listing import GuardedList
from media.targets import FetchRefused
from messaging import callbacks
from messaging.admin.fields import Levels
from messaging.admin.receipts import preformatted, readable_body, shows_numbers
from messaging.models import Callback, CallbackEndpoint

MOST_REPLAYED = 1_000
# Each may take ten seconds to answer.
MOST_VERIFIED = 2
STATES = Levels({gettext_noop("Waiting"): "info", gettext_noop("Told"): "success", gettext_noop("Given up"): "danger"})
ENDS = Levels(
    {gettext_noop("Not verified"): "warning", gettext_noop("Active"): "success", gettext_noop("Switched off"): "danger"}
)
REFUSALS = {
    "challenge_failed": gettext_noop(
        "%(host)s did not take the challenge. It has to answer with status 200 within ten seconds."
    ),
    "challenge_not_repeated": gettext_noop(
        "%(host)s did not repeat the challenge. It has to answer with the value it was sent."
    ),
}
OUTCOMES = {
    "taken": gettext_noop("Taken"),
    "not_taken": gettext_noop("Not taken"),
    "redirected": gettext_noop("It redirects, which is never followed"),
    "timed_out": gettext_noop("No answer within ten seconds"),
    "unreachable": gettext_noop("Not reached, or it broke off"),
    "secret_unreadable": gettext_noop("Its secret cannot be opened"),
}


@admin.register(Callback)
class CallbackAdmin(GuardedList, ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """What callers were told or are owed. Nothing here can be changed; replaying sends the same bytes once more."""

    list_display = (
        "shown_event",
        "shown_state",
        "shown_url",
        "attempts",
        "shown_answer",
        "tried_at",
        "next_attempt_at",
    )
    list_filter = ("state", "event", "endpoint__api_key")
    list_select_related = ("endpoint",)
    list_per_page = 50
    paginator = InfinitePaginator
    show_full_result_count = False
    actions = ("replay",)
    fields = (
        ("shown_event", "shown_state"),
        ("shown_url", "shown_endpoint"),
        ("attempts", "shown_answer"),
        ("created_at", "tried_at", "next_attempt_at"),
        "shown_transaction",
        "shown_body",
    )
    readonly_fields = (
        "shown_event",
        "shown_state",
        "shown_url",
        "shown_endpoint",
        "shown_answer",
        "shown_transaction",
        "shown_body",
    )

    class Media:
        css = {"all": ["messaging/dashboard.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Callback]:
        whole = Value(request.user.has_perm("messaging.view_numbers"))
        found: QuerySet[Callback] = super().get_queryset(request)
        return found.annotate(whole_numbers=whole)

    @display(description=_("news"))  # type: ignore[untyped-decorator]
    def shown_event(self, row: Callback) -> str:
        return f"{row.event} ({row.sequence})"

    @display(description=_("state"), label=STATES, ordering="state")  # type: ignore[untyped-decorator]
    def shown_state(self, row: Callback) -> str:
        return gettext(str(row.get_state_display()))

    @display(description=_("address"))  # type: ignore[untyped-decorator]
    def shown_url(self, row: Callback) -> str:
        return row.shown_url

    @display(description=_("last try"))  # type: ignore[untyped-decorator]
    def shown_answer(self, row: Callback) -> str:
        said = gettext(OUTCOMES.get(row.outcome, row.outcome)) if row.outcome else gettext("none yet")
        return f"{said}, HTTP {row.status}" if row.status else said

    @display(description=_("endpoint"))  # type: ignore[untyped-decorator]
    def shown_endpoint(self, row: Callback) -> str:
        return linked("admin:messaging_callbackendpoint_change", row.endpoint_id, str(row.endpoint))

    @display(description=_("belongs to"))  # type: ignore[untyped-decorator]
    def shown_transaction(self, row: Callback) -> str:
        said = gettext("Timeline of %(transaction)s") % {"transaction": row.transaction}
        return linked("web:transaction", row.transaction_id, said)

    @display(description=_("body"))  # type: ignore[untyped-decorator]
    def shown_body(self, row: Callback) -> str:
        return preformatted(readable_body(bytes(row.body)), gettext("Body"), whole=shows_numbers(row))

    @action(description=_("Replay"), permissions=["replay"])  # type: ignore[untyped-decorator]
    def replay(self, request: HttpRequest, queryset: QuerySet[Callback]) -> None:
        chosen = list(queryset.order_by("pk").values_list("pk", flat=True)[: MOST_REPLAYED + 1])
        if len(chosen) > MOST_REPLAYED:
            said = gettext("At most %(most)s callbacks are replayed at once. Choose fewer.")
            messages.error(request, said % {"most": f"{MOST_REPLAYED:,}"})
            return
        said = gettext("To be sent once more: %(number)s. What is being sent at this moment is left alone.")
        messages.success(request, said % {"number": callbacks.replay(chosen)})

    def has_replay_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("messaging.replay_callback")

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 (Django's signature)
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False


class EndpointForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    """A new endpoint: its key and any address of its host; afterwards only how many tries it takes at once."""

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if self.instance._state.adding and values.get("url") and values.get("api_key"):
            try:
                callbacks.check_new(values["api_key"], values["url"])
                known = callbacks.for_url(values["api_key"], values["url"])
            except FetchRefused as refused:
                raise forms.ValidationError({"url": gettext(refused.message)}) from refused
            except callbacks.NotRegistered as full:
                said = gettext("This key has %(most)s endpoints already.") % {"most": callbacks.MOST_ENDPOINTS}
                raise forms.ValidationError({"api_key": said}) from full
            if known:
                raise forms.ValidationError({"url": gettext("This host is registered already.")})
        return values


@admin.register(CallbackEndpoint)
class EndpointAdmin(GuardedList, ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Hosts that callers hear news at. Their secrets are never shown here: an integration renews its own by the API."""

    form = EndpointForm
    list_display = ("host", "api_key", "shown_state", "shown_reason", "failing_since", "verified_at")
    list_filter = ("state", "api_key")
    list_select_related = ("api_key",)
    search_fields = ("host",)
    list_per_page = 50
    show_full_result_count = False
    actions = ("verify", "vouch", "switch_off")
    readonly_fields = ("host", "shown_state", "shown_reason", "failing_since", "rests_until", "verified_at")

    def get_fields(self, request: HttpRequest, obj: CallbackEndpoint | None = None) -> Any:  # noqa: ARG002
        if obj is None:
            return ("api_key", "url", "concurrency")
        return (
            ("host", "api_key"),
            "url",
            ("shown_state", "shown_reason"),
            ("verified_at", "failing_since", "rests_until"),
            "concurrency",
        )

    def get_readonly_fields(self, request: HttpRequest, obj: CallbackEndpoint | None = None) -> Any:  # noqa: ARG002
        return self.readonly_fields if obj is None else (*self.readonly_fields, "api_key", "url")

    @display(description=_("state"), label=ENDS, ordering="state")  # type: ignore[untyped-decorator]
    def shown_state(self, row: CallbackEndpoint) -> str:
        return gettext(str(row.get_state_display()))

    @display(description=_("reason"))  # type: ignore[untyped-decorator]
    def shown_reason(self, row: CallbackEndpoint) -> str:
        return gettext(str(row.get_reason_display())) if row.reason else ""

    def save_model(self, request: HttpRequest, obj: CallbackEndpoint, form: EndpointForm, change: bool) -> None:  # noqa: ARG002
        if change:
            obj.save(update_fields=["concurrency"])
            return
        made = callbacks.register(obj.api_key, obj.url)
        CallbackEndpoint.objects.filter(pk=made.pk).update(concurrency=obj.concurrency)
        obj.pk, obj._state.adding = made.pk, False
        obj.refresh_from_db()

    @action(description=_("Verify by challenge"), permissions=["change"])  # type: ignore[untyped-decorator]
    def verify(self, request: HttpRequest, queryset: QuerySet[CallbackEndpoint]) -> None:
        chosen = list(queryset[: MOST_VERIFIED + 1])
        if len(chosen) > MOST_VERIFIED:
            said = gettext("At most %(most)s endpoints are verified at once. Choose fewer.")
            messages.error(request, said % {"most": MOST_VERIFIED})
            return
        for row in chosen:
            try:
                callbacks.verify(row, now=timezone.now())
            except callbacks.NotRegistered as refusal:
                messages.error(request, gettext(REFUSALS[refusal.code]) % {"host": row.host})
            else:
                self._note(request, row, gettext("%(host)s repeated the challenge; what waited is sent now."))

    @action(description=_("Vouch for it, without a challenge"), permissions=["change"])  # type: ignore[untyped-decorator]
    def vouch(self, request: HttpRequest, queryset: QuerySet[CallbackEndpoint]) -> None:
        for row in queryset:
            callbacks.vouch(row, now=timezone.now())
            self._note(request, row, gettext("%(host)s is active; what waited is sent now."))

    @action(description=_("Switch off"), permissions=["change"])  # type: ignore[untyped-decorator]
    def switch_off(self, request: HttpRequest, queryset: QuerySet[CallbackEndpoint]) -> None:
        for row in queryset:
            callbacks.switch_off(row)
            self._note(request, row, gettext("%(host)s is told nothing any more; what is owed to it waits."))

    def _note(self, request: HttpRequest, row: CallbackEndpoint, said: str) -> None:
        self.log_change(request, row, said % {"host": row.host})
        messages.success(request, said % {"host": row.host})

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 (Django's signature)
        return False


def linked(view: str, identity: Any, said: str) -> str:
    """A link as the admin's pages show it."""
    looks = "text-primary-600 dark:text-primary-500 underline"
    return format_html('<a class="{}" href="{}">{}</a>', looks, reverse(view, args=[identity]), said)
