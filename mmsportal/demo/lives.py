"""The life of one past transaction as the rows that the real send and the real receipts would have left."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from messaging import receipts, timeline
from messaging.addresses import digits
from messaging.delivery.outcomes import Result, apply
from messaging.delivery.rendering import redacted, render
from messaging.gateway import registry
from messaging.gateway.contract import Account, HttpAnswer
from messaging.gateway.errors import SendError, Unclear
from messaging.gateway.facts import Receipt
from messaging.models import ReceiptInbox, SendAttempt, TimelineEntry, Transaction
from messaging.statuses import Status

# What became of a message, and how often of a hundred.
FATES: Mapping[str, int] = {
    "delivered": 60,
    "read": 19,
    "clicked": 4,
    "sms": 4,
    "failed": 5,
    "expired": 3,
    "silent": 2,
    "throttled": 1,
    "refused": 1,
    "unknown": 1,
}
# What falls silent now would be closed as unconfirmed under the eyes of whoever looks at the demo.
SOON = timedelta(hours=1)
FAILURES = ("7552", "7553", "7553", "7554", "7555", "7556")
LINK = "https://northwind.example/autumn|198.51.100.23"
# The words that stand beside a code in a receipt: description and status.
WORDS = {
    "7501": ("Submitted", "Submitted"),
    "7500": ("Delivered", "Delivered"),
    "7524": ("Read", "Read"),
    "7525": (LINK, "Clicked"),
    "7208": ("Message expired", "Un-Delivered"),
    "7552": ("Absent subscriber", "Failed"),
    "7553": ("Address not found", "Failed"),
    "7554": ("Multimedia content refused", "Failed"),
    "7555": ("Message format corrupt", "Failed"),
    "7556": ("Message rejected", "Failed"),
}
THROTTLED = (429, {"code": "7020", "message": "Throughput limit exceeded"})
REFUSED = (400, {"code": "7102", "message": "Invalid msisdn"})


@dataclass(slots=True)
class Rows:
    """What a life leaves behind, none of it saved yet."""

    transactions: list[Transaction] = field(default_factory=list)
    attempts: list[SendAttempt] = field(default_factory=list)
    inbox: list[ReceiptInbox] = field(default_factory=list)
    entries: list[TimelineEntry] = field(default_factory=list)


def live(row: Transaction, account: Account, rows: Rows, *, chance: Random, now: datetime, fate: str = "") -> None:
    """Let a queued transaction live up to `now`, and add what it leaves to `rows`; `fate` is chance's when left out."""
    rows.transactions.append(row)
    rows.entries.append(timeline.entry(row, "queued", now=row.created_at, state=Status.QUEUED))
    row.next_attempt_at = None
    fate = fate or chance.choices(list(FATES), list(FATES.values()))[0]
    ended = row.expires_at + timeline.GRACE
    if fate in {"unknown", "silent"} and now <= ended < now + SOON:
        fate = "delivered"
    at = row.created_at + timedelta(seconds=chance.uniform(0.2, 1.5) + row.position / 8)
    if fate == "throttled":
        _try(row, account, rows, THROTTLED, at, chance)
        at += timedelta(seconds=chance.uniform(5.5, 9))
    if fate == "refused":
        _try(row, account, rows, REFUSED, at, chance)
        return
    if fate in {"unknown", "silent"} and ended < now:
        rows.entries.append(timeline.entry(row, "unconfirmed", now=ended, state=Status.UNCONFIRMED))
    if fate == "unknown":
        _try(row, account, rows, None, at, chance)
        return
    reference = str(UUID(int=chance.getrandbits(128), version=4))
    answered = _try(row, account, rows, (201, {"messageId": reference, "status": "queued"}), at, chance)
    for code, when, as_sms in _plan(fate, answered, chance):
        arrival = when + timedelta(seconds=chance.uniform(0.2, 2.5))
        if arrival < now:
            _receive(row, rows, code, when, arrival, as_sms=as_sms)


