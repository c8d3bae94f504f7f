"""How each account fares: what the health board and the metrics show. Read from the counts alone."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.conf import settings
from django.db.models import Max, Min, QuerySet, Sum

from messaging.models import AccountTally, AccountTrouble, Alarm, ProviderAccount, Tallied
from messaging.watching.alarms import SILENT
from messaging.watching.ladder import percentile

Span = AccountTally.Span
QUARTER, HOUR, DAY, MONTH = timedelta(minutes=15), timedelta(hours=1), timedelta(hours=24), timedelta(days=30)
CALLS = (
    Tallied.ACCEPTED,
    Tallied.THROTTLED,
    Tallied.RETRY,
    Tallied.FAILED,
    Tallied.CONFIGURATION,
    Tallied.BLOCKED,
    Tallied.UNKNOWN,
)
# What speaks against the provider: neither our content, our credentials nor our speed.
FAULTS = (Tallied.RETRY, Tallied.UNKNOWN)
AGAINST_US = (*FAULTS, Tallied.CONFIGURATION)
FEWEST = 5


class State(StrEnum):
    """How an account is, the worst first."""

    PAUSED = "paused"
    SILENT = "silent"
    FAILING = "failing"
    THROTTLED = "throttled"
    SLOW = "slow"
    OK = "ok"
    IDLE = "idle"


@dataclass(frozen=True, slots=True)
class Window:
    """What happened at an account in one stretch of time."""

    counts: Mapping[str, int]
    steps: Mapping[str, Mapping[int, int]]

    @property
    def calls(self) -> int:
        """How many calls ended."""
        return sum(self.counts.get(kind, 0) for kind in CALLS)

    def number(self, *kinds: str) -> int:
        """How many there were of these kinds together."""
        return sum(self.counts.get(kind, 0) for kind in kinds)

    def share(self, *kinds: str) -> float:
        """The part of all calls that these kinds make up, from 0 to 1; 0 without any call."""
        return self.number(*kinds) / self.calls if self.calls else 0.0

    def latency(self, percent: float) -> float | None:
        """Seconds within which so many per cent of the calls were answered; None without any."""
        steps: Counter[int] = Counter()
        for kind in CALLS:
            steps.update(self.steps.get(kind, {}))
        return percentile(steps, percent)

    def lag(self, percent: float) -> float | None:
        """Seconds from acceptance within which so many per cent of the first receipts came; None without any."""
        return percentile(self.steps.get(Tallied.FIRST, {}), percent)

    @property
    def final(self) -> float | None:
        """The part of what was accepted then that has a final receipt by now, from 0 to 1; None without any."""
        accepted = self.number(Tallied.ACCEPTED)
        return min(1.0, self.number(Tallied.FINAL) / accepted) if accepted else None


@dataclass(frozen=True, slots=True)
class Budget:
    """A provider's faults over 30 days against what the target allows: `used` 1.0 is all of it.

    `burn` is how many times faster than allowed it goes in the present hour.
    """

    calls: int
    faults: int
    used: float
    burn: float


@dataclass(frozen=True, slots=True)
class Standing:
    """An account with everything the board shows of it."""

    account: ProviderAccount
    state: State
    quarter: Window
    hour: Window
    day: Window
    budget: Budget
    last_receipt: datetime | None
    trouble: AccountTrouble | None


def standings(now: datetime) -> list[Standing]:
    """Every account, by name. Eight queries, over counts only: the queue and the messages are not looked at."""
    accounts = list(ProviderAccount.objects.order_by("name"))
    quarter = _windows(Span.MINUTE, now - QUARTER)
    hour = _windows(Span.MINUTE, now - HOUR)
    day = _windows(Span.HOUR, now - DAY)
    month = _month(now)
    budgets = {
        name: _budget(
            _sum(month[one.pk] for one in accounts if one.provider == name),
            _sum(hour[one.pk].counts for one in accounts if one.provider == name),
        )
        for name in {account.provider for account in accounts}
    }
    rows = AccountTally.objects.filter(kind=Tallied.RECEIPT).order_by()
    heard = dict(rows.values_list("account_id").annotate(last=Max("at")))
    silent = set(Alarm.objects.filter(kind=SILENT).values_list("account_id", flat=True))
    troubles = {trouble.account_id: trouble for trouble in AccountTrouble.objects.select_related("transaction")}
    return [
        Standing(
            account=account,
            state=_state(account, quarter[account.pk], day[account.pk], silent=account.pk in silent),
            quarter=quarter[account.pk],
            hour=hour[account.pk],
            day=day[account.pk],
            budget=budgets[account.provider],
            last_receipt=heard.get(account.pk),
            trouble=troubles.get(account.pk),
        )
        for account in accounts
    ]


def counted_since() -> datetime | None:
    """The first hour that is counted; None before the first count. One query."""
    first: datetime | None = AccountTally.objects.filter(span=Span.HOUR).aggregate(first=Min("at"))["first"]
    return first


def _windows(span: str, since: datetime) -> Mapping[UUID, Window]:
    rows: QuerySet[AccountTally] = AccountTally.objects.filter(span=span, at__gte=_started(span, since)).order_by()
    steps: dict[UUID, dict[str, Counter[int]]] = defaultdict(lambda: defaultdict(Counter))
    for account, kind, step, number in rows.values_list("account_id", "kind", "bucket").annotate(number=Sum("count")):
        steps[account][kind][step] += number
    return defaultdict(
        lambda: Window({}, {}),
        {
            account: Window({kind: sum(counts.values()) for kind, counts in kinds.items()}, kinds)
            for account, kinds in steps.items()
        },
    )


def _started(span: str, since: datetime) -> datetime:
    """The beginning of the minute or hour that `since` lies in, so that none is counted by half."""
    whole = since.replace(second=0, microsecond=0)
    return whole if span == Span.MINUTE else whole.replace(minute=0)


def _month(now: datetime) -> Mapping[UUID, Counter[str]]:
    rows = AccountTally.objects.filter(span=Span.HOUR, at__gte=now - MONTH, kind__in=CALLS).order_by()
    counts: dict[UUID, Counter[str]] = defaultdict(Counter)
    for account, kind, number in rows.values_list("account_id", "kind").annotate(number=Sum("count")):
        counts[account][kind] += number
    return counts


def _sum(counts: Iterable[Mapping[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one)
    return total


def _budget(month: Mapping[str, int], hour: Mapping[str, int]) -> Budget:
    allowed = 1 - settings.PROVIDER_TARGET_PERCENT / 100

    def used(counts: Mapping[str, int]) -> tuple[int, int, float]:
        calls, faults = (sum(counts.get(kind, 0) for kind in kinds) for kinds in (CALLS, FAULTS))
        return calls, faults, faults / calls / allowed if calls and allowed > 0 else 0.0

    calls, faults, share = used(month)
    return Budget(calls, faults, share, used(hour)[2])


def _state(account: ProviderAccount, quarter: Window, day: Window, *, silent: bool) -> State:
    if account.paused_at:
        return State.PAUSED
    if silent:
        return State.SILENT
    if quarter.calls >= FEWEST and quarter.share(*AGAINST_US) >= 0.25:
        return State.FAILING
    if quarter.share(Tallied.THROTTLED) >= 0.05:
        return State.THROTTLED
    now, usual = quarter.latency(95), day.latency(95)
    if quarter.calls >= FEWEST and now and usual and now > max(2.0, 2 * usual):
        return State.SLOW
    return State.OK if quarter.calls else State.IDLE
