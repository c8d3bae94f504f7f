"""We call Webex Connect: a message to a request, an answer to its meaning (seed 000; webex.md, sections 1 to 7, 13).

Receipts and inbound messages are read by `notifications`; `verify` and `receipts` are part of this module's face.
"""

import binascii
import json
from base64 import b64decode
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from jwt import InvalidKeyError
from jwt.algorithms import HMACAlgorithm
from jwt.api_jws import PyJWS

from messaging.addresses import digits
from messaging.content import Content, Slide
from messaging.gateway.codes import OutcomeClass, Where
from messaging.gateway.contract import (
    Accepted,
    Account,
    Acknowledgement,
    CredentialField,
    HttpAnswer,
    HttpRequest,
    OptionField,
    OutboundMessage,
)
from messaging.gateway.errors import BY_CLASS, Misconfigured, Refused, SendError, Unclear
from messaging.providers.webex.codes import CODES
from messaging.providers.webex.notifications import receipts, verify
from messaging.providers.webex.wire import parse, word

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

LABEL = "Webex Connect"
CREDENTIALS = (
    CredentialField("service_key", "Service key", "The key of one service of the tenant; enough on its own."),
    CredentialField("service_id", "Service id", "With the service secret, for signed tokens instead of the key."),
    CredentialField("service_secret", "Service secret", "In base64, as the tenant shows it. Wins over the key."),
)
OPTIONS = (
    OptionField(
        "transcoding",
        "Transcoding is on",
        "As Webex Connect has set up the account: audio and video go out once they are encoded.",
    ),
)
METHODS = ("POST", "HEAD")
ACKNOWLEDGEMENT = Acknowledgement()
CALL_SECONDS = 20.0
ECHOES = True
TYPES = {
    "image": "image",
    "audio": "audio",
    "video": "video",
    "contact": "vcard",
    "calendar": "ical",
    "pdf": "pdf",
}
THROTTLED = "7020"
UNNAMED = "MMS"
LONGEST_VALIDITY = 7 * 24 * 3600
LONGEST_WAIT = 3600.0
LONGEST_REFERENCE = 100


class _IssuedSecret(HMACAlgorithm):
    """HS256 with the secret that the provider issued: its length is not ours to judge."""

    def check_key_length(self, key: bytes) -> None:  # noqa: ARG002
        return None


_JWS = PyJWS(algorithms=[])
_JWS.register_algorithm("HS256", _IssuedSecret(HMACAlgorithm.SHA256))


