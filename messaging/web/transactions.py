"""The timeline page: everything known about one message to one recipient."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Count, Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views import View

from media.words import kept, said
from messaging import timeline, waiting
from messaging.addresses import masked_in
from messaging.fetches import cause, story_with_fetches
from messaging.models import Callback, ProviderAccount, SendAttempt, Sender, TimelineEntry, Transaction
from messaging.statuses import CANCELLABLE, SETTLED, Status
from messaging.timeline import Moment, Reason
from messaging.web.live import FragmentMixin, Pulse, paced, unchanged
from messaging.web.looks import look, number_for
from messaging.web.message import Recipient, recipient_line
from messaging.web.pausing import pauses
from messaging.web.shell import PortalMixin

BEFORE, AROUND = 20, 50
MOMENTS = 500
LONGEST_RAW = 20_000
WAIT_SECONDS = 15
# A pause of an account or a sender is told by its banner, with the button that ends it.
TOLD_ABOVE = {"account_paused", "sender_paused"}
# What somebody, or a provider, has put in its way; the rest is the ordinary course.
IN_THE_WAY = {"message_paused", "sending_paused", "unfit", "backoff", "throttled"}
SOON, LATER = timedelta(minutes=2), timedelta(hours=12)
SHOWN = {"all": _("All events"), "provider": _("Provider only"), "faults": _("Faults")}


@dataclass(frozen=True, slots=True)
class Try:
    """One attempt as the page shows it: redacted request and answer, both as text."""

    attempt: SendAttempt
    took: float | None
    request: str
    answer: str


@dataclass(frozen=True, slots=True)
class Way:
    """One sender that was thought of: whether it could carry the message, why or why not, and whether it does now."""

    account: str
    sender: str
    eligible: bool
    reasons: list[str]
    carries: bool


class TransactionPage(PortalMixin, View):
    """The story of one transaction, with the other recipients of its message beside it."""

    permission_required = "messaging.view_transaction"

    def get(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        transaction = find_transaction(pk)
        self.title = transaction.message.name
        return self.render("messaging/transactions/transaction.html", story_of(request, transaction))


class TransactionLive(FragmentMixin, PortalMixin, View):
    """The same story anew, when it has grown since `seen`."""

    permission_required = "messaging.view_transaction"

    def get(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        transaction = find_transaction(pk)
        if answer := unchanged(request, pulse_of(transaction, shown_part(request))):
            return answer
        context = story_of(request, transaction)
        return paced(render(request, "messaging/transactions/_live.html", context), context["pulse"])


def find_transaction(pk: UUID) -> Transaction:
    """A transaction with its message, sender and account. Raises Http404."""
    return get_object_or_404(
        Transaction.objects.select_related("message__paused_by", "sender__account", "account"), pk=pk
    )


def shown_part(request: HttpRequest) -> str:
    """Which part of the story is asked for; everything when the query names none that exists."""
    asked = request.GET.get("show", "all")
    return asked if asked in SHOWN else "all"


def pulse_of(transaction: Transaction, show: str) -> Pulse:
    """How the page stands: it differs whenever a fact was added or the status moved. One query, two with news."""
    # Not the database's own search for the newest: it might walk through the newest of all transactions.
    last = max(transaction.timeline.values_list("id", flat=True), default=0)
    version = f"{show}-{transaction.updated_at.timestamp()}-{transaction.status}-{transaction.attempt_no}-{last}"
    news = transaction.news and transaction.callbacks.aggregate(at=Max("tried_at"), number=Count("pk"))
    version = f"{version}-{news['number']}-{news['at']}" if news else version
    version = "-".join([version, *(str(row.paused_at.timestamp()) for row in holding(transaction) if row.paused_at)])
    settled = Status(transaction.status) in SETTLED
    if transaction.status in CANCELLABLE:
        # Why it waits may change while nothing happens to it.
        version = f"{version}-{int(timezone.now().timestamp()) // WAIT_SECONDS}"
    return Pulse(version, transaction.updated_at, settled, timezone.now())


def holding(transaction: Transaction) -> list[ProviderAccount | Sender]:
    """Whose pause keeps a transaction here: its account's or its sender's, as long as it has not left. No query."""
    return [transaction.account, transaction.sender] if transaction.status in CANCELLABLE else []


def story_of(request: HttpRequest, transaction: Transaction) -> dict[str, Any]:
    """Everything the timeline page shows, in a fixed number of queries."""
    whole, show = request.user.has_perm("messaging.view_numbers"), shown_part(request)
    # The pulse is read before the story: a fact that comes between is shown now and asked for once more.
    pulse = pulse_of(transaction, show)
    story = story_with_fetches(transaction, timeline.story(transaction))
    moments = [moment if whole else veiled(moment) for moment in story]
    return {
        "transaction": transaction,
        "message": transaction.message,
        "number": number_for(transaction.recipient, whole=whole),
        "look": look(transaction.status, transaction.via),
        "pauses": pauses(
            holding(transaction),
            cast(User, request.user),
            back=reverse("web:transaction", args=[transaction.pk]),
        ),
        "reason": reason_for(transaction, whole=whole),
        "cause": cause(moments),
        "correlation_id": transaction.correlation_id if whole else masked_in(transaction.correlation_id),
        "moments": [moment for moment in moments if belongs(moment, show)][:MOMENTS],
        "ways": ways_of(transaction),
        "rerouted": [moment for moment in reversed(moments) if moment.kind == "rerouted"],
        "show": show,
        "choices": SHOWN.items(),
        "took": handset_seconds(transaction),
        "tries": [tried(attempt, whole=whole) for attempt in transaction.attempts.order_by("-number")],
        "receipts": receipts_of(request, transaction),
        "told": told_of(transaction),
        "recipients": neighbours(transaction, whole=whole),
        "pulse": pulse,
        **wait_of(transaction, timezone.now()),
    }


def wait_of(transaction: Transaction, now: datetime) -> dict[str, Any]:
    """Why it waits, how much that matters, and how exactly its end is told: to the second only when it is near."""
    wait = waiting.explain(transaction, now)
    if wait is None or wait.code in TOLD_ABOVE:
        return {"wait": None}
    left = wait.until - now if wait.until else SOON
    clock = "time" if left < SOON else "clock" if left < LATER else "moment"
    return {"wait": wait, "wait_level": "warn" if wait.code in IN_THE_WAY else "info", "wait_clock": clock}


def ways_of(transaction: Transaction) -> list[Way]:
    """Which senders could have carried it when it was accepted, and why or why not. No query."""
    now = (transaction.account.name, transaction.sender.address)
    return [
        Way(
            account=way["account"],
            sender=way["sender"],
            eligible=way["eligible"],
            # Messages of before have their reasons in English only.
            reasons=[masked_in(said(one, gettext)) for one in way.get("told") or map(kept, way["reasons"])],
            carries=(way["account"], way["sender"]) == now,
        )
        for way in transaction.message.routing
    ]


def veiled(moment: Moment) -> Moment:
    """A moment without whole phone numbers: providers repeat them in their words."""
    return replace(moment, text=masked_in(moment.text), detail=masked_in(moment.detail))


def reason_for(transaction: Transaction, *, whole: bool) -> Reason | None:
    """Why it is in trouble, in the provider's words, which may repeat the number."""
    reason = timeline.reason(transaction)
    return reason if whole or reason is None else replace(reason, text=masked_in(reason.text))


