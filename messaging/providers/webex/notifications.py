"""What Webex Connect tells our webhook: receipts, link clicks and inbound messages (webex.md, sections 8 to 10, 14)."""

import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from messaging.gateway.codes import Where
from messaging.gateway.contract import Account
from messaging.gateway.facts import Forged, Inbound, Receipt, Unreadable
from messaging.providers.webex.codes import CODES
from messaging.providers.webex.wire import parse, word
from messaging.statuses import Status, Via

CHANNEL = "mms"
CLICKED = "7525"
# Used for codes that no table has; a code's own meaning always comes first (webex.md, section 10.1).
BY_WORD = {
    "failed": Status.FAILED,
    "un-delivered": Status.EXPIRED,
    "undelivered": Status.EXPIRED,
    "delivered": Status.DELIVERED,
    "submitted": Status.SUBMITTED,
}
SENT_AS = {"mms": Via.MMS, "sms": Via.SMS}
HASHES = {"sha256": hashlib.sha256, "sha512": hashlib.sha512}
LONGEST_URL = 2000
LONGEST_MESSAGE = 20_000
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]")
_ZONE = re.compile(r"\s+(?=(?:Z|[+-][0-9:]+)$)")


def verify(account: Account, headers: Mapping[str, str], body: bytes) -> None:
    """Check x-hub-signature with each of the account's keys, where it is sent at all. Raises Forged.

    Calls to a `notifyUrl` are not documented to be signed, so a missing signature passes; those are known by the
    secret in their path (webex.md, section 8).
    """
    given = next((value.strip() for name, value in headers.items() if name.lower() == "x-hub-signature"), "")
    if not given or not account.webhook_keys:
        return
    method, _, signature = given.partition("=")
    hashing = HASHES.get(method.lower())
    if hashing is None:
        raise Forged("The signature is made in a way that is not known here.")
    for key in account.webhook_keys:
        for form in _signed_forms(body):
            expected = hmac.new(key.encode(), form, hashing).hexdigest()
            if hmac.compare_digest(expected.encode(), signature.strip().lower().encode("utf-8", "replace")):
                return
    raise Forged("The signature does not belong to this body.")


def receipts(body: bytes) -> list[Receipt | Inbound]:
    """Everything a webhook body says, in its order. Raises Unreadable when any of it makes no sense."""
    try:
        value = parse(body)
        return [_notification(one) for one in (value if isinstance(value, list) and value else [value])]
    except (KeyError, TypeError, ValueError) as error:
        raise Unreadable(f"Not a notification of this provider: {error}"[:200]) from error


def _signed_forms(body: bytes) -> Iterator[bytes]:
    """The raw body first; then trimmed and compact, because the vendor's pages advise to strip white space."""
    yield body
    yield body.strip()
    try:
        yield json.dumps(parse(body), separators=(",", ":"), ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return


def _notification(value: Any) -> Receipt | Inbound:
    if not isinstance(value, dict):
        raise TypeError("an object is expected")
    if "deliveryInfoNotification" in value:
        return _receipt(value["deliveryInfoNotification"])
    if "oa" in value and "da" in value:
        return _inbound(value)
    raise KeyError("deliveryInfoNotification")


def _receipt(notification: Any) -> Receipt:
    if not isinstance(notification, dict) or not isinstance(notification.get("deliveryInfo"), dict):
        raise TypeError("deliveryInfo is missing")
    info = notification["deliveryInfo"]
    code, status = word(info.get("code"), 40), word(info.get("deliveryStatus"))
    if not code and not status:
        raise KeyError("code")
    channel = word(info.get("deliveryChannel")).lower()
    # The same number means other things on other channels (webex.md, section 16).
    known = CODES.get((Where.RECEIPT, code)) if channel in {"", CHANNEL} else None
    description = word(info.get("Description"), LONGEST_URL)
    clicked = code == CLICKED or status.lower() == "clicked"
    at_text = _loose(info.get("timeStamp"))
    return Receipt(
        kind="unrecognised" if known is None else "clicked" if code == CLICKED else "receipt",
        client_ref=word(notification.get("correlationid"), 100),
        provider_ref=word(notification.get("transid"), 100),
        recipient=re.sub(r"[^0-9]", "", word(info.get("destination"), 40)),
        state=known.state if known else BY_WORD.get(status.lower()),
        code=code,
        text=status if clicked else (description or status)[:300],
        at=_when(at_text),
        at_text=at_text,
        via=SENT_AS.get(word(info.get("sentAs")).lower() or channel * (channel == "sms")),
        # What follows the address is the reader's IP, which is nobody's business here.
        detail=_link(description) if clicked else "",
    )


def _link(description: str) -> str:
    address = description.partition("|")[0].strip()
    return address if address.startswith(("http://", "https://")) else ""


def _loose(value: object) -> str:
    try:
        return word(value, 60)
    except TypeError:
        return ""


def _when(text: str) -> datetime | None:
    """A time with or without zone (none means UTC) and any length of fraction; None when it cannot be read."""
    if not _DATE.match(text):
        return None
    try:
        at = datetime.fromisoformat(_ZONE.sub("", text))
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _inbound(value: dict[str, Any]) -> Inbound:
    sender, recipient = word(value["oa"], 40), word(value["da"], 40)
    if not sender or not recipient:
        raise KeyError("oa")
    text, urls = _parts(value.get("message"))
    return Inbound(
        sender=f"+{sender.lstrip('+')}",
        recipient=recipient.lstrip("+"),
        text=text,
        media_urls=urls,
        provider_ref=word(value.get("tid"), 100),
        at=_when(_loose(value.get("ts"))),
    )


def _parts(message: Any) -> tuple[str, tuple[str, ...]]:
    """The text and the files of an inbound message: a list of files as JSON inside a string, or plain text."""
    if message is None:
        return "", ()
    if not isinstance(message, str):
        raise TypeError("message is no string")
    try:
        files = parse(message.encode())
    except ValueError:
        files = None
    if not isinstance(files, list) or not all(isinstance(one, dict) and "file" in one for one in files):
        return "\n".join(word(line, LONGEST_MESSAGE) for line in message[:LONGEST_MESSAGE].splitlines()), ()
    urls = (word(one["file"], LONGEST_URL) for one in files)
    # A SMIL part only says how the others are laid out.
    return "", tuple(url for url in urls if url and not url.partition("?")[0].lower().endswith(".smil"))
