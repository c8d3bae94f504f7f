"""Steering a message that was accepted: pause, resume, stop, undo, and what goes first before the rest.

`Transaction.held` is what the claim and the last look before the wire go by; `refresh` computes it for a whole message
from what was decided about it. A decision and its effect on every transaction are one commit, so that whoever dies in
between has decided nothing. A stop holds everything first and withdraws it in batches; the sweep ends what a process
that died has begun.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.transaction import atomic, set_rollback

from messaging import timeline
from messaging.models import Message, SendAttempt, TimelineEntry, Transaction
from messaging.models.clock import database_now
from messaging.statuses import CANCELLABLE, HANDED_OVER, Status

AT_ONCE = 500
MOST_ROUNDS = 500
# Whose place in the queue is still to be decided here: what is under way may come back to it.
OPEN = (*CANCELLABLE, Status.SENDING)
STOPPED = "stopped"
# Held back when the message was accepted: no evidence of anything.
NEVER_TRIED = Q(status=Status.BLOCKED, attempt_no=0)


def pause(message: Message, user: User | None) -> bool:
    """Keep what has not left where it is. Out: False when it was paused or stopped already.

    Without a user it is an integration that pauses what it sent.
    """
    with atomic():
        now = database_now()
        waiting = Message.objects.filter(pk=message.pk, paused_at=None, stopped_at=None)
        if not waiting.update(paused_at=now, paused_by=user):
            return False
        refresh(message)
        _tell(message.transactions.filter(status__in=CANCELLABLE), "paused", now)
    return True


def resume(message: Message, user: User | None) -> bool:
    """Let a paused message go on, as far as nothing else holds it. Out: False when it was not paused."""
    with atomic():
        now = database_now()
        paused = Message.objects.filter(pk=message.pk, paused_at__isnull=False, stopped_at=None)
        if not paused.update(paused_at=None, paused_by=user):
            return False
        refresh(message)
        _tell(message.transactions.filter(status__in=CANCELLABLE), "resumed", now)
    return True


def pass_canary(message: Message, user: User | None = None) -> bool:
    """Let the rest follow those that went first. Out: False when it was on its way already, or stopped.

    Without a user it is the receipts that let it.
    """
    with atomic():
        now = database_now()
        waiting = Message.objects.filter(pk=message.pk, canary__isnull=False, canary_passed_at=None, stopped_at=None)
        if not waiting.update(canary_passed_at=now):
            return False
        behind = list(message.transactions.filter(status__in=CANCELLABLE, held=True).values_list("pk", flat=True))
        refresh(message)
        source = TimelineEntry.Source.PERSON if user else TimelineEntry.Source.PORTAL
        _tell(message.transactions.filter(pk__in=behind, held=False), "canary_passed", now, source=source)
    return True


def stop(message: Message) -> int:
    """Withdraw everything that is not on the wire. Out: how many; what has left stays as it is.

    From the first commit on nothing more leaves; a second stop ends what a first one could not.
    """
    with atomic():
        now = database_now()
        Message.objects.filter(pk=message.pk, stopped_at=None).update(stopped_at=now)
        refresh(message)
        before = _cancelled(message)
    return _withdrawn(message, before)


def undo(message: Message) -> int:
    """Stop a message whose undo time still runs: nothing of it has left then. Out: how many were withdrawn, 0 when
    the time is over."""
    with atomic():
        now = database_now()
        early = Message.objects.filter(pk=message.pk, undo_until__gt=now, stopped_at=None)
        if not early.update(stopped_at=now):
            return 0
        refresh(message)
        # Its time may have run out while this waited for the rows; from here on they are ours.
        if SendAttempt.objects.filter(transaction__message=message, wire_at__isnull=False).exists():
            set_rollback(True)
            return 0
        before = _cancelled(message)
    return _withdrawn(message, before)


def finish_stops() -> int:
    """Withdraw what still waits of messages that were stopped: their stop died half-way, or a provider handed some
    back. Out: how many."""
    return sum(_withdraw(Transaction.objects.filter(message__stopped_at__isnull=False)))


def refresh(message: Message) -> None:
    """Hold or free what is open of a message, by what is decided about it now. One commit, or part of the caller's."""
    with atomic():
        now = Message.objects.select_for_update().get(pk=message.pk)
        rows = Transaction.objects.filter(message=now, status__in=OPEN)
        # In the order in which the wire mark takes them, so that the two never wait for one another.
        list(rows.order_by("pk").select_for_update().values_list("pk"))
        behind = _behind(now)
        rows.filter(behind, held=False).update(held=True)
        rows.filter(held=True).exclude(behind).update(held=False)


