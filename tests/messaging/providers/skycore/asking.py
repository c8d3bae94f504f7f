"""A request of the contract, turned back into the message and the account that it must have come from."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from xml.etree.ElementTree import Element

from messaging.content import Content, FallbackSms, Part, Slide
from messaging.gateway.contract import Account, OutboundMessage

KINDS = {
    "IMAGE": "image",
    "AUDIO": "audio",
    "VIDEO": "video",
    "VCARD": "contact",
    "ICAL": "calendar",
    "PDF": "pdf",
    "PASSBOOK": "passbook",
}
BASE = "https://secure.skycore.com/API/wxml/1.3/index.php"
SETTINGS = {"API_KEY": "api_key", "CAMPAIGNREF": "campaign_ref", "OPERATORID": "operator_id", "FROM_MASK": "from_mask"}


def account_of(members: dict[str, str], **options: bool) -> Account:
    """The account whose settings a request shows."""
    credentials = {ours: members[theirs] for theirs, ours in SETTINGS.items() if theirs in members}
    return Account("a-1", "skycore", BASE, credentials, options={"send_operator": "OPERATORID" in members, **options})


def message_of(members: dict[str, str], slides: Sequence[Slide]) -> OutboundMessage:
    """The message that a request carries."""
    fallback = FallbackSms(
        members.get("FALLBACKSMSTEXT", ""),
        members.get("DISABLEFALLBACKSMSLINK") != "yes",
        members.get("MMSLINK_EXPIRATION_DATE", ""),
    )
    content = Content(members.get("NAME", ""), members.get("SUBJECT", ""), tuple(slides), fallback)
    recipient = f"+{members.get('TO', '12065550142')}"
    return OutboundMessage("01J9Z6Q2M40001EXAMPLE00000", members.get("FROM", "72404"), recipient, content)


def members_of(root: Element) -> dict[str, str]:
    """The plain members of a document."""
    return {child.tag: child.text or "" for child in root if not len(child)}


def slides_of(root: Element) -> list[Slide]:
    """The slides of a document, in its order."""
    return [_slide({child.tag: child for child in slide}) for slide in root.findall("SLIDE")]


def _slide(members: dict[str, Element]) -> Slide:
    parts = tuple(Part(kind, url=members[name].findtext("URL", "")) for name, kind in KINDS.items() if name in members)
    text = members["TEXT"].text or "" if "TEXT" in members else ""
    return Slide(text.replace("\\n", "\n"), int(members["DURATION"].text or "") if "DURATION" in members else 10, parts)


def from_query(address: str) -> tuple[dict[str, str], list[Slide]]:
    """The members of a GET, under their XML names, and its slides."""
    given = dict(parse_qsl(urlsplit(address).query))
    numbers = sorted({int(name.rpartition("_")[2]) for name in given if name.startswith("slide_")})
    slides = [
        Slide(
            given.get(f"slide_text_value_{number}", "").replace("\\n", "\n"),
            int(given.get(f"slide_duration_{number}", 10)),
            tuple(
                Part(kind, url=given[f"slide_{name.lower()}_url_{number}"])
                for name, kind in KINDS.items()
                if f"slide_{name.lower()}_url_{number}" in given
            ),
        )
        for number in numbers
    ]
    return {name.upper(): value for name, value in given.items() if not name.startswith("slide_")}, slides


def plain(element: Element, *, without: frozenset[str] = frozenset()) -> Any:
    """A document as a value: names, texts and children in their order."""
    children = [plain(child, without=without) for child in element if child.tag not in without]
    return (element.tag, children or (element.text or "").strip())
