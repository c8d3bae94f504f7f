"""What a message says: slides, media, subject, fallback SMS and substitutions, as plain frozen values.

The JSON form is the one of the REST API (architecture, section 4); composer, templates, drafts and frozen messages
all speak it.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

KINDS = ("image", "audio", "video", "contact", "calendar", "pdf", "passbook")
DEFAULT_DURATION = 5
# What a caller may say of a medium, and what only we may add once the file has been inspected.
GIVEN = {"asset", "rendition", "url", "host"}
KNOWN = {"type", "size", "seconds", "name", "alt", "sha256"}
UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")
# Far more than any provider takes. A text of placeholders can stand for gigabytes: beyond this nothing is filled in.
LONGEST_FILLED = 60_000
NAME = re.compile(r"[A-Za-z0-9_]{1,64}")
PLACEHOLDER = re.compile(rf"\$\(({NAME.pattern})\)")


class ContentError(ValueError):
    """A content that cannot be read. Says where (JSON pointer), what is wrong and how to mend it."""

    def __init__(self, pointer: str, code: str, message: str, fix: str = "") -> None:
        super().__init__(message)
        self.pointer = pointer
        self.code = code
        self.message = message
        self.fix = fix


@dataclass(frozen=True, slots=True)
class Part:
    """One media object of a slide.

    `asset` names a file of ours, `rendition` its fitted copy that goes out instead, `url` where a provider fetches it.
    `host` is "ours" (fetched, checked and served by us) or "caller" (the address is passed on as given). Type, size
    (bytes) and seconds are known for files of ours.
    """

    kind: str
    asset: str = ""
    url: str = ""
    host: str = "ours"
    mime_type: str = ""
    size: int = 0
    seconds: float | None = None
    name: str = ""
    alt: str = ""
    sha256: str = ""
    rendition: str = ""


@dataclass(frozen=True, slots=True)
class Slide:
    """One page of the message: text, seconds on screen, and its media in the order of `KINDS`."""

    text: str = ""
    duration: int = DEFAULT_DURATION
    parts: tuple[Part, ...] = ()

    def part(self, kind: str) -> Part | None:
        """The slide's object of one kind."""
        return next((part for part in self.parts if part.kind == kind), None)


@dataclass(frozen=True, slots=True)
class FallbackSms:
    """The text sent when the MMS cannot be delivered. `link_expires_at` is ISO 8601 or ""."""

    text: str = ""
    link: bool = False
    link_expires_at: str = ""
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class Content:
    """A whole message, before or after substitution."""

    name: str = ""
    subject: str = ""
    slides: tuple[Slide, ...] = ()
    fallback: FallbackSms = field(default_factory=FallbackSms)

    def texts(self) -> Iterator[tuple[str, str]]:
        """Every text that may hold placeholders, with its JSON pointer below /content."""
        yield "/name", self.name
        yield "/subject", self.subject
        for index, slide in enumerate(self.slides):
            yield f"/slides/{index}/text", slide.text
        yield "/fallback/text", self.fallback.text

    def parts(self) -> Iterator[tuple[str, Part]]:
        """Every media object with its JSON pointer below /content."""
        for index, slide in enumerate(self.slides):
            for part in slide.parts:
                yield f"/slides/{index}/{part.kind}", part

    def placeholders(self) -> dict[str, str]:
        """The names used as $(name), each with the pointer of its first use."""
        found: dict[str, str] = {}
        for pointer, text in self.texts():
            for name in PLACEHOLDER.findall(text):
                found.setdefault(name, pointer)
        return found

    def placeholder_count(self) -> int:
        """How many placeholders stand in all texts together, repeats included."""
        return sum(len(PLACEHOLDER.findall(text)) for _pointer, text in self.texts())

    def filled_length(self, values: Mapping[str, str]) -> int:
        """Characters of all texts together once `values` are filled in, counted without filling them in."""
        texts = [text for _pointer, text in self.texts()]
        uses = Counter(name for text in texts for name in PLACEHOLDER.findall(text) if name in values)
        return sum(map(len, texts)) + sum(
            count * (len(values[name]) - len(f"$({name})")) for name, count in uses.items()
        )

    def substituted(self, values: Mapping[str, str]) -> "Content":
        """This content with every $(name) that `values` knows replaced."""
        return replace(
            self,
            name=substitute(self.name, values),
            subject=substitute(self.subject, values),
            slides=tuple(replace(slide, text=substitute(slide.text, values)) for slide in self.slides),
            fallback=replace(self.fallback, text=substitute(self.fallback.text, values)),
        )

    def to_json(self) -> dict[str, Any]:
        """The JSON form, complete: reading it back gives an equal content."""
        return {
            "name": self.name,
            "subject": self.subject,
            "slides": [_slide_to_json(slide) for slide in self.slides],
            "fallback": {
                "text": self.fallback.text,
                "link": self.fallback.link,
                "link_expires_at": self.fallback.link_expires_at or None,
                "disabled": self.fallback.disabled,
            },
        }

    @classmethod
    def from_json(cls, value: Any, pointer: str = "/content", *, stored: bool = False) -> "Content":
        """Read the JSON form. Raises ContentError for an unknown member, a wrong type or an unclear medium.

        `stored` is for content that we wrote ourselves: only there may a medium carry what we know of its file.
        """
        members = _object(value, pointer, {"name", "subject", "slides", "fallback"})
        slides = members.get("slides", [])
        if not isinstance(slides, list):
            raise ContentError(f"{pointer}/slides", "wrong_type", "Slides are a list, one object a slide.")
        return cls(
            name=_text(members, "name", pointer),
            subject=_text(members, "subject", pointer),
            slides=tuple(_slide(slide, f"{pointer}/slides/{index}", stored) for index, slide in enumerate(slides)),
            fallback=_fallback(members.get("fallback"), f"{pointer}/fallback"),
        )


