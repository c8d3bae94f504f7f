"""The figures of /metrics, asked from the database when they are scraped: right for all processes together.

Every question is bounded by an index and a number of rows. No number, text or name of anybody is in them: accounts are
told apart by their id.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from messaging.models import Alarm, Callback, ProviderAccount, ReceiptInbox, Transaction
from messaging.statuses import Status
from messaging.watching import life, waiting
from messaging.watching.board import CALLS, Standing, State, standings

# A longer queue is told as so many: counting all of it costs more than the figure is worth.
MOST = 20_000
OPEN = (Status.SCHEDULED, Status.QUEUED, Status.SENDING, Status.UNKNOWN, Status.ACCEPTED, Status.SUBMITTED)
STUCK = (ReceiptInbox.State.QUARANTINED, ReceiptInbox.State.DEAD, ReceiptInbox.State.ORPHAN)


@dataclass(frozen=True, slots=True)
class Figure:
    """One gauge: its name, what it is, and its values by label."""

    name: str
    help: str
    values: Iterable[tuple[Mapping[str, str], float]]


def figures(now: datetime) -> Iterator[Figure]:
    """Everything there is to tell. Raises DatabaseError."""
    yield from _queue(now)
    yield from _inbox(now)
    owed = _capped(Callback.objects.filter(state=Callback.State.WAITING))
    yield Figure("mms_callbacks_owed", "Pieces of news that callers wait for, counted up to 20000.", [({}, owed)])
    yield Figure(
        "mms_work_seconds_since_looked",
        "How long ago any process looked for work of this kind.",
        [({"work": work}, (now - sign.at).total_seconds()) for work, sign in life.signs().items()],
    )
    kinds = list(Alarm.objects.order_by().values_list("kind", flat=True))
    yield Figure(
        "mms_alarms", "Alarms that are open.", [({"kind": kind}, kinds.count(kind)) for kind in sorted(set(kinds))]
    )
    yield from _accounts(standings(now), now)


def _queue(now: datetime) -> Iterator[Figure]:
    yield Figure(
        "mms_transactions_open",
        "Messages to one recipient each that are not at their end, counted up to 20000 for each status.",
        [({"status": status}, _capped(Transaction.objects.filter(status=status))) for status in OPEN],
    )
    queue = waiting.queue(now)
    age = max(0.0, (now - queue.oldest).total_seconds()) if queue.oldest else 0.0
    yield Figure(
        "mms_queue_oldest_due_seconds", "How long the longest waiting message that may go is due.", [({}, age)]
    )
    leases = _capped(Transaction.objects.filter(lease_until__isnull=False))
    yield Figure("mms_leases", "Messages that a worker has in hand.", [({}, leases)])


def _inbox(now: datetime) -> Iterator[Figure]:
    unread = ReceiptInbox.objects.filter(state=ReceiptInbox.State.NEW)
    yield Figure("mms_receipts_unread", "Receipts that wait to be read, counted up to 20000.", [({}, _capped(unread))])
    oldest = unread.order_by("id").values_list("received_at", flat=True).first()
    age = max(0.0, (now - oldest).total_seconds()) if oldest else 0.0
    yield Figure("mms_receipts_oldest_unread_seconds", "How long the oldest of them waits.", [({}, age)])
    yield Figure(
        "mms_receipts_stuck",
        "Receipts that somebody has to look at, counted up to 20000 for each state.",
        [({"state": state.value}, _capped(ReceiptInbox.objects.filter(state=state))) for state in STUCK],
    )


def _accounts(all_: list[Standing], now: datetime) -> Iterator[Figure]:
    def of_each(name: str, words: str, value: Any) -> Figure:
        told = ((_labels(one.account), value(one)) for one in all_)
        return Figure(name, words, [(labels, number) for labels, number in told if number is not None])

    yield Figure(
        "mms_account_calls",
        "Calls that ended in the last 15 minutes, by what came of them.",
        [({**_labels(one.account), "outcome": kind.value}, one.quarter.number(kind)) for one in all_ for kind in CALLS],
    )
    yield Figure(
        "mms_account_state",
        "1 for the state the account is in, as the health board shows it.",
        [
            ({**_labels(one.account), "state": state.value}, float(one.state is state))
            for one in all_
            for state in State
        ],
    )
    paused = "1 while the account is paused."
    yield of_each("mms_account_paused", paused, lambda one: float(one.account.paused_at is not None))
    for percent in (50, 95):
        answer = f"Seconds within which {percent} per cent of the answers came, over 15 minutes."
        yield of_each(f"mms_account_call_p{percent}_seconds", answer, lambda one, p=percent: one.quarter.latency(p))
        first = f"Seconds from acceptance within which {percent} per cent of the first receipts came, over an hour."
        yield of_each(f"mms_account_receipt_p{percent}_seconds", first, lambda one, p=percent: one.hour.lag(p))
    last = "How long ago the last receipt came."
    yield of_each("mms_account_receipt_age_seconds", last, lambda one: _age(one.last_receipt, now))
    used = "The part of its provider's error budget of 30 days that is used, 1 for all of it."
    yield of_each("mms_account_error_budget_used", used, lambda one: one.budget.used)
    burn = "How many times faster than it may the error budget is used up, over an hour."
    yield of_each("mms_account_error_budget_burn", burn, lambda one: one.budget.burn)


def _labels(account: ProviderAccount) -> dict[str, str]:
    return {"account": str(account.pk), "provider": account.provider}


def _age(moment: datetime | None, now: datetime) -> float | None:
    return max(0.0, (now - moment).total_seconds()) if moment else None


def _capped(rows: "QuerySet[Any]") -> int:
    return rows.order_by().values("pk")[:MOST].count()
