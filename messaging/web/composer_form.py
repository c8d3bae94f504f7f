"""What the composer's form posts, read into the JSON form of a content. Pure: no database, no request."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from messaging.content import DEFAULT_DURATION, KINDS
from messaging.plans import UNTOUCHED, Plan
from messaging.slide_rules import Finding, Severity
from messaging.slide_rules.findings import Values, Word, finding
from messaging.web.plan_form import read_plan
from messaging.web.posted import Fields, UnreadableForm

KEY = re.compile(r"[a-z0-9]{1,16}")
ANY = "any"
# Control characters but for tabs and line breaks, and halves of characters.
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
NAME = re.compile(r"[A-Za-z0-9_]{1,64}")
# Far above every provider's limit, so that the rules answer first and still no row grows without end.
MOST_SLIDES = 50
MOST_VALUES = 100
LONGEST_TEXT = 20_000
LONGEST_LIST = 1_000_000


@dataclass(frozen=True, slots=True)
class Composed:
    """The form, read: `content` is JSON for `Content.from_json`, `keys` name the slides as the page calls them.

    `sender` is None while nobody is chosen, and when any will do (`any_sender`). `page` is the name of the open page,
    "" for one without, and `turn` how many times it has asked.
    """

    draft: UUID
    version: int
    sender: UUID | None
    content: dict[str, Any]
    keys: list[str]
    recipients: str
    substitutions: dict[str, str]
    preview_as: int
    findings: list[Finding] = field(default_factory=list)
    any_sender: bool = False
    page: str = ""
    turn: int = 0
    plan: Plan = UNTOUCHED
    recipient_list: UUID | None = None


def read_form(fields: Fields) -> Composed:
    """Read a posted composer form.

    Control characters are left out of texts and said so in a finding; a wrong substitution name or a second file of
    one kind on a slide is a blocking finding, so that nothing typed is refused whole. Raises UnreadableForm for
    what no page of ours sends: a foreign id, version, slide key or medium.
    """
    findings: list[Finding] = []
    keys = [_key(key) for key in fields.getlist("slide")]
    if len(keys) > MOST_SLIDES or len(set(keys)) != len(keys):
        raise UnreadableForm(_("The form names more than %(most)s slides, or one twice.") % {"most": MOST_SLIDES})
    slides = [_slide(fields, key, index, findings) for index, key in enumerate(keys)]
    content = {
        "name": _text(fields.get("name", ""), "/content/name", findings),
        "subject": _text(fields.get("subject", ""), "/content/subject", findings),
        "slides": slides,
        "fallback": {
            "text": _text(fields.get("fallback", ""), "/content/fallback/text", findings),
            "link": fields.get("fallback_link", "") == "on",
            "link_expires_at": _text(
                fields.get("fallback_until", ""), "/content/fallback/link_expires_at", findings, 40
            )
            or None,
            "disabled": fields.get("fallback_on", "") != "on",
        },
    }
    return Composed(
        draft=_uuid(fields.get("draft", ""), "draft"),
        version=_number(fields.get("version", ""), "version"),
        sender=_uuid(fields.get("sender", ""), "sender") if fields.get("sender", "") not in {"", ANY} else None,
        content=content,
        keys=keys,
        recipients=_text(fields.get("recipients", ""), "/to", findings, LONGEST_LIST),
        substitutions=_values(fields, findings),
        preview_as=_number(fields.get("as", "") or "1", "as"),
        findings=findings,
        any_sender=fields.get("sender", "") == ANY,
        page=_key(fields.get("page", "")) if fields.get("page", "") else "",
        turn=_number(fields.get("asked", "") or "0", "asked"),
        plan=read_plan(fields),
        recipient_list=_uuid(fields.get("list", ""), "list") if fields.get("list", "") else None,
    )


def slide_keys(count: int) -> list[str]:
    """Names for the slides of a stored content, as the page calls them."""
    return [f"s{index + 1}" for index in range(count)]


def field_of(pointer: str, keys: Sequence[str]) -> str:
    """The id of the field on the page that a finding's JSON pointer means; the slide list for what has no field."""
    steps = pointer.strip("/").split("/")
    match steps:
        case ["from", *_]:
            return "f-sender"
        case ["to", *_]:
            return "f-recipients"
        case ["list", *_]:
            return "list-card"
        case ["substitutions", *_]:
            return "values"
        case ["send_at" | "expire_at" | "canary" as name, *_]:
            return {"send_at": "f-local", "expire_at": "f-valid", "canary": "f-canary"}[name]
        case ["content", "name" | "subject" as name, *_]:
            return f"f-{name}"
        case ["content", "fallback", *_]:
            return "f-fallback"
        case ["content", "slides", index, *rest] if index.isdecimal() and int(index) < len(keys):
            return _slide_field(keys[int(index)], rest)
    return "slides"


