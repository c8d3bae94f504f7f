"""Receipts that stopped coming, and those that must not have come."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Max, Sum

from messaging.models import AccountTally, Tallied
from messaging.watching.alarms import AGAINST, SILENT, Finding
from messaging.watching.ladder import percentile

SHORTEST, TIMES = timedelta(minutes=10), 5
# One message may be on its way to a carrier that never reports.
FEWEST = 3
DAY = timedelta(hours=24)
Span = AccountTally.Span


def findings(now: datetime) -> Iterator[Finding]:
    """Accounts that went silent, and accounts whose receipts contradict their answers. Four queries."""
    heard = last_receipts()
    limits = patience(now)
    # What was accepted in the minute of the last receipt may have had that one.
    accepted = AccountTally.objects.filter(span=Span.MINUTE, kind=Tallied.ACCEPTED, at__gte=now - DAY)
    waiting: dict[UUID, list[tuple[datetime, int]]] = defaultdict(list)
    for account, at, number in accepted.order_by("at").values_list("account_id", "at", "count"):
        if account in heard and at > heard[account]:
            waiting[account].append((at, number))
    for account, rows in waiting.items():
        limit = limits.get(account, SHORTEST)
        old = sum(number for at, number in rows if now - at > limit)
        if old >= FEWEST and now - heard[account] > limit:
            silent = round((now - heard[account]).total_seconds())
            yield Finding(SILENT, account, {"seconds": silent, "number": old, "since": heard[account].isoformat()})
    against = AccountTally.objects.filter(span=Span.MINUTE, kind=Tallied.AGAINST, at__gte=now - DAY)
    for account, number in against.values_list("account_id").annotate(number=Sum("count")):
        yield Finding(AGAINST, account, {"number": number})


def last_receipts() -> dict[UUID, datetime]:
    """The minute of each account's last receipt, of those that had one in the last month. One query."""
    rows = AccountTally.objects.filter(kind=Tallied.RECEIPT).order_by()
    return dict(rows.values_list("account_id").annotate(last=Max("at")))


def patience(now: datetime) -> dict[UUID, timedelta]:
    """How long each account's receipts may stay away: several times what they usually take. One query."""
    rows = AccountTally.objects.filter(span=Span.HOUR, kind=Tallied.FIRST, at__gte=now - 7 * DAY)
    steps: dict[UUID, Counter[int]] = defaultdict(Counter)
    for account, step, number in rows.values_list("account_id", "bucket").annotate(number=Sum("count")):
        steps[account][step] += number
    return {
        account: max(SHORTEST, TIMES * timedelta(seconds=percentile(counts, 95) or 0))
        for account, counts in steps.items()
    }
