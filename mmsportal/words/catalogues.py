"""The catalogue of a language: brought up to date with what was collected, and what it still lacks."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings

from mmsportal.words.collecting import Found

# What has to stand in a translation as well: %(count)s, {limit}, $(name).
_NAMES = re.compile(r"%\(\w+\)[sd]|\$\(\w+\)|\{\w+\}|%%")


def path_of(language: str, suffix: str = "po") -> Path:
    """Where a language's catalogue lies."""
    return Path(settings.LOCALE_PATHS[0], language, "LC_MESSAGES", f"django.{suffix}")


def updated(language: str, found: Iterable[Found]) -> Catalog:
    """The language's catalogue with exactly the sentences found: known translations kept, the others empty."""
    known = _read(language)
    catalogue = Catalog(
        locale=language,
        charset="utf-8",
        header_comment="# The portal's words.",
        fuzzy=False,
        project="MMS portal",
        # Never the present day: the same words have to give the same bytes tomorrow.
        creation_date=datetime(2000, 1, 1, tzinfo=UTC),
    )
    for one in found:
        key: str | tuple[str, str] = (one.words, one.plural) if one.plural else one.words
        old = known.get(one.words, one.context or None)
        catalogue.add(
            key,
            old.string if old and bool(old.pluralizable) == bool(one.plural) else None,
            locations=[(one.place.rpartition(":")[0] or one.place, 0)],
            flags=["python-format"] if "%(" in one.words else [],
            context=one.context or None,
        )
    return catalogue


def lacking(catalogue: Catalog) -> list[str]:
    """What is wrong with a catalogue: sentences without a translation, or whose names differ."""
    return [f"{message.id!r}: {why}" for message in catalogue if message.id and (why := _fault(message))]


def _fault(message: Message) -> str:
    ids = message.id if isinstance(message.id, (tuple, list)) else (message.id,)
    said = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
    texts = [text for text in said if text]
    if len(texts) < len(said):
        return "not translated"
    wanted = set(_NAMES.findall(ids[-1]))
    # A singular may say "one" where the plural counts.
    allowed = wanted | set(_NAMES.findall(ids[0]))
    if set(_NAMES.findall(texts[-1])) != wanted or not all(set(_NAMES.findall(text)) <= allowed for text in texts):
        return "other names in the translation"
    return ""


def po_bytes(catalogue: Catalog) -> bytes:
    """The catalogue as people edit it; the same words always give the same bytes."""
    written = BytesIO()
    write_po(
        written, catalogue, width=120, include_lineno=False, sort_output=True, omit_header=False, ignore_obsolete=True
    )
    return re.sub(
        rb'"(POT-Creation-Date|PO-Revision-Date|Generated-By|Last-Translator): [^"]*\n?"\n', b"", written.getvalue()
    )


def mo_bytes(catalogue: Catalog) -> bytes:
    """The catalogue as programs read it."""
    written = BytesIO()
    write_mo(written, catalogue)
    return written.getvalue()


def _read(language: str) -> Catalog:
    path = path_of(language)
    return read_po(BytesIO(path.read_bytes()), locale=language) if path.exists() else Catalog(locale=language)