def build(account: Account, message: OutboundMessage, *, now: datetime) -> HttpRequest:
    """The request that sends `message`, to one recipient (webex.md, section 3).

    Raises Refused for what the dialect cannot express, Misconfigured for credentials that cannot be used.
    """
    headers = {"content-type": "application/json", **_authorisation(account.credentials, now)}
    try:
        body = json.dumps(_body(account, message), ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise Refused("text_not_unicode", "A text of the message holds half a character.") from error
    return HttpRequest("POST", account.base_url.rstrip("/") + "/v2/messages", headers, body)


def read(answer: HttpAnswer) -> Accepted:
    """The provider's reference, if it took the message (webex.md, sections 6 and 7; reliability, 2.5).

    Raises the SendError that the status and the code stand for; Unclear when they stand for nothing known.
    """
    members = _members(answer.body)
    code, text = _lenient(members, "code")[:40], _lenient(members, "message")
    if reference := _lenient(members, "messageId") or _lenient(members, "transid"):
        if 200 <= answer.status < 300:
            return Accepted(reference[:LONGEST_REFERENCE], text=_lenient(members, "status"))
        if not code:
            raise Unclear("answer_unreadable", "The answer gives a reference, and its status says no.")
    if code == THROTTLED or answer.status == 429:
        raise _error(OutcomeClass.RETRY, code if code == THROTTLED else "http_429", text, answer)
    if 200 <= answer.status < 300 or (answer.status == 400 and not members):
        raise Unclear("answer_unreadable", text or "The answer says neither yes nor no.")
    by_status = CODES.get((Where.ANSWER, f"http_{answer.status}"))
    if by_status is None:
        raise Unclear(f"http_{answer.status}", text or "The answer is none that the provider is known for.")
    by_code = CODES.get((Where.ANSWER, code))
    if by_code and by_code.outcome and (answer.status == 400 or by_code.outcome is by_status.outcome):
        raise _error(by_code.outcome, code, text, answer)
    # An unknown code of a refusal is kept, so that it can be looked up with the provider.
    raise _error(by_status.outcome, code if code and answer.status == 400 else by_status.code, text, answer)


def _error(outcome: OutcomeClass | None, code: str, text: str, answer: HttpAnswer) -> SendError:
    kind = BY_CLASS[outcome or OutcomeClass.UNKNOWN]
    return kind(code, text, retry_after=_retry_after(answer.headers) if outcome is OutcomeClass.RETRY else None)


def _members(body: bytes) -> dict[str, Any]:
    try:
        value = parse(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _lenient(members: Mapping[str, Any], name: str) -> str:
    try:
        return word(members.get(name))
    except TypeError:
        return ""


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from either spelling of Retry-After; a date is measured against the answer's own."""
    given = headers.get("retry-after", "").strip()
    try:
        if given.isdecimal():
            seconds = float(given[:9])
        else:
            seconds = (parsedate_to_datetime(given) - parsedate_to_datetime(headers.get("date", ""))).total_seconds()
    except (TypeError, ValueError, OverflowError):
        return None
    return min(max(seconds, 0.0), LONGEST_WAIT)


def _authorisation(credentials: Mapping[str, str], now: datetime) -> dict[str, str]:
    service, secret = credentials.get("service_id", "").strip(), credentials.get("service_secret", "").strip()
    if service and secret:
        return {"authorization": f"Bearer {_token(service, secret, now)}"}
    key = credentials.get("service_key", "").strip()
    if not key:
        raise Misconfigured("credentials_missing", "Enter a service key, or a service id with its secret.")
    if not (key.isascii() and key.isprintable()):
        raise Misconfigured("service_key_malformed", "The service key holds characters that no key has.")
    return {"key": key}


def _token(service: str, secret: str, now: datetime) -> str:
    """A signed token (webex.md, section 2). Raises Misconfigured when the secret is not base64."""
    try:
        key = b64decode(secret, validate=True)
        claims = json.dumps({"iss": service, "iat": int(now.timestamp())}, separators=(",", ":"))
        return _JWS.encode(claims.encode(), key, algorithm="HS256", headers={"typ": None})
    except (binascii.Error, ValueError, InvalidKeyError) as error:
        raise Misconfigured("service_secret_malformed", "The service secret is not base64, as it should be.") from error


def _body(account: Account, message: OutboundMessage) -> dict[str, Any]:
    content = message.content
    own, shared = dict(message.substitutions), dict(message.shared_substitutions)
    if any("$(" in text for _, text in content.texts()):
        # The texts are final: what still looks like a placeholder came with a value and must stay as it is.
        own, shared = {}, {}
    body: dict[str, Any] = {
        "channel": "mms",
        "from": message.sender.strip().lstrip("+"),
        "to": [
            {
                "msisdn": [f"+{digits(message.recipient)}"],
                "correlationId": message.client_ref,
                "substitutions": own,
            }
        ],
        "substitutions": shared,
        "callbackData": message.callback_data,
        "notifyUrl": account.webhook_url,
        "requestedReceipts": list(message.requested_receipts),
        "options": {},
        "content": _content(content),
    }
    if message.validity is not None:
        body["validity"] = min(message.validity, LONGEST_VALIDITY)
    return body


def _content(content: Content) -> dict[str, Any]:
    if content.fallback.disabled:
        raise Refused("fallback_cannot_be_disabled", f"{LABEL} cannot send a picture message without its fallback.")
    return {
        "subject": content.subject,
        "fallbacktext": content.fallback.text,
        "name": content.name or content.subject or UNNAMED,
        "attachments": [_attachment(slide, number) for number, slide in enumerate(content.slides, start=1)],
    }


def _attachment(slide: Slide, number: int) -> dict[str, Any]:
    if len(slide.parts) > 1:
        raise Refused("several_media", f"Slide {number} holds {len(slide.parts)} media; {LABEL} carries one a slide.")
    if not slide.parts:
        return {"type": "text", "messageText": slide.text, "duration": slide.duration}
    part = slide.parts[0]
    if part.kind not in TYPES:
        raise Refused("kind_not_supported", f"Slide {number} holds a {part.kind}; {LABEL} does not carry it.")
    if not part.url:
        raise Refused("media_url_missing", f"The {part.kind} of slide {number} has no address to fetch it from.")
    return {
        "type": TYPES[part.kind],
        "messageText": slide.text,
        "mediaUrl": part.url,
        "duration": slide.duration,
    }
