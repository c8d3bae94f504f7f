"""Rows that cannot be sent to are mended: cell by cell, by dropping them, or by a file that was mended elsewhere."""

from collections.abc import Collection, Sequence
from itertools import islice
from typing import BinaryIO
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.db.transaction import atomic

from messaging.lists import tally
from messaging.lists.importing import BATCH, MOST_ROWS, READ, read
from messaging.lists.tables import LONGEST_CELL, MOST_COLUMNS, table_rows
from messaging.lists.troubles import Unreadable
from messaging.models import RecipientList, RecipientRow

# The headings that a download of the rows to mend has around the list's own.
ROW, WRONG = "Row", "What is wrong"
LONGEST_POSITION = 10


def locked(identity: UUID, owner: User) -> RecipientList:
    """A list of `owner`'s that is ready, held until the transaction ends.

    Raises RecipientList.DoesNotExist, Unreadable while it is being read.
    """
    parent = RecipientList.objects.select_for_update().get(pk=identity, owner=owner)
    if parent.status != RecipientList.Status.READY:
        raise Unreadable("list_reading")
    return parent


@atomic
def mend(identity: UUID, owner: User, position: int, cells: Sequence[str]) -> tuple[RecipientList, RecipientRow]:
    """Put new cells into one row that was bad. Whoever has its number already keeps it; this row is the repetition.

    A row that is not bad (any more) stays as it is. Raises RecipientList.DoesNotExist, RecipientRow.DoesNotExist,
    Unreadable.
    """
    parent = locked(identity, owner)
    row = parent.rows.get(position=position)
    if row.bad:
        _write(parent, [row], {position: cells})
    return parent, row


@atomic
def drop(identity: UUID, owner: User, *, countries: Collection[str] | None = None) -> tuple[RecipientList, int]:
    """Take the bad rows out of a list, or those of the countries named. Out: the list, and how many went."""
    parent = locked(identity, owner)
    rows = parent.rows.filter(Q(bad=True) if countries is None else Q(bad=False, country__in=countries))
    repeated = rows.filter(repeated=True).count()
    gone = rows.delete()[0]
    if countries is None:
        tally.remove_unsendable(parent, bad=gone)
    else:
        tally.remove_unsendable(parent, repeated=repeated)
        _recount(parent)
    _changed(parent)
    return parent, gone


def mend_from(identity: UUID, owner: User, file: BinaryIO, *, size: int) -> tuple[RecipientList, int]:
    """Put the cells of a mended download back where they came from. Out: the list, and how many rows that mended.

    Rows that were mended here meanwhile, or dropped, stay as they are. Raises RecipientList.DoesNotExist, Unreadable,
    and changes nothing then.
    """
    table = table_rows(file, size)
    headings = next(table, [])
    given = {
        int(row[0]): row[1 : len(headings)]
        for row in islice(table, MOST_ROWS)
        if row[0].isascii() and row[0].isdigit() and len(row[0]) < LONGEST_POSITION
    }
    with atomic():
        parent = locked(identity, owner)
        width = len(parent.columns)
        if headings[: width + 1] != [ROW, *parent.columns]:
            raise Unreadable("file_other_columns")
        before, after = parent.bad, 0
        while rows := list(bad_rows(parent, after=after)[:BATCH]):
            after = rows[-1].position
            known = [row for row in rows if row.position in given]
            _write(parent, known, {row.position: given[row.position][:width] for row in known})
    return parent, before - parent.bad


def bad_rows(parent: RecipientList, *, after: int = 0) -> QuerySet[RecipientRow]:
    """The rows to mend, in their order."""
    return parent.rows.filter(bad=True, position__gt=after).order_by("position")


def _write(parent: RecipientList, rows: Sequence[RecipientRow], cells: dict[int, Sequence[str]]) -> None:
    """Read these bad rows anew with their new cells, count them, and write them in one go."""
    for row in rows:
        row.cells = [cell.strip()[: LONGEST_CELL + 1] for cell in cells[row.position][: MOST_COLUMNS + 1]]
        read(parent, row)
    good = {row.number for row in rows if not row.bad}
    seen = set(parent.rows.filter(bad=False, number__in=good).values_list("number", flat=True))
    tally.remove_unsendable(parent, bad=len(rows))
    for row in rows:
        row.repeated = not row.bad and row.number in seen
        seen |= {row.number} - {""}
        tally.add(parent, row)
    RecipientRow.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["parent", "position"], update_fields=list(READ)
    )
    _changed(parent)


def _recount(parent: RecipientList) -> None:
    tally.begin(parent)
    for row in parent.rows.order_by("position").iterator(chunk_size=BATCH):
        tally.add(parent, row)


def _changed(parent: RecipientList) -> None:
    parent.version += 1
    parent.save()
