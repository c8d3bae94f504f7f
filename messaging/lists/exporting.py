"""Files that any spreadsheet opens: a list, and its rows to mend, which come back through `mending.mend_from`."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from django.utils.translation import gettext as _

from messaging.lists.importing import BATCH
from messaging.lists.mending import ROW, WRONG, bad_rows
from messaging.models import RecipientList, RecipientRow

# A cell that begins so would be run as a formula; tables.SHIELDED takes the mark off again.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
# Spreadsheets take UTF-8 for their own alphabet without this.
MARK = b"\xef\xbb\xbf"


def bad_rows_csv(parent: RecipientList) -> Iterator[bytes]:
    """The bad rows of a list in batches: their number, their cells, and what is wrong. One query a batch."""
    yield MARK + lines([[ROW, *parent.columns, WRONG]])
    after = 0
    while rows := list(bad_rows(parent, after=after)[:BATCH]):
        after = rows[-1].position
        yield lines([_line(row, len(parent.columns)) for row in rows])


def rows_csv(parent: RecipientList) -> Iterator[bytes]:
    """All rows of a list as they were given, in batches, under its own columns. One query a batch."""
    yield MARK + lines([parent.columns])
    after = 0
    while rows := list(parent.rows.filter(position__gt=after).order_by("position").only("position", "cells")[:BATCH]):
        after = rows[-1].position
        yield lines([*row.cells, *[""] * len(parent.columns)][: len(parent.columns)] for row in rows)


def shielded(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def lines(rows: Iterable[Sequence[str]]) -> bytes:
    """Rows as lines of CSV, every cell shielded."""
    buffer = io.StringIO()
    csv.writer(buffer).writerows([shielded(cell) for cell in row] for row in rows)
    return buffer.getvalue().encode()


def _line(row: RecipientRow, width: int) -> list[str]:
    cells = [*row.cells, *[""] * width][:width]
    said = [" ".join(filter(None, (problem["column"] + ":", _(problem["message"])))) for problem in row.problems]
    return [str(row.position), *cells, " ".join(said)]