def substitute(text: str, values: Mapping[str, str]) -> str:
    """Replace $(name) by its value, in a single pass: a value that looks like a placeholder stays as it is.

    A name without a value stays as written (webex.md, section 3, Substitutions); `missing` finds those beforehand.
    """
    return PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), text)


def missing(content: Content, values: Mapping[str, str]) -> dict[str, str]:
    """The placeholders that have no value, each with the pointer of its first use."""
    return {name: pointer for name, pointer in content.placeholders().items() if name not in values}


def read_substitutions(value: Any, pointer: str) -> dict[str, str]:
    """A flat object of strings. Raises ContentError for anything else."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ContentError(pointer, "wrong_type", 'Substitutions are an object, such as {"area": "EC1M 4BH"}.')
    for name, text in value.items():
        if not NAME.fullmatch(name):
            raise ContentError(
                pointer,
                "substitution_name",
                f"“{name[:80]}” cannot be a placeholder.",
                "Use letters, digits and _.",
            )
        if not isinstance(text, str):
            raise ContentError(f"{pointer}/{name}", "wrong_type", "A substitution is a string.", 'Quote it: "5".')
        _storable(text, f"{pointer}/{name}")
    return dict(value)


def _slide_to_json(slide: Slide) -> dict[str, Any]:
    members: dict[str, Any] = {"text": slide.text, "duration": slide.duration}
    for part in slide.parts:
        known = {
            "asset": part.asset or None,
            "rendition": part.rendition or None,
            "url": part.url or None,
            "host": part.host,
            "type": part.mime_type or None,
            "size": part.size or None,
            "seconds": part.seconds,
            "name": part.name or None,
            "alt": part.alt or None,
            "sha256": part.sha256 or None,
        }
        members[part.kind] = {name: value for name, value in known.items() if value is not None}
    return members


def _object(value: Any, pointer: str, known: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ContentError(pointer, "wrong_type", "An object is expected here.")
    for name in value:
        if name not in known:
            raise ContentError(
                f"{pointer}/{name[:80].replace('~', '~0').replace('/', '~1')}",
                "unknown_field",
                f"“{name[:80]}” is not known here.",
                f"Known: {', '.join(sorted(known))}.",
            )
    return value


def _text(members: dict[str, Any], name: str, pointer: str) -> str:
    value = members.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ContentError(f"{pointer}/{name}", "wrong_type", "A string is expected here.")
    _storable(value, f"{pointer}/{name}")
    return value


def _storable(text: str, pointer: str) -> None:
    """Refuse what JSON can spell but neither a database nor a phone network takes."""
    if UNSTORABLE.search(text):
        raise ContentError(
            pointer, "text_not_valid", "The text holds a null character or half of an emoji.", "Type it anew."
        )


def _flag(members: dict[str, Any], name: str, pointer: str) -> bool:
    value = members.get(name, False)
    if not isinstance(value, bool):
        raise ContentError(f"{pointer}/{name}", "wrong_type", "true or false is expected here.")
    return value


def _slide(value: Any, pointer: str, stored: bool) -> Slide:
    members = _object(value, pointer, {"text", "duration", *KINDS})
    duration = members.get("duration", DEFAULT_DURATION)
    if not isinstance(duration, int) or isinstance(duration, bool):
        raise ContentError(f"{pointer}/duration", "wrong_type", "A whole number of seconds is expected here.")
    parts = tuple(
        _part(kind, members[kind], f"{pointer}/{kind}", stored) for kind in KINDS if members.get(kind) is not None
    )
    return Slide(_text(members, "text", pointer), duration, parts)


def _part(kind: str, value: Any, pointer: str, stored: bool) -> Part:
    members = _object(value, pointer, GIVEN | KNOWN if stored else GIVEN)
    host = _text(members, "host", pointer) or "ours"
    if host not in {"ours", "caller"}:
        raise ContentError(f"{pointer}/host", "wrong_value", f"“{host[:40]}” is not a host.", 'Use "ours" or "caller".')
    asset, url = _text(members, "asset", pointer), _text(members, "url", pointer)
    if not asset and not url:
        raise ContentError(pointer, "media_missing", "A medium needs an asset or a url.", 'Give {"asset": id}.')
    return Part(
        kind=kind,
        asset=asset,
        rendition=_text(members, "rendition", pointer),
        url=url,
        host=host,
        mime_type=_text(members, "type", pointer),
        size=members.get("size") or 0,
        seconds=members.get("seconds"),
        name=_text(members, "name", pointer),
        alt=_text(members, "alt", pointer),
        sha256=_text(members, "sha256", pointer),
    )


def _fallback(value: Any, pointer: str) -> FallbackSms:
    if value is None:
        return FallbackSms()
    members = _object(value, pointer, {"text", "link", "link_expires_at", "disabled"})
    return FallbackSms(
        text=_text(members, "text", pointer),
        link=_flag(members, "link", pointer),
        link_expires_at=_text(members, "link_expires_at", pointer),
        disabled=_flag(members, "disabled", pointer),
    )
