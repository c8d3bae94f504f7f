"""The numbers of the dashboard: few, set-based questions, each bounded by an index or a fixed number of rows."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from statistics import quantiles

from django.db.models import QuerySet

from messaging import tallies
from messaging.models import Message, ProviderAccount, ReceiptInbox, Sender, TimelineEntry
from messaging.web.looks import GROUP_OF, GROUPS, Group, Segment, ago, segments

DAYS = 14
MOST_MESSAGES = 10_000
RECENT_FACTS = 1_000
LEFT_ALONE = 100
MOST_PAUSED = 10
Troubles = Sequence[tuple[str, str, int]]


@dataclass(frozen=True, slots=True)
class Today:
    """What happened since midnight UTC; every count but `messages` is of recipients. There may be `more` messages."""

    messages: int
    more: bool
    recipients: int
    groups: Sequence[tuple[Group, int]]


@dataclass(frozen=True, slots=True)
class Day:
    """One column of the chart: recipients per group, `total` of them together."""

    day: date
    counts: dict[str, int]
    total: int


@dataclass(frozen=True, slots=True)
class Lag:
    """How far receipts are behind: seconds from a fact to its arrival, and what still waits, how long in words."""

    median: float | None
    p95: float | None
    measured: int
    oldest_waiting: str
    troubles: Troubles


def daily(now: datetime) -> list[Day]:
    """Recipients per day and group for the last DAYS days, oldest first, empty days too. From the hourly counts."""
    first = now.date() - timedelta(days=DAYS - 1)
    counted: Counter[tuple[date, str]] = Counter()
    for (hour, status), number in tallies.per_hour(midnight(first)).items():
        counted[hour.astimezone(UTC).date(), status] += number
    return [_day(first + timedelta(days=offset), counted) for offset in range(DAYS)]


def _day(day: date, counted: Counter[tuple[date, str]]) -> Day:
    own = {status: number for (when, status), number in counted.items() if when == day and number}
    return Day(day, own, sum(own.values()))


def today(days: Sequence[Day], now: datetime) -> Today:
    """The counts of the present day, from the days already counted. One query, for the messages."""
    messages = Message.objects.filter(created_at__gte=midnight(now.date()))[: MOST_MESSAGES + 1].count()
    counts = days[-1].counts
    groups = [(group, sum(counts.get(status, 0) for status in group.statuses)) for group in GROUPS]
    return Today(min(messages, MOST_MESSAGES), messages > MOST_MESSAGES, days[-1].total, groups)


def shares(days: Sequence[Day]) -> list[Segment]:
    """The outcomes of all the days together."""
    whole: Counter[str] = Counter()
    for day in days:
        whole.update(day.counts)
    return segments(whole)


def lag(now: datetime) -> Lag:
    """How late the newest receipts came, and what the inbox still holds. Three queries of bounded size."""
    newest = TimelineEntry.objects.order_by("-id").values_list("source", "at", "received_at")[:RECENT_FACTS]
    late = sorted(
        max(0.0, (received - at).total_seconds())
        for source, at, received in newest
        if source == TimelineEntry.Source.PROVIDER
    )
    waiting = _in_state(ReceiptInbox.State.NEW).order_by("id").values_list("received_at", flat=True).first()
    stuck = [ReceiptInbox.State.QUARANTINED, ReceiptInbox.State.DEAD, ReceiptInbox.State.ORPHAN]
    states = Counter(
        ReceiptInbox.objects.filter(state__in=stuck).order_by("-id").values_list("state", flat=True)[:LEFT_ALONE]
    )
    troubles = [(state.value, state.label, states[state.value]) for state in stuck if states[state.value]]
    return Lag(_quantile(late, 50), _quantile(late, 95), len(late), ago(waiting, now) if waiting else "", troubles)


def _in_state(state: str) -> QuerySet[ReceiptInbox]:
    return ReceiptInbox.objects.filter(state=state)


def _quantile(ordered: Sequence[float], percent: int) -> float | None:
    if not ordered:
        return None
    return ordered[0] if len(ordered) == 1 else quantiles(ordered, n=100, method="inclusive")[percent - 1]


def paused() -> list[ProviderAccount | Sender]:
    """Accounts and senders that send nothing for now, MOST_PAUSED of each. Two queries."""
    accounts = ProviderAccount.objects.filter(paused_at__isnull=False).order_by("paused_at")
    senders = Sender.objects.filter(paused_at__isnull=False).select_related("account").order_by("paused_at")
    return [*accounts[:MOST_PAUSED], *senders[:MOST_PAUSED]]


def midnight(day: date) -> datetime:
    """The start of a day, UTC."""
    return datetime.combine(day, time.min, UTC)


def group_counts(day: Day) -> dict[str, int]:
    """A day's recipients per group name."""
    counts: Counter[str] = Counter()
    for status, number in day.counts.items():
        counts[GROUP_OF[status].name] += number  # type: ignore[index]
    return counts
