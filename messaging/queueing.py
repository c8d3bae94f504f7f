"""Accepting a message: examined by the one rule function, then written in one commit, then a ring at the doorbell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice

from django.contrib.auth.models import User
from django.db import IntegrityError
from django.db.models import QuerySet
from django.db.transaction import atomic, on_commit
from uuid6 import uuid7

from messaging import tasks, timeline
from messaging.composing import resolve
from messaging.content import Content
from messaging.models import ApiKey, Message, Sender, TimelineEntry, Transaction, client_ref
from messaging.routing import HOME, Route, profile_of, reaches, routes, sender_findings
from messaging.slide_rules import Finding, Severity, blocking, check
from messaging.statuses import CANCELLABLE, Status

MOST_RECIPIENTS = 10_000
# How many numbers of other countries are named one by one.
MOST_ABROAD = 50
# How long an undelivered message is worth trying when nobody said: what carriers themselves keep (reliability, 2.2).
VALIDITY = timedelta(hours=72)
FURTHEST = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class RecipientOrder:
    """One recipient: E.164 number, the caller's own reference, and values of its own."""

    number: str
    correlation_id: str = ""
    substitutions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Order:
    """A message as it is asked for. `once` makes a repeated order the same message.

    `shared_files` says that the content, as a template's, may name files of others than the API key.
    """

    sender: Sender
    content: Content
    recipients: Sequence[RecipientOrder]
    substitutions: Mapping[str, str] = field(default_factory=dict)
    purpose: str = Message.Purpose.MARKETING
    send_at: datetime | None = None
    expire_at: datetime | None = None
    notify_url: str = ""
    callback_data: str = ""
    requested_receipts: Sequence[str] = ()
    source: str = Message.Source.WEB
    created_by: User | None = None
    api_key: ApiKey | None = None
    once: str | None = None
    shared_files: bool = False


@dataclass(frozen=True, slots=True)
class HeldBack:
    """A recipient who will not be sent to, and why; `index` counts from 0 in the order given."""

    index: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Examination:
    """Everything that can be said about an order before it is sent."""

    ok: bool
    content: Content
    findings: list[Finding]
    routing: list[Route]
    recipients: list[RecipientOrder]
    held_back: list[HeldBack]

    @property
    def accepted(self) -> int:
        """How many recipients the message would go to."""
        return len(self.recipients)


