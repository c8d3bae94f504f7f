"""What Sinch posts: receipts and news of stored contents (sinch.md, section 11), handsets' messages (section 12)."""

import json
import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from messaging.gateway.serving import Destination, Event, Notice, ReceivedMessage, Tenant
from messaging.providers.sinch.server.wordings import BY_CODE, DIALECT, EVENTS, Wording, of_fault

JSON = {"content-type": "application/json; charset=utf-8"}
OPERATOR = {"operator-id": "31003", "operator-name": "Verizon Wireless US"}
HANDSET = {"handset": "iPhone15,2"}
CUT_OFF = b'{"origin": "MMS_MT", "code": "N101", "sent-as": "MMS", "status": "Se'
INBOUND = "N401"
KEYWORD = re.compile(r"[A-Za-z0-9]{1,20}")
EASTERN = timezone(timedelta(hours=-5))
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789"


def report(
    message: ReceivedMessage,
    destination: Destination,
    ref: str,
    event: Event,
    tenant: Tenant,
    *,
    at: datetime,
) -> Notice | None:
    """The receipt for an event; None where Sinch has no word for it, as for a message that was read."""
    if event is Event.MALFORMED:
        return Notice(JSON, CUT_OFF)
    wording = EVENTS.get(event)
    if event is Event.DELIVERED_AS_SMS and tenant.option("fallback_as_n202", default=False):
        wording = BY_CODE["N202"]
    return _notice(message, destination, ref, wording, tenant, at) if wording else None


def report_with(
    message: ReceivedMessage, destination: Destination, ref: str, code: str, tenant: Tenant, *, at: datetime
) -> Notice | None:
    """The receipt for one code of section 11.3, such as "N101" or "E102 Expired"; None for a code of no receipt."""
    if code == INBOUND:
        return inbound(tenant, sender=destination.recipient, recipient=message.sender, text="", files=(), at=at)
    wording = BY_CODE.get(code)
    return _notice(message, destination, ref, wording, tenant, at) if wording else None


def report_saved(message: ReceivedMessage, ref: str, tenant: Tenant, *, fault: str, at: datetime) -> Notice | None:
    """N003 for a stored content that is ready to be sent, or E002 to E004 for the kind of medium named by `fault`."""
    return _notice(message, None, ref, of_fault(fault), tenant, at)


def inbound(tenant: Tenant, *, sender: str, recipient: str, text: str, files: Sequence[str], at: datetime) -> Notice:  # noqa: ARG001
    """What a handset sent. A text has no member of its own: it is one of the files, and a single word that the
    campaign knows stands as its keyword too (section 12)."""
    members = {
        "origin": "MMS_MO",
        "code": INBOUND,
        "from": sender,
        "to": recipient,
        **({"keyword": text.strip().upper()} if KEYWORD.fullmatch(text.strip()) else {}),
        "tracking-id": f"MO-{token(4)}-{token(3)}",
        "timestamp": at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "message-subject": "",
        "content": [{"file": address} for address in files],
    }
    return Notice(JSON, _json(members))


def token(length: int) -> str:
    """Letters and digits of an id."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def _notice(
    message: ReceivedMessage,
    destination: Destination | None,
    ref: str,
    wording: Wording,
    tenant: Tenant,
    at: datetime,
) -> Notice:
    """A receipt about a message, or without a destination the news of a stored content."""
    old = tenant.option("old_dialect", default=False)
    request: Mapping[str, Any] = message.parsed if isinstance(message.parsed, dict) else {}
    members: dict[str, Any] = {"origin": "MMS_MT", "code": wording.code}
    if wording.stored or destination is None:
        members["mms-id"] = message.saved_ref or ref
    members |= {"sent-as": wording.sent_as} if wording.sent_as else {}
    members["status"] = DIALECT.get(wording.status, wording.status) if old else wording.status
    if destination is not None and not wording.stored:
        members |= {"status-details": wording.details, "to": destination.recipient, "from": message.sender}
    members["timestamp"] = _stamp(at, old=old)
    if not wording.stored:
        members["trackingid" if tenant.option("trackingid_spelling", default=False) else "tracking-id"] = ref
    reference = destination.client_ref if destination else request.get("client-reference")
    members |= {"client-reference": reference} if reference else {}
    if tenant.option("made_up", default=True):
        members |= OPERATOR if wording.by_operator else {}
        members |= HANDSET if wording.code == "N102" and wording.sent_as == "MMS" and wording.good else {}
    file = next((medium.url for medium in message.media if medium.kind == wording.names), "")
    members |= {f"{wording.names}-name": file} if file else {}
    return Notice(JSON, _json(members))


def _stamp(at: datetime, *, old: bool) -> str:
    """UTC with microseconds; older accounts write seconds and another zone."""
    if old:
        return at.astimezone(EASTERN).isoformat(timespec="seconds")
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _json(members: object) -> bytes:
    return json.dumps(members, separators=(",", ":")).encode()
