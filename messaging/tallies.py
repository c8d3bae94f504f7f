"""Counts of transactions by minute and hour, made beforehand for the charts.

The timeline says which transactions have moved: the minutes they were accepted in are counted again, from the rows
themselves. So a round that dies, or runs twice, leaves the same counts, and nobody who sends has to keep them. What has
moved since the last round is counted when it is asked for.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncHour, TruncMinute
from django.db.transaction import atomic
from django.utils import timezone

from messaging import feed
from messaging.models import CountedUpTo, TimelineEntry, Transaction, TransactionCount

Span = TransactionCount.Span
# Entries of one round, and rounds of one call.
AT_ONCE, MOST_ROUNDS = 20_000, 25
# What is counted while somebody waits: further back, the counts are as old as the last round.
MOST_FRESH, MOST_FRESH_MINUTES = 5_000, 30
# The charts go back two weeks. What is older is not counted any more, for its minutes are forgotten a day later: an
# hour stays as it was then.
COUNTED_FOR, MINUTES_KEPT = timedelta(days=15), timedelta(days=16)
BATCH = 200


def count(*, rounds: int = MOST_ROUNDS) -> int:
    """Bring the counts up to the newest entry, a round to a commit. Out: how many entries were looked at."""
    done = 0
    for _round in range(rounds):
        looked = _count_some()
        done += looked
        if looked < AT_ONCE:
            break
    return done


def per_hour(since: datetime) -> Counter[tuple[datetime, str]]:
    """Transactions accepted since the beginning of a day, by their hour and status, as they stand now. Four queries."""
    place = CountedUpTo.objects.values_list("entry", flat=True).first() or 0
    moved = _minutes(TimelineEntry.objects.filter(pk__gt=place).order_by("-pk")[:MOST_FRESH])
    fresh = sorted((minute for minute in moved if minute >= since), reverse=True)[:MOST_FRESH_MINUTES]
    counts: Counter[tuple[datetime, str]] = Counter()
    hours = TransactionCount.objects.filter(span=Span.HOUR, start__gte=since).values_list("start", "status")
    for start, status, number in hours.order_by().annotate(Sum("number")):
        counts[start, status] += number
    if fresh:
        old = TransactionCount.objects.filter(span=Span.MINUTE, start__in=fresh).values_list(
            "start", "status", "number"
        )
        for start, status, number in old:
            counts[_hour(start), status] -= number
        for start, _account, status, number in _counted(fresh):
            counts[_hour(start), status] += number
    return counts


def purge(*, now: datetime) -> int:
    """Forget the minutes that no chart shows any more. Out: how many rows."""
    old = TransactionCount.objects.filter(span=Span.MINUTE, start__lt=now - MINUTES_KEPT).order_by("pk")
    return TransactionCount.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:AT_ONCE])).delete()[0]


def _count_some() -> int:
    newest = feed.newest()
    if not feed.all_written():
        return 0
    CountedUpTo.objects.get_or_create(pk=1)
    with atomic():
        # Whoever comes second waits here, and goes on from where the first has come to.
        place = CountedUpTo.objects.select_for_update().get(pk=1)
        looked = TimelineEntry.objects.filter(pk__gt=place.entry, pk__lte=newest).order_by("pk")[:AT_ONCE]
        ids = list(looked.values_list("pk", flat=True))
        if not ids:
            return 0
        oldest = _hour(timezone.now() - COUNTED_FOR)
        moved = _minutes(TimelineEntry.objects.filter(pk__gt=place.entry, pk__lte=ids[-1]))
        minutes = sorted(minute for minute in moved if minute >= oldest)
        for some in _batched(minutes):
            _write(Span.MINUTE, some, _counted(some))
        for hours in _batched(sorted({_hour(minute) for minute in minutes})):
            _write(Span.HOUR, hours, _summed(hours))
        place.entry = ids[-1]
        place.save()
    return len(ids)


def _minutes(entries: "QuerySet[TimelineEntry]") -> set[datetime]:
    """The minutes in which the transactions of some entries were accepted. One query."""
    # The slice inside, the join outside: each transaction is fetched once.
    ids = entries.values("transaction")
    rows = Transaction.objects.filter(pk__in=ids).order_by().annotate(minute=TruncMinute("created_at", tzinfo=UTC))
    return set(rows.values_list("minute", flat=True).distinct())


def _counted(minutes: Collection[datetime]) -> "Iterable[tuple[datetime, UUID, str, int]]":
    """The transactions accepted in some minutes, counted now. One query."""
    accepted = Q()
    for first, last in _stretches(minutes):
        accepted |= Q(created_at__gte=first, created_at__lt=last)
    rows = Transaction.objects.filter(accepted).order_by().annotate(minute=TruncMinute("created_at", tzinfo=UTC))
    return rows.values_list("minute", "account", "status").annotate(Count("pk"))


def _stretches(minutes: Collection[datetime]) -> list[tuple[datetime, datetime]]:
    found: list[tuple[datetime, datetime]] = []
    for minute in sorted(minutes):
        end = minute + timedelta(minutes=1)
        if found and found[-1][1] == minute:
            found[-1] = (found[-1][0], end)
        else:
            found.append((minute, end))
    return found


def _summed(hours: Collection[datetime]) -> "Iterable[tuple[datetime, UUID, str, int]]":
    rows = Q()
    for hour in hours:
        rows |= Q(start__gte=hour, start__lt=hour + timedelta(hours=1))
    counts = TransactionCount.objects.filter(rows, span=Span.MINUTE).order_by()
    return (
        counts.annotate(hour=TruncHour("start", tzinfo=UTC))
        .values_list("hour", "account", "status")
        .annotate(Sum("number"))
    )


def _write(
    span: TransactionCount.Span, starts: Collection[datetime], rows: "Iterable[tuple[datetime, UUID, str, int]]"
) -> None:
    made = [
        TransactionCount(span=span, start=start, account_id=account, status=status, number=number)
        for start, account, status, number in rows
    ]
    TransactionCount.objects.filter(span=span, start__in=starts).delete()
    TransactionCount.objects.bulk_create(made, batch_size=1000)


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def _batched(moments: Sequence[datetime]) -> Iterator[Sequence[datetime]]:
    """A few at a time: SQLite takes no question of any depth."""
    for start in range(0, len(moments), BATCH):
        yield moments[start : start + BATCH]
