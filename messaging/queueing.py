"""Accepting a message: examined by the one rule function, then written in one commit, then a ring at the doorbell."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError
from django.db.transaction import atomic, on_commit
from uuid6 import uuid7

from media import uses
from messaging import bands, encoding, tasks, timeline
from messaging.examining import (
    MOST_RECIPIENTS,
    OPTED_OUT,
    Examination,
    HeldBack,
    Place,
    examine,
)
from messaging.models import Message, Sender, Template, Transaction, client_ref, rows
from messaging.orders import Order, RecipientOrder
from messaging.routing import profile_of
from messaging.slide_rules import Finding
from messaging.statuses import Status

# How long an undelivered message is worth trying when nobody said: what carriers themselves keep (reliability, 2.2).
VALIDITY = timedelta(hours=72)
# How long its media stay after that.
MEDIA_KEPT = timedelta(hours=96)

__all__ = [
    "MOST_RECIPIENTS",
    "Examination",
    "HeldBack",
    "NotQueued",
    "Order",
    "RecipientOrder",
    "examine",
    "queue",
    "validity",
]


class NotQueued(Exception):
    """An order that cannot be accepted; `findings` say all that is wrong with it."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("; ".join(finding.code for finding in findings))
        self.findings = findings


def queue(order: Order, *, now: datetime, examination: Examination | None = None) -> Message:
    """Accept an order: one commit holds the message, a transaction for each recipient and their first entries.

    `examination` is this very order's, when the caller has made it already. Raises NotQueued with every finding when
    one of them blocks. The same `once` again returns the first message.
    """
    if order.once and (known := Message.objects.filter(once=order.once).first()):
        return known
    examination = examination or examine(order, now=now)
    if not examination.ok:
        raise NotQueued(examination.findings)
    try:
        # Only who asks for `once` goes on after a conflict, and needs a point to return to inside a caller's commit.
        with atomic(savepoint=bool(order.once)):
            message = _write(order, examination, now)
            on_commit(tasks.ring_pump)
    except IntegrityError:
        # The other click of a double click was quicker.
        if order.once and (known := Message.objects.filter(once=order.once).first()):
            return known
        raise
    return message


def _write(order: Order, examination: Examination, now: datetime) -> Message:
    sender, *alternatives = examination.senders
    due, undo_until = _start(order, now)
    canary_last = _canary_last(order, examination.places)
    message = Message.objects.create(
        name=examination.content.name[:200],
        content=encoding.ask(examination.content, examination.fitting).to_json(),
        fitting=Message.Fitting.RUNNING if examination.fitting else "",
        substitutions=dict(order.substitutions),
        sender=sender,
        alternatives=[str(one.pk) for one in alternatives],
        routing=[asdict(route) for route in examination.routing],
        purpose=order.purpose,
        source=order.source,
        created_by=order.created_by,
        api_key=order.api_key,
        send_at=order.send_at,
        expire_at=order.expire_at,
        notify_url=order.notify_url,
        callback_data=order.callback_data,
        requested_receipts=list(order.requested_receipts),
        endpoint=order.endpoint if order.notify_url else None,
        dialect=order.dialect,
        dialect_facts=dict(order.dialect_facts),
        dialect_ref=order.dialect_ref,
        total=len(examination.places),
        send_at_said=order.send_at_said,
        undo_until=undo_until,
        canary=order.canary if canary_last is not None else None,
        canary_last=canary_last,
        canary_minutes=order.canary_minutes if canary_last is not None else None,
        test=order.test,
        resend_of=order.resend_of,
        recipient_list=order.recipient_list,
        # It may have been deleted since the draft was begun.
        template=Template.objects.filter(pk=order.template_id).first() if order.template_id else None,
        template_version=order.template_version,
        once=order.once,
        created_at=now,
    )
    latest = _write_transactions(message, examination.places, due, now)
    # Providers come for media late, and again on each retry.
    assets = {part.asset for _where, part in examination.content.parts() if part.asset}
    if assets:
        uses.note(assets, f"message:{message.pk}", latest + MEDIA_KEPT)
    if examination.fitting:
        encoding.tell(message, now)
    return message


def _start(order: Order, now: datetime) -> tuple[datetime, datetime | None]:
    """When the first may leave, and until when it can be called back; None where nothing has to wait for that."""
    undone = now + timedelta(seconds=order.undo_seconds)
    due = order.send_at or undone
    return due, min(due, undone) if order.undo_seconds else None


def _canary_last(order: Order, places: Sequence[Place]) -> int | None:
    """The place of the last of those that go first; None when nobody would be left to follow."""
    carried = [position for position, place in enumerate(places) if place.sender]
    return carried[order.canary - 1] if order.canary and order.canary < len(carried) else None


def _waits(message: Message, position: int) -> bool:
    """Whether something keeps this one in the queue: its media, or those that go first."""
    return bool(message.fitting) or (message.canary_last is not None and position > message.canary_last)


def _write_transactions(message: Message, places: Sequence[Place], due: datetime, now: datetime) -> datetime:
    """A row for each recipient and its first entry, in their order; who has opted out gets one that says so, and is
    never sent to.

    Out: when the last of them runs out. Two statements for each thousand of a sender, and of those held back.
    """
    groups: dict[Sender | None, list[int]] = {}
    for position, place in enumerate(places):
        groups.setdefault(place.sender, []).append(position)
    # In the order of the places, whoever carries which.
    ids = [uuid7() for _place in places]
    expiries = []
    for carrier, group in groups.items():
        sender, silent = carrier or message.sender, carrier is None
        expiries.append(message.expire_at or due + validity(sender))
        status = Status.BLOCKED if silent else Status.SCHEDULED if message.send_at else Status.QUEUED
        code, text = ("opted_out", OPTED_OUT) if silent else ("", "")
        rows.insert(
            Transaction,
            (_own(message, ids[position], places[position].recipient, position, silent=silent) for position in group),
            message=message.pk,
            sender=sender.pk,
            account=sender.account_id,
            status=status,
            reason_code=code,
            reason_text=text,
            next_attempt_at=None if silent else due,
            expires_at=expiries[-1],
            news=0 if message.endpoint_id else None,
            created_at=now,
            updated_at=now,
        )
        timeline.begin((ids[position] for position in group), status, now=now, code=code, text=text)
    return max(expiries)


def _own(
    message: Message, identity: UUID, recipient: RecipientOrder, position: int, *, silent: bool
) -> dict[str, object]:
    """The fields of a transaction in which it differs from the others of its message."""
    return {
        "id": identity.hex,
        "position": position,
        "band": bands.band_of(message.purpose, position),
        "client_ref": client_ref(identity),
        "recipient": recipient.number,
        "correlation_id": recipient.correlation_id,
        "substitutions": dict(recipient.substitutions),
        "held": not silent and _waits(message, position),
    }


def validity(sender: Sender) -> timedelta:
    """How long a message through this sender is tried when nobody said."""
    longest = profile_of(sender).longest_validity
    return VALIDITY if longest is None else min(VALIDITY, timedelta(seconds=longest))
