"""The three forms of a call to Skycore, read into one (skycore.md, sections 1, 3): query, form with XML, bare XML."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl
from xml.etree.ElementTree import Element

from messaging.gateway.serving import Call, Tenant
from messaging.providers.skycore.server.errors import reject
from messaging.providers.skycore.wire import document, leaves, parse

SEND, SAVE, SEND_SAVED = "sendMMS", "saveMMS", "sendSavedMMS"
ACTIONS = {action.lower(): action for action in (SEND, SAVE, SEND_SAVED)}
KINDS = {
    "IMAGE": "image",
    "AUDIO": "audio",
    "VIDEO": "video",
    "VCARD": "contact",
    "ICAL": "calendar",
    "PDF": "pdf",
    "PASSBOOK": "passbook",
}
MOST_FIELDS = 500
_MEDIUM = re.compile(r"slide_([a-z]+)_url_([0-9]{1,6})")
_REST = re.compile(r"slide_(text_value|duration)_([0-9]{1,6})")
_CUSTOM_TEXT = re.compile(r"customtext_([0-9]{1,6})")


@dataclass(frozen=True, slots=True)
class AskedSlide:
    """One slide as asked for: media in the order of the call, and the duration as it was spelled ("": none)."""

    media: tuple[tuple[str, str], ...] = ()
    text: str = ""
    duration: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """A call: its action as it was spelled ("": none), its members under their XML names, its slides.

    `custom_texts` belong to the slides of a stored content, counted from 1; `data` fills its merge tags.
    """

    action: str
    members: Mapping[str, str] = field(repr=False)
    slides: tuple[AskedSlide, ...] = field(default=(), repr=False)
    custom_texts: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    data: Mapping[str, str] = field(default_factory=dict, repr=False)

    def word(self, name: str) -> str:
        """A member without the blanks around it; "" when it is not there."""
        return self.members.get(name, "").strip()

    def shown(self) -> dict[str, object]:
        """The call as a ledger may keep it: without the key."""
        members: dict[str, object] = {name: text for name, text in self.members.items() if name != "API_KEY"}
        slides = [
            {"media": [list(medium) for medium in slide.media], "text": slide.text, "duration": slide.duration}
            for slide in self.slides
        ]
        return {"ACTION": self.action, **members, "SLIDES": slides}


def read(call: Call, tenant: Tenant) -> Request:
    """The request in a call. Raises Rejected: E100 for what is no request, E108 for XML that cannot be parsed."""
    if call.method == "GET":
        return _from_query(call.path.partition("?")[2])
    if call.body.lstrip()[:1] == b"<" and tenant.option("strict_forms", default=False):
        reject("E100")
    try:
        written = document(call.body)
    except ValueError:
        reject("E100")
    try:
        root = parse(written)
    except ValueError as error:
        reject("E108", detail=error)
    if root.tag != "REQUEST":
        reject("E100")
    return _from_xml(root)


def _from_xml(root: Element) -> Request:
    members: dict[str, str] = {}
    for name, text in leaves(root):
        members.setdefault(name, text)
    data = root.find("DATA")
    return Request(
        members.pop("ACTION", "").strip(),
        members,
        tuple(_slide(slide) for slide in root.findall("SLIDE")),
        tuple((one.findtext("SLIDE", ""), one.findtext("VALUE", "")) for one in root.findall("CUSTOMTEXT")),
        {} if data is None else {name.lower(): text for name, text in leaves(data)},
    )


def _slide(slide: Element) -> AskedSlide:
    media = tuple(
        (KINDS[child.tag], url)
        for child in slide
        if child.tag in KINDS and (url := child.findtext("URL", default="").strip())
    )
    return AskedSlide(media, slide.findtext("TEXT", ""), slide.findtext("DURATION", "").strip())


def _from_query(query: str) -> Request:
    """Names in any case; slides are numbered from anywhere, with gaps (section 3.1)."""
    try:
        given = parse_qsl(query, max_num_fields=MOST_FIELDS)
    except ValueError:
        reject("E100")
    members: dict[str, str] = {}
    for name, value in given:
        members.setdefault(name.lower(), value)
    slides = {number: _numbered(members, number) for number in sorted(_numbers(members))}
    custom = [(match[1], text) for name, text in members.items() if (match := _CUSTOM_TEXT.fullmatch(name))]
    data = {name.removeprefix("data_"): text for name, text in members.items() if name.startswith("data_")}
    plain = {name.upper(): text for name, text in members.items() if not name.startswith(("slide_", "data_"))}
    return Request(plain.pop("ACTION", "").strip(), plain, tuple(slides.values()), tuple(custom), data)


def _numbers(members: Mapping[str, str]) -> Iterator[int]:
    for name in {*members}:
        medium = _MEDIUM.fullmatch(name)
        if medium and medium[1].upper() in KINDS:
            yield int(medium[2])
        elif rest := _REST.fullmatch(name):
            yield int(rest[2])


def _numbered(members: Mapping[str, str], number: int) -> AskedSlide:
    media = tuple(
        (kind, url)
        for name, kind in KINDS.items()
        if (url := members.get(f"slide_{name.lower()}_url_{number}", "").strip())
    )
    text = members.get(f"slide_text_value_{number}", "")
    return AskedSlide(media, text, members.get(f"slide_duration_{number}", "").strip())
