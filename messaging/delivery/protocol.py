"""The three commits of a send: claim, wire mark, record (reliability, 3.1). No call to a provider happens here.

Every write is fenced by the lease token: whoever lost the lease in between changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db.models import F
from django.db.transaction import atomic

from messaging import timeline
from messaging.delivery import failpoints, pausing
from messaging.delivery.outcomes import Result, apply
from messaging.models import ProviderAccount, SendAttempt, TimelineEntry, Transaction
from messaging.models.clock import database_now
from messaging.models.rows import save_fields
from messaging.statuses import Status

# The longest a call may take, and how long a claim holds: far longer than a call with every pause around it.
CALL_SECONDS = 20.0
LEASE = timedelta(seconds=90)
# A message that brings its worker down this often is not tried again (reliability, fault 38).
MOST_CRASHES = 5
CRASHED = "worker_lost"
WAITING = (Status.QUEUED, Status.SCHEDULED)
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
        due = (
            Transaction.objects.filter(
                account=account,
                account__paused_at=None,
                sender__paused_at=None,
                status__in=WAITING,
                next_attempt_at__lte=now,
                expires_at__gt=now,
            )
            .order_by("next_attempt_at")
            .select_for_update(skip_locked=True, of=("self",))
        )
        chosen = list(due.values_list("pk", flat=True)[:most])
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
        rows = Transaction.objects.filter(lease_token=token).select_related("message", "sender")
        claims = [
            Claim(row, SendAttempt(transaction=row, number=row.attempt_no, sender=row.sender, started_at=now), token)
            for row in rows
        ]
        SendAttempt.objects.bulk_create([taken.attempt for taken in claims])
    failpoints.reach("after_claim")
    return claims


def mark_wire(claims: Sequence[Claim]) -> list[Claim]:
    """Second commit: the last look before the wire. Out: the claims that may go now.

    One that lost its lease is dropped, one of which a receipt has come meanwhile is let go; those whose account or
    sender was paused meanwhile go back to the queue.
    """
    failpoints.reach("before_wire")
    with atomic():
        now = database_now()
        held = {
            row.pk: row
            for row in Transaction.objects.select_for_update(of=("self",)).filter(
                pk__in=[taken.transaction.pk for taken in claims],
                lease_token__in={taken.token for taken in claims},
                lease_until__gt=now + timedelta(seconds=CALL_SECONDS),
            )
        }
        # A receipt between claim and wire: an earlier try had reached the provider after all.
        told = [row for row in held.values() if row.status != Status.SENDING]
        _let_go([held.pop(row.pk) for row in told], now)
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
        entries: list[TimelineEntry] = []
        attempts = []
        for taken, result in results:
            row = rows[taken.transaction.pk]
            entries.append(apply(row, taken.attempt, result, in_time=row.lease_token == taken.token, now=now))
            attempts.append(taken.attempt)
        save_fields(
            attempts,
            ["phase", "outcome", "http_status", "provider_ref", "code", "text", "request", "answer", "finished_at"],
        )
        timeline.append(entries)
        timeline.settle(list(rows.values()), now=now, also=[*CHANGED, "receipt_deadline"])
        pausing.judge(account, [(taken.transaction.sender, result) for taken, result in results], now=now)
    failpoints.reach("after_record")


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


def _let_go(rows: Sequence[Transaction], now: datetime) -> None:
    if rows:
        SendAttempt.objects.filter(transaction__in=rows, phase=SendAttempt.Phase.CLAIMED).update(
            phase=SendAttempt.Phase.DONE, finished_at=now, code="receipt_first", text="A receipt came before this try."
        )
        release(rows, now)