def _try(
    row: Transaction,
    account: Account,
    rows: Rows,
    answer: tuple[int, Mapping[str, str]] | None,
    at: datetime,
    chance: Random,
) -> datetime:
    """One try with its answer, None for a line that broke. Out: when it ended."""
    provider = registry.provider(account.provider)
    row.attempt_no += 1
    wire, ended = at + timedelta(milliseconds=12), at + timedelta(seconds=chance.uniform(0.15, 0.7))
    attempt = SendAttempt(transaction=row, number=row.attempt_no, sender=row.sender, phase=SendAttempt.Phase.DONE)
    attempt.started_at, attempt.wire_at, attempt.finished_at = at, wire, ended
    rows.entries.append(timeline.entry(row, "sending", now=wire, state=Status.SENDING))
    request = redacted(render(row, account, provider, now=at), account, row)
    result = Result(error=Unclear("connection_lost", "The connection to the provider broke off."), request=request)
    if answer:
        status, members = answer
        body = HttpAnswer(status, {"content-type": "application/json"}, json.dumps(members).encode())
        try:
            result = Result(accepted=provider.client.read(body), request=request, answer=body)
        except SendError as error:
            result = Result(error=error, request=request, answer=body)
    rows.attempts.append(attempt)
    rows.entries.append(apply(row, attempt, result, in_time=True, now=ended))
    row.next_attempt_at = None
    return ended


def _plan(fate: str, start: datetime, chance: Random) -> Iterator[tuple[str, datetime, bool]]:
    """The receipts of a fate: code, when it happened, whether it tells of an SMS."""
    submitted = start + timedelta(seconds=chance.uniform(0.4, 3))
    yield "7501", submitted, False
    reached = submitted + timedelta(seconds=2 + min(chance.expovariate(1 / 11), 240))
    opened = reached + timedelta(seconds=20 + min(chance.expovariate(1 / 2400), 6 * 3600))
    match fate:
        case "silent":
            return
        case "failed":
            yield chance.choice(FAILURES), reached, False
        case "expired":
            yield "7208", submitted + timedelta(hours=24, seconds=chance.uniform(1, 90)), False
        case _:
            yield "7500", reached, fate == "sms"
    if fate in {"read", "clicked"}:
        yield "7524", opened, False
    if fate == "clicked":
        yield "7525", opened + timedelta(seconds=chance.uniform(3, 60)), False


def _receive(row: Transaction, rows: Rows, code: str, at: datetime, arrival: datetime, *, as_sms: bool) -> None:
    """A receipt in the inbox, read as the real one is, and its fact."""
    body = _body(row, code, at, as_sms=as_sms)
    inbox = ReceiptInbox(
        account=row.account,
        received_at=arrival,
        method="POST",
        headers={"content-type": "application/json"},
        body=body,
        digest=hashlib.sha256(b"POST\n" + body).hexdigest(),
        state=ReceiptInbox.State.DONE,
        transaction=row,
    )
    rows.inbox.append(inbox)
    for fact in registry.provider(row.account.provider).client.receipts(body):
        if isinstance(fact, Receipt):
            rows.entries.append(receipts.entry_of(inbox, fact, row, arrival))


def _body(row: Transaction, code: str, at: datetime, *, as_sms: bool) -> bytes:
    """A receipt in the shape of seed 000."""
    description, status = WORDS[code]
    info = {
        "deliveryChannel": "mms",
        "Description": description,
        "destinationType": "msisdn",
        "timeStamp": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "code": code,
        "deliveryStatus": status,
        "destination": digits(row.recipient),
    }
    if as_sms:
        info["sentAs"] = "SMS"
    notification = {
        "deliveryInfo": info,
        "correlationid": row.client_ref,
        "callbackData": row.message.callback_data,
        "transid": row.provider_ref,
    }
    return json.dumps({"deliveryInfoNotification": notification}, separators=(",", ":")).encode()
