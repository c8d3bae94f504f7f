"""Skycore, wxml 1.3, from the provider's chair (seed 004; skycore.md).

Checks run in the order of skycore.md, section 3.2: shape, key, source address, action, limits, recipient, sender,
campaign, name, fallback, link, slides, operator; then media, which are fetched while the call is open.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from secrets import randbelow

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
    PostingRules,
    ReceivedMessage,
    Refusal,
    Rejected,
    SavedContent,
    Tenant,
)
from messaging.providers.skycore.server import checks
from messaging.providers.skycore.server import request as requests
from messaging.providers.skycore.server.errors import answer, bare, by_code, failure, reject
from messaging.providers.skycore.server.receipts import inbound, report, report_saved, report_with, stored_as
from messaging.providers.skycore.server.request import AskedSlide, Request

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

LABEL = "Skycore"
BASE_PATH = "/API/wxml/1.3/index.php"
PATHS = frozenset({BASE_PATH, "/API/wxml/1.3/", "/API/wxml/1.3"})
ENDPOINTS = (f"POST {BASE_PATH}", f"GET {BASE_PATH}?action=sendmms&...")
DEMO = Tenant(
    credentials={"api_key": ("sandbox-api-key",), "campaign_ref": ("SANDBOX26",)},
    senders={"34343": True, "72404": True, "60856": True, "99999": False},
)
MEDIA = MediaRules(
    types={
        "image": frozenset({"image/jpg", "image/jpeg", "image/png", "image/gif"}),
        "audio": frozenset({"audio/mp3", "audio/mpeg", "audio/wav", "audio/x-wav"}),
        "video": frozenset({"video/3gpp", "video/mp4", "video/mpeg", "video/avi", "video/x-msvideo", "video/x-ms-wmv"}),
        "contact": frozenset({"text/vcard", "text/v-card", "text/x-vcard"}),
        "calendar": frozenset({"text/calendar"}),
        "pdf": frozenset({"application/pdf", "application/x-pdf"}),
        "passbook": frozenset({"application/vnd.apple.pkpass"}),
    },
    total_bytes=1_000_000,
    needs_length=False,
    part_bytes={
        "image": 1_000_000,
        "audio": 740_000,
        "video": 740_000,
        "contact": 100_000,
        "calendar": 100_000,
        "pdf": 740_000,
        "passbook": 740_000,
    },
    at_once=True,
    drops_query=frozenset({"audio", "video"}),
)
POSTING = PostingRules(timeout=10, retries=(300,) * 5, good=frozenset({200}), hopeless=frozenset())
DEFAULT_DURATION = 10
QUEUED = "MMS request accepted and queued for delivery"
# The last digit of E33x and E35x, by kind (section 3.3).
BY_KIND = {"image": 1, "audio": 2, "video": 3, "contact": 5, "calendar": 6, "pdf": 7, "passbook": 8}
CORRUPT = {"image": "E341", "video": "E343"}
REFUSALS = {
    Refusal.RECIPIENT: "E110",
    Refusal.BLOCKED: "E114",
    Refusal.THROTTLED: "E113",
    Refusal.CREDENTIALS: "E104",
    Refusal.INTERNAL: "E503",
}
_MERGE_TAG = re.compile(r"\{\$([A-Za-z0-9_]+)(?:\|([^{}]*))?\}")


def route(call: Call) -> Lookup | None:
    """None: every call is an action. Raises Rejected for another path (404) or verb (405)."""
    if call.path.partition("?")[0] not in PATHS:
        raise Rejected(bare(404))
    if call.method not in ("GET", "POST"):
        raise Rejected(bare(405))
    return None


def authenticate(call: Call, tenant: Tenant, desk: Desk, *, now: datetime) -> None:
    """Does nothing: the key stands in the document, and is looked at in `read`."""


def read(call: Call, tenant: Tenant, desk: Desk, *, now: datetime) -> ReceivedMessage:  # noqa: ARG001
    """The message in a call: to be sent, to be stored, or stored before. Raises Rejected with the first fault."""
    request = requests.read(call, tenant)
    action = checks.check_account(request, call, tenant, desk)
    if action == requests.SEND_SAVED:
        stored = checks.check_stored(request, desk)
        checks.check_addresses(request, tenant)
        checks.check_operator(request, tenant)
        content, media = _customised(request, stored), stored.message.media
        return _received(request, tenant, content, media, saved_ref=stored.ref)
    if action == requests.SEND:
        checks.check_addresses(request, tenant)
    checks.check_texts(request)
    checks.check_slides(request.slides, request.word("TO"))
    if action == requests.SEND:
        checks.check_operator(request, tenant)
    media = tuple(
        Medium(kind, url, number) for number, slide in enumerate(request.slides, start=1) for kind, url in slide.media
    )
    return _received(request, tenant, _content(request), media, save=action == requests.SAVE)


def accept(message: ReceivedMessage, *, now: datetime) -> tuple[str, HttpAnswer]:  # noqa: ARG001
    """The tracking id, or for a stored content its MMSID, and the answer that gives it (sections 4 and 5)."""
    if message.save:
        stored = str(100_000_000_000 + randbelow(900_000_000_000))
        return stored, answer(("STATUS", "Success"), ("MMSID", stored))
    ref, to = f"MMS_{10_000_000_000 + randbelow(90_000_000_000)}", message.destinations[0].recipient
    told = [("TO", to), ("MMSID", stored_as(ref)), ("TRACKINGID", ref)]
    if message.saved_ref:
        told = [("MMSID", message.saved_ref), ("TRACKINGID", ref), ("TO", to), ("FROM", message.sender)]
    return ref, answer(("STATUS", "Success"), *told, ("STATUSDETAILS", QUEUED))


def refuse(refusal: Refusal, message: ReceivedMessage | None = None) -> HttpAnswer | None:
    """The answer for a refusal that does not lie in the call."""
    code = REFUSALS.get(refusal)
    if code is None:
        return bare(404)
    return failure(code, _to(message) if message and code != "E104" else "")


def refuse_medium(message: ReceivedMessage, medium: Medium, fault: MediaFault) -> HttpAnswer | None:
    """The answer for a file that is not fit, naming its slide (section 3.3)."""
    kind = BY_KIND.get(medium.kind)
    code = "E629"
    if kind and fault is MediaFault.NOT_COPIED:
        code = f"E35{kind}"
    elif kind and fault is MediaFault.TOO_BIG:
        code = f"E33{kind}"
    elif fault is MediaFault.CORRUPT:
        code = CORRUPT.get(medium.kind, code)
    return failure(code, _to(message), medium.slide)


def answer_with(code: str, message: ReceivedMessage, *, about: str = "") -> HttpAnswer | None:
    """The answer that carries a code of section 6, or a bare status named "http_503" and its like."""
    return by_code(code, _to(message), about)


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
    """404: Skycore answers no question for a state."""
    return bare(404)


def _to(message: ReceivedMessage) -> str:
    return message.destinations[0].recipient if message.destinations else ""


def _received(
    request: Request,
    tenant: Tenant,
    content: Content,
    media: tuple[Medium, ...],
    *,
    save: bool = False,
    saved_ref: str = "",
) -> ReceivedMessage:
    sender = "" if save else request.word("FROM")
    return ReceivedMessage(
        sender=sender,
        destinations=() if save else (Destination(request.word("TO")),),
        content=content,
        media=media,
        fate=None if save or tenant.senders[sender] else Event.REJECTED,
        parsed=request.shown(),
        save=save,
        saved_ref=saved_ref,
    )


def _content(request: Request) -> Content:
    return Content(
        name=request.word("NAME"),
        subject=request.word("SUBJECT"),
        slides=tuple(_slide(slide) for slide in request.slides),
        fallback=FallbackSms(
            text=request.word("FALLBACKSMSTEXT"),
            link=not _is_yes(request, "DISABLEFALLBACKSMSLINK"),
            link_expires_at=request.word("MMSLINK_EXPIRATION_DATE"),
            disabled=_is_yes(request, "DISABLEFALLBACKSMS"),
        ),
    )


def _slide(slide: AskedSlide) -> Slide:
    media = dict(slide.media)
    parts = tuple(Part(kind, url=media[kind], host="caller") for kind in KINDS if kind in media)
    return Slide(_lines(slide.text), int(slide.duration or DEFAULT_DURATION), parts)


def _lines(text: str) -> str:
    """Both spellings of a line break."""
    return text.replace("\\n", "\n")


def _customised(request: Request, stored: SavedContent) -> Content:
    """A stored content with the texts of this call: `CUSTOMTEXT` counts slides from 1; `DATA` fills merge tags."""
    content = stored.message.content
    slides = list(content.slides)
    for number, text in request.custom_texts:
        if not number.strip().isdecimal() or not 1 <= int(number) <= len(slides):
            reject("E100", request.word("TO"))
        slides[int(number) - 1] = replace(slides[int(number) - 1], text=_lines(text))
    text = request.word("FALLBACKSMSTEXT") or content.fallback.text
    link = content.fallback.link and not _is_yes(request, "DISABLEFALLBACKSMSLINK")
    return replace(
        content,
        subject=request.word("CUSTOMSUBJECT") or content.subject,
        slides=tuple(replace(slide, text=_merged(slide.text, request.data)) for slide in slides),
        fallback=replace(
            content.fallback,
            text=text,
            link=link,
            disabled=content.fallback.disabled or _is_yes(request, "DISABLEFALLBACKSMS"),
        ),
    )


def _merged(text: str, data: Mapping[str, str]) -> str:
    return _MERGE_TAG.sub(lambda tag: data.get(tag[1].lower()) or tag[2] or "", text)


def _is_yes(request: Request, name: str) -> bool:
    return request.word(name).lower() == "yes"
