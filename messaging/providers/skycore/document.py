"""How a request to Skycore is written: one list of members, as XML in a form or as a query (skycore.md, 1 and 3)."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from xml.etree.ElementTree import Element, SubElement, tostring

from messaging.content import Content, Part, Slide
from messaging.gateway.contract import Account, HttpRequest
from messaging.gateway.errors import Misconfigured, Refused

LABEL = "Skycore"
ELEMENTS = {
    "image": "IMAGE",
    "audio": "AUDIO",
    "video": "VIDEO",
    "contact": "VCARD",
    "calendar": "ICAL",
    "pdf": "PDF",
    "passbook": "PASSBOOK",
}
# Their length decides how long the slide is shown (section 3.1).
TIMED = frozenset({"audio", "video"})
SHORTEST, LONGEST = 1, 30
LONGEST_ADDRESS = 4000
LINK_LIFETIME = timedelta(days=365)
UNNAMED = "MMS"
_BREAKS = re.compile(r"\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")
_NOT_XML = re.compile(r"[\x00-\x08\x0e-\x1f\ufffe\uffff]")

Member = tuple[str, str]
Members = Sequence[Member]


def request(
    account: Account, action: str, head: Members, slides: Sequence[Members] = (), tail: Members = ()
) -> HttpRequest:
    """The call of one action: `head`, then the slides, then `tail`; blank members are left out.

    By POST, or by GET where the account says so and the address stays within 4000 characters.
    Raises Misconfigured without a usable API key, Refused for a text that XML cannot carry.
    """
    key = account.credentials.get("api_key", "").strip()
    if not key:
        raise Misconfigured("credentials_missing", "Enter the account's API key.")
    if not (key.isascii() and key.isprintable()):
        raise Misconfigured("api_key_malformed", "The API key holds characters that no key has.")
    before = [("API_KEY", key), *(member for member in head if member[1])]
    after = [member for member in tail if member[1]]
    _check(before, *slides, after)
    if account.option("use_get"):
        address = _address(account.base_url, [("ACTION", action.lower()), *before], slides, after)
        if len(address) <= LONGEST_ADDRESS:
            return HttpRequest("GET", address, {})
    form = urlencode({"xml": _xml([("ACTION", action), *before], slides, after)})
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return HttpRequest("POST", account.base_url, headers, form.encode())


def slides_of(content: Content) -> list[list[Member]]:
    """The members of each slide, in the order of the seed's outline.

    Raises Refused for a medium without an address.
    """
    return [_slide(slide, number) for number, slide in enumerate(content.slides, start=1)]


def naming(content: Content) -> str:
    """The internal name, which a request must have."""
    return single_spaced(content.name or content.subject) or UNNAMED


def single_spaced(text: str) -> str:
    """A text on one line."""
    return _BREAKS.sub(" ", text).strip()


def fallback(content: Content, *, now: datetime | None = None) -> list[Member]:
    """The members about the fallback SMS; the link's expiry only where `now` is given (`sendMMS` alone takes one).

    Raises Refused for a switched-off fallback, which `sendMMS` cannot express, and for an expiry that is no date.
    """
    given = content.fallback
    if given.disabled:
        raise Refused("fallback_cannot_be_disabled", f"{LABEL} cannot send a picture message without its fallback.")
    members = [
        ("FALLBACKSMSTEXT", _BREAKS.sub("\n", given.text).strip()),
        ("DISABLEFALLBACKSMSLINK", "" if given.link else "yes"),
    ]
    if now and given.link:
        members.append(("MMSLINK_EXPIRATION_DATE", _expiry(given.link_expires_at, now)))
    return members


def _expiry(written: str, now: datetime) -> str:
    """The link's end in UTC; "" where that is at or beyond the end it has anyway."""
    if not written:
        return ""
    try:
        given = datetime.fromisoformat(written)
        at = (given if given.tzinfo else given.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Refused("link_expiry_not_valid", "The expiry of the fallback link is not a date.") from error
    return "" if at >= now + LINK_LIFETIME else at.isoformat(timespec="seconds").replace("+00:00", "Z")


def _slide(slide: Slide, number: int) -> list[Member]:
    members = [(ELEMENTS[kind], _url(part, number)) for kind in ELEMENTS if (part := slide.part(kind))]
    if slide.text:
        # The seed writes a line break as these two characters.
        members.append(("TEXT", _BREAKS.sub(r"\\n", slide.text)))
    if not any(part.kind in TIMED for part in slide.parts):
        members.append(("DURATION", str(min(max(slide.duration, SHORTEST), LONGEST))))
    return members


def _url(part: Part, number: int) -> str:
    if not part.url:
        raise Refused("media_url_missing", f"The {part.kind} of slide {number} has no address to fetch it from.")
    return part.url


def _check(*groups: Iterable[Member]) -> None:
    """Refuse what no XML document can hold. Raises Refused."""
    for group in groups:
        for _name, value in group:
            if _NOT_XML.search(value):
                raise Refused("text_not_plain", "A text of the message holds a control character.")
            try:
                value.encode()
            except UnicodeEncodeError as error:
                raise Refused("text_not_unicode", "A text of the message holds half a character.") from error


def _xml(before: Members, slides: Sequence[Members], after: Members) -> bytes:
    root = Element("REQUEST")
    for name, value in before:
        SubElement(root, name).text = value
    for members in slides:
        slide = SubElement(root, "SLIDE")
        for name, value in members:
            holder = SubElement(slide, name)
            (SubElement(holder, "URL") if name in ELEMENTS.values() else holder).text = value
    for name, value in after:
        SubElement(root, name).text = value
    written: bytes = tostring(root, encoding="UTF-8", xml_declaration=True)
    return written


def _address(base: str, before: Members, slides: Sequence[Members], after: Members) -> str:
    """The same members as a query; its slides count from 0, as in the seed's example."""
    pairs = [(name.lower(), value) for name, value in before]
    for number, members in enumerate(slides):
        pairs += [(_query_name(name, number), value) for name, value in members]
    pairs += [(name.lower(), value) for name, value in after]
    return f"{base}?{urlencode(pairs)}"


def _query_name(name: str, number: int) -> str:
    match name:
        case "TEXT":
            return f"slide_text_value_{number}"
        case "DURATION":
            return f"slide_duration_{number}"
        case _:
            return f"slide_{name.lower()}_url_{number}"
