"""Another sender for what one provider would not take: only after proof that it did not (reliability, 3.1, point 5)."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q
from django.db.transaction import atomic

from messaging import meanings, routing, timeline
from messaging.delivery.outcomes import Result
from messaging.gateway.codes import OutcomeClass, Where
from messaging.models import SendAttempt, Sender, TimelineEntry, Transaction
from messaging.models.clock import database_now
from messaging.statuses import CANCELLABLE, Status

# A first refusal may be a hiccup: after so many by the same sender's provider the next one has its turn.
MOST_RETRIES = 2
AT_ONCE = 200
MOST_ROUNDS = 500
CHANGED = ["sender", "account", "next_attempt_at"]


def after_refusals(results: Sequence[tuple[Transaction, Result]], now: datetime) -> None:
    """Let the next sender of its message have each transaction whose account or sender was refused, or that was
    refused for a while twice. Inside the commit that recorded the results; the rows are locked and settled.
    """
    waiting = [
        (row, result)
        for row, result in results
        if row.status == Status.QUEUED and result.error and row.message.alternatives
    ]
    tired = _tired([row for row, result in waiting if result.outcome is OutcomeClass.RETRY])
    ripe = [
        (row, _why(row, result))
        for row, result in waiting
        if result.outcome is OutcomeClass.CONFIGURATION or row.pk in tired
    ]
    _move(ripe, now)


def leave_paused() -> int:
    """Let the next sender of its message have each due transaction whose sender or account is paused. Out: how many."""
    return sum(_rounds())


def _rounds() -> Iterator[int]:
    able = {
        str(one) for one in Sender.objects.filter(paused_at=None, account__paused_at=None).values_list("pk", flat=True)
    }
    paused = Q(sender__paused_at__isnull=False) | Q(account__paused_at__isnull=False)
    last: UUID | None = None
    for _round in range(MOST_ROUNDS):
        with atomic():
            now = database_now()
            due = Transaction.objects.filter(
                paused,
                status__in=CANCELLABLE,
                held=False,
                lease_token=None,
                next_attempt_at__lte=now,
                expires_at__gt=now,
            ).exclude(message__alternatives=[])
            later = due.filter(pk__gt=last) if last else due
            locked = later.order_by("pk").select_related("message__api_key", "sender__account")
            rows = list(locked.select_for_update(skip_locked=True, of=("self",))[:AT_ONCE])
            if not rows:
                return
            last = rows[-1].pk
            yield _move([(row, "It is paused.") for row in rows if able & set(row.message.alternatives)], now)


def _tired(rows: Sequence[Transaction]) -> Collection[UUID]:
    """Those that their present sender's provider has put off often enough. One query."""
    if not rows:
        return ()
    senders = {row.pk: row.sender_id for row in rows}
    tries = SendAttempt.objects.filter(transaction__in=rows, outcome=OutcomeClass.RETRY).order_by()
    counted = tries.values_list("transaction", "sender").annotate(number=Count("pk"))
    return {pk for pk, sender, number in counted if senders[pk] == sender and number >= MOST_RETRIES}


def _move(rows: Sequence[tuple[Transaction, str]], now: datetime) -> int:
    moved: list[Transaction] = []
    entries: list[TimelineEntry] = []
    for row, why in rows:
        after = row.sender
        to = routing.next_sender(row, after=after.pk)
        if to is None:
            continue
        entries.append(_entry(row, after, to, why, now))
        row.sender, row.account, row.next_attempt_at = to, to.account, now
        moved.append(row)
    timeline.append(entries)
    timeline.settle(moved, now=now, also=CHANGED)
    return len(moved)


def _entry(row: Transaction, after: Sender, to: Sender, why: str, now: datetime) -> TimelineEntry:
    text = f"{to.address} ({to.account.name}) carries it instead of {after.address} ({after.account.name}). {why}"
    return timeline.entry(
        row,
        "rerouted",
        now=now,
        key=f"{row.attempt_no}:{to.pk}",
        state=Status.QUEUED,
        text=text,
        # What stands above it in the story was said by this provider.
        provider=after.account.provider,
    )


def _why(row: Transaction, result: Result) -> str:
    code = result.error.code if result.error else ""
    known = meanings.explain(row.sender.account.provider, Where.ANSWER, code)
    return f"{known.meaning} ({code})" if known else f"Refused with {code}."
