"""Webex Connect, Messaging API v2, channel MMS, from the provider's chair (seed 000; webex.md).

Checks run in the order of webex.md, section 7: path and verb, credentials, source address, size, JSON, members,
types and values, sender, number of destinations, numbers, lengths, rate.
"""

import re
from datetime import datetime
from typing import Any
from uuid import uuid4

from messaging.content import KINDS, Content, FallbackSms, Part, Slide
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
from messaging.providers.webex.server import fields
from messaging.providers.webex.server import request as requests
from messaging.providers.webex.server.auth import authenticate
from messaging.providers.webex.server.errors import answer, bare, by_code, error, reject
from messaging.providers.webex.server.receipts import inbound, report, report_with, stamp
from messaging.providers.webex.server.wordings import WORDINGS

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

LABEL = "Webex Connect"
ENDPOINTS = ("POST /v2/messages", "GET /v2/messages/<messageId>")
DEMO = Tenant(
    credentials={
        "service_key": ("sandbox-service-key",),
        "service_id": ("SVC-SANDBOX",),
        "service_secret": ("bWFkZS11cCBzYW5kYm94IHNlcnZpY2Ugc2VjcmV0IDAx",),
    },
    senders={"34343": True, "70707": True, "16475550100": True, "99999": False},
    options={"plain_http_on_loopback": True, "strict_plus": True, "delivered_says_submitted": True},
)
MEDIA = MediaRules(
    types={
        "image": frozenset({"image/jpg", "image/jpeg", "image/png", "image/gif"}),
        "audio": frozenset({"audio/mp3", "audio/mpeg"}),
        "video": frozenset({"video/mp4"}),
        "calendar": frozenset({"text/calendar"}),
        "contact": frozenset({"text/vcard", "text/v-card", "text/x-vcard"}),
        "pdf": frozenset({"application/pdf", "application/x-pdf"}),
        "text": frozenset({"text/plain"}),
    },
    total_bytes=750 * 1024,
)
POSTING = PostingRules(
    timeout=10,
    retries=(60, 60, 60),
    good=frozenset({200}),
    hopeless=frozenset({*range(202, 209), 226, *range(300, 309), 400, 402, *range(404, 412), 414, 415, 416, 418, 505}),
)
OUR_KINDS = {"ical": "calendar", "vcard": "contact"}
MESSAGE = re.compile(r"/v2/messages/([^/]+)")
SENT_IS_SUBMITTED = {"SENT": "SUBMITTED"}


def route(call: Call) -> Lookup | None:
    """A Lookup for a status query, None for a message to send. Raises Rejected (404, 405: no body)."""
    path = call.path.partition("?")[0]
    if path == "/v2/messages":
        if call.method != "POST":
            raise Rejected(bare(405))
        return None
    asked = MESSAGE.fullmatch(path)
    if not asked:
        raise Rejected(bare(404))
    if call.method != "GET":
        raise Rejected(bare(405))
    return Lookup(asked[1])


def read(call: Call, tenant: Tenant, desk: Desk, *, now: datetime) -> ReceivedMessage:
    """The message in an authenticated call, after steps 4 to 12. Raises Rejected with the first fault.

    Whether the destinations fit the tenant's rate is asked last.
    """
    request = requests.parse(call.body)
    requests.check(request, tenant, now=now)
    message = _message(request, tenant)
    if not desk.take(len(message.destinations)):
        reject("7020", status=429)
    return message


def accept(message: ReceivedMessage, *, now: datetime) -> tuple[str, HttpAnswer]:
    """The messageId and the 201 that gives it (section 6): one object however many destinations there are."""
    ref = str(uuid4())
    members = {
        "requestTimestamp": stamp(now),
        "messageId": ref,
        "correlationId": message.destinations[0].client_ref,
        "status": "queued",
    }
    return ref, answer(201, members)


def refuse(refusal: Refusal, message: ReceivedMessage | None = None) -> HttpAnswer | None:  # noqa: ARG001
    """The answer for a refusal that does not lie in the call; a blacklisted recipient is told in a receipt only."""
    match refusal:
        case Refusal.RECIPIENT:
            return error("7102")
        case Refusal.THROTTLED:
            return error("7020", status=429)
        case Refusal.CREDENTIALS:
            return bare(401)
        case Refusal.INTERNAL:
            return bare(500)
        case Refusal.NOT_FOUND:
            return bare(404)
        case _:
            return None


