"""Mends that write, shorten, clean or clear a text, and what the fallback SMS says and does."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from messaging.content import Content
from messaging.mending.cuts import first_sentence, shortened
from messaging.mending.places import text_at, with_text, with_texts
from messaging.mending.terms import Terms
from messaging.slide_rules import Mend

FALLBACK = "/content/fallback/text"
SUBJECT = "/content/subject"
# Marks that turn the direction of the text behind them.
DIRECTIONS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
BREAKS = frozenset("\u2028\u2029\x85\v\f")
# Typographic signs for which SMS would take a costlier alphabet, and what it has for them.
PLAIN = str.maketrans(
    {
        **dict.fromkeys("\u201c\u201d\u201e", '"'),
        **dict.fromkeys("\u2018\u2019", "'"),
        **dict.fromkeys("\u2013\u2014", "-"),
        "\u2026": "...",
        "\xa0": " ",
    }
)


def shorten(content: Content, mend: Mend, terms: Terms) -> Content:
    """The text keeps its beginning, up to the limit."""
    mark = "..." if mend.pointer == FALLBACK else "…"
    text = shortened(text_at(content, mend.pointer), int(mend.args["limit"]), terms.values, mark)
    return with_text(content, mend.pointer, text)


def clear_field(content: Content, mend: Mend, _terms: Terms) -> Content:
    """The text goes."""
    return with_text(content, mend.pointer, "")


def clean_text(content: Content, mend: Mend, _terms: Terms) -> Content:
    """Control characters and direction marks go; in a subject or a name, line breaks become blanks."""
    text = "".join("\n" if c in BREAKS else c for c in text_at(content, mend.pointer) if c not in DIRECTIONS)
    text = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs"})
    if not mend.pointer.endswith("/text"):
        text = " ".join(text.split())
    return with_text(content, mend.pointer, text)


def drop_placeholder(content: Content, mend: Mend, _terms: Terms) -> Content:
    """The placeholder goes from every text, and the blank before it: "Hi $(name), look" becomes "Hi, look"."""
    name = re.escape(f"$({mend.args['name']})")
    return with_texts(content, lambda text: _without(text, name))


def write_fallback(content: Content, mend: Mend, terms: Terms) -> Content:
    """The fallback says what subject and slides say, as far as it fits; a subject that stands in the text, once."""
    text = shortened(" ".join(_said(content)), int(mend.args["limit"]), terms.values, "...")
    if not text:
        return content
    return replace(content, fallback=replace(content.fallback, text=text, disabled=False))


def write_subject(content: Content, mend: Mend, terms: Terms) -> Content:
    """The subject is the first thing that the message says."""
    texts = (first_sentence(slide.text) for slide in content.slides)
    first = next(filter(None, [*texts, first_sentence(content.fallback.text)]), "")
    subject = shortened(" ".join(first.rstrip(".:").split()), int(mend.args["limit"]), terms.values)
    return with_text(content, SUBJECT, subject or content.subject)


def fallback_on(content: Content, _mend: Mend, _terms: Terms) -> Content:
    """Who cannot take a picture message gets the fallback SMS."""
    return replace(content, fallback=replace(content.fallback, disabled=False))


def fallback_off(content: Content, _mend: Mend, _terms: Terms) -> Content:
    """Who cannot take a picture message gets nothing."""
    return replace(content, fallback=replace(content.fallback, disabled=True))


def drop_link(content: Content, _mend: Mend, _terms: Terms) -> Content:
    """The fallback SMS goes without a link to the media."""
    return replace(content, fallback=replace(content.fallback, link=False, link_expires_at=""))


def set_link_expiry(content: Content, mend: Mend, terms: Terms) -> Content:
    """The link lives for as many days as the mend says, counted from when the message goes out."""
    ends = terms.now + timedelta(days=int(mend.args["days"]))
    written = ends.isoformat(timespec="seconds").replace("+00:00", "Z")
    return replace(content, fallback=replace(content.fallback, link_expires_at=written))


def clear_link_expiry(content: Content, _mend: Mend, _terms: Terms) -> Content:
    """The link lives for as long as the provider keeps it."""
    return replace(content, fallback=replace(content.fallback, link_expires_at=""))


def _said(content: Content) -> Iterator[str]:
    """What a message says, in the plain letters of SMS: its texts, or else what is known of its media."""
    texts = [" ".join(slide.text.split()) for slide in content.slides if slide.text.strip()]
    subject = content.subject.strip()
    if subject and not any(text.startswith(subject) for text in texts):
        yield (subject if subject[-1] in ".!?:" or not texts else f"{subject}:").translate(PLAIN)
    if not texts and not subject:
        texts = [part.alt for _pointer, part in content.parts() if part.alt][:1]
    yield from (text.translate(PLAIN) for text in texts if text)


def _without(text: str, name: str) -> str:
    left = re.sub(rf"^{name}[ ,;:]*|[ \t]*{name}", "", text, flags=re.MULTILINE)
    return left if left == text else re.sub(r"[ \t]*\(\)", "", left)
