"""First commit of a send: claims, and what ends them without a call (reliability, 3.1).

Every write is fenced by the lease token: whoever lost the lease in between changes nothing.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID, uuid4

from django.db.transaction import atomic

from messaging import saved_contents, steps, timeline
from messaging.delivery import failpoints
from messaging.delivery.choosing import choose
from messaging.models import ApiKey, Message, ProviderAccount, SendAttempt, Sender, Transaction
from messaging.models.clock import database_now
from messaging.models.loading import ask, columns, listed, loaded
from messaging.saved_contents import Shelf
from messaging.statuses import Status

# How long a claim holds: far longer than the longest call with every pause around it.
LEASE = timedelta(seconds=90)
# A message that brings its worker down this often is not tried again (reliability, fault 38).
MOST_CRASHES = 5
CRASHED = "worker_lost"
MESSAGES = (
    f"SELECT {columns(Message, 'm')}, {columns(ApiKey, 'k')} FROM messaging_message m"  # noqa: S608 (our own names)
    " LEFT JOIN messaging_apikey k ON k.id = m.api_key_id WHERE m.id {among}"
)
_OF_MESSAGE = len(Message._meta.concrete_fields)
CHANGED = ["lease_token", "lease_until", "next_attempt_at", "provider_ref"]


@dataclass(slots=True, eq=False)
class Claim:
    """A transaction that is ours until its lease ends. `faulty`: its sender or account was refused lately, so that
    acceptance is news. `since` when it is ours (monotonic)."""

    transaction: Transaction = field(repr=False)
    attempt: SendAttempt = field(repr=False)
    token: UUID
    faulty: bool = True
    since: float = field(default_factory=monotonic)


def claim(account: ProviderAccount, most: int) -> list[Claim]:
    """First commit: take up to `most` due transactions of an account under a lease, each with a new try.

    Out: the claims in the order of their turns, each transaction with its message and its sender.
    """
    failpoints.reach("before_claim")
    token = uuid4()
    with atomic():
        now = database_now()
        chosen, senders = choose(account, most, now)
        if not chosen:
            return []
        rows = steps.claim(chosen, token, now + LEASE, now)
        tries = steps.begin(list(rows), now)
        _accompany(account, senders, list(rows.values()))
    failpoints.reach("after_claim")
    return [Claim(rows[pk], tries[pk], token) for pk in chosen if pk in rows]


def _accompany(account: ProviderAccount, senders: Mapping[UUID, Sender], rows: Sequence[Transaction]) -> None:
    """Give rows of an account their messages and senders: one query, and one object for all that share it."""
    messages = _messages({row.message_id for row in rows})
    for one in senders.values():
        one.account = account
    message, sender = Transaction._meta.get_field("message"), Transaction._meta.get_field("sender")
    for row in rows:
        # Not by assignment, which costs more than all else here: these are known to fit.
        message.set_cached_value(row, messages[row.message_id])
        sender.set_cached_value(row, senders[row.sender_id])


def _messages(identities: Collection[UUID]) -> dict[UUID, Message]:
    """Messages, each with the key that sent it."""
    found, place = {}, Message._meta.get_field("api_key")
    for row in ask(MESSAGES, [listed(identities)]):
        one = loaded(Message, row[:_OF_MESSAGE])
        place.set_cached_value(one, loaded(ApiKey, row[_OF_MESSAGE:]) if one.api_key_id else None)
        found[one.pk] = one
    return found


def withdraw(claims: Sequence[Claim], shelves: Collection[Shelf] = ()) -> None:
    """Undo claims that nothing came of, as if they had not been made: they are due again at once.

    `shelves` are the contents that they were to be sent from, or that they were to store.
    """
    if not claims:
        return
    with atomic():
        now = database_now()
        timeline.settle(undo(claims), now=now, also=[*CHANGED, "attempt_no"])
        saved_contents.give_back(shelves, now)


def put_off(waiting: Sequence[tuple[Claim, Shelf]]) -> None:
    """Undo claims whose content the provider has not got ready: as if they had not been made, but due later."""
    if not waiting:
        return
    with atomic():
        now = database_now()
        shelves = {taken.transaction.pk: shelf for taken, shelf in waiting}
        rows = undo([taken for taken, _shelf in waiting])
        told = [row for row in rows if shelves[row.pk].encoding]
        timeline.append(
            [
                timeline.entry(row, "encoding", now=now, key=str(shelves[row.pk].identity), state=Status.QUEUED)
                for row in told
            ]
        )
        for row in rows:
            row.next_attempt_at = shelves[row.pk].until or now + saved_contents.PAUSE
        timeline.settle(rows, now=now, also=[*CHANGED, "attempt_no"])


def undo(claims: Sequence[Claim]) -> list[Transaction]:
    """Take back claims that came to nothing: their tries are deleted, their leases end. Inside the caller's commit.

    Out: the rows that still were ours, locked and unsaved; the caller says when they are due and settles them.
    """
    rows = list(
        Transaction.objects.select_for_update(of=("self",))
        .filter(pk__in=[taken.transaction.pk for taken in claims], lease_token__in={taken.token for taken in claims})
        .order_by("pk")
    )
    tries = {taken.transaction.pk: taken.attempt.pk for taken in claims}
    SendAttempt.objects.filter(pk__in=[tries[row.pk] for row in rows], phase=SendAttempt.Phase.CLAIMED).delete()
    for row in rows:
        row.attempt_no -= 1
        row.lease_token = row.lease_until = None
    return rows


def hand_back(rows: Sequence[Transaction], why: str, *, code: str) -> None:
    """Put claimed transactions that were provably not sent back into the queue. Inside the caller's commit."""
    if not rows:
        return
    now = database_now()
    SendAttempt.objects.filter(transaction__in=rows, phase=SendAttempt.Phase.CLAIMED).update(
        phase=SendAttempt.Phase.DONE, finished_at=now, code=code, text=why
    )
    timeline.append([timeline.entry(row, "returned", now=now, state=Status.QUEUED, text=why) for row in rows])
    for row in rows:
        row.lease_token = row.lease_until = None
        row.next_attempt_at = now
    timeline.settle(rows, now=now, also=CHANGED)


def release(rows: Sequence[Transaction], now: datetime) -> None:
    """End the leases of transactions that wait for nothing more here, and settle them. Inside the caller's commit."""
    for row in rows:
        row.lease_token = row.lease_until = row.next_attempt_at = None
    timeline.settle(rows, now=now, also=CHANGED)
