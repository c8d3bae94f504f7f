"""Telesign Messaging, omnichannel with MMS and SMS, from the provider's chair (seed; telesign.md).

Checks run in the order of telesign.md, section 7: path and verb, credentials, rate, size, JSON, channels, number,
message, message type, reference, callback address. Faults of a single channel are told in the callback.
"""

import re
from datetime import datetime

from messaging.gateway.contract import HttpAnswer
from messaging.gateway.serving import (
    Call,
    Desk,
    Destination,
    Event,
    Lookup,
    MediaFault,
    MediaRules,
    Medium,
    Notice,
    PostingRules,
    ReceivedMessage,
    Refusal,
    Rejected,
    Tenant,
)
from messaging.providers.telesign.server import errors, wordings
from messaging.providers.telesign.server import request as requests
from messaging.providers.telesign.server.auth import authenticate
from messaging.providers.telesign.server.inbound import inbound
from messaging.providers.telesign.server.messages import received
from messaging.providers.telesign.server.receipts import report, report_with, state

__all__ = [
    "DEMO",
    "ENDPOINTS",
    "LABEL",
    "MEDIA",
    "POSTING",
    "accept",
    "answer_with",
    "authenticate",
    "describe",
    "inbound",
    "read",
    "refuse",
    "refuse_medium",
    "report",
    "report_saved",
    "report_with",
    "route",
]

LABEL = "Telesign"
ENDPOINTS = ("POST /v1/omnichannel", "GET /v1/omnichannel/<reference_id>")
DEMO = Tenant(
    credentials={
        "customer_id": ("5A4DB0C5-0000-4000-8000-5A4DB0C50000",),
        # "sandbox telesign api key, made up" in base64.
        "api_key": ("c2FuZGJveCB0ZWxlc2lnbiBhcGkga2V5LCBtYWRlIHVw",),
    },
    senders={"34343": True, "70707": True, "99999": False},
    options={"callback_by_get": True, "callback_url_enabled": True, "fallback_enabled": True},
)
MEDIA = MediaRules(
    types={
        "image": frozenset({"image/jpg", "image/jpeg", "image/png", "image/gif"}),
        "video": frozenset({"video/mp4", "video/3gpp"}),
        "audio": frozenset({"audio/mp3", "audio/mpeg", "audio/amr", "audio/wav", "audio/x-wav"}),
    },
    total_bytes=1_000_000,
    needs_length=False,
)
POSTING = PostingRules(timeout=5, retries=(5, 10, 15), good=frozenset({200}), hopeless=frozenset())
MESSAGE = re.compile(r"/v1/omnichannel/([^/]+)")


def route(call: Call) -> Lookup | None:
    """A Lookup for a status query, None for a message to send. Raises Rejected (404, 405: no body)."""
    path = call.path.partition("?")[0]
    if path == "/v1/omnichannel":
        if call.method != "POST":
            raise Rejected(errors.bare(405))
        return None
    asked = MESSAGE.fullmatch(path)
    if not asked:
        raise Rejected(errors.bare(404))
    if call.method != "GET":
        raise Rejected(errors.bare(405))
    return Lookup(asked[1].upper())


def read(call: Call, tenant: Tenant, desk: Desk, *, now: datetime) -> ReceivedMessage:  # noqa: ARG001
    """The message in an authenticated call. Raises Rejected with the first fault; the rate comes first of all."""
    if not desk.take(1):
        errors.reject(wordings.THROTTLED, requests.external_id(call.body))
    request = requests.parse(call.body)
    requests.check(request, tenant)
    return received(request, tenant)


def accept(message: ReceivedMessage, *, now: datetime) -> tuple[str, HttpAnswer]:  # noqa: ARG001
    """The reference and the 200 that gives it (section 6)."""
    ref = errors.reference()
    return ref, _saying(wordings.IN_PROGRESS, ref, message)


def refuse(refusal: Refusal, message: ReceivedMessage | None = None) -> HttpAnswer | None:
    """The answer for a refusal that does not lie in the call; what is wrong with a number is told in a callback."""
    ours = _ours(message)
    match refusal:
        case Refusal.THROTTLED:
            return errors.error(wordings.THROTTLED, ours)
        case Refusal.CREDENTIALS:
            return errors.error("3400")
        case Refusal.INTERNAL:
            return errors.error("3500", ours)
        case Refusal.NOT_FOUND:
            return errors.error(wordings.FORGOTTEN)
        case _:
            return None


def refuse_medium(message: ReceivedMessage, medium: Medium, fault: MediaFault) -> HttpAnswer | None:  # noqa: ARG001
    """None: files are fetched after acceptance."""
    return None


def answer_with(code: str, message: ReceivedMessage, *, about: str = "") -> HttpAnswer | None:
    """The answer that carries one code: of section 7, or of a message or channel under HTTP 200 (section 6).

    Answers without a code go by "http_503"; None for what is no code of any answer.
    """
    if code == "answer_unreadable":
        return HttpAnswer(200, {}, b"")
    if code == wordings.ELSEWHERE:
        return errors.elsewhere(code)
    if code in wordings.ANSWERS:
        return errors.error(code, _ours(message), about)
    if code in {**wordings.WHOLE, **wordings.ENDS, **wordings.CHANNEL}:
        return _saying(code, errors.reference(), message, about)
    status = code.removeprefix("http_")
    if code != status and status.isdecimal() and 300 <= int(status[:4]) <= 599:
        return errors.answer(int(status[:4]), {"status": {"description": "No code"}})
    return None


def report_saved(
    message: ReceivedMessage,  # noqa: ARG001
    ref: str,  # noqa: ARG001
    tenant: Tenant,  # noqa: ARG001
    *,
    fault: str,  # noqa: ARG001
    at: datetime,  # noqa: ARG001
) -> Notice | None:
    """None: Telesign stores no contents."""
    return None


def describe(
    message: ReceivedMessage,
    destination: Destination,
    ref: str,
    event: Event | None,
    *,
    accepted_at: datetime,
    updated_at: datetime | None = None,
    tenant: Tenant | None = None,
) -> HttpAnswer:
    """The answer to a status query (section 11).

    The demo tenant, where whose message it is is not told, has every channel that could have carried it.
    """
    at = updated_at or accepted_at
    return errors.answer(200, state(message, destination, ref, event, tenant or DEMO, at=at))


def _saying(code: str, ref: str, message: ReceivedMessage, about: str = "") -> HttpAnswer:
    status = {"code": int(code), "description": wordings.describe(code, about)}
    return errors.answer(200, {"status": status, "reference_id": ref, "external_id": _ours(message)})


def _ours(message: ReceivedMessage | None) -> str | None:
    return message.destinations[0].client_ref or None if message else None
