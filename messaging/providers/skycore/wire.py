"""Words off the wire of Skycore: XML read without trust, for answers, receipts and requests alike."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qs
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

LONGEST = 300
LARGEST = 256 * 1024
# Real documents are five deep; expat itself would follow hundreds of thousands of levels.
DEEPEST = 12
# What XML cannot carry, plus the marks that mean nothing inside a word.
_UNSTORABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_NOT_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


class Broken(ValueError):
    """XML that is not well-formed, or no XML at all."""


class Hostile(ValueError):
    """A document no honest caller writes: too large, too deep, or with a document type of its own."""


class _Shallow(TreeBuilder):
    """Builds the tree, and gives up before it gets deep."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        self._depth += 1
        if self._depth > DEEPEST:
            raise Hostile("nested too deeply")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)


def parse(body: bytes) -> Element:
    """The root of a document. Raises Broken or Hostile (both ValueError); nothing is ever fetched for it."""
    if len(body) > LARGEST:
        raise Hostile("too long")
    parser = DefusedXMLParser(target=_Shallow(), forbid_dtd=True)
    try:
        parser.feed(body)
        root = parser.close()
    except DefusedXmlException as error:
        raise Hostile("a document type of its own") from error
    except (ParseError, LookupError, UnicodeError) as error:
        raise Broken(str(error)) from error
    except ValueError as error:
        raise error if isinstance(error, Hostile) else Broken(str(error)) from error
    if not isinstance(root, Element):
        raise Broken("no element found")
    return root


def document(body: bytes) -> bytes:
    """The XML in a body: the body itself, or the variable `xml` of a form. Raises Broken when there is neither."""
    bare = body.removeprefix(b"\xef\xbb\xbf").lstrip()
    if bare.startswith(b"<"):
        return bare
    try:
        given = parse_qs(bare.decode("utf-8", "replace"), max_num_fields=20)["xml"]
    except (KeyError, ValueError) as error:
        raise Broken("no XML found") from error
    return given[0].strip().encode("utf-8", "replace")


def word(text: str | None, longest: int = LONGEST) -> str:
    """A text as one trimmed word, without what a database refuses; "" for none."""
    return _UNSTORABLE.sub(" ", text or "").strip()[:longest]


def passage(text: str | None, longest: int) -> str:
    """A text that may have several lines; "" for none."""
    return _NOT_TEXT.sub(" ", text or "").strip()[:longest]


def leaves(parent: Element) -> Iterator[tuple[str, str]]:
    """The children of an element that hold nothing but text, by name."""
    for child in parent:
        if not len(child):
            yield child.tag, child.text or ""
