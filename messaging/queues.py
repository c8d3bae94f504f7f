"""The queues that wait at accounts: which of them have something due, how much, and how they share what may leave.

A queue is one band of one sender (`messaging.bands`). Nothing here grows with what waits: queues are found by the head
of each, and counted to a limit. The statements are written out: Django took longer to build them than the database to
answer them, and they must stand on the index `tx_turn`, which the order in each of them leads PostgreSQL to.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from messaging import bands
from messaging.models import ProviderAccount, Sender
from messaging.models.loading import ask, columns, listed, loaded
from messaging.statuses import Status

WAITING = (Status.QUEUED, Status.SCHEDULED)
Queue = tuple[UUID, int]
# SQLite takes no more than 500 parts in one query.
MOST_QUEUES = 200
# As the index has it.
DUE = (
    "t.status IN ('queued', 'scheduled') AND NOT t.held AND t.lease_token IS NULL"
    " AND t.next_attempt_at <= %(now)s AND t.expires_at > %(now)s"
)
ALL_BANDS = " UNION ALL ".join(f"SELECT {band} AS band" for band in bands.ALL)
OPEN = (
    f"SELECT s.id, b.band FROM messaging_sender s CROSS JOIN ({ALL_BANDS}) b WHERE s.id IN ({{senders}})"  # noqa: S608 (our own names)
    " AND (SELECT t.next_attempt_at FROM messaging_transaction t WHERE t.sender_id = s.id AND t.band = b.band"
    f" AND {DUE} ORDER BY t.next_attempt_at LIMIT 1) IS NOT NULL"
)
FREE = (
    f"SELECT {columns(Sender, 's')}, {columns(ProviderAccount, 'a')} FROM messaging_sender s"  # noqa: S608 (our own names)
    " JOIN messaging_provideraccount a ON a.id = s.account_id"
    " WHERE s.account_id {among} AND s.paused_at IS NULL AND a.paused_at IS NULL"
    " AND NOT EXISTS (SELECT 1 FROM messaging_sendingpause WHERE resumed_at IS NULL) ORDER BY s.id"
)
_OF_SENDER = len(Sender._meta.concrete_fields)
COUNT = (
    "SELECT {place} AS place, COUNT(*) AS number FROM (SELECT 1 FROM messaging_transaction t"  # noqa: S608 (our own names)
    " WHERE t.sender_id = %(sender_{place})s AND t.band = {band}"
    f" AND {DUE} ORDER BY t.next_attempt_at LIMIT {{limit}}) AS part_{{place}}"
)


def open_senders(accounts: Collection[UUID]) -> list[Sender]:
    """The senders of accounts that may send at all, with their account. One query."""
    known: dict[UUID, ProviderAccount] = {}
    senders, place = [], Sender._meta.get_field("account")
    for row in ask(FREE, [listed(accounts)]):
        sender = loaded(Sender, row[:_OF_SENDER])
        if sender.account_id not in known:
            known[sender.account_id] = loaded(ProviderAccount, row[_OF_SENDER:])
        place.set_cached_value(sender, known[sender.account_id])
        senders.append(sender)
    return senders


def weights(senders: Iterable[Sender], now: datetime) -> dict[Queue, float]:
    """The queues of senders that have something due, each with its share of what may leave: by band, and by how fast
    the sender may send. MOST_QUEUES at most. One query."""
    known = {sender.pk: sender for sender in senders}
    if not known:
        return {}
    values = moments(now=now) | {f"sender_{place}": stored(pk) for place, pk in enumerate(known)}
    named = ", ".join(f"%(sender_{place})s" for place in range(len(known)))
    with connection.cursor() as cursor:
        cursor.execute(OPEN.format(senders=named), values)
        found = [(read(sender), int(band)) for sender, band in cursor.fetchmany(MOST_QUEUES)]
    return {(sender, band): bands.weight(band) * velocity(known[sender]) for sender, band in found}


def velocity(sender: Sender) -> float:
    """Messages a second that a sender may send at most; needs `account` loaded."""
    full = float(sender.account.calls_per_second)
    return min(full, float(sender.messages_per_second)) if sender.messages_per_second else full


def sizes(limits: Mapping[Queue, int], now: datetime) -> dict[Queue, int]:
    """How much is due in each of these queues, counted to the limit given for it. One query."""
    if not limits:
        return {}
    queues, values = list(limits), moments(now=now)
    parts = []
    for place, (sender, band) in enumerate(queues):
        parts.append(COUNT.format(place=place, band=band, limit=limits[sender, band]))
        values[f"sender_{place}"] = stored(sender)
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), values)
        return {queues[place]: number for place, number in cursor.fetchall()}


def moments(**named: datetime) -> dict[str, Any]:
    """Moments as a statement takes them; DUE wants `now`."""
    return {name: connection.ops.adapt_datetimefield_value(moment) for name, moment in named.items()}


def stored(identity: UUID) -> UUID | str:
    """An id as the database keeps it."""
    return identity if connection.features.has_native_uuid_field else identity.hex


def read(value: UUID | str) -> UUID:
    """An id as it comes from the database."""
    return value if isinstance(value, UUID) else UUID(value)
