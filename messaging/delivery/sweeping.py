"""Taking up what was left behind: leases that ran out, messages whose time is over, receipts that never came, and
waiting messages of a sender that is paused while another one could carry them."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.db.transaction import atomic

from messaging import steering, timeline
from messaging.delivery import rerouting
from messaging.delivery.choosing import WAITING
from messaging.delivery.protocol import CRASHED, MOST_CRASHES, hand_back, release
from messaging.models import SendAttempt, Transaction
from messaging.models.clock import database_now
from messaging.models.rows import save_fields
from messaging.statuses import Status

AT_ONCE = 200
MOST_ROUNDS = 500
# Longer than from one look at the queue to the next, by the beat or by a pump.
APART = timedelta(seconds=6)


def sweep() -> int:
    """Take up all that was left behind. Out: how many transactions were moved."""
    left = sum(_lost_leases()) + steering.finish_stops() + sum(_overdue()) + sum(_unanswered())
    return left + rerouting.leave_paused()


def _rounds(step: "QuerySet[Transaction]") -> Iterator[tuple[list[Transaction], datetime]]:
    """Locked batches of what matches, each in a commit of its own, until nothing does."""
    for _round in range(MOST_ROUNDS):
        with atomic():
            rows = list(step.select_for_update(skip_locked=True, of=("self",))[:AT_ONCE])
            if not rows:
                return
            yield rows, database_now()


def _lost_leases() -> Iterator[int]:
    for rows, now in _rounds(Transaction.objects.filter(lease_until__lt=database_now()).order_by("lease_until")):
        tries = {
            attempt.transaction_id: attempt
            for attempt in SendAttempt.objects.filter(transaction__in=rows).order_by("number")
        }
        wired = [row for row in rows if tries[row.pk].phase == SendAttempt.Phase.WIRE]
        _close_unclear(wired, now)
        unsent = [row for row in rows if row not in wired]
        before = _crashes_before(unsent)
        _give_up([row for row in unsent if before[row.pk] >= MOST_CRASHES - 1], now)
        returning = [row for row in unsent if before[row.pk] < MOST_CRASHES - 1]
        hand_back(returning, "The worker stopped before sending.", code=CRASHED)
        _set_apart([row for row in returning if before[row.pk]], now)
        yield len(rows)


def _close_unclear(rows: list[Transaction], now: datetime) -> None:
    """On the wire when the lease ended: may have been accepted, so it is never sent again by us."""
    SendAttempt.objects.filter(transaction__in=rows, phase=SendAttempt.Phase.WIRE).update(
        phase=SendAttempt.Phase.DONE, outcome="U", code=CRASHED, finished_at=now
    )
    timeline.append([timeline.entry(row, "unknown", now=now, state=Status.UNKNOWN, code=CRASHED) for row in rows])
    release(rows, now)


def _crashes_before(rows: list[Transaction]) -> Counter[UUID]:
    """How often each has been left by a worker before; a try that was handed back for another reason does not count."""
    crashes = SendAttempt.objects.filter(transaction__in=rows, outcome="", code=CRASHED)
    return Counter(crashes.values_list("transaction_id", flat=True))


def _set_apart(rows: list[Transaction], now: datetime) -> None:
    """Have each tried alone: the one that brings its worker down must not take down those that were claimed with it."""
    for place, row in enumerate(rows):
        row.next_attempt_at = now + place * APART
    save_fields(rows, ["next_attempt_at"])


def _give_up(rows: list[Transaction], now: datetime) -> None:
    SendAttempt.objects.filter(transaction__in=rows, phase=SendAttempt.Phase.CLAIMED).update(
        phase=SendAttempt.Phase.DONE, finished_at=now
    )
    text = f"The worker broke down over it {MOST_CRASHES} times; nothing was sent."
    timeline.append(
        [timeline.entry(r, "failed", now=now, state=Status.FAILED, code="gave_up", text=text) for r in rows]
    )
    release(rows, now)


def _overdue() -> Iterator[int]:
    late = Transaction.objects.filter(status__in=WAITING, next_attempt_at__isnull=False, expires_at__lte=database_now())
    for rows, now in _rounds(late):
        timeline.append([timeline.entry(row, "expired", now=now, state=Status.EXPIRED) for row in rows])
        release(rows, now)
        yield len(rows)


def _unanswered() -> Iterator[int]:
    for rows, now in _rounds(Transaction.objects.filter(receipt_deadline__lt=database_now())):
        timeline.append([timeline.entry(row, "unconfirmed", now=now, state=Status.UNCONFIRMED) for row in rows])
        for row in rows:
            row.receipt_deadline = None
        timeline.settle(rows, now=now)
        yield len(rows)
