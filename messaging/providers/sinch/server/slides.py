"""What the slides of a Sinch request must look like, and what they say (sinch.md, section 5)."""

from typing import Any

from messaging.content import KINDS, Part, Slide
from messaging.gateway.serving import Medium
from messaging.providers.sinch.server.errors import reject
from messaging.providers.sinch.server.fields import is_web_address

MOST = 8
LONGEST_TEXT = 5000
MEDIA = ("image", "audio", "video")
OBJECTS = ("contact", "calendar", "pdf")
TEXT = "message-text"


def check(value: object, to: str) -> list[dict[str, Any]]:
    """The slides, after the checks of section 5.1 in its order. Raises Rejected with the first fault."""
    if value is None or value == []:
        reject("E312", to=to)
    if not isinstance(value, list):
        reject("E100")
    if len(value) > MOST:
        reject("E225", to=to)
    for number, slide in enumerate(value, start=1):
        if not isinstance(slide, dict):
            reject("E100")
        if fault := _fault(slide):
            reject(fault, to=to, slide=number)
    return value


def read(slides: list[dict[str, Any]]) -> tuple[Slide, ...]:
    """Checked slides, as content. The order of a slide's members does not matter."""
    return tuple(
        Slide(
            text=slide.get(TEXT) or "",
            parts=tuple(Part(kind, url=slide[kind]["url"], host="caller") for kind in KINDS if kind in _held(slide)),
        )
        for slide in slides
    )


def media(slides: list[dict[str, Any]]) -> tuple[Medium, ...]:
    """The files of checked slides, in their order."""
    return tuple(
        Medium(kind, slide[kind]["url"], number)
        for number, slide in enumerate(slides, start=1)
        for kind in KINDS
        if kind in _held(slide)
    )


def _held(slide: dict[str, Any]) -> set[str]:
    return {kind for kind in MEDIA + OBJECTS if slide.get(kind) is not None}


def _fault(slide: dict[str, Any]) -> str:
    """The code of a slide's first fault, "" for none."""
    held, text = _held(slide), slide.get(TEXT)
    objects = held.intersection(OBJECTS)
    faults = (
        ("E313", not held and text in (None, "")),
        ("E226", {"audio", "video"} <= held),
        ("E227", {"video", "image"} <= held),
        ("E224", bool(objects) and bool(held.intersection(MEDIA))),
        ("E223", len(objects) > 1),
        ("E334", isinstance(text, str) and len(text) > LONGEST_TEXT),
        ("E100", not isinstance(text, str | None) or not all(_is_usable(slide[kind]) for kind in held)),
    )
    return next((code for code, wrong in faults if wrong), "")


def _is_usable(node: object) -> bool:
    return isinstance(node, dict) and is_web_address(node.get("url"))
