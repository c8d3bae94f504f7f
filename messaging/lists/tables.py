"""A file of recipients, whatever program wrote it, as rows of cells. Streamed: no file is ever held as a whole."""

import codecs
import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

from messaging.lists.troubles import Unreadable
from messaging.lists.workbooks import workbook_rows

LARGEST_FILE = 50_000_000
MOST_COLUMNS = 50
LONGEST_CELL = 1000
DELIMITERS = ",;\t|"
SAMPLE_BYTES = 65_536
SAMPLE_ROWS = 25
# What stands for a character that no message can carry, or for a row that cannot be told apart from its neighbours.
BROKEN = "\ufffd"
SEPARATOR_LINE = re.compile(r"sep=(.)", re.IGNORECASE)
# What spreadsheets write to keep a number a text: ="+16475550142", and what keeps a text from being a formula: '+1647.
QUOTED_FORMULA = re.compile(r'="([^"]*)"')
SHIELDED = re.compile(r"'(?=[=+\-@\t\r])")


def table_rows(file: BinaryIO, size: int) -> Iterator[list[str]]:
    """The rows of a CSV or XLSX file with anything in them; each cell tidy and at most LONGEST_CELL + 1 characters.

    A character that cannot be sent becomes BROKEN, as does a row whose quotes swallow everything that follows. Rows
    have at most MOST_COLUMNS + 1 cells. Raises Unreadable, at once or while reading on.
    """
    if size > LARGEST_FILE:
        raise Unreadable("file_too_large", limit=LARGEST_FILE // 1_000_000, actual=-(-size // 1_000_000))
    start = file.read(8)
    file.seek(0)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable("file_old_excel")
    rows = workbook_rows(file, MOST_COLUMNS) if start.startswith(b"PK\x03\x04") else _text_rows(file)
    for row in rows:
        cells = [_clean(cell) for cell in row[: MOST_COLUMNS + 1]]
        if any(cells):
            yield cells


def _text_rows(file: BinaryIO) -> Iterator[list[str]]:
    encoding = _encoding(file)
    with_all_line_ends = io.TextIOWrapper(file, encoding=encoding, errors="replace", newline="")
    try:
        sample = with_all_line_ends.read(SAMPLE_BYTES)
        delimiter, start = _delimiter(sample)
        with_all_line_ends.seek(0)
        yield from islice(_parsed(with_all_line_ends, delimiter), start, None)
    finally:
        # The file is the caller's to close.
        with_all_line_ends.detach()


def _parsed(lines: Iterator[str], delimiter: str) -> Iterator[list[str]]:
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error:
            # A quote that nobody closed; the reader starts afresh with the next line.
            yield [BROKEN]


def _encoding(file: BinaryIO) -> str:
    """How the file spells its text: by its mark, by its zeros, or by what it can be decoded as."""
    start = file.read(4096)
    file.seek(0)
    if start.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    even, odd = start[::2].count(0), start[1::2].count(0)
    # Latin letters in UTF-16 are every other byte a zero; a stray zero elsewhere is only a broken character.
    if max(even, odd) * 3 > len(start):
        return "utf-16-be" if even > odd else "utf-16-le"
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while chunk := file.read(1_000_000):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    finally:
        file.seek(0)
    return "utf-8"


def _delimiter(sample: str) -> tuple[str, int]:
    """The delimiter that parts most rows into equally many cells, and how many rows to pass over."""
    first, _, _rest = sample.partition("\n")
    if said := SEPARATOR_LINE.fullmatch(first.strip("\r\n\ufeff")):
        return said[1], 1
    return max(DELIMITERS, key=lambda delimiter: _evenness(sample, delimiter)), 0


def _evenness(sample: str, delimiter: str) -> tuple[float, int]:
    rows = list(islice(_parsed(iter(sample.splitlines(keepends=True)), delimiter), SAMPLE_ROWS))
    # The last row of a sample may have been cut in two.
    whole = rows[:-1] if len(rows) > 1 and len(sample) == SAMPLE_BYTES else rows
    widths = Counter(len(row) for row in whole if len(row) > 1)
    width, times = widths.most_common(1)[0] if widths else (0, 0)
    return times / max(1, len(whole)), width


def _clean(cell: str) -> str:
    cell = cell.strip(" \t\r\n\xa0\ufeff")[: LONGEST_CELL + 1]
    if quoted := QUOTED_FORMULA.fullmatch(cell):
        cell = quoted[1]
    cell = SHIELDED.sub("", cell, count=1) if cell.startswith("'") else cell
    if cell.isprintable():
        return cell
    cell = cell.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(BROKEN if unicodedata.category(c) in {"Cc", "Cs"} and c not in "\n\t" else c for c in cell)