def refuse_medium(message: ReceivedMessage, medium: Medium, fault: MediaFault) -> HttpAnswer | None:  # noqa: ARG001
    """None: media are fetched after acceptance, and what is wrong with them is told in a receipt (section 4)."""
    return None


def answer_with(code: str, message: ReceivedMessage, *, about: str = "") -> HttpAnswer | None:  # noqa: ARG001
    """The answer that carries a code of section 7, or a bare status named "http_503" and its like."""
    return by_code(code, about)


def report_saved(
    message: ReceivedMessage,  # noqa: ARG001
    ref: str,  # noqa: ARG001
    tenant: Tenant,  # noqa: ARG001
    *,
    fault: str,  # noqa: ARG001
    at: datetime,  # noqa: ARG001
) -> Notice | None:
    """None: Webex Connect stores no contents for later."""
    return None


def describe(
    message: ReceivedMessage,
    destination: Destination,
    ref: str,
    event: Event | None,
    *,
    accepted_at: datetime,
    updated_at: datetime | None = None,  # noqa: ARG001
    tenant: Tenant | None = None,
) -> HttpAnswer:
    """The answer to a status query (section 11)."""
    wording = WORDINGS.get(event) if event else None
    request = message.parsed if isinstance(message.parsed, dict) else {}
    made_up = (tenant or DEMO).option("made_up", default=True)
    members = {
        **({"clientId": 4410, "groupId": 12, "teamId": 77} if made_up else {}),
        "version": "2.0",
        "channel": "mms",
        "direction": "outbound",
        "messageId": ref,
        "correlationId": destination.client_ref,
        "requestTimestamp": stamp(accepted_at),
        "from": message.sender,
        "to": destination.recipient,
        "toType": "msisdn",
        "status": wording.status if wording else "queued",
        "callbackData": message.callback_data,
        "notifyUrl": message.notify_url,
        "requestedReceipts": sorted(message.wanted),
        "options": request.get("options") or {},
        "content": request.get("content") or {},
    }
    return answer(200, members)


def _message(request: dict[str, Any], tenant: Tenant) -> ReceivedMessage:
    attachments = (request.get("content") or {}).get("attachments", [])
    return ReceivedMessage(
        sender=request["from"],
        destinations=tuple(
            Destination(number.strip(" ").lstrip("+"), fields.text(entry, "correlationId"), fields.substitutions(entry))
            for entry in request["to"]
            for number in entry["msisdn"]
        ),
        content=_content(request),
        media=tuple(
            Medium(_kind(attachment), attachment["mediaUrl"], number)
            for number, attachment in enumerate(attachments, start=1)
            if attachment.get("mediaUrl")
        ),
        substitutions=fields.substitutions(request),
        notify_url=fields.text(request, "notifyUrl"),
        callback_data=fields.text(request, "callbackData"),
        wanted=frozenset(SENT_IS_SUBMITTED.get(value, value) for value in request.get("requestedReceipts") or ()),
        send_at=fields.moment(request, "sendAt"),
        fate=None if tenant.senders[request["from"]] else Event.REJECTED,
        parsed=request,
    )


def _content(request: dict[str, Any]) -> Content:
    if request.get("template") is not None:
        return Content(name=request["template"]["id"])
    content = request["content"]
    return Content(
        name=fields.text(content, "name"),
        subject=fields.text(content, "subject"),
        slides=tuple(_slide(attachment) for attachment in content["attachments"]),
        fallback=FallbackSms(text=fields.text(content, "fallbacktext")),
    )


def _slide(attachment: dict[str, Any]) -> Slide:
    kind, url = _kind(attachment), fields.text(attachment, "mediaUrl")
    parts = (Part(kind, url=url, host="caller"),) if url and kind in KINDS else ()
    return Slide(fields.text(attachment, "messageText"), attachment.get("duration") or 5, parts)


def _kind(attachment: dict[str, Any]) -> str:
    kind: str = attachment["type"]
    return OUR_KINDS.get(kind, kind)
