"""The first sheet of an XLSX file as rows of text, read as a stream and never unpacked beyond its limits.

An XLSX file is a zip of XML: the sheets in order stand in xl/workbook.xml, texts that repeat in xl/sharedStrings.xml,
and whether a number is a date is told by its style.
"""

import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from posixpath import normpath
from typing import BinaryIO
from xml.etree.ElementTree import Element, ParseError
from zipfile import BadZipFile, ZipFile

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from messaging.lists.troubles import Unreadable

# Far above what 100,000 rows need; a bomb says how large it is, and zipfile reads no byte more than it said.
MOST_UNPACKED = 200_000_000
MOST_STRINGS = 60_000_000
MOST_ENTRIES = 2_000
# A row of Excel has 16,384 cells at most; a million of them in one row is an attack.
MOST_HELD = 200_000
REFERENCE = re.compile(r"([A-Z]{1,3})[0-9]+")
DATE_FORMATS = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
# Colours, conditions and quoted words of a number format say nothing about dates.
DECORATION = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')
# A sheet's days have no zone.
DAY_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


@dataclass(frozen=True, slots=True)
class Book:
    """What is needed to read the cells: texts by number, the styles that mean dates, and day zero."""

    strings: Sequence[str] = ()
    dates: frozenset[int] = frozenset()
    epoch: datetime = DAY_ZERO


def workbook_rows(file: BinaryIO, most_columns: int) -> Iterator[list[str]]:
    """The rows of the first visible sheet; formulas are given by their results. Raises Unreadable."""
    try:
        with ZipFile(file) as archive:
            _check_sizes(archive)
            sheet, epoch = _first_sheet(archive)
            book = Book(_strings(archive), _dates(archive), epoch)
            yield from _rows(archive, sheet, book, most_columns)
    except (BadZipFile, zlib.error, ParseError, DefusedXmlException, KeyError, EOFError, ValueError) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable("file_not_workbook") from error
    except (NotImplementedError, RuntimeError) as error:
        # A way of packing that nobody uses, or a password.
        raise Unreadable("file_not_workbook") from error


def _check_sizes(archive: ZipFile) -> None:
    entries = archive.infolist()
    if len(entries) > MOST_ENTRIES:
        raise Unreadable("file_not_workbook")
    total = sum(entry.file_size for entry in entries)
    strings = sum(entry.file_size for entry in entries if entry.filename == "xl/sharedStrings.xml")
    for size, limit in ((total, MOST_UNPACKED), (strings, MOST_STRINGS)):
        if size > limit:
            raise Unreadable("file_expands", limit=limit // 1_000_000, actual=-(-size // 1_000_000))


def _first_sheet(archive: ZipFile) -> tuple[str, datetime]:
    """The name of the first visible sheet within the archive, and the day its dates count from."""
    wanted, epoch = "", DAY_ZERO
    for element in _elements(archive, "xl/workbook.xml", "workbookPr", "sheet"):
        if element.get("date1904") in {"1", "true"}:
            epoch = datetime(1904, 1, 1)  # noqa: DTZ001
        if _name(element) == "sheet" and not wanted and element.get("state", "visible") == "visible":
            wanted = element.get(RELATION, "")
    for element in _elements(archive, "xl/_rels/workbook.xml.rels", "Relationship"):
        if element.get("Id") == wanted and wanted:
            target = element.get("Target", "")
            return normpath(target.lstrip("/") if target.startswith("/") else f"xl/{target}"), epoch
    raise KeyError("no sheet")


def _strings(archive: ZipFile) -> list[str]:
    if "xl/sharedStrings.xml" not in archive.namelist():
        return []
    return [_text(item) for item in _elements(archive, "xl/sharedStrings.xml", "si")]


def _text(item: Element) -> str:
    """The text of a string in one piece; how it is to be pronounced is left out."""
    runs = [item, *(child for child in item if _name(child) == "r")]
    return "".join(child.text or "" for run in runs for child in run if _name(child) == "t")


def _dates(archive: ZipFile) -> frozenset[int]:
    """The numbers of the cell styles that show a date."""
    if "xl/styles.xml" not in archive.namelist():
        return frozenset()
    formats, styles = set(DATE_FORMATS), list[int]()
    for element in _elements(archive, "xl/styles.xml", "numFmt", "cellXfs"):
        if re.search("[dmyh]", DECORATION.sub("", element.get("formatCode", ""))):
            formats.add(int(element.get("numFmtId", "0")))
        if _name(element) == "cellXfs":
            styles = [int(style.get("numFmtId", "0")) for style in element]
    return frozenset(index for index, style in enumerate(styles) if style in formats)


def _rows(archive: ZipFile, sheet: str, book: Book, most_columns: int) -> Iterator[list[str]]:
    for element in _elements(archive, sheet, "row"):
        row: list[str] = []
        for cell in element:
            index = min(_column(cell.get("r", ""), len(row)), most_columns)
            row += [""] * (index - len(row)) + [_value(cell, book)]
            if len(row) > most_columns:
                break
        yield row


def _column(reference: str, following: int) -> int:
    """The place of a cell from its name ("C5"), or the next one when it has none."""
    match = REFERENCE.fullmatch(reference)
    if not match:
        return following
    place = 0
    for letter in match[1]:
        place = place * 26 + ord(letter) - 64
    return max(place - 1, following)


def _value(cell: Element, book: Book) -> str:
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return "".join(_text(child) for child in cell if _name(child) == "is")
    value = next((child.text or "" for child in cell if _name(child) == "v"), "")
    if kind == "s":
        index = int(value)
        return book.strings[index] if 0 <= index < len(book.strings) else ""
    if kind == "n" and value:
        return _number(value, book, int(cell.get("s", "0")))
    return value


def _number(value: str, book: Book, style: int) -> str:
    """A number as a person would read it: 16475550142 for 1.6475550142E10, and a day for the days since day zero."""
    number = float(value)
    if style in book.dates and 0 <= number < 2_958_466:
        moment = book.epoch + timedelta(days=number)
        return moment.date().isoformat() if number == int(number) else moment.replace(microsecond=0).isoformat(" ")
    return f"{Decimal(format(number, '.15g')):f}" if abs(number) < 1e30 else value


def _elements(archive: ZipFile, name: str, *wanted: str) -> Iterator[Element]:
    """The elements of these names in a part, each complete. Nothing else is kept, so that nothing piles up."""
    with archive.open(name) as part:
        above: list[Element] = []
        open_here = held = 0
        for event, element in iterparse(part, events=("start", "end"), forbid_dtd=True):
            fits = _name(element) in wanted
            if event == "start":
                above.append(element)
                open_here, held = open_here + fits, held + 1
                if held > MOST_HELD:
                    raise Unreadable("file_not_workbook")
                continue
            above.pop()
            open_here -= fits
            if fits:
                yield element
            if above and not open_here:
                above[-1].clear()
                held = 0


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]