def belongs(moment: Moment, show: str) -> bool:
    """Whether a moment is part of what was asked for."""
    if show == "provider":
        return moment.source == TimelineEntry.Source.PROVIDER
    return show != "faults" or moment.level in ("warn", "err")


def handset_seconds(transaction: Transaction) -> float | None:
    """Seconds from handing over to delivery, by the times the provider gave; None while either is missing."""
    rows = transaction.timeline.filter(state__in=[Status.ACCEPTED, Status.SUBMITTED, Status.DELIVERED, Status.READ])
    times: dict[str, Any] = {}
    for state, at in rows.order_by("-at").values_list("state", "at"):
        times[state] = at
    start = times.get(Status.SUBMITTED) or times.get(Status.ACCEPTED)
    end = times.get(Status.DELIVERED) or times.get(Status.READ)
    return max(0.0, (end - start).total_seconds()) if start and end else None


def tried(attempt: SendAttempt, *, whole: bool) -> Try:
    """An attempt with its texts ready to show, numbers masked for those who may not see them."""
    began, ended = attempt.wire_at or attempt.started_at, attempt.finished_at
    request = json.dumps(attempt.request, indent=2, ensure_ascii=False) if attempt.request else ""
    texts = [(text if whole else masked_in(text))[:LONGEST_RAW] for text in (request, attempt.answer)]
    return Try(attempt, (ended - began).total_seconds() if ended else None, texts[0], texts[1])


def receipts_of(request: HttpRequest, transaction: Transaction) -> Sequence[Any]:
    """The raw webhook bodies behind the story, for those who may open them."""
    if not request.user.has_perm("messaging.view_receiptinbox"):
        return ()
    return list(transaction.receipts.only("id", "received_at", "state", "seen_count").order_by("-id")[:AROUND])


def told_of(transaction: Transaction) -> Sequence[Callback]:
    """What its caller was told or is owed, newest first; no query where nobody wants news."""
    if not transaction.news:
        return ()
    return list(transaction.callbacks.defer("body", "headers").order_by("-sequence")[:AROUND])


def neighbours(transaction: Transaction, *, whole: bool) -> list[Recipient]:
    """Some recipients of the same message, from a little before this one."""
    rows = transaction.message.transactions.filter(position__gte=max(0, transaction.position - BEFORE))
    return [recipient_line(row, whole=whole) for row in rows.order_by("position")[:AROUND]]
