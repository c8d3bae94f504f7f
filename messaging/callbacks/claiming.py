"""Who may send which news now: rows taken under a lease, and what came of each written down under the same.

A process that dies between the two leaves rows whose lease runs out: they are sent again. That is what at least once
means; a row that was lost in between is not touched by whoever lost it.
"""

import logging
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce
from django.db.transaction import atomic

from messaging.callbacks import dialects, schedule
from messaging.callbacks.posting import Answer
from messaging.models import Callback, CallbackEndpoint
from messaging.models.clock import database_now
from messaging.models.rows import save_fields

logger = logging.getLogger(__name__)
State = Callback.State
# Longer than any try with all that surrounds it.
LEASE = timedelta(seconds=60)
# How many of one endpoint are taken in one round; more than it may have in flight are never taken.
SLOTS = 2
MOST_SEEN = 1000
RESULT = ["state", "next_attempt_at", "status", "outcome", "tried_at", "lease_token", "lease_until"]
HEALTH = ["state", "reason", "failing_since", "rests_until"]


@dataclass(frozen=True, slots=True)
class Claim:
    """A piece of news that is ours to send until its lease ends, with its endpoint loaded."""

    callback: Callback = field(repr=False)
    token: UUID


def due() -> bool:
    """Whether anything waits to be sent now."""
    now = database_now()
    return _open(now).filter(Exists(_due(now).filter(endpoint=OuterRef("pk")))).exists()


def claim(most: int, *, most_of_one_key: int) -> list[Claim]:
    """Take up to `most` pieces of due news, the longest due first, no more of an endpoint or a key than it may have in
    flight. An endpoint that failed last gets one try at a time, so that many dead ones leave room for the living.
    """
    if not due():
        # Looking costs no lock; there is nothing to take most of the time.
        return []
    token = uuid4()
    with atomic():
        now = database_now()
        chosen = _chosen(now, most, most_of_one_key)
        if not chosen:
            return []
        # The conditions again: SQLite knows no row locks, so the update itself decides who has it.
        Callback.objects.filter(_free(now), pk__in=chosen, state=State.WAITING).update(
            lease_token=token, lease_until=now + LEASE, attempts=F("attempts") + 1
        )
    rows = Callback.objects.filter(lease_token=token).select_related("endpoint").order_by("next_attempt_at", "pk")
    return [Claim(row, token) for row in rows]


def _free(now: datetime) -> Q:
    return Q(lease_until=None) | Q(lease_until__lt=now)


def _open(now: datetime) -> "QuerySet[CallbackEndpoint]":
    resting = Q(rests_until=None) | Q(rests_until__lte=now)
    return CallbackEndpoint.objects.filter(resting, state=CallbackEndpoint.State.ACTIVE)


def _due(now: datetime) -> "QuerySet[Callback]":
    return Callback.objects.filter(_free(now), state=State.WAITING, next_attempt_at__lte=now)


def _chosen(now: datetime, most: int, most_of_one_key: int) -> list[UUID]:
    """Ids of what may be taken: endpoint by endpoint in SQL, because a heap at one of them must not hide the others."""
    # One claim at a time, on PostgreSQL too: two would each count the places in flight without the other's.
    list(CallbackEndpoint.objects.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True)[:1])
    flying = Callback.objects.filter(endpoint=OuterRef("pk"), lease_until__gte=now).order_by().values("endpoint")
    waiting = _due(now).filter(endpoint=OuterRef("pk")).order_by("next_attempt_at", "pk")
    slots = {f"slot_{n}": Subquery(waiting.values("pk")[n : n + 1]) for n in range(SLOTS)}
    first = Subquery(waiting.values("next_attempt_at")[:1])
    number = Coalesce(Subquery(flying.annotate(number=Count("pk")).values("number")), 0)
    allowed = Case(When(failing_since=None, then=F("concurrency")), default=1)
    rows = _open(now).annotate(flying=number, allowed=allowed, first=first, **slots)
    of_key = defaultdict(int, _flying_by_key(now))
    full = [key for key, flying_now in of_key.items() if flying_now >= most_of_one_key]
    # Who has no room is left out before the cut: the oldest heaps must not fill it.
    able = rows.filter(first__isnull=False, flying__lt=F("allowed")).exclude(api_key__in=full).order_by("first")
    chosen: list[UUID] = []
    for row in able[:MOST_SEEN]:
        room = min(row.allowed - row.flying, most_of_one_key - of_key[row.api_key_id], most - len(chosen))
        taken = [pk for n in range(SLOTS) if (pk := getattr(row, f"slot_{n}"))][: max(0, room)]
        of_key[row.api_key_id] += len(taken)
        chosen += taken
    return chosen


def _flying_by_key(now: datetime) -> Collection[tuple[UUID, int]]:
    flying = Callback.objects.filter(lease_until__gte=now).order_by()
    return list(flying.values_list("endpoint__api_key").annotate(number=Count("pk")))


def record(results: Sequence[tuple[Claim, Answer]]) -> None:
    """Write down what came of tries, in one commit. Who lost the lease meanwhile changes nothing."""
    with atomic():
        now = database_now()
        ends = {
            row.pk: row
            for row in CallbackEndpoint.objects.select_for_update(no_key=True)
            .filter(pk__in={taken.callback.endpoint_id for taken, _answer in results})
            .order_by("pk")
        }
        held = {
            row.pk: row
            for row in Callback.objects.select_for_update().filter(
                pk__in=[taken.callback.pk for taken, _answer in results],
                lease_token__in={taken.token for taken, _answer in results},
            )
        }
        for taken, answer in results:
            if row := held.get(taken.callback.pk):
                _judge_row(row, answer, now)
                _judge_endpoint(ends[row.endpoint_id], answer, now)
        save_fields(list(held.values()), RESULT)
        save_fields(list(ends.values()), HEALTH)
        for end in ends.values():
            if end.state == CallbackEndpoint.State.DISABLED and end.reason != CallbackEndpoint.Reason.BY_HAND:
                logger.warning("callback endpoint %s is switched off: %s", end.pk, end.reason)


def _judge_row(row: Callback, answer: Answer, now: datetime) -> None:
    row.status, row.outcome, row.tried_at = answer.status, answer.outcome, now
    row.lease_token = row.lease_until = None
    wait = _wait(row, answer)
    if answer.taken:
        row.state, row.next_attempt_at = State.TOLD, None
    elif wait is None:
        row.state, row.next_attempt_at = State.EXHAUSTED, None
    else:
        row.next_attempt_at = now + wait


def _wait(row: Callback, answer: Answer) -> timedelta | None:
    """How long until the next try; a dialect keeps its provider's own plan."""
    if not row.dialect:
        return schedule.wait_after(row.attempts)
    rules = dialects.rules(row.dialect)
    if answer.status in rules.hopeless or row.attempts > len(rules.retries):
        return None
    return timedelta(seconds=rules.retries[row.attempts - 1])


def _judge_endpoint(end: CallbackEndpoint, answer: Answer, now: datetime) -> None:
    if answer.taken:
        end.failing_since = end.rests_until = None
        return
    end.failing_since = end.failing_since or now
    if pause := schedule.rest(answer.status, answer.retry_after):
        end.rests_until = now + pause
    if answer.status == schedule.GONE:
        end.state, end.reason = CallbackEndpoint.State.DISABLED, CallbackEndpoint.Reason.GONE
    elif now - end.failing_since >= schedule.PATIENCE:
        end.state, end.reason = CallbackEndpoint.State.DISABLED, CallbackEndpoint.Reason.FAILING
