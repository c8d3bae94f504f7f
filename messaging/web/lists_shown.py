"""A recipient list as its panel shows it: columns to map, counts, and the rows that nothing can be sent to."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from messaging import lists
from messaging.addresses import readable
from messaging.lists.columns import NUMBER, REFERENCE, REGIONS, placeholder
from messaging.models import RecipientList, RecipientRow, Sender
from messaging.routing import reaches_country

PAGE = 25
SAMPLES = 3
# Names for the roles of a column, as the form posts them; "value" comes with the name of its placeholder.
VALUE = "value"
BAD, REPEATED, SILENT, ABROAD = "bad", "repeated", "silent", "abroad"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file: what it is taken for, and what stands in its first rows."""

    name: str
    role: str
    placeholder: str
    samples: list[str]


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell to mend; `problem` says what is wrong with it."""

    column: str
    value: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its cells to mend when it is bad, else whom it stands for."""

    position: int
    cells: list[Cell] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    number: str = ""
    repeated: bool = False

    @property
    def bad(self) -> bool:
        return bool(self.problems)


@dataclass(frozen=True, slots=True)
class Panel:
    """Everything the panel says of a list; templates read it, nothing in it writes."""

    parent: RecipientList
    outlook: lists.Outlook
    own: bool
    columns: list[Column]
    rows: list[Row]
    more: int
    show: str
    abroad: int
    draft: str
    said: str = ""
    trouble: str = ""

    @property
    def regions(self) -> list[str]:
        return sorted(REGIONS)

    @property
    def interrupted(self) -> bool:
        """Whether its rows have yet to be read under the chosen columns."""
        return not self.outlook.ready

    @property
    def tabs(self) -> list[tuple[str, str, int]]:
        """What can be shown of the list apart: its name, its words, and how many rows."""
        found = [
            (BAD, _("To mend"), self.parent.bad),
            (REPEATED, _("Repeated"), self.parent.repeated),
            (SILENT, _("Opted out"), self.outlook.silent),
            (ABROAD, _("Out of reach"), self.abroad),
        ]
        return [tab for tab in found if tab[2] or tab[0] == BAD]


def panel(
    parent: RecipientList,
    user: User,
    *,
    senders: Sequence[Sender] = (),
    show: str = BAD,
    draft: str = "",
    said: str = "",
    trouble: str = "",
) -> Panel:
    """The panel of a list for a person who may see it. Rows are only shown to its owner."""
    own = parent.owner_id == user.pk
    rows, more = page(parent, show, senders) if own else ([], 0)
    return Panel(
        parent=parent,
        outlook=lists.look(parent, senders, ()),
        own=own,
        columns=columns(parent) if own else [],
        rows=rows,
        more=more,
        show=show,
        abroad=abroad(parent, senders),
        draft=draft,
        said=said,
        trouble=trouble,
    )


def page(parent: RecipientList, show: str, senders: Sequence[Sender], *, after: int = 0) -> tuple[list[Row], int]:
    """A page of the rows to show, and the position to go on after (0 at the end). One query."""
    shown = {
        BAD: lists.bad_rows(parent),
        REPEATED: parent.rows.filter(repeated=True).order_by("position"),
        SILENT: lists.silent_rows(parent, senders),
        ABROAD: lists.abroad_rows(parent, reached(parent, senders)),
    }
    rows = list(shown.get(show, shown[BAD]).filter(position__gt=after)[: PAGE + 1])
    more = rows[PAGE - 1].position if len(rows) > PAGE else 0
    return [row_of(parent, row) for row in rows[:PAGE]], more


def row_of(parent: RecipientList, row: RecipientRow) -> Row:
    """A row with what is wrong in each of its cells."""
    problems: dict[str, str] = {problem["column"]: _(problem["message"]) for problem in row.problems}
    filled = [*row.cells, *[""] * len(parent.columns)]
    return Row(
        position=row.position,
        cells=[
            Cell(column, value, problems.get(column, ""))
            for column, value in zip(parent.columns, filled, strict=False)
            if column in parent.mapping or value
        ]
        if row.bad
        else [],
        problems=[f"{column}: {words}" if column else words for column, words in problems.items()],
        number=readable(row.number),
        repeated=row.repeated,
    )


def columns(parent: RecipientList) -> list[Column]:
    """The columns with their roles and the cells of the first rows. One query."""
    first = list(parent.rows.order_by("position").values_list("cells", flat=True)[:SAMPLES])
    return [_column(parent, index, name, first) for index, name in enumerate(parent.columns)]


def abroad(parent: RecipientList, senders: Sequence[Sender]) -> int:
    """How many rows live where none of the senders sends to; none while nobody is chosen."""
    if not senders:
        return 0
    inside = reached(parent, senders)
    return sum(count for country, count in parent.countries.items() if country not in inside)


def reached(parent: RecipientList, senders: Sequence[Sender]) -> Collection[str]:
    """Those of the list's countries that one of the senders reaches."""
    return {country for country in parent.countries if any(reaches_country(sender, country) for sender in senders)}


def chosen_mapping(names: Sequence[str], posted: Iterator[tuple[str, str]]) -> dict[str, str]:
    """The mapping that a form's pairs of role and placeholder stand for, in the order of the columns."""
    roles = (f"${name.strip()}" if role == VALUE else role for role, name in posted)
    known = (role if role in {NUMBER, REFERENCE} or role.startswith("$") else "" for role in roles)
    return dict(zip(names, known, strict=False))


def _column(parent: RecipientList, index: int, name: str, rows: Sequence[Any]) -> Column:
    role = parent.mapping.get(name, "")
    samples = [cells[index] for cells in rows if index < len(cells) and cells[index]]
    if role.startswith("$"):
        return Column(name, VALUE, role[1:], samples)
    return Column(name, role, placeholder(name), samples)
