"""The queues that wait at accounts: which of them have something due, how much, and how they share what may leave.

A queue is one band of one sender (`messaging.bands`). Nothing here grows with what waits: queues are found by the head
of each, and counted to a limit.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet, Value

from messaging import bands
from messaging.models import Sender, SendingPause, Transaction
from messaging.statuses import Status

WAITING = (Status.QUEUED, Status.SCHEDULED)
Queue = tuple[UUID, int]
# SQLite takes no more than 500 parts in one query.
MOST_QUEUES = 200


def due(now: datetime) -> "QuerySet[Transaction]":
    """What may leave at a moment, as far as its senders may."""
    return Transaction.objects.filter(
        status__in=WAITING, held=False, lease_token=None, next_attempt_at__lte=now, expires_at__gt=now
    )


def open_senders(accounts: Collection[UUID], now: datetime) -> list[Sender]:
    """The senders of accounts that may send, with their account and which of their bands hold work. One query."""
    rows = due(now).filter(sender=OuterRef("pk")).order_by()
    heads = {f"due_{band}": Exists(rows.filter(band=band)) for band in bands.ALL}
    free = Sender.objects.filter(~Exists(SendingPause.running()), account__in=accounts, account__paused_at=None)
    return list(free.filter(paused_at=None).select_related("account").annotate(**heads).order_by("pk"))


def weights(senders: Iterable[Sender]) -> dict[Queue, float]:
    """The queues of senders (as from `open_senders`) that have something due, each with its share of what may leave:
    by band, and by how fast the sender may send. MOST_QUEUES at most. No query."""
    found = {
        (sender.pk, band): bands.weight(band) * velocity(sender)
        for sender in senders
        for band in bands.ALL
        if getattr(sender, f"due_{band}")
    }
    return dict(list(found.items())[:MOST_QUEUES])


def velocity(sender: Sender) -> float:
    """Messages a second that a sender may send at most; needs `account` loaded."""
    full = float(sender.account.calls_per_second)
    return min(full, float(sender.messages_per_second)) if sender.messages_per_second else full


def sizes(limits: Mapping[Queue, int], now: datetime) -> dict[Queue, int]:
    """How much is due in each of these queues, counted to the limit given for it. One query."""
    if not limits:
        return {}
    parts, values, queues = [], [], list(limits)
    for place, (sender, band) in enumerate(queues):
        rows = due(now).filter(sender=sender, band=band).order_by()
        statement, given = rows.values_list(Value(place))[: limits[sender, band]].query.sql_with_params()
        parts.append(f"SELECT {place} AS place, COUNT(*) AS number FROM ({statement}) AS part_{place}")  # noqa: S608 (our own names)
        values += given
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), values)
        return {queues[place]: number for place, number in cursor.fetchall()}


def before(queue: Queue, moment: datetime, now: datetime, limit: int) -> int:
    """How many of a queue are due earlier than one that is due at `moment`, counted to a limit. One query."""
    sender, band = queue
    rows = due(now).filter(sender=sender, band=band, next_attempt_at__lt=moment)
    return rows.order_by()[:limit].count()
