"""Counting calls and receipts for each account, from what sending and receiving wrote down anyway.

Nothing is counted where messages are handled: that path stays as short as it is. A run counts what is new and moves its
mark in one commit, so that a killed one has counted all of a batch or nothing.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Exists, Max, Model, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.db.transaction import atomic

from messaging import meanings
from messaging.gateway.codes import OutcomeClass, Where
from messaging.models import AccountTally, AccountTrouble, SendAttempt, Tallied, TallyMark, TimelineEntry
from messaging.models.clock import database_now
from messaging.statuses import SETTLED, Status
from messaging.watching.ladder import step_of

AT_ONCE, MOST_ROUNDS = 5_000, 40
# A portal that is counted for the first time does not begin with its first year.
LOOK_BACK = 100_000
# A row that was given its id is committed within this; what takes longer is missing from the figures, nowhere else.
COMMITTED = timedelta(seconds=10)
# A try that is still open holds the count up, for its outcome belongs to it; one that stays open for ever does not.
OPEN = timedelta(minutes=10)
KEPT = {AccountTally.Span.MINUTE: timedelta(hours=26), AccountTally.Span.HOUR: timedelta(days=32)}
# What the sweep writes where a worker stopped in the middle of a call.
STOPPED = "worker_lost"
BY_OUTCOME = {
    OutcomeClass.ACCEPTED: Tallied.ACCEPTED,
    OutcomeClass.RETRY: Tallied.RETRY,
    OutcomeClass.FAILED: Tallied.FAILED,
    OutcomeClass.CONFIGURATION: Tallied.CONFIGURATION,
    OutcomeClass.BLOCKED: Tallied.BLOCKED,
    OutcomeClass.UNKNOWN: Tallied.UNKNOWN,
}
FINAL = [state.value for state in SETTLED if state is not Status.UNCONFIRMED]


@dataclass(slots=True)
class Tally:
    """What one batch adds up to: numbers by (account, minute, kind, step), and each account's last trouble."""

    counts: Counter[tuple[UUID, datetime, Tallied, int]] = field(default_factory=Counter)
    troubles: dict[UUID, AccountTrouble] = field(default_factory=dict)

    def add(self, account: UUID, at: datetime, kind: Tallied, seconds: float | None = None) -> None:
        """Count one. What took no time that anybody asks for stands on the first step."""
        step = 0 if seconds is None else step_of(seconds)
        self.counts[account, at.replace(second=0, microsecond=0), kind, step] += 1


def fold() -> int:
    """Count what is new. Out: how many rows were looked at. May run anywhere, at the same time too."""
    return _up_to_date("calls", SendAttempt, _calls, _closed) + _up_to_date("receipts", TimelineEntry, _receipts)


def uncounted(accounts: Collection[UUID], since: datetime) -> dict[UUID, Counter[Tallied]]:
    """The calls of some accounts since a moment that no run has counted yet: those of the last seconds, and all that
    began after a try that is still open. Three queries."""
    counted = TallyMark.objects.filter(pk="calls").values_list("upto", flat=True).first() or 0
    last = SendAttempt.objects.aggregate(last=Max("pk"))["last"] or 0
    rows = SendAttempt.objects.filter(pk__gt=max(counted, last - LOOK_BACK), pk__lte=last, finished_at__gte=since)
    rows = rows.filter(sender__account__in=list(accounts)).exclude(outcome="").order_by()
    found: dict[UUID, Counter[Tallied]] = {}
    wanted = ("sender__account_id", "sender__account__provider", "outcome", "code", "http_status")
    for account, provider, outcome, code, status, number in rows.values_list(*wanted).annotate(number=Count("pk")):
        found.setdefault(account, Counter())[_kind(provider, OutcomeClass(outcome), code, status)] += number
    return found


def purge(now: datetime) -> None:
    """Forget minutes after a day, and hours after a month."""
    for span, kept in KEPT.items():
        AccountTally.objects.filter(span=span, at__lt=now - kept).delete()


def _up_to_date(
    name: str,
    model: type[Model],
    count: Callable[[int, int], Tally],
    end_of: Callable[[int, int], int] = lambda _start, end: end,
) -> int:
    looked = 0
    for _round in range(MOST_ROUNDS):
        mark = _mark(name, model)
        end = end_of(mark.upto, min(mark.seen, mark.upto + AT_ONCE))
        if end <= mark.upto:
            return looked
        if not _keep(mark, end, count(mark.upto, end)):
            return looked
        looked += end - mark.upto
    return looked


def _mark(name: str, model: type[Model]) -> TallyMark:
    """How far it was counted, with what may be counted now: what was there a while ago."""
    now = database_now()
    mark = TallyMark.objects.filter(pk=name).first()
    if mark and (mark.upto < mark.seen or now - mark.seen_at < COMMITTED):
        return mark
    last = model._default_manager.aggregate(last=Max("pk"))["last"] or 0
    if mark is None:
        start = max(0, last - LOOK_BACK)
        TallyMark.objects.bulk_create([TallyMark(name=name, upto=start, seen=last, seen_at=now)], ignore_conflicts=True)
        return TallyMark(name=name, upto=start, seen=start, seen_at=now)
    TallyMark.objects.filter(pk=name, seen=mark.seen, upto=mark.upto).update(seen=last, seen_at=now)
    return mark


