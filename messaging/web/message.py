"""The page of one message: its progress, what holds it, its content and its recipients."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID
from zlib import crc32

from django import forms
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _lazy
from django.views import View

from media.models import Asset
from media.shown import size_text
from messaging import timeline
from messaging.addresses import masked_in
from messaging.content import Part
from messaging.models import Message, ProviderAccount, Sender, Transaction
from messaging.statuses import LABELS, LOST, SETTLED, Status
from messaging.web.live import FragmentMixin, Pulse, paced, unchanged
from messaging.web.looks import Look, look, number_for, segments
from messaging.web.messages import readable_query
from messaging.web.pausing import pauses
from messaging.web.progress import called_back, figures, finish_of, holds, standing
from messaging.web.searching import read_number
from messaging.web.shell import PortalMixin

PAGE = 50
LARGEST_POSITION = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Recipient:
    """One line of the recipients table."""

    transaction: Transaction
    number: str
    correlation_id: str
    look: Look
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ShownPart:
    """A medium with the address this portal shows it at ("" when it is a caller's own)."""

    part: Part
    address: str

    @property
    def size(self) -> str:
        return size_text(self.part.size) if self.part.size else ""


class RecipientFilters(forms.Form):
    """Which of the recipients to list."""

    status = forms.ChoiceField(
        label=_lazy("Status"),
        required=False,
        choices=[("", _lazy("Every status")), *((s.value, _lazy(LABELS[s])) for s in Status)],
    )
    q = forms.CharField(label=_lazy("Number"), required=False, max_length=30)
    after = forms.IntegerField(required=False, min_value=0, max_value=LARGEST_POSITION)


class MessagePage(PortalMixin, View):
    """Everything about one message; the recipients narrowed and continued by the query string."""

    permission_required = "messaging.view_message"

    def get(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        message = find_message(pk)
        self.title = message.name
        context = progress(request, message) | recipients(request, message) | content_of(message)
        context["resends"] = message.resends.order_by("-id")[:5]
        return self.render("messaging/messages/message.html", context)


class MessageLive(FragmentMixin, PortalMixin, View):
    """The progress and the recipients anew, when anything has moved since `seen`."""

    permission_required = "messaging.view_message"

    def get(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        message = find_message(pk)
        context = progress(request, message)
        if answer := unchanged(request, context["pulse"]):
            return answer
        context |= recipients(request, message) | {"anew": True}
        return paced(render(request, "messaging/messages/_live.html", context), context["pulse"])


def find_message(pk: UUID) -> Message:
    """A message with what its page names. Raises Http404."""
    named = ("sender__account", "created_by", "api_key", "paused_by", "resend_of")
    return get_object_or_404(Message.objects.select_related(*named), pk=pk)


def progress(request: HttpRequest, message: Message) -> dict[str, Any]:
    """Counts, bar and pulse of a message, and what may still be done with it."""
    now, stand = timezone.now(), standing(message)
    counts, last, waiting, held, carriers = stand.counts, stand.last, stand.waiting, stand.held, stand.carriers
    settled = all(status in SETTLED for status in counts)
    back = reverse("web:message", args=[message.pk])
    holding = pauses(waiting_at(carriers), cast(User, request.user), back=back)
    kept = holds(message, now=now, waiting=waiting)
    # What holds it may change while no transaction does.
    said = [
        *(str(pause.since.timestamp()) for pause in holding),
        *(f"{hold.kind}{crc32(hold.text.encode())}" for hold in kept),
    ]
    version = "-".join([version_of(counts, last), str(held), *said])
    return {
        "message": message,
        "carriers": carriers or [message.sender],
        "pauses": holding,
        "bar": segments(counts),
        "counts": [(look(status), status, counts[status]) for status in Status if counts.get(status)],
        "done": sum(count for status, count in counts.items() if status in SETTLED),
        "waiting": waiting,
        "figures": figures(counts, held),
        "holds": kept,
        "called_back": called_back(message),
        "undoable": any(hold.kind == "undo" for hold in kept),
        "finish": finish_of(message, carriers, now=now, free=0 if message.paused_at else waiting - held),
        "resendable": 0 if message.emptied_at else sum(counts.get(status, 0) for status in LOST),
        "may_send": request.user.has_perm("messaging.send_message"),
        "pulse": Pulse(version, last or message.created_at, settled, now),
    }


def waiting_at(carriers: Sequence[Sender]) -> list[ProviderAccount | Sender]:
    """Whose pause would keep some of a message here: accounts and senders with something in the queue, each once."""
    holding: dict[UUID, ProviderAccount | Sender] = {}
    for sender in carriers:
        if getattr(sender, "waiting", 0):
            holding |= {sender.account.pk: sender.account, sender.pk: sender}
    return list(holding.values())


def version_of(counts: Mapping[str, int], last: datetime | None) -> str:
    """What a page shows, in one word: differs whenever a transaction of the message has moved."""
    return "-".join([*(f"{status}{counts[status]}" for status in sorted(counts)), str(last.timestamp() if last else 0)])


def recipients(request: HttpRequest, message: Message) -> dict[str, Any]:
    """One page of a message's recipients, in the order they were given."""
    whole = request.user.has_perm("messaging.view_numbers")
    filters = RecipientFilters(readable_query(request))
    filters.is_valid()
    chosen = filters.cleaned_data
    found = picked(message, chosen, whole=whole).select_related("account")
    if chosen.get("after") is not None:
        found = found.filter(position__gt=chosen["after"])
    page = list(found[: PAGE + 1])
    kept = {name: value for name, value in chosen.items() if value and name != "after"}
    more = urlencode({**kept, "after": page[PAGE - 1].position}) if len(page) > PAGE else ""
    return {
        "filters": filters,
        "narrowed": bool(kept),
        "recipients": [recipient_line(row, whole=whole, reason=reason_of(row)) for row in page[:PAGE]],
        "more": more,
        "continued": chosen.get("after") is not None,
        "live_query": urlencode({**kept, **({"after": chosen["after"]} if chosen.get("after") is not None else {})}),
    }


def picked(message: Message, chosen: Mapping[str, Any], *, whole: bool) -> QuerySet[Transaction]:
    """The recipients that read filters pick, in the order they were given."""
    found = message.transactions.order_by("position")
    if chosen.get("status"):
        found = found.filter(status=chosen["status"])
    if text := chosen.get("q"):
        number = read_number(text, whole=whole)
        found = found.filter(number.condition) if number else found.none()
    return found


def recipient_line(row: Transaction, *, whole: bool, reason: str = "") -> Recipient:
    """A recipient as this person may see it; integrations often take the number itself for a correlation ID."""
    correlation_id = row.correlation_id if whole else masked_in(row.correlation_id)
    return Recipient(row, number_for(row.recipient, whole=whole), correlation_id, look(row.status, row.via), reason)


def reason_of(transaction: Transaction) -> str:
    """Why a recipient is in trouble, in a line; "" for the others. No query."""
    reason = timeline.reason(transaction)
    return masked_in(gettext(reason.text)) if reason and reason.text else ""


def content_of(message: Message) -> dict[str, Any]:
    """The frozen content with the addresses its media are shown at. One query."""
    content = message.frozen
    wanted = {part.asset for _where, part in content.parts() if part.asset}
    assets = {str(asset.pk): asset for asset in Asset.objects.filter(pk__in=wanted)} if wanted else {}
    return {
        "content": content,
        "slides": [(slide, [shown(part, assets) for part in slide.parts]) for slide in content.slides],
    }


def shown(part: Part, assets: dict[str, Asset]) -> ShownPart:
    """A part as the page shows it: only files of ours are loaded, a caller's address is never fetched."""
    asset = assets.get(part.asset)
    return ShownPart(part, asset.public_path if asset else "")
