"""Second commit of a send: the wire mark, and with it the last look (reliability, 3.1).

From here on nobody can prove that a message was not sent.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.transaction import atomic

from messaging import consent, steps, timeline
from messaging.delivery import failpoints
from messaging.delivery.claiming import Claim, hand_back, release
from messaging.gateway.contract import MOST_CALL_SECONDS
from messaging.models import SendAttempt, Transaction
from messaging.statuses import Status

OPTED_OUT = "opted_out"


def mark_wire(claims: Sequence[Claim], *, call_seconds: float = MOST_CALL_SECONDS) -> list[Claim]:
    """Second commit: the last look before the wire. Out: the claims that may go now.

    One that lost its lease, or will not have it for `call_seconds` more, is dropped, and so is one whose message was
    stopped; one of which a receipt has come meanwhile is let go; one whose recipient has opted out meanwhile is
    blocked; those whose message, account or sender was paused meanwhile go back to the queue.
    """
    if not claims:
        return []
    failpoints.reach("before_wire")
    left = timedelta(seconds=call_seconds)
    looks = steps.mark({taken.transaction.pk: taken.token for taken in claims}, left)
    going = {pk for pk, look in looks.items() if look.goes}
    if len(going) < len(looks):
        going |= _mark_others([taken for taken in claims if taken.transaction.pk in looks.keys() - going], left)
    failpoints.reach("after_wire")
    marked = [taken for taken in claims if taken.transaction.pk in going]
    for taken in marked:
        taken.faulty = looks[taken.transaction.pk].faulty
    return marked


def _mark_others(claims: Sequence[Claim], left: timedelta) -> set[UUID]:
    """Look again at those that something stood in the way of, and do what it asks for. Out: those that go after all."""
    held = {taken.transaction.pk: taken for taken in claims}
    with atomic():
        looks, now = steps.look({pk: taken.token for pk, taken in held.items()}, left)
        held = {pk: taken for pk, taken in held.items() if pk in looks}
        # A receipt between claim and wire: an earlier try had reached the provider after all.
        _let_go(_taken_out(held, [pk for pk in held if looks[pk].status != Status.SENDING]), now)
        hand_back(_taken_out(held, [pk for pk in held if looks[pk].held]), "The message was paused.", code="held")
        _block(_taken_out(held, _opted_out([held[pk].transaction for pk in held if looks[pk].opted_out])), now)
        hand_back(_taken_out(held, [pk for pk in held if looks[pk].paused]), "Sending was paused.", code="paused")
        steps.sending(list(held), now)
    return set(held)


def _taken_out(held: dict[UUID, Claim], out: Sequence[UUID]) -> list[Transaction]:
    """The rows of those that are not to go, as they stand now; `held` keeps the others. Their locks are ours."""
    for pk in out:
        del held[pk]
    return list(Transaction.objects.filter(pk__in=out)) if out else []


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
