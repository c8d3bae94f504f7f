"""We call Telesign: a message to a request, an answer to its meaning (seed; telesign.md, sections 1 to 7, 14).

Answers are read by `answers`, callbacks by `notifications`; all of it is this module's face.
"""

import json
from datetime import datetime
from typing import Any

from messaging.addresses import digits
from messaging.content import Content, Part
from messaging.gateway.contract import (
    Account,
    Acknowledgement,
    CredentialField,
    HttpRequest,
    OptionField,
    OutboundMessage,
)
from messaging.gateway.errors import Misconfigured, Refused
from messaging.providers.telesign.answers import read
from messaging.providers.telesign.notifications import receipts, verify
from messaging.providers.telesign.signing import authorisation

__all__ = [
    "ACKNOWLEDGEMENT",
    "CALL_SECONDS",
    "CREDENTIALS",
    "ECHOES",
    "LABEL",
    "METHODS",
    "OPTIONS",
    "build",
    "read",
    "receipts",
    "verify",
]

LABEL = "Telesign"
CREDENTIALS = (
    CredentialField("customer_id", "Customer ID", "As the Telesign portal shows it, with its hyphens.", required=True),
    CredentialField("api_key", "API key", "In base64, as the Telesign portal shows it.", required=True),
    CredentialField(
        "fallback_time",
        "Seconds before the SMS",
        "How long the MMS may take before the fallback SMS is sent: 30 to 3600 seconds; empty for 300.",
    ),
)
OPTIONS = (
    OptionField("digest", "Sign every request", "Digest (TSA) instead of Basic: the API key itself is never sent."),
    OptionField(
        "send_callback_url",
        "Name the callback address in every message",
        "Only where Telesign has enabled it for the account; otherwise give them the address once.",
    ),
    OptionField("send_sender_id", "Name the sender ID in every message", "Only senders Telesign has allow-listed."),
)
METHODS = ("POST", "GET", "HEAD")
ACKNOWLEDGEMENT = Acknowledgement("application/json", b"{}")
CALL_SECONDS = 20.0
ECHOES = True

PATH = "/v1/omnichannel"
JSON = "application/json"
TEMPLATES = frozenset({"image", "video", "audio"})
MESSAGE_TYPES = {"marketing": "MKT", "transactional": "ARN"}
USUAL_WAIT, SHORTEST_WAIT, LONGEST_WAIT = 300, 30, 3600
LARGEST = 10 * 1024


def build(account: Account, message: OutboundMessage, *, now: datetime) -> HttpRequest:
    """The request that sends `message` (telesign.md, section 3).

    Raises Refused for what the dialect cannot express, Misconfigured for credentials or settings that cannot be used.
    """
    try:
        body = json.dumps(_body(account, message), ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError as error:
        raise Refused("text_not_unicode", "A text of the message holds half a character.") from error
    if len(body) > LARGEST:
        raise Refused("request_too_long", f"The request has {len(body)} bytes; {LABEL} takes {LARGEST}.")
    headers = {"content-type": JSON, **authorisation(account, "POST", PATH, JSON, body, now=now)}
    return HttpRequest("POST", account.base_url.rstrip("/") + PATH, headers, body)


def _body(account: Account, message: OutboundMessage) -> dict[str, Any]:
    medium, fallback = _medium(message.content), message.content.fallback
    mms: dict[str, Any] = {"channel": "mms"}
    channels = [mms]
    says: dict[str, Any] = {"mms": {"template": medium.kind, "parameters": {"url": medium.url}}}
    if fallback.text.strip() and not fallback.disabled:
        mms["fallback_time"] = _fallback_time(account)
        channels.append({"channel": "sms"})
        says["sms"] = {"template": "text", "parameters": {"text": fallback.text}}
    body: dict[str, Any] = {
        "channels": channels,
        "phone_number": digits(message.recipient),
        "message": says,
        "message_type": MESSAGE_TYPES.get(message.purpose, "ARN"),
    }
    if message.client_ref:
        body["external_id"] = message.client_ref
    if account.webhook_url and account.option("send_callback_url"):
        body["callback_url"] = account.webhook_url
    if message.sender and account.option("send_sender_id"):
        body["sender_id"] = message.sender.strip().lstrip("+")
    return body


def _medium(content: Content) -> Part:
    """The one medium of a content. Raises Refused for everything that Telesign has no place for (section 4)."""
    media = [part for _pointer, part in content.parts()]
    if not media:
        raise Refused("medium_missing", f"The message holds no picture, video or sound; {LABEL} sends nothing else.")
    if len(media) > 1 or len(content.slides) > 1:
        raise Refused("several_media", f"The message holds more than one medium or slide; {LABEL} carries one.")
    [medium] = media
    if content.slides[0].text.strip():
        raise Refused("text_not_carried", f"{LABEL} carries no text beside the {medium.kind}.")
    if medium.kind not in TEMPLATES:
        raise Refused("kind_not_supported", f"The message holds a {medium.kind}; {LABEL} does not carry it.")
    if not medium.url:
        raise Refused("media_url_missing", f"The {medium.kind} has no address to fetch it from.")
    return medium


def _fallback_time(account: Account) -> int:
    """Seconds before the SMS goes out, within the provider's bounds. Raises Misconfigured when it is no number."""
    given = account.credentials.get("fallback_time", "").strip()
    if not given:
        return USUAL_WAIT
    if not (given.isascii() and given.isdecimal()):
        raise Misconfigured("fallback_time_malformed", "The seconds before the SMS are a whole number, such as 300.")
    return min(max(int(given[:9]), SHORTEST_WAIT), LONGEST_WAIT)
