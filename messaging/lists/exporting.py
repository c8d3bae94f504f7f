"""The rows to mend as a file that any spreadsheet opens, and that comes back through `mending.mend_from`."""

import csv
import io
from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _

from messaging.lists.importing import BATCH
from messaging.lists.mending import ROW, WRONG, bad_rows
from messaging.models import RecipientList, RecipientRow

# A cell that begins so would be run as a formula; tables.SHIELDED takes the mark off again.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def bad_rows_csv(parent: RecipientList) -> Iterator[bytes]:
    """The bad rows of a list in batches: their number, their cells, and what is wrong. One query a batch."""
    # Spreadsheets take UTF-8 for their own alphabet without this mark.
    yield b"\xef\xbb\xbf" + _lines([[ROW, *parent.columns, WRONG]])
    after = 0
    while rows := list(bad_rows(parent, after=after)[:BATCH]):
        after = rows[-1].position
        yield _lines([_line(row, len(parent.columns)) for row in rows])


def shielded(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _line(row: RecipientRow, width: int) -> list[str]:
    cells = [*row.cells, *[""] * width][:width]
    said = [" ".join(filter(None, (problem["column"] + ":", _(problem["message"])))) for problem in row.problems]
    return [str(row.position), *cells, " ".join(said)]


def _lines(rows: Sequence[Sequence[str]]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer).writerows([shielded(cell) for cell in row] for row in rows)
    return buffer.getvalue().encode()
