"""What Webex Connect posts: receipts (webex.md, sections 8 to 10) and handsets' messages (section 14)."""

import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from uuid import uuid4

from messaging.gateway.serving import Destination, Event, Notice, ReceivedMessage, Tenant
from messaging.providers.webex.server.wordings import BY_CODE, CLICKED, WORDINGS, Wording

# The seed's own Delivered sample calls itself Submitted: only the code can be relied on.
MISNAMED = "Submitted"
USER_AGENT = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36"
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
    if event is Event.MALFORMED:
        return notice(CUT_OFF, _key(message, tenant))
    wording = WORDINGS.get(event)
    if wording is None or (message.wanted and wording.asked_as not in message.wanted):
        return None
    more = {}
    if event is Event.DELIVERED and tenant.option("delivered_says_submitted", default=True):
        more = {"deliveryStatus": MISNAMED}
    if event is Event.DELIVERED_AS_SMS:
        more = {"additionalInfo": "", "sentAs": "SMS"}
    if event is Event.CLICKED and not tenant.option("made_up", default=True):
        # Who opened it, and with what, is not told.
        more = {"Description": f"{destination.opened}|", "additionalInfo": ""}
    return _receipt(message, destination, ref, wording, tenant, more, at)


def report_with(
    message: ReceivedMessage,
    destination: Destination,
    ref: str,
    code: str,
    tenant: Tenant,
    *,
    at: datetime,
) -> Notice | None:
    """The receipt with one code of section 10, asked for or not; None for a code that no receipt carries."""
    wording = BY_CODE.get(code)
    return _receipt(message, destination, ref, wording, tenant, {}, at) if wording else None


def _receipt(
    message: ReceivedMessage,
    destination: Destination,
    ref: str,
    wording: Wording,
    tenant: Tenant,
    more: Mapping[str, str],
    at: datetime,
) -> Notice:
    info = {
        "deliveryChannel": "mms",
        "Description": wording.description,
        "destinationType": "msisdn",
        "timeStamp": stamp(at),
        "code": wording.code,
        "deliveryStatus": wording.status,
        "destination": destination.recipient,
    }
    if wording.status == CLICKED:
        info["additionalInfo"] = USER_AGENT
    body = {
        "deliveryInfoNotification": {
            "deliveryInfo": {**info, **more},
            "correlationid": destination.client_ref,
            "callbackData": message.callback_data,
            "transid": ref,
        }
    }
    return notice(_json(body), _key(message, tenant))


def _key(message: ReceivedMessage, tenant: Tenant) -> str:
    return "" if message.notify_url else tenant.webhook_key


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