class NotQueued(Exception):
    """An order that cannot be accepted; `findings` say all that is wrong with it."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("; ".join(finding.code for finding in findings))
        self.findings = findings


def examine(order: Order, *, now: datetime) -> Examination:
    """May this go, through whom, and what is wrong where. Writes nothing. Two queries at most."""
    owner = order.api_key.owner_label if order.api_key and not order.shared_files else None
    content, findings = resolve(order.content, owner=owner)
    content = replace(content, name=_name(content))
    recipients, held_back = _merged(order.recipients)
    findings += check(
        content,
        [profile_of(order.sender)],
        shared=order.substitutions,
        recipients=[recipient.substitutions for recipient in recipients],
    )
    findings += sender_findings(order.sender)
    findings += _recipient_findings(order.recipients, order.sender)
    findings += _time_findings(order, now)
    findings.sort(key=lambda finding: finding.severity is not Severity.BLOCKS)
    return Examination(
        ok=not blocking(findings),
        content=content,
        findings=findings,
        routing=routes(order.sender, findings),
        recipients=recipients,
        held_back=held_back,
    )


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
        with atomic():
            message = _write(order, examination, now)
            on_commit(tasks.ring_pump)
    except IntegrityError:
        # The other click of a double click was quicker.
        if order.once and (known := Message.objects.filter(once=order.once).first()):
            return known
        raise
    return message


def cancel(transactions: "QuerySet[Transaction]", *, now: datetime) -> int:
    """Withdraw what has not left yet. Out: how many; the others are past recall and stay as they are."""
    with atomic():
        waiting = list(transactions.filter(status__in=CANCELLABLE).select_for_update(of=("self",)))
        timeline.append(
            [
                timeline.entry(row, "cancelled", now=now, state=Status.CANCELLED, source=TimelineEntry.Source.PERSON)
                for row in waiting
            ]
        )
        for row in waiting:
            row.next_attempt_at = None
        timeline.settle(waiting, now=now, also=["next_attempt_at"])
    return len(waiting)


def _write(order: Order, examination: Examination, now: datetime) -> Message:
    message = Message.objects.create(
        name=examination.content.name[:200],
        content=examination.content.to_json(),
        substitutions=dict(order.substitutions),
        sender=order.sender,
        purpose=order.purpose,
        source=order.source,
        created_by=order.created_by,
        api_key=order.api_key,
        send_at=order.send_at,
        expire_at=order.expire_at,
        notify_url=order.notify_url,
        callback_data=order.callback_data,
        requested_receipts=list(order.requested_receipts),
        total=examination.accepted,
        once=order.once,
        created_at=now,
    )
    due = order.send_at or now
    status = Status.SCHEDULED if order.send_at else Status.QUEUED
    rows = [
        Transaction(
            pk=(identity := uuid7()),
            message=message,
            sender=order.sender,
            account=order.sender.account,
            position=position,
            client_ref=client_ref(identity),
            recipient=recipient.number,
            correlation_id=recipient.correlation_id,
            substitutions=dict(recipient.substitutions),
            status=status,
            next_attempt_at=due,
            expires_at=order.expire_at or due + VALIDITY,
            created_at=now,
            updated_at=now,
        )
        for position, recipient in enumerate(examination.recipients)
    ]
    Transaction.objects.bulk_create(rows, batch_size=1000)
    timeline.append([timeline.entry(row, status.value, now=now, state=status) for row in rows])
    return message


def _name(content: Content) -> str:
    """The internal label; providers want one, so an unnamed message is called by what it says."""
    first = content.slides[0].text if content.slides else ""
    return content.name or content.subject or " ".join(first.split())[:60] or "MMS"


def _merged(recipients: Sequence[RecipientOrder]) -> tuple[list[RecipientOrder], list[HeldBack]]:
    kept: dict[str, RecipientOrder] = {}
    held_back = []
    for index, recipient in enumerate(recipients):
        if recipient.number in kept:
            held_back.append(
                HeldBack(index, "recipient_repeated", "This number stands in the list already; it is sent to once.")
            )
        else:
            kept[recipient.number] = recipient
    return list(kept.values()), held_back


def _recipient_findings(recipients: Sequence[RecipientOrder], sender: Sender) -> list[Finding]:
    if not recipients:
        return [
            Finding(
                "recipients_missing",
                Severity.BLOCKS,
                "/to",
                "Nobody to send to.",
                limit=1,
                actual=0,
                fix="Add a number.",
            )
        ]
    if len(recipients) > MOST_RECIPIENTS:
        return [
            Finding(
                "too_many_recipients",
                Severity.BLOCKS,
                "/to",
                f"{len(recipients)} recipients; one message goes to {MOST_RECIPIENTS} at most.",
                limit=MOST_RECIPIENTS,
                actual=len(recipients),
                fix="Split the list.",
            )
        ]
    where = "the USA and Canada" + ("" if sender.country in HOME else f" and {sender.country}")
    abroad = ((index, who.number) for index, who in enumerate(recipients) if not reaches(sender, who.number))
    return [
        Finding(
            "country_not_allowed",
            Severity.BLOCKS,
            f"/to/{index}",
            f"{number} cannot be reached: {sender.address} sends to mobile numbers of {where}.",
            fix="Remove this number, or choose a sender of its country.",
        )
        for index, number in islice(abroad, MOST_ABROAD)
    ]


def _time_findings(order: Order, now: datetime) -> list[Finding]:
    def wrong(code: str, pointer: str, message: str, fix: str) -> Finding:
        return Finding(code, Severity.BLOCKS, pointer, message, fix=fix)

    findings = []
    if order.send_at and order.send_at <= now:
        findings.append(
            wrong("schedule_past", "/send_at", "The time to send lies in the past.", "Name a later time, or none.")
        )
    if order.send_at and order.send_at > now + FURTHEST:
        findings.append(
            wrong("schedule_far", "/send_at", "A message can wait for 7 days at most.", "Name a time within 7 days.")
        )
    due = order.send_at or now
    if order.expire_at and order.expire_at <= due:
        findings.append(
            wrong("expires_early", "/expire_at", "It would expire before it is sent.", "Name a later time.")
        )
    if order.expire_at and order.expire_at > due + FURTHEST:
        findings.append(
            wrong("expires_late", "/expire_at", "A message lives for 7 days at most.", "Name a time within 7 days.")
        )
    return findings