def _closed(start: int, end: int) -> int:
    """The last id before a call that is still under way."""
    rows = SendAttempt.objects.filter(pk__gt=start, pk__lte=end, started_at__gt=database_now() - OPEN)
    first = rows.exclude(phase=SendAttempt.Phase.DONE).order_by("pk").values_list("pk", flat=True).first()
    return first - 1 if first else end


def _calls(start: int, end: int) -> Tally:
    tally = Tally()
    rows = SendAttempt.objects.filter(pk__gt=start, pk__lte=end, finished_at__isnull=False).exclude(outcome="")
    wanted = ("sender__account_id", "sender__account__provider", "outcome", "code", "http_status")
    for account, provider, outcome, code, status, wired, finished, transaction in (
        rows.order_by("pk").values_list(*wanted, "wire_at", "finished_at", "transaction_id").iterator()
    ):
        kind = _kind(provider, OutcomeClass(outcome), code, status)
        tally.add(account, finished, kind, (finished - (wired or finished)).total_seconds())
        if kind is not Tallied.ACCEPTED:
            tally.troubles[account] = AccountTrouble(
                account_id=account, at=finished, code=code, transaction_id=transaction
            )
    return tally


def _kind(provider: str, outcome: OutcomeClass, code: str, status: int | None) -> Tallied:
    if outcome is OutcomeClass.UNKNOWN and code == STOPPED:
        return Tallied.LOST
    known = meanings.explain(provider, Where.ANSWER, code)
    if outcome is OutcomeClass.RETRY and (status == 429 or (known is not None and known.throttles)):
        return Tallied.THROTTLED
    return BY_OUTCOME[outcome]


def _receipts(start: int, end: int) -> Tally:
    """Receipts by the account whose webhook they came to."""
    tally = Tally()
    tries = SendAttempt.objects.filter(transaction=OuterRef("transaction"))
    earlier = TimelineEntry.objects.filter(
        transaction=OuterRef("transaction"), source=TimelineEntry.Source.PROVIDER, pk__lt=OuterRef("pk")
    )
    rows = TimelineEntry.objects.filter(pk__gt=start, pk__lte=end, source=TimelineEntry.Source.PROVIDER)
    told = rows.annotate(
        from_account=Coalesce("inbox__account", "transaction__account"),
        accepted_at=Subquery(tries.filter(outcome="A").order_by("-number").values("finished_at")[:1]),
        refused=~Exists(tries.exclude(outcome__in=["F", "B", "R", "C"])) & Exists(tries),
        not_first=Exists(earlier),
        not_final=Exists(earlier.filter(state__in=FINAL)),
    )
    wanted = ("from_account", "received_at", "state", "accepted_at", "refused", "not_first", "not_final")
    for account, received, state, accepted, refused, not_first, not_final in (
        told.order_by("pk").values_list(*wanted).iterator()
    ):
        tally.add(account, received, Tallied.RECEIPT)
        if refused and state:
            tally.add(account, received, Tallied.AGAINST)
        if accepted and not not_first:
            tally.add(account, received, Tallied.FIRST, (received - accepted).total_seconds())
        if accepted and state in FINAL and not not_final:
            tally.add(account, accepted, Tallied.FINAL)
    return tally


def _keep(mark: TallyMark, end: int, tally: Tally) -> bool:
    """Add a batch and move the mark, together; False when somebody else did it meanwhile."""
    with atomic():
        # The mark is locked by this until the commit: nobody else adds to the counts.
        if not TallyMark.objects.filter(pk=mark.name, upto=mark.upto).update(upto=end):
            return False
        AccountTally.objects.bulk_create(
            _added(tally),
            update_conflicts=True,
            unique_fields=["span", "at", "account", "kind", "bucket"],
            update_fields=["count"],
            batch_size=1000,
        )
        AccountTrouble.objects.bulk_create(
            tally.troubles.values(),
            update_conflicts=True,
            unique_fields=["account"],
            update_fields=["at", "code", "transaction"],
        )
    return True


def _added(tally: Tally) -> Iterable[AccountTally]:
    """The rows as they are to be: what stands there already, and what is new."""
    sums: Counter[tuple[str, datetime, UUID, str, int]] = Counter()
    for (account, minute, kind, step), number in tally.counts.items():
        sums[AccountTally.Span.MINUTE, minute, account, kind, step] += number
        sums[AccountTally.Span.HOUR, minute.replace(minute=0), account, kind, step] += number
    moments = {at for _span, at, _account, _kind, _step in sums}
    known = AccountTally.objects.filter(at__in=moments).values_list(
        "span", "at", "account_id", "kind", "bucket", "count"
    )
    for *key, count in known:
        if (same := tuple(key)) in sums:
            sums[same] += count  # type: ignore[index]
    return [
        AccountTally(span=span, at=at, account_id=account, kind=kind, bucket=step, count=number)
        for (span, at, account, kind, step), number in sums.items()
    ]