def _slide_field(key: str, rest: Sequence[str]) -> str:
    if rest and rest[0] in {"text", "duration"}:
        return f"{rest[0]}-{key}"
    return f"part-{key}-{rest[0]}" if rest and rest[0] in KINDS else f"slide-{key}"


def _slide(fields: Fields, key: str, index: int, findings: list[Finding]) -> dict[str, Any]:
    pointer = f"/content/slides/{index}"
    slide: dict[str, Any] = {
        "text": _text(fields.get(f"text-{key}", ""), f"{pointer}/text", findings),
        "duration": _number(fields.get(f"duration-{key}", "") or str(DEFAULT_DURATION), f"duration-{key}"),
    }
    for value in fields.getlist(f"part-{key}"):
        kind, medium = _part(value)
        if kind in slide:
            words, values = noop("Slide {number} holds a second {kind}; one of each kind fits."), {"number": index + 1}
            fix = noop("Move it to a slide of its own.")
            findings.append(_finding("kind_twice", f"{pointer}/{kind}", words, fix, {**values, "kind": Word(kind)}))
            continue
        slide[kind] = medium
    return slide


def _part(value: str) -> tuple[str, dict[str, str]]:
    """A medium as the page writes it: "image:asset:<id>", with ":<id>" of its fitted copy if one goes out instead, or
    "image:caller:<url>" for one of an integration."""
    kind, _colon, rest = value.partition(":")
    how, _colon, name = rest.partition(":")
    if kind not in KINDS or how not in {"asset", "ours", "caller"} or not name or len(name) > 2048 or "\0" in name:
        raise UnreadableForm(_("A slide names a medium that this page does not offer."))
    if how == "asset":
        asset, _colon, copy = name.partition(":")
        names = {"asset": asset, "rendition": copy} if copy else {"asset": asset}
        return kind, {member: str(_uuid(given, "part")) for member, given in names.items()}
    return kind, {"url": name, "host": how}


def _values(fields: Fields, findings: list[Finding]) -> dict[str, str]:
    names, texts = fields.getlist("value-name"), fields.getlist("value-text")
    if len(names) != len(texts) or len(names) > MOST_VALUES:
        raise UnreadableForm(
            _("The form holds more than %(most)s shared values, or one without its name.") % {"most": MOST_VALUES}
        )
    values: dict[str, str] = {}
    for name, text in zip(names, texts, strict=True):
        name, text = name.strip(), _text(text, "/substitutions", findings)
        if not name and not text:
            continue
        if not NAME.fullmatch(name):
            words = noop("“{name}” cannot be a placeholder.") if name else noop("A value without a name fills nothing.")
            fix = noop("Use 1 to 64 letters, digits and _.")
            findings.append(_finding("substitution_name", "/substitutions", words, fix, {"name": name[:40]}))
        elif name in values:
            words, fix = noop("{name} has two values."), noop("Keep one of them.")
            findings.append(_finding("substitution_twice", "/substitutions", words, fix, {"name": name}))
        else:
            values[name] = text
    return values


def _text(value: str, pointer: str, findings: list[Finding], longest: int = LONGEST_TEXT) -> str:
    text = str(value).replace("\r\n", "\n").replace("\r", "\n")
    kept = UNPRINTABLE.sub("", text)
    if len(kept) != len(text):
        words, left_out = noop("{number} control characters were left out."), {"number": len(text) - len(kept)}
        fix = noop("Check the text.")
        findings.append(finding("control_characters", Severity.ADVISES, pointer, words, left_out, fix=fix))
    if len(kept) > longest:
        words = noop("This has {number} characters; what follows the first {longest} was left out.")
        values: Values = {"number": len(kept), "longest": longest}
        findings.append(_finding("text_cut", pointer, words, noop("Shorten the text."), values))
        kept = kept[:longest]
    return kept


def _finding(code: str, pointer: str, words: str, fix: str, values: Values) -> Finding:
    return finding(code, Severity.BLOCKS, pointer, words, values, fix=fix)


def _key(value: str) -> str:
    if not KEY.fullmatch(value):
        raise UnreadableForm(_("The form names a slide that this page cannot have made."))
    return value


def _number(value: str, name: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", value):
        raise UnreadableForm(_("The field %(name)s is not a whole number.") % {"name": name})
    return int(value)


def _uuid(value: str, name: str) -> UUID:
    try:
        return UUID(value)
    except ValueError as error:
        raise UnreadableForm(_("The field %(name)s is not the id of anything.") % {"name": name}) from error
