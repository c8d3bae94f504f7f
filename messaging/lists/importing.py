"""A file becomes a list: read as a stream, judged row by row, written in batches; memory does not grow with it."""

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import BinaryIO

from django.contrib.auth.models import User

from messaging.lists import tally
from messaging.lists.columns import checked_region, guess, headings
from messaging.lists.judging import judge
from messaging.lists.tables import table_rows
from messaging.lists.troubles import Unreadable
from messaging.models import RecipientList, RecipientRow

MOST_ROWS = 100_000
BATCH = 2_000
SAMPLE = 25
# The columns of a row that come of judging it.
READ = ("cells", "number", "country", "correlation_id", "values", "problems", "bad", "repeated")


def import_file(file: BinaryIO, *, size: int, name: str, owner: User, region: str = "US") -> RecipientList:
    """Read a CSV or XLSX file into a new list of `owner`'s.

    Out: the list, ready, with its columns guessed. Rows are committed in batches while the list is still "reading": one
    that a dying process leaves behind is never sent to, and cleared away by `saved.purge`. Raises Unreadable, and
    keeps nothing then.
    """
    checked_region(region)
    rows = table_rows(file, size)
    sample = list(islice(rows, SAMPLE))
    if not sample:
        raise Unreadable("file_empty")
    columns, headed = headings(sample, region)
    below = sample[headed:]
    if not below:
        raise Unreadable("file_no_rows")
    parent = RecipientList(owner=owner, source=name[:255], region=region, columns=columns)
    parent.mapping = guess(columns, below, region)
    parent.save()
    try:
        fill(parent, chain(below, rows))
    except Unreadable:
        parent.delete()
        raise
    return parent


def fill(parent: RecipientList, rows: Iterable[list[str]]) -> None:
    """Judge and write the rows of a list that has none yet, and make it ready. Raises Unreadable: too many rows."""
    seen: set[str] = set()
    tally.begin(parent)
    numbered = iter(enumerate(rows, start=1))
    while batch := list(islice(numbered, BATCH)):
        if batch[-1][0] > MOST_ROWS:
            raise Unreadable("file_too_many_rows", limit=MOST_ROWS)
        RecipientRow.objects.bulk_create(
            list(judged(parent, (RecipientRow(parent=parent, position=at, cells=cells) for at, cells in batch), seen))
        )
    parent.status = RecipientList.Status.READY
    parent.save()


def rejudge(parent: RecipientList, *, mapping: dict[str, str], region: str) -> None:
    """Read every row of a list anew under another mapping. Interrupted, it stays "reading" and can be done again."""
    parent.mapping, parent.region, parent.status = mapping, region, RecipientList.Status.READING
    parent.version += 1
    parent.save()
    seen: set[str] = set()
    tally.begin(parent)
    after = 0
    while batch := list(parent.rows.filter(position__gt=after).order_by("position")[:BATCH]):
        RecipientRow.objects.bulk_create(
            list(judged(parent, batch, seen)),
            update_conflicts=True,
            unique_fields=["parent", "position"],
            update_fields=list(READ),
        )
        after = batch[-1].position
    parent.status = RecipientList.Status.READY
    parent.save()


def judged(parent: RecipientList, rows: Iterable[RecipientRow], seen: set[str]) -> Iterator[RecipientRow]:
    """The rows with what their cells were read as, counted. `seen` are the numbers so far: the first one stays."""
    for row in rows:
        read(parent, row)
        row.repeated = not row.bad and row.number in seen
        seen.add(row.number)
        tally.add(parent, row)
        yield row


def read(parent: RecipientList, row: RecipientRow) -> None:
    """Fill in what a row's cells say under its list's mapping."""
    found = judge(row.cells, parent.columns, parent.mapping, parent.region)
    row.number, row.country, row.correlation_id = found.number, found.country, found.correlation_id
    row.values, row.problems, row.bad = found.values, found.problems, bool(found.problems)