def _behind(message: Message) -> Q:
    """Which of its transactions have to wait, as things stand."""
    if message.stopped_at or message.paused_at or message.fitting in {Message.Fitting.RUNNING, Message.Fitting.FAILED}:
        return Q(pk__isnull=False)
    if message.canary_last is None or message.canary_passed_at:
        return Q(pk=None)
    return Q(position__gt=message.canary_last)


def pass_ripe_canaries() -> int:
    """Let the rest follow of each message whose first were all delivered in time. Out: how many messages."""
    return sum(pass_canary(message) for message in _ripe(database_now()))


def canary_rows(message: Message) -> "QuerySet[Transaction]":
    """Those that go first, without whom nothing was ever sent to; none when the message has no canary."""
    if message.canary_last is None:
        return message.transactions.none()
    return message.transactions.filter(position__lte=message.canary_last).exclude(NEVER_TRIED)


def _ripe(now: datetime) -> list[Message]:
    """Messages that may go on by themselves: those that watch their first, of whom nobody is without it any more. Two
    queries."""
    first = Transaction.objects.filter(message=OuterRef("pk"), position__lte=OuterRef("canary_last"))
    missing = first.exclude(status__in=HANDED_OVER).exclude(NEVER_TRIED)
    tries = SendAttempt.objects.filter(transaction__message=OuterRef("pk"), wire_at__isnull=False).order_by("wire_at")
    watching = Message.objects.filter(canary_minutes__isnull=False, canary_passed_at=None, stopped_at=None)
    begun = watching.annotate(since=Subquery(tries.values("wire_at")[:1])).filter(since__isnull=False)
    found = begun.exclude(Exists(missing)).values_list("pk", "since", "canary_minutes")[:AT_ONCE]
    ripe = [pk for pk, since, minutes in found if since + timedelta(minutes=minutes or 0) > now]
    return list(Message.objects.filter(pk__in=ripe))


def held_of(message: Message) -> int:
    """How many of a message wait because of what was decided about it. One query."""
    return message.transactions.filter(status__in=CANCELLABLE, held=True).count()


def _withdraw(rows: "QuerySet[Transaction]") -> Iterator[int]:
    """Cancel what is not on the wire, a batch to a commit."""
    tries = SendAttempt.objects.filter(transaction=OuterRef("pk"), number=OuterRef("attempt_no"))
    unsent = Q(status__in=CANCELLABLE) | Exists(tries.filter(phase=SendAttempt.Phase.CLAIMED))
    for _round in range(MOST_ROUNDS):
        with atomic():
            chosen = list(rows.filter(unsent, status__in=OPEN).values_list("pk", flat=True)[:AT_ONCE])
            if not chosen:
                return
            free = Transaction.objects.filter(pk__in=chosen, status__in=OPEN).order_by("pk")
            locked = list(free.select_for_update(of=("self",)))
            # Asked only now that the rows are ours: the wire mark is set under the same lock.
            wired = SendAttempt.objects.filter(transaction__in=locked, phase=SendAttempt.Phase.WIRE)
            gone = set(wired.values_list("transaction", flat=True))
            _cancel([row for row in locked if row.pk not in gone], database_now())
        yield len(locked) - len(gone)


def _cancelled(message: Message) -> int:
    return message.transactions.filter(status=Status.CANCELLED).count()


def _withdrawn(message: Message, before: int) -> int:
    """Withdraw what waits of a message that is stopped. Out: how many went since `before` were counted: the sweep may
    have taken its share of them."""
    for _number in _withdraw(message.transactions.all()):
        continue
    return _cancelled(message) - before


def _cancel(rows: list[Transaction], now: datetime) -> None:
    SendAttempt.objects.filter(transaction__in=rows, phase=SendAttempt.Phase.CLAIMED).update(
        phase=SendAttempt.Phase.DONE, finished_at=now, code=STOPPED, text="The message was stopped."
    )
    person = TimelineEntry.Source.PERSON
    timeline.append([timeline.entry(row, "cancelled", now=now, state=Status.CANCELLED, source=person) for row in rows])
    for row in rows:
        row.lease_token = row.lease_until = row.next_attempt_at = None
        row.held = False
    timeline.settle(rows, now=now, also=["lease_token", "lease_until", "next_attempt_at", "held"])


def _tell(
    rows: "QuerySet[Transaction]", kind: str, now: datetime, *, source: str = TimelineEntry.Source.PERSON
) -> None:
    """Write into the story of each of these transactions what was decided about its message."""
    key = now.isoformat()
    timeline.append(
        [timeline.entry(row, kind, now=now, key=key, source=source) for row in rows.only("message", "attempt_no")]
    )
