"""Whether what is due leaves: the oldest due row, and whether anybody looks for it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, Sum

from messaging.models import AccountTally, SendAttempt, Sender, SendingPause, Tallied, Transaction
from messaging.statuses import CANCELLABLE
from messaging.watching import folding, life
from messaging.watching.alarms import DEAF, STUCK, Finding

# A worker looks every five seconds: one that has not for this long does not.
UNSEEN = life.PAUSE
MOVING = timedelta(minutes=2)
# Of a long queue the oldest rows are looked at.
MOST_ROWS = 1_000
CALLS = [
    Tallied.ACCEPTED, Tallied.THROTTLED, Tallied.RETRY, Tallied.FAILED,
    Tallied.CONFIGURATION, Tallied.BLOCKED, Tallied.UNKNOWN,
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Queue:
    """What is due and may leave: since when, for each account; and when a worker last looked for it, if ever."""

    due: Mapping[UUID, datetime]
    looked: datetime | None
    # When workers began to look after a pause.
    looking_since: datetime | None

    @property
    def oldest(self) -> datetime | None:
        """Since when the longest waiting row is due."""
        return min(self.due.values(), default=None)


def queue(now: datetime) -> Queue:
    """Look at the oldest due rows of what is not paused. Four queries, each of bounded size."""
    unpaused = Sender.objects.filter(~Exists(SendingPause.running()), paused_at=None, account__paused_at=None)
    senders = list(unpaused.values_list("pk", flat=True))
    rows = Transaction.objects.filter(status__in=CANCELLABLE, held=False, next_attempt_at__lte=now, sender__in=senders)
    due: dict[UUID, datetime] = {}
    for account, since in rows.order_by("next_attempt_at").values_list("account_id", "next_attempt_at")[:MOST_ROWS]:
        if since:
            due.setdefault(account, since)
    sign = life.signs().get(life.SEND)
    claimed = SendAttempt.objects.order_by("-pk").values_list("started_at", flat=True).first()
    # A worker that has much to do claims, and says nothing meanwhile.
    looked = max(filter(None, (claimed, sign.at if sign else None)), default=None)
    return Queue(due, looked, sign.since if sign else None)


def findings(seen: Queue, now: datetime) -> list[Finding]:
    """What is wrong with it. A queue that is longer than its account is fast is not: its calls go on."""
    if seen.oldest is None:
        return []
    age, unseen = now - seen.oldest, now - seen.looked if seen.looked else None
    if age > UNSEEN and (unseen is None or unseen > UNSEEN):
        told = f"{unseen.total_seconds():.0f} s ago" if unseen else "never"
        return [Finding(DEAF, data={"seconds": round(age.total_seconds()), "unseen": told})]
    patience = timedelta(seconds=settings.QUEUE_ALARM_SECONDS)
    late = {
        account: since
        for account, since in seen.due.items()
        if now - max(filter(None, (since, seen.looking_since))) > patience
    }
    calls = _calls(late, now) if late else {}
    return [
        _stuck(account, now - since, calls.get(account, {}))
        for account, since in late.items()
        if not any(kind != Tallied.THROTTLED and number for kind, number in calls.get(account, {}).items())
    ]


def _calls(accounts: Mapping[UUID, datetime], now: datetime) -> Mapping[UUID, Mapping[str, int]]:
    """The calls of the last minutes, by account and outcome; those under a lease now are calls as well."""
    # A worker that was killed leaves a try open until its lease ends, and the count stands still behind that. Asked for
    # first: what is counted meanwhile is found twice rather than not at all.
    behind = folding.uncounted(accounts, now - MOVING)
    found: dict[UUID, Counter[str]] = {
        account: Counter({kind: number for kind, number in calls.items() if kind in CALLS})
        for account, calls in behind.items()
    }
    rows = AccountTally.objects.filter(
        span=AccountTally.Span.MINUTE, at__gte=now - MOVING, account__in=list(accounts), kind__in=CALLS
    )
    for account, kind, number in rows.values_list("account_id", "kind").annotate(number=Sum("count")):
        found.setdefault(account, Counter())[kind] += number
    leased = Transaction.objects.filter(lease_until__isnull=False, account__in=list(accounts))
    for account in leased.order_by("lease_until").values_list("account_id", flat=True)[:MOST_ROWS]:
        found.setdefault(account, Counter())["leased"] = 1
    return found


def _stuck(account: UUID, age: timedelta, calls: Mapping[str, int]) -> Finding:
    why = "throttled" if calls.get(Tallied.THROTTLED) else "unknown"
    return Finding(STUCK, account, {"seconds": round(age.total_seconds()), "why": why})
