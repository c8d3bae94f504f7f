"""Accepting a message: examined by the one rule function, then written in one commit, then a ring at the doorbell."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from uuid import UUID

from django.db import IntegrityError, connection
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
from messaging.models.rows import Insertion
from messaging.orders import Order, RecipientOrder
from messaging.routing import profile_of
from messaging.slide_rules import Finding
from messaging.statuses import Status

# How long an undelivered message is worth trying when nobody said: what carriers themselves keep (reliability, 2.2).
VALIDITY = timedelta(hours=72)
# How long its media stay after that.
MEDIA_KEPT = timedelta(hours=96)
# Why somebody is held back: a code, and in words.
OUT = ("opted_out", OPTED_OUT)

__all__ = [
    "MOST_RECIPIENTS",
    "Accepted",
    "Examination",
    "HeldBack",
    "NotQueued",
    "Order",
    "RecipientOrder",
    "accept",
    "examine",
    "queue",
    "validity",
    "write",
]


class NotQueued(Exception):
    """An order that cannot be accepted; `findings` say all that is wrong with it."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("; ".join(finding.code for finding in findings))
        self.findings = findings


@dataclass(frozen=True, slots=True)
class Line:
    """A transaction as it is accepted: to whom, by whom, how it stands, and why where it is held back."""

    identity: UUID
    recipient: RecipientOrder
    sender: UUID
    status: Status
    code: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """An order that may go, as it will be kept: a message, unsaved, and the ids of its transactions in their order."""

    message: Message
    examination: Examination
    identities: Sequence[UUID]
    due: datetime

    def lines(self) -> Iterator[Line]:
        """Its transactions, one at a time, in the order given."""
        waiting = Status.SCHEDULED if self.message.send_at else Status.QUEUED
        for identity, place in zip(self.identities, self.examination.places, strict=True):
            if place.sender:
                yield Line(identity, place.recipient, place.sender.id, waiting)
            else:
                yield Line(identity, place.recipient, self.message.sender_id, Status.BLOCKED, *OUT)


def queue(order: Order, *, now: datetime, examination: Examination | None = None) -> Message:
    """Accept an order: one commit holds the message, a transaction for each recipient and their first entries.

    `examination` is this very order's, when the caller has made it already. Raises NotQueued with every finding when
    one of them blocks. The same `once` again returns the first message.
    """
    if order.once and (known := Message.objects.filter(once=order.once).first()):
        return known
    accepted = accept(order, now=now, examination=examination)
    try:
        write(accepted)
    except IntegrityError:
        # The other click of a double click was quicker.
        if order.once and (known := Message.objects.filter(once=order.once).first()):
            return known
        raise
    return accepted.message


def accept(order: Order, *, now: datetime, examination: Examination | None = None) -> Accepted:
    """An order as it will be kept; `write` keeps it. Raises NotQueued with every finding when one of them blocks."""
    examination = examination or examine(order, now=now)
    if not examination.ok:
        raise NotQueued(examination.findings)
    due, undo_until = _start(order, now)
    message = _message(order, examination, now, undo_until)
    # In the order of the places, whoever carries which.
    return Accepted(message, examination, [uuid7() for _place in examination.places], due)


def write(accepted: Accepted, *, also: Sequence[Insertion] = ()) -> None:
    """Keep what was accepted, and what is to be kept along with it, in one commit; then ring at the doorbell.

    Raises IntegrityError, and has written nothing, for a message with the same `once` as another.
    """
    message = accepted.message
    assets = {part.asset for _where, part in accepted.examination.content.parts() if part.asset}
    values = {field.name: getattr(message, field.attname) for field in Message._meta.concrete_fields}
    parts = chain(also, rows.insertions(Message, [values]), _transactions(accepted))
    whole = message.total <= rows.AT_ONCE and not assets and not message.fitting
    # One statement is a commit of its own. Within a caller's, who goes on after a conflict needs a point to return to.
    alone = whole and not connection.in_atomic_block
    with nullcontext() if alone else atomic(savepoint=bool(message.once or also)):
        if whole:
            rows.together(list(parts))
        else:
            for part in parts:
                rows.together([part])
            _follow(accepted, assets)
    message._state.adding = False
    on_commit(tasks.ring_pump_soon)


def _follow(accepted: Accepted, assets: Collection[str]) -> None:
    """What the files of a message need once it is written."""
    message = accepted.message
    # Providers come for media late, and again on each retry.
    if assets:
        carriers = {place.sender or message.sender for place in accepted.examination.places}
        latest = max(_expiry(accepted, sender) for sender in carriers)
        uses.note(assets, f"message:{message.pk}", latest + MEDIA_KEPT)
    if message.fitting:
        encoding.tell(message, message.created_at)


def _message(order: Order, examination: Examination, now: datetime, undo_until: datetime | None) -> Message:
    sender, *alternatives = examination.senders
    canary_last = _canary_last(order, examination.places)
    return Message(
        name=examination.content.name[:200],
        content=encoding.ask(examination.content, examination.fitting).to_json(),
        fitting=Message.Fitting.RUNNING if examination.fitting else "",
        substitutions=dict(order.substitutions),
        sender=sender,
        alternatives=[str(one.pk) for one in alternatives],
        routing=[route.kept() for route in examination.routing],
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


def _transactions(accepted: Accepted) -> Iterator[Insertion]:
    """A row for each recipient and its first entry, in their order; who has opted out gets one that says so, and is
    never sent to. Two statements for each thousand of a sender, and of those held back."""
    message, ids, places, now = (
        accepted.message,
        accepted.identities,
        accepted.examination.places,
        accepted.message.created_at,
    )
    # By their ids: to compare rows as such for each of 100,000 takes longer than to write what is said of them.
    groups: dict[UUID | None, list[int]] = {}
    for position, place in enumerate(places):
        groups.setdefault(place.sender.id if place.sender else None, []).append(position)
    for carrier, group in groups.items():
        sender, silent = places[group[0]].sender or message.sender, carrier is None
        status = Status.BLOCKED if silent else Status.SCHEDULED if message.send_at else Status.QUEUED
        code, text = OUT if silent else ("", "")
        yield from rows.insertions(
            Transaction,
            (_own(message, ids[position], places[position].recipient, position, silent=silent) for position in group),
            message=message.pk,
            sender=sender.pk,
            account=sender.account_id,
            status=status.value,
            reason_code=code,
            reason_text=text,
            next_attempt_at=None if silent else accepted.due,
            expires_at=_expiry(accepted, sender),
            news=0 if message.endpoint_id else None,
            created_at=now,
            updated_at=now,
        )
        yield from timeline.beginnings((ids[position] for position in group), status, now=now, code=code, text=text)


def _expiry(accepted: Accepted, sender: Sender) -> datetime:
    return accepted.message.expire_at or accepted.due + validity(sender)


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
