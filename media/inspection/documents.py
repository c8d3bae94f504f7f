"""PDF by pypdf: every object walked for active content, then written anew without its author data."""

import io
import sys

from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    ByteStringObject,
    DictionaryObject,
    IndirectObject,
    NameObject,
    PdfObject,
    StreamObject,
    TextStringObject,
)

from media.inspection.verdicts import Finding, Inspection, Refused, corrupt
from media.words import gettext_noop as _

MAX_PAGES = 100
MAX_OBJECTS = 50_000
_ACTIVE_KEYS = {"/JS", "/JavaScript", "/AA", "/XFA", "/EmbeddedFiles", "/EF", "/RichMediaContent"}
_ACTIVE_TYPES = {"/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToR", "/GoToE", "/Rendition", "/Movie"}
_ACTIVE_TYPES |= {"/EmbeddedFile", "/FileAttachment", "/RichMedia", "/Screen", "/3D", "/Sound", "/RichMediaExecute"}
# What a link on a page may lead to when it is tapped.
_LINKS = ("http://", "https://", "mailto:", "tel:", "sms:")
_PRIVATE = ("/Metadata", "/PieceInfo")
_HEADER = b"%PDF-"


def read(data: bytes, mime_type: str) -> Inspection:
    """Read all pages and objects. Raises Refused."""
    sys.setrecursionlimit(2_000)
    try:
        reader = PdfReader(io.BytesIO(data), strict=False)
        if reader.is_encrypted:
            raise Refused(
                "pdf_encrypted",
                _("The PDF is protected by a password or rights."),
                fix=_("Save it without protection."),
            )
        _check_pages(len(reader.pages))
        _walk(reader)
        clean = _rewritten(reader)
    except Refused:
        raise
    except Exception:  # pypdf raises whatever a broken file makes its internals meet
        raise corrupt(_("PDF")) from None
    findings = [Finding("metadata_removed", _("Author and program data were taken out."))] if reader.metadata else []
    return Inspection("pdf", mime_type, "pdf", clean, findings=tuple(findings))


def _check_pages(count: int) -> None:
    if not 1 <= count <= MAX_PAGES:
        raise Refused(
            "pdf_pages",
            _("The PDF has {count} pages; 1 to {limit} are taken."),
            {"count": count, "limit": MAX_PAGES},
            limit=MAX_PAGES,
            actual=count,
            fix=_("Send the pages that matter."),
        )


def _walk(reader: PdfReader) -> None:
    """Visit every object that can be reached: refuse what acts, take out what tells of people and programs."""
    waiting: list[PdfObject] = [reader.trailer]
    seen: set[tuple[int, int]] = set()
    visited = 0
    while waiting:
        found: PdfObject | None = waiting.pop()
        if isinstance(found, IndirectObject):
            if (found.idnum, found.generation) in seen:
                continue
            seen.add((found.idnum, found.generation))
            found = found.get_object()
        visited += 1
        if visited > 20 * MAX_OBJECTS or len(seen) > MAX_OBJECTS:
            raise Refused(
                "media_too_complex",
                _("The PDF has too many parts."),
                limit=MAX_OBJECTS,
                actual=f"more than {MAX_OBJECTS}",
                fix=_('Print it to a new PDF ("Save as PDF").'),
            )
        if isinstance(found, DictionaryObject):
            _check_passive(found)
            for key in _PRIVATE:
                found.pop(key, None)
            waiting.extend(found.raw_get(key) for key in found)
        elif isinstance(found, ArrayObject):
            waiting.extend(list.__iter__(found))


def _check_passive(found: DictionaryObject) -> None:
    values = [_value(found, key) for key in ("/S", "/Type", "/Subtype")]
    names = {str(value) for value in values if isinstance(value, NameObject)}
    active = sorted((_ACTIVE_KEYS & found.keys()) | (_ACTIVE_TYPES & names) | _leading_outside(found))
    if active:
        raise Refused(
            "pdf_active_content",
            _("The PDF holds scripts, actions, embedded files or players, which phones and virus filters refuse."),
            actual=", ".join(name.strip("/") for name in active),
            fix=_('Print it to a new PDF ("Save as PDF"), which leaves them out.'),
        )


def _leading_outside(found: DictionaryObject) -> set[str]:
    """What opens by itself, fetches from elsewhere, or leads to something that is no page or address."""
    outside = set()
    link, opened = _value(found, "/URI"), _value(found, "/OpenAction")
    # The catalogue has a dictionary of this name as well, which only says what links are relative to.
    if isinstance(link, (TextStringObject, ByteStringObject)) and not _text(link).startswith(_LINKS):
        outside.add("/URI")
    if isinstance(opened, DictionaryObject) and str(_value(opened, "/S") or "/GoTo") != "/GoTo":
        outside.add("/OpenAction")
    if str(_value(found, "/FS")) == "/URL" or (isinstance(found, StreamObject) and "/F" in found):
        outside.add("/FS")
    return outside


def _value(found: DictionaryObject, key: str) -> PdfObject | None:
    """A member, also where the dictionary only says in which object it stands."""
    value = found.get(key)
    return value.get_object() if isinstance(value, IndirectObject) else value


def _text(link: PdfObject) -> str:
    written = link.decode("latin-1") if isinstance(link, bytes) else str(link)
    return written.strip().lower()


def _rewritten(reader: PdfReader) -> bytes:
    writer = PdfWriter()
    # The tree of the document only: its information dictionary and whatever nothing points to stay behind.
    writer.clone_reader_document_root(reader)
    writer.metadata = None
    out = io.BytesIO()
    writer.write(out)
    clean = out.getvalue()
    if not clean.startswith(_HEADER) or len(PdfReader(io.BytesIO(clean)).pages) != len(reader.pages):
        raise corrupt(_("PDF"))
    return clean
