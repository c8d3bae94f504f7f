"""What stops a message, in the words of the format it came in: the provider's own code for it, or its plainest one."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from messaging.api.errors import Problem
from messaging.compat.dialects import Dialect
from messaging.content import KINDS
from messaging.gateway.contract import HttpAnswer
from messaging.gateway.serving import MediaFault, Medium, ReceivedMessage, Refusal, Rejected
from messaging.slide_rules import Finding, blocking
from messaging.slide_rules.profiles import of_provider

FETCHING = re.compile(r"url_.*|media_too_slow")
TOO_BIG = frozenset({"url_too_large", "media_too_large", "part_too_large", "message_too_large"})
TYPE = frozenset(
    {
        "media_type_unsupported",
        "media_codec_unsupported",
        "text_not_media",
        "type_not_supported",
        "kind_not_supported",
        "asset_wrong_kind",
    }
)
SLIDE = re.compile(r"/content/slides/([0-9]{1,4})(?:/([a-z]+))?")
AWAY = "storage_unavailable"


def internal(dialect: Dialect, message: ReceivedMessage | None = None) -> HttpAnswer:
    """The answer to a fault of ours, when nothing was accepted."""
    return dialect.server.refuse(Refusal.INTERNAL, message) or HttpAnswer(500, {}, b"")


def credentials(dialect: Dialect) -> HttpAnswer:
    """The answer to a key that may not do this."""
    return dialect.server.refuse(Refusal.CREDENTIALS) or HttpAnswer(401, {}, b"")


def throttled(dialect: Dialect, message: ReceivedMessage | None = None) -> HttpAnswer:
    """The answer to a key that has asked, or sent, often enough for now."""
    return dialect.server.refuse(Refusal.THROTTLED, message) or internal(dialect, message)


def by_name(dialect: Dialect, message: ReceivedMessage, name: str, pointer: str = "") -> Rejected:
    """The refusal for something of ours by its name among the dialect's `codes`; `pointer` says where it is."""
    about = _about(dialect, pointer, message)
    for code in (dialect.codes.get(name), dialect.codes.get(pointer), dialect.plain):
        if code and (answer := dialect.server.answer_with(code, message, about=about)):
            return Rejected(answer)
    return Rejected(internal(dialect, message))


def by_findings(dialect: Dialect, message: ReceivedMessage, findings: Iterable[Finding]) -> Rejected:
    """The refusal for the first finding that blocks, as this provider itself would have put it."""
    first = blocking(list(findings))[0]
    if flaw := _by_medium(dialect, message, first.pointer, first.code):
        return flaw
    name = first.code
    if name not in dialect.codes:
        own = of_provider(first, dialect.provider.profile).provider_codes.get(dialect.name, "")
        about = _about(dialect, first.pointer, message)
        if own and (answer := dialect.server.answer_with(own, message, about=about)):
            return Rejected(answer)
    return by_name(dialect, message, name, first.pointer)


def by_files(dialect: Dialect, message: ReceivedMessage, problem: Problem) -> Rejected:
    """The refusal for the first file that could not be taken."""
    first: Mapping[str, Any] = problem.errors[0]
    code, pointer = str(first["code"]), str(first["pointer"])
    if code == AWAY:
        return Rejected(internal(dialect, message))
    return _by_medium(dialect, message, pointer, code) or by_name(
        dialect, message, "media_too_big" if code in TOO_BIG else "media", pointer
    )


def _by_medium(dialect: Dialect, message: ReceivedMessage, pointer: str, code: str) -> Rejected | None:
    """Where the provider fetches while the call is open, it names the slide and what is wrong with its file."""
    place = SLIDE.match(pointer)
    if not place or place[2] not in KINDS or not dialect.server.MEDIA.at_once:
        return None
    fault = _fault(code)
    if fault is None:
        return None
    number = int(place[1]) + 1
    medium = next(
        (one for one in message.media if (one.slide, one.kind) == (number, place[2])), Medium(place[2], "", number)
    )
    answer = dialect.server.refuse_medium(message, medium, fault)
    return Rejected(answer) if answer else None


def _fault(code: str) -> MediaFault | None:
    if code in TOO_BIG:
        return MediaFault.TOO_BIG
    if code in TYPE:
        return MediaFault.TYPE
    if FETCHING.fullmatch(code):
        return MediaFault.NOT_COPIED
    return MediaFault.CORRUPT if code.startswith(("media_", "image_", "video_", "pdf_", "calendar_", "pass_")) else None


def _about(dialect: Dialect, pointer: str, message: ReceivedMessage) -> str:
    """What a text that names something names here: a parameter, the number or address, or the number of the slide."""
    if pointer.startswith("/to") and message.destinations:
        return message.destinations[0].recipient
    longest = max((start for start in dialect.about if pointer.startswith(start)), key=len, default=None)
    if longest is not None:
        return dialect.about[longest]
    place = SLIDE.match(pointer)
    return str(int(place[1]) + 1) if place else ""
