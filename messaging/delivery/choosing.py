"""Whose turn it is: which of an account's due messages a claim takes. Queries only; the claim itself decides.

What waits stands in queues: the bands of each sender, small sends before bulk ones (`messaging.bands`), each in the
order of its time. They share what may leave by weight, so that a small send overtakes a bulk one and nothing starves.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from messaging import queues
from messaging.delivery import pacing
from messaging.delivery.shares import Turns
from messaging.gateway import registry
from messaging.models import ProviderAccount, Sender, Transaction
from messaging.queues import WAITING, Queue

# Where receipts do not name our reference, one message of unclear outcome keeps the next to that number waiting.
SINGLE_FLIGHT = timedelta(minutes=15)
# A queue may turn out shorter than its share; what it leaves is dealt again.
MOST_DEALS = 4
HEADS = (
    "SELECT t.id, t.sender_id, t.band, t.recipient, t.account_id FROM messaging_transaction t"  # noqa: S608 (our own names)
    f" WHERE t.sender_id = %(sender_{{place}})s AND t.band = {{band}} AND {queues.DUE}{{also}}"
    " ORDER BY t.next_attempt_at, t.id LIMIT {limit}{lock}"
)
TOGETHER = (
    "SELECT 1 FROM messaging_transaction o WHERE o.sender_id = t.sender_id AND o.recipient = t.recipient"
    " AND (o.status = 'sending' OR (o.status = 'unknown' AND o.updated_at > %(unclear_since)s))"
)
__all__ = ["WAITING", "choose"]
_turns: dict[UUID, Turns] = {}


@dataclass(frozen=True, slots=True)
class Head:
    """A transaction at the head of a queue."""

    pk: UUID
    sender: UUID
    recipient: str
    account: UUID


def choose(account: ProviderAccount, most: int, now: datetime) -> tuple[list[UUID], dict[UUID, Sender]]:
    """Up to `most` transactions of an account that may be claimed, locked, in their order, and the senders that any of
    them can be of. Inside the caller's commit.

    How far its provider has slowed the account down is read anew, into `account`. Three queries, and one more for each
    time that a queue was shorter than its share.
    """
    found = queues.open_senders([account.pk])
    _learn(account, found)
    senders, weights = {sender.pk: sender for sender in found}, queues.weights(found, now)
    # Those with a pace of their own take no place beyond it, and keep nobody else from it.
    paces = {pk: paced for pk in dict.fromkeys(pk for pk, _band in weights) if (paced := pacing.of_sender(senders[pk]))}
    allowed = {pk: pace.take(most) for pk, pace in paces.items()}
    chosen = _deal(account, weights, allowed, most, now)
    used = Counter(row.sender for row in chosen)
    for pk, pace in paces.items():
        pace.give_back(allowed[pk] - used[pk])
    return [row.pk for row in chosen], senders


def _learn(account: ProviderAccount, senders: Sequence[Sender]) -> None:
    """What has changed of an account since its row was read: its pace."""
    if senders:
        row = senders[0].account
        account.calls_per_second = row.calls_per_second
        account.slowed_to, account.slowed_at, account.slowed_until = row.slowed_to, row.slowed_at, row.slowed_until


def _deal(
    account: ProviderAccount, weights: Mapping[Queue, float], allowed: Mapping[UUID, int], most: int, now: datetime
) -> list[Head]:
    """Deal what may leave among queues until it is used up or they are empty. Out: their rows, in their order."""
    turns, alone = _turns.setdefault(account.pk, Turns()), not registry.provider(account.provider).client.ECHOES
    if alone:
        # One claim at a time: two could each take a message to the same number without seeing the other's.
        ProviderAccount.objects.select_for_update(no_key=True).get(pk=account.pk)
    heads: dict[Queue, list[Head]] = {}
    open_queues = dict(weights)
    for _round in range(MOST_DEALS):
        used = Counter({queue: len(rows) for queue, rows in heads.items()})
        spent = Counter({sender: sum(used[queue] for queue in weights if queue[0] == sender) for sender in allowed})
        left = {sender: number - spent[sender] for sender, number in allowed.items()}
        dealt = turns.deal(open_queues, left, most - used.total())
        if not dealt:
            break
        wanted = {queue: used[queue] + number for queue, number in dealt.items()}
        heads |= _heads(wanted, now, alone=alone)
        for queue, number in wanted.items():
            if len(heads.get(queue, ())) < number:
                open_queues.pop(queue)
    turns.served(weights, {queue: len(rows) for queue, rows in heads.items()}, empty=set(weights) - set(open_queues))
    _move_along(account, heads)
    return _ordered(heads, weights, alone=alone)


def _heads(wanted: Mapping[Queue, int], now: datetime, *, alone: bool) -> dict[Queue, list[Head]]:
    """The first rows of each of these queues, as many as are wanted of it, locked. One query.

    With `alone`, those are left out to whose number another message of the same sender is under way, or may be.
    """
    values = queues.moments(now=now, unclear_since=now - SINGLE_FLIGHT)
    also = f" AND NOT EXISTS ({TOGETHER})" if alone else ""
    lock = " FOR UPDATE OF t SKIP LOCKED" if connection.features.has_select_for_update_skip_locked else ""
    parts = []
    for place, ((sender, band), number) in enumerate(wanted.items()):
        # A union cannot be locked; its parts can, where each is a query of its own.
        chosen = HEADS.format(place=place, band=band, also=also, limit=number, lock=lock)
        parts.append(f"SELECT * FROM ({chosen}) AS part_{place}")  # noqa: S608 (our own names)
        values[f"sender_{place}"] = queues.stored(sender)
    found: dict[Queue, list[Head]] = {}
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), values)
        for pk, sender, band, recipient, account in cursor.fetchall():
            head = Head(queues.read(pk), queues.read(sender), recipient, queues.read(account))
            found.setdefault((head.sender, band), []).append(head)
    return found


def _move_along(account: ProviderAccount, heads: Mapping[Queue, Sequence[Head]]) -> None:
    """What waits for a sender that was moved to this account goes with it."""
    elsewhere = [row.pk for rows in heads.values() for row in rows if row.account != account.pk]
    if elsewhere:
        Transaction.objects.filter(pk__in=elsewhere).update(account=account)


def _ordered(heads: Mapping[Queue, Sequence[Head]], weights: Mapping[Queue, float], *, alone: bool) -> list[Head]:
    """The rows as they should leave: each queue's by its weight; of several to one number, the first where only one may
    be under way."""
    turns = [((place + 1) / weights[queue], row) for queue, rows in heads.items() for place, row in enumerate(rows)]
    ordered = [row for _turn, row in sorted(turns, key=lambda turn: turn[0])]
    if not alone:
        return ordered
    return list({(row.sender, row.recipient): row for row in reversed(ordered)}.values())[::-1]
