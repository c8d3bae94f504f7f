"""Rows for the pages: messages with transactions whose timeline is written through `messaging.timeline`."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from uuid6 import uuid7

from messaging import timeline
from messaging.models import Message, Sender, TimelineEntry, Transaction, client_ref
from messaging.statuses import CANCELLABLE, Status, Via

PATHS: dict[str, Sequence[tuple[str, Status | None, str, Via | None]]] = {
    "queued": [],
    "sending": [("sending", Status.SENDING, "", None)],
    "unknown": [("sending", Status.SENDING, "", None), ("unknown", Status.UNKNOWN, "", None)],
    "cancelled": [("cancelled", Status.CANCELLED, "", None)],
}
PATHS["accepted"] = [*PATHS["sending"], ("accepted", Status.ACCEPTED, "1002", None)]
PATHS["submitted"] = [*PATHS["accepted"], ("receipt", Status.SUBMITTED, "7501", None)]
PATHS["delivered"] = [*PATHS["submitted"], ("receipt", Status.DELIVERED, "7500", Via.MMS)]
PATHS["sms"] = [*PATHS["submitted"], ("receipt", Status.DELIVERED, "7500", Via.SMS)]
PATHS["read"] = [*PATHS["delivered"], ("receipt", Status.READ, "7524", Via.MMS)]
PATHS["failed"] = [*PATHS["submitted"], ("receipt", Status.FAILED, "7552", None)]
PATHS["expired"] = [*PATHS["submitted"], ("receipt", Status.EXPIRED, "7208", None)]
PATHS["conflict"] = [*PATHS["delivered"], ("receipt", Status.FAILED, "7552", None)]
PROVIDER = {"receipt", "clicked", "unrecognised"}


def write_message(
    sender: Sender, outcomes: Sequence[str], *, at: datetime | None = None, name: str = "Spring sale", **more: object
) -> Message:
    """A message with one transaction per outcome (a key of PATHS), its recipients +1 647 555 0100 and up."""
    at = at or datetime.now(UTC) - timedelta(hours=1)
    content = {"name": name, "subject": "Spring is here", "slides": [{"text": "Hello $(area)", "duration": 5}]}
    defaults: dict[str, object] = {"content": content, "source": "web", "total": len(outcomes), "created_at": at}
    message = Message.objects.create(name=name, sender=sender, **{**defaults, **more})
    for position, outcome in enumerate(outcomes):
        write_transaction(message, position, outcome, at)
    return message


def write_transaction(message: Message, position: int, outcome: str, at: datetime) -> Transaction:
    identity = uuid7()
    transaction = Transaction(
        id=identity,
        message=message,
        sender=message.sender,
        account=message.sender.account,
        position=position,
        client_ref=client_ref(identity),
        recipient=f"+1{647 + position // 10_000}555{position % 10_000:04d}"
        if position > 99
        else f"+164755501{position:02d}",
        correlation_id=f"order-{1881 + position}",
        status=Status.QUEUED,
        next_attempt_at=at,
        created_at=at,
        updated_at=at,
        expires_at=at + timedelta(days=3),
    )
    transaction.save()
    entries = [timeline.entry(transaction, "queued", now=at, state=Status.QUEUED)]
    for step, (kind, state, code, via) in enumerate(PATHS[outcome], start=1):
        moment = at + timedelta(seconds=2 * step)
        entry = timeline.entry(transaction, kind, now=moment, state=state, code=code, key=f"{kind}{step}")
        entry.via = via or ""
        if kind in PROVIDER:
            entry.source, entry.received_at = TimelineEntry.Source.PROVIDER, moment + timedelta(seconds=1)
        entries.append(entry)
    timeline.append(entries)
    if outcome not in CANCELLABLE and outcome != "cancelled":
        transaction.attempt_no, transaction.provider_ref = 1, f"ref-{transaction.client_ref[-8:].lower()}"
    if outcome == "sending":
        transaction.lease_token, transaction.lease_until = uuid4(), at + timedelta(minutes=1)
    timeline.settle(
        [transaction], now=at + timedelta(seconds=10), also=["attempt_no", "provider_ref", "lease_token", "lease_until"]
    )
    return transaction


@pytest.fixture
def message(sender: Sender) -> Message:
    """Six recipients, six fates."""
    return write_message(sender, ["delivered", "sms", "failed", "unknown", "queued", "read"])


@pytest.fixture
def make_message(sender: Sender) -> Callable[..., Message]:
    def make(outcomes: Sequence[str] = ("delivered",), **more: object) -> Message:
        return write_message(sender, outcomes, **more)

    return make
