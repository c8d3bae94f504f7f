"""Sinch MMS JSON API v2 ("ep/v2"), from the provider's chair (seed 002; sinch.md).

Checks run in the order of sinch.md, section 5.1: method and JSON, key, source address, action, throughput, service,
recipient, sender, subject, fallback, slides; then the media, fetched while the call is open. A refusal is HTTP 200.
"""

import secrets
from dataclasses import dataclass
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
    PostingRules,
    ReceivedMessage,
    Refusal,
    Rejected,
    Tenant,
)
from messaging.providers.sinch.server import request as requests
from messaging.providers.sinch.server import slides
from messaging.providers.sinch.server.auth import authenticate, parse
from messaging.providers.sinch.server.errors import answer, bare, by_code, failure, reject
from messaging.providers.sinch.server.receipts import inbound, report, report_saved, report_with, token

__all__ = [
    "BASE_PATH",
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

LABEL = "Sinch"
ENDPOINTS = ("POST /ep/v2",)
BASE_PATH = "/ep/v2"
DEMO = Tenant(
    credentials={"api_key": ("sandbox-api-key",), "service_id": ("SVC-SANDBOX",)},
    senders={"34343": True, "72404": True, "18445550117": True, "99999": False},
)
MEDIA = MediaRules(
    types={
        "image": frozenset({"image/jpg", "image/jpeg", "image/png", "image/gif"}),
        "audio": frozenset({"audio/mp3", "audio/mpeg", "audio/wav", "audio/x-wav", "audio/amr"}),
        "video": frozenset({"video/mp4", "video/3gpp", "video/mpeg", "video/avi", "video/x-msvideo", "video/x-ms-wmv"}),
        "contact": frozenset({"text/vcard", "text/x-vcard"}),
        "calendar": frozenset({"text/calendar"}),
        "pdf": frozenset({"application/pdf"}),
    },
    total_bytes=1_000_000,
    needs_length=True,
    part_bytes={
        "image": 1_000_000,
        "audio": 740_000,
        "video": 740_000,
        "contact": 100_000,
        "calendar": 100_000,
        "pdf": 740_000,
    },
    at_once=True,
)
POSTING = PostingRules(timeout=10, retries=(300,) * 5, good=frozenset({200}), hopeless=frozenset())
QUEUED = "MMS request accepted and queued for processing."
SENDING = "MMS request accepted and queued for processing and delivery."
NOT_COPIED = {
    "image": "E351",
    "audio": "E352",
    "video": "E353",
    "contact": "E355",
    "calendar": "E356",
    "pdf": "E357",
}
TOO_BIG = {
    "image": "E331",
    "audio": "E332",
    "video": "E333",
    "contact": "E335",
    "calendar": "E336",
    "pdf": "E337",
}
CORRUPT = {"image": "E341", "video": "E343"}
UNKNOWN_TYPE = "E629"
REFUSALS = {
    Refusal.RECIPIENT: "E110",
    Refusal.BLOCKED: "E114",
    Refusal.THROTTLED: "E113",
    Refusal.CREDENTIALS: "E104",
    Refusal.INTERNAL: "E503",
}


@dataclass(frozen=True, slots=True)
class _Received(ReceivedMessage):
    """With what the account's set-up says about its media: a fault is told in the answer, or in a receipt."""

    media_by_receipt: bool = False


def route(call: Call) -> Lookup | None:
    """None: every call is an action. Raises Rejected: 404 for another path, E100 for another verb than POST."""
    if call.path.partition("?")[0] not in (BASE_PATH, f"{BASE_PATH}/"):
        raise Rejected(bare(404))
    if call.method != "POST":
        reject("E100")
    return None


def read(call: Call, tenant: Tenant, desk: Desk, *, now: datetime) -> ReceivedMessage:
    """The message in an authenticated call: to be sent, to be stored, or stored before. Raises Rejected."""
    request = parse(call)
    checked = requests.check(request, tenant, desk, now=now)
    save = checked.action == requests.SAVE
    sender = "" if save else request["from"]
    destination = Destination(request.get("to", ""), request.get("client-reference") or "")
    return _Received(
        sender=sender,
        destinations=() if save else (destination,),
        content=checked.content,
        media=checked.stored.message.media if checked.stored else slides.media(checked.slides),
        fate=None if save or tenant.senders[sender] else Event.REJECTED,
        parsed=request,
        save=save,
        saved_ref=checked.stored.ref if checked.stored else "",
        media_by_receipt=tenant.option("media_by_receipt", default=False),
    )


def accept(message: ReceivedMessage, *, now: datetime) -> tuple[str, HttpAnswer]:  # noqa: ARG001
    """The tracking-id, or for a stored content its mms-id, and the answer that gives it (section 7)."""
    tracking = "-".join(token(length) for length in (4, 4, 3))
    if message.save:
        stored = str(100_000 + secrets.randbelow(900_000_000))
        members = {"status": "success", "mms-id": stored, "tracking-id": tracking, "status-details": QUEUED}
        return stored, answer(members)
    members = {"status": "success"}
    if message.saved_ref:
        members["mms-id"] = message.saved_ref
    members["to"] = _to(message)
    if message.saved_ref:
        members["from"] = message.sender
    return tracking, answer(members | {"tracking-id": tracking, "status-details": SENDING})


def refuse(refusal: Refusal, message: ReceivedMessage | None = None) -> HttpAnswer | None:
    """The answer for a refusal that does not lie in the call."""
    code = REFUSALS.get(refusal)
    return failure(code, to=_to(message) if message else "") if code else bare(404)


def refuse_medium(message: ReceivedMessage, medium: Medium, fault: MediaFault) -> HttpAnswer | None:
    """The answer for a file that is not fit (section 6); None where the account is told by E011 instead."""
    if isinstance(message, _Received) and message.media_by_receipt:
        return None
    codes = {MediaFault.NOT_COPIED: NOT_COPIED, MediaFault.TOO_BIG: TOO_BIG, MediaFault.CORRUPT: CORRUPT}
    code = codes.get(fault, {}).get(medium.kind, UNKNOWN_TYPE)
    return failure(code, to=_to(message), slide=medium.slide)


def answer_with(code: str, message: ReceivedMessage, *, about: str = "") -> HttpAnswer | None:
    """The answer that carries a code of section 8, or a bare status named "http_503" and its like."""
    return by_code(code, _to(message), int(about) if about.isdecimal() else 1)


def describe(
    message: ReceivedMessage,  # noqa: ARG001
    destination: Destination,  # noqa: ARG001
    ref: str,  # noqa: ARG001
    event: Event | None,  # noqa: ARG001
    *,
    accepted_at: datetime,  # noqa: ARG001
    updated_at: datetime | None = None,  # noqa: ARG001
    tenant: Tenant | None = None,  # noqa: ARG001
) -> HttpAnswer:
    """404: this API answers no question for a state (section 1)."""
    return bare(404)


def _to(message: ReceivedMessage) -> str:
    return message.destinations[0].recipient if message.destinations else ""
