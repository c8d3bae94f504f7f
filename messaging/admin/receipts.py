"""The receipt inbox in the admin: read, and replayed after a mapping was mended."""

import json
from contextlib import suppress
from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet, Value
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.paginator import InfinitePaginator

from media.listing import GuardedList
from messaging import receipts
from messaging.addresses import masked_in
from messaging.admin.fields import Levels
from messaging.models import ReceiptInbox

SHOWN_BYTES = 65_536
MOST_REPLAYED = 1_000
LEVELS = Levels(
    {
        gettext_noop("New"): "info",
        gettext_noop("Done"): "success",
        gettext_noop("Waiting for its message"): "warning",
        gettext_noop("No message found"): "warning",
        gettext_noop("Not readable"): "danger",
        gettext_noop("Failed again and again"): "danger",
    }
)


@admin.register(ReceiptInbox)
class ReceiptAdmin(GuardedList, ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Raw webhook bodies, as they came. Nothing here can be changed, and replaying counts no fact twice."""

    list_display = ("id", "shown_state", "account", "received_at", "seen_count", "attempts", "shown_note")
    list_filter = ("state", "account")
    list_select_related = ("account",)
    list_per_page = 50
    paginator = InfinitePaginator
    show_full_result_count = False
    actions = ("replay",)
    fields = (
        ("shown_state", "shown_note"),
        ("account", "received_at"),
        ("seen_count", "attempts", "next_attempt_at"),
        "shown_transaction",
        "shown_body",
        "shown_headers",
    )
    readonly_fields = ("shown_state", "shown_note", "shown_transaction", "shown_body", "shown_headers")

    class Media:
        css = {"all": ["messaging/dashboard.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReceiptInbox]:
        # One admin serves every thread: who looks travels with the rows, never on the admin itself.
        whole = Value(request.user.has_perm("messaging.view_numbers"))
        found: QuerySet[ReceiptInbox] = super().get_queryset(request)
        return found.annotate(whole_numbers=whole)

    @display(description=_("state"), label=LEVELS, ordering="state")  # type: ignore[untyped-decorator]
    def shown_state(self, receipt: ReceiptInbox) -> str:
        return gettext(str(receipt.get_state_display()))

    @display(description=_("note"), ordering="note")  # type: ignore[untyped-decorator]
    def shown_note(self, receipt: ReceiptInbox) -> str:
        return receipt.note if shows_numbers(receipt) else masked_in(receipt.note)

    @display(description=_("belongs to"))  # type: ignore[untyped-decorator]
    def shown_transaction(self, receipt: ReceiptInbox) -> str:
        if not receipt.transaction_id:
            return gettext("No message")
        return format_html(
            '<a class="text-primary-600 dark:text-primary-500 underline" href="{}">{}</a>',
            reverse("web:transaction", args=[receipt.transaction_id]),
            gettext("Timeline of %(transaction)s") % {"transaction": receipt.transaction},
        )

    @display(description=_("body"))  # type: ignore[untyped-decorator]
    def shown_body(self, receipt: ReceiptInbox) -> str:
        return preformatted(readable_body(bytes(receipt.body)), gettext("Body"), whole=shows_numbers(receipt))

    @display(description=_("headers"))  # type: ignore[untyped-decorator]
    def shown_headers(self, receipt: ReceiptInbox) -> str:
        return preformatted(json.dumps(receipt.headers, indent=2), gettext("Headers"), whole=shows_numbers(receipt))

    @action(description=_("Replay"), permissions=["replay"])  # type: ignore[untyped-decorator]
    def replay(self, request: HttpRequest, queryset: QuerySet[ReceiptInbox]) -> None:
        chosen = list(queryset.order_by("id").values_list("pk", flat=True)[: MOST_REPLAYED + 1])
        if len(chosen) > MOST_REPLAYED:
            said = gettext("At most %(most)s receipts are replayed at once. Choose fewer.")
            messages.error(request, said % {"most": f"{MOST_REPLAYED:,}"})
            return
        receipts.replay(chosen)
        said = gettext("Replayed: %(number)s. The same facts are never counted twice.")
        messages.success(request, said % {"number": len(chosen)})

    def has_replay_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("messaging.replay_receiptinbox")

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 (Django's signature)
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False


def shows_numbers(row: Model) -> bool:
    """Whether the person this row was read for may see whole numbers."""
    return bool(getattr(row, "whole_numbers", False))


def readable_body(body: bytes) -> str:
    """A body for reading: JSON indented, anything else as text, what is no text with its bytes escaped."""
    text = body[:SHOWN_BYTES].decode("utf-8", "backslashreplace")
    with suppress(ValueError, RecursionError):
        text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    return (
        text
        if len(body) <= SHOWN_BYTES
        else f"{text}\n… " + gettext("%(number)s more bytes") % {"number": f"{len(body) - SHOWN_BYTES:,}"}
    )


def preformatted(text: str, label: str, *, whole: bool) -> str:
    """A text in a scrolling frame, its numbers masked unless `whole`."""
    shown = text if whole else masked_in(text)
    return format_html('<pre class="rawbody" tabindex="0" aria-label="{}">{}</pre>', label, shown)
