"""What Webex Connect posts: receipts (webex.md, sections 8 to 10) and handsets' messages (section 14)."""

import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from uuid import uuid4

from messaging.gateway.serving import Destination, Event, Notice, ReceivedMessage, Tenant


@dataclass(frozen=True, slots=True)
class Wording:
    """A receipt's code, its words, and the value of requestedReceipts it belongs to."""

    code: str
    description: str
    status: str
    asked_as: str


LINK = "https://go.example.org/fall25|198.51.100.23"
USER_AGENT = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36"
WORDINGS = {
    Event.SUBMITTED: Wording("7501", "Submitted", "Submitted", "SUBMITTED"),
    Event.DELIVERED: Wording("7500", "Delivered", "Delivered", "DELIVERED"),
    Event.DELIVERED_AS_SMS: Wording("7500", "Delivered", "Delivered", "DELIVERED"),
    Event.READ: Wording("7524", "Read", "Read", "READ"),
    Event.CLICKED: Wording("7525", LINK, "Clicked", "CLICKED"),
    Event.EXPIRED: Wording("7208", "Message expired", "Un-Delivered", "FAILED"),
    Event.ADDRESS_NOT_FOUND: Wording("7553", "Address not found", "Failed", "FAILED"),
    Event.CONTENT_REFUSED: Wording("7554", "Multimedia content refused", "Failed", "FAILED"),
    Event.MEDIA_NOT_FETCHED: Wording("7554", "Multimedia content refused", "Failed", "FAILED"),
    Event.RECIPIENT_BLOCKED: Wording("7223", "Number blocked", "Failed", "FAILED"),
    Event.REJECTED: Wording("7556", "Message rejected", "Failed", "FAILED"),
    # In no table, and with a status word in no table either.
    Event.UNKNOWN_CODE: Wording("7999", "Held for review", "Held", "SUBMITTED"),
}
# The seed's own Delivered sample calls itself Submitted: only the code can be relied on.
MISNAMED = "Submitted"
CUT_OFF = b'{"deliveryInfoNotification":{"deliveryInfo":{"deliveryChannel":"mms","code":"7501",'


def report(
    message: ReceivedMessage,
    destination: Destination,
    ref: str,
    event: Event,
    tenant: Tenant,
    *,
    at: datetime,
) -> Notice | None:
    """The receipt for an event; None when it was not asked for, or Webex Connect has no word for it.

    Signed with the tenant's key when it goes to the tenant's own webhook: notifyUrl calls are not (section 8).
    """
    key = "" if message.notify_url else tenant.webhook_key
    if event is Event.MALFORMED:
        return notice(CUT_OFF, key)
    wording = WORDINGS.get(event)
    if wording is None or (message.wanted and wording.asked_as not in message.wanted):
        return None
    misnamed = event is Event.DELIVERED and tenant.option("delivered_says_submitted", default=True)
    info = {
        "deliveryChannel": "mms",
        "Description": wording.description,
        "destinationType": "msisdn",
        "timeStamp": stamp(at),
        "code": wording.code,
        "deliveryStatus": MISNAMED if misnamed else wording.status,
        "destination": destination.recipient,
    }
    if event is Event.CLICKED:
        info["additionalInfo"] = USER_AGENT
    if event is Event.DELIVERED_AS_SMS:
        info |= {"additionalInfo": "", "sentAs": "SMS"}
    body = {
        "deliveryInfoNotification": {
            "deliveryInfo": info,
            "correlationid": destination.client_ref,
            "callbackData": message.callback_data,
            "transid": ref,
        }
    }
    return notice(_json(body), key)


def inbound(tenant: Tenant, *, sender: str, recipient: str, text: str, files: Sequence[str], at: datetime) -> Notice:
    """What a handset sent. Files make `message` a JSON list inside a string; a text stands there as it is."""
    said = json.dumps([{"file": address} for address in files], separators=(",", ":")) if files else text
    members = {
        "channel": "MMS",
        "da": recipient,
        "oa": sender,
        "message": said,
        "tid": str(uuid4()),
        "ts": stamp(at),
    }
    return notice(_json(members), tenant.webhook_key)


def notice(body: bytes, key: str) -> Notice:
    """A body with its headers, signed where there is a key."""
    headers = {"content-type": "application/json", "x-wx-gtrid": str(uuid4())}
    if key:
        headers["x-hub-signature"] = f"sha256={hmac.digest(key.encode(), body, sha256).hex()}"
    return Notice(headers, body)


def stamp(at: datetime) -> str:
    """UTC with milliseconds and a Z."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _json(members: object) -> bytes:
    return json.dumps(members, separators=(",", ":"), ensure_ascii=False).encode()
