"""The three commits of a send: claim, wire mark, record (reliability, 3.1). No call to a provider happens here.

Every write is fenced by the lease token: whoever lost the lease in between changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db.models import F
from django.db.transaction import atomic

from messaging import consent, saved_contents, timeline
from messaging.delivery import failpoints, judging, pausing, rerouting
from messaging.delivery.choosing import WAITING, choose
from messaging.delivery.outcomes import Result, apply
from messaging.gateway.contract import MOST_CALL_SECONDS
from messaging.models import ProviderAccount, SendAttempt, TimelineEntry, Transaction
from messaging.models.clock import database_now
from messaging.models.rows import save_fields
from messaging.saved_contents import Shelf
from messaging.statuses import Status

# How long a claim holds: far longer than the longest call with every pause around it.
LEASE = timedelta(seconds=90)
# A message that brings its worker down this often is not tried again (reliability, fault 38).
MOST_CRASHES = 5
CRASHED = "worker_lost"
OPTED_OUT = "opted_out"
CHANGED = ["lease_token", "lease_until", "next_attempt_at", "provider_ref"]


@dataclass(frozen=True, slots=True)
class Claim:
    """A transaction that is ours until its lease ends."""

    transaction: Transaction = field(repr=False)
    attempt: SendAttempt = field(repr=False)
    token: UUID


def claim(account: ProviderAccount, most: int) -> list[Claim]:
    """First commit: take up to `most` due transactions of an account under a lease, each with a new try."""
    failpoints.reach("before_claim")
    token = uuid4()
    with atomic():
        now = database_now()
        chosen = choose(account, most, now)
        if not chosen:
            return []
        # The condition again: SQLite knows no row locks, so the update itself must decide who has it.
        Transaction.objects.filter(pk__in=chosen, status__in=WAITING, lease_token=None).update(
            status=Status.SENDING,
            lease_token=token,
            lease_until=now + LEASE,
            attempt_no=F("attempt_no") + 1,
            updated_at=now,
        )
        rows = Transaction.objects.filter(lease_token=token).select_related("message__api_key", "sender__account")
        claims = [
            Claim(row, SendAttempt(transaction=row, number=row.attempt_no, sender=row.sender, started_at=now), token)
            for row in rows
        ]
        SendAttempt.objects.bulk_create([taken.attempt for taken in claims])
    failpoints.reach("after_claim")
    return claims


def mark_wire(claims: Sequence[Claim], *, call_seconds: float = MOST_CALL_SECONDS) -> list[Claim]:
    """Second commit: the last look before the wire. Out: the claims that may go now.

    One that lost its lease, or will not have it for `call_seconds` more, is dropped, and so is one whose message was
    stopped; one of which a receipt has come meanwhile is let go; one whose recipient has opted out meanwhile is
    blocked; those whose message, account or sender was paused meanwhile go back to the queue.
    """
    failpoints.reach("before_wire")
    with atomic():
        now = database_now()
        held = {
            row.pk: row
            for row in Transaction.objects.select_for_update(of=("self",)).filter(
                pk__in=[taken.transaction.pk for taken in claims],
                lease_token__in={taken.token for taken in claims},
                lease_until__gt=now + timedelta(seconds=call_seconds),
            )
        }
        # A receipt between claim and wire: an earlier try had reached the provider after all.
        told = [row for row in held.values() if row.status != Status.SENDING]
        _let_go([held.pop(row.pk) for row in told], now)
        steered = [row for row in held.values() if row.held]
        hand_back([held.pop(row.pk) for row in steered], "The message was paused.", code="held")
        silent = _opted_out([taken.transaction for taken in claims if taken.transaction.pk in held])
        _block([held.pop(pk) for pk in silent], now)
        ours = [taken for taken in claims if taken.transaction.pk in held]
        paused = pausing.paused_senders({taken.transaction.sender_id for taken in ours})
        waiting = [taken for taken in ours if taken.transaction.sender_id in paused]
        hand_back([held[taken.transaction.pk] for taken in waiting], "Sending was paused.", code="paused")
        ours = [taken for taken in ours if taken not in waiting]
        SendAttempt.objects.filter(pk__in=[taken.attempt.pk for taken in ours]).update(
            phase=SendAttempt.Phase.WIRE, wire_at=now
        )
        timeline.append(
            [timeline.entry(held[c.transaction.pk], "sending", now=now, state=Status.SENDING) for c in ours]
        )
    failpoints.reach("after_wire")
    return ours


def record(account: ProviderAccount, results: Sequence[tuple[Claim, Result]]) -> None:
    """Third commit: what came of the calls. An answer that comes after its lease was swept is only noted."""
    failpoints.reach("before_record")
    with atomic():
        now = database_now()
        rows = {
            row.pk: row
            for row in Transaction.objects.select_for_update(of=("self",)).filter(
                pk__in=[taken.transaction.pk for taken, _result in results]
            )
        }
        judged = [(taken, judging.judged(account, taken.transaction, result, now)) for taken, result in results]
        ours = {pk for pk, token in _tokens(results).items() if rows[pk].lease_token == token}
        entries: list[TimelineEntry] = []
        for taken, result in judged:
            row = rows[taken.transaction.pk]
            entries.append(apply(row, taken.attempt, result, in_time=row.pk in ours, now=now))
        save_fields(
            [taken.attempt for taken, _result in judged],
            ["phase", "outcome", "http_status", "provider_ref", "code", "text", "request", "answer", "finished_at"],
        )
        timeline.append(entries)
        timeline.settle(list(rows.values()), now=now, also=[*CHANGED, "receipt_deadline"])
        judging.keep_contents(account, [result for _taken, result in judged], now)
        rerouting.after_refusals(
            [(_known(rows, taken), result) for taken, result in judged if taken.transaction.pk in ours], now
        )
        pausing.judge(account, [(taken.transaction.sender, result) for taken, result in judged], now=now)
    failpoints.reach("after_record")


def _tokens(results: Sequence[tuple[Claim, Result]]) -> dict[UUID, UUID]:
    return {taken.transaction.pk: taken.token for taken, _result in results}


def _known(rows: Mapping[UUID, Transaction], taken: Claim) -> Transaction:
    """A row with what its claim has loaded already."""
    row = rows[taken.transaction.pk]
    row.message, row.sender = taken.transaction.message, taken.transaction.sender
    return row


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
        Transaction.objects.select_for_update(of=("self",)).filter(
            pk__in=[taken.transaction.pk for taken in claims], lease_token__in={taken.token for taken in claims}
        )
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


def _opted_out(rows: Sequence[Transaction]) -> list[UUID]:
    """Those whose recipient wants nothing from any of the message's senders: a STOP is not dodged by changing sides."""
    asked = {row.pk: {(row.recipient, sender) for sender in (row.sender_id, *row.message.carriers)} for row in rows}
    silent = consent.opted_out(pair for pairs in asked.values() for pair in pairs)
    return [pk for pk, pairs in asked.items() if pairs & silent]


def _block(rows: Sequence[Transaction], now: datetime) -> None:
    """The recipient has said STOP between acceptance and now: nothing is sent."""
    if not rows:
        return
    SendAttempt.objects.filter(transaction__in=rows, phase=SendAttempt.Phase.CLAIMED).update(
        phase=SendAttempt.Phase.DONE, finished_at=now, code=OPTED_OUT, text="The recipient has opted out."
    )
    timeline.append([timeline.entry(row, "blocked", now=now, state=Status.BLOCKED, code=OPTED_OUT) for row in rows])
    release(rows, now)


def _let_go(rows: Sequence[Transaction], now: datetime) -> None:
    if rows:
        SendAttempt.objects.filter(transaction__in=rows, phase=SendAttempt.Phase.CLAIMED).update(
            phase=SendAttempt.Phase.DONE, finished_at=now, code="receipt_first", text="A receipt came before this try."
        )
        release(rows, now)
