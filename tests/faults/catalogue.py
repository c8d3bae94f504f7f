"""The fault catalogue (reliability, section 4): each row is a fault, what must hold under it, and its figures.

A module `tests.faults.rows_<theme>` gives its rows as FAULTS; what a row needs beyond an empty portal it starts itself.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from importlib import import_module
from importlib.util import find_spec

from tests.faults.world import World

THEMES = (
    "kills",
    "processes",
    "steps",
    "tasks",
    "doors",
    "restored",
    "thousand",
    "providers",
    "network",
    "broker",
    "database",
    "limits",
    "clocks",
    "receipts",
    "media",
)
COLUMNS = ("requested", "final", "lost", "duplicated", "ambiguous", "recovered", "drain_s")
BOTH = ("sqlite", "postgresql")


@dataclass(frozen=True)
class Figures:
    """What became of a run. `notes` are the row's own figures; `broken` says which promise did not hold, or is ""."""

    requested: int = 0
    final: int = 0
    lost: int = 0
    duplicated: int = 0
    ambiguous: int = 0
    recovered: int = 0
    drain_s: float = 0.0
    notes: dict[str, object] = field(default_factory=dict)
    broken: str = ""


@dataclass(frozen=True)
class Fault:
    """One row. `run` takes the world and whether the short form is meant; Django stands on the world's database.

    Rows that share a world are given one name in `shares`, and run in it one after another; the others have a world of
    their own. `cluster` gives it a PostgreSQL server of its own, which may be stopped. A `long` row runs only when it
    is asked for by its number.
    """

    number: str
    name: str
    databases: tuple[str, ...]
    run: Callable[[World, bool], Figures]
    shares: str = ""
    cluster: bool = False
    long: bool = False

    @property
    def title(self) -> str:
        """As the table has it."""
        return f"{self.number} {self.name}"


def faults(numbers: Sequence[str] = ()) -> list[Fault]:
    """The rows of these numbers in their order; without any, all that are not long."""
    found = [fault for fault in _all() if (fault.number in numbers if numbers else not fault.long)]
    return sorted(found, key=lambda fault: _place(fault.number))


def groups(database: str, chosen: Sequence[Fault]) -> list[list[Fault]]:
    """The rows for a database, those that share a world together."""
    by_world: dict[str, list[Fault]] = {}
    for fault in chosen:
        if database in fault.databases:
            by_world.setdefault(fault.shares or fault.title, []).append(fault)
    return list(by_world.values())


def as_row(fault: Fault, database: str, figures: Figures) -> dict[str, object]:
    """A line of var/faults.json."""
    return {"row": fault.number, "fault": fault.name, "database": database, **asdict(figures)}


def heading(database: str) -> str:
    """The first line of the table."""
    return f"{database:44}" + "".join(f"{name:>11}" for name in COLUMNS)


def line(fault: Fault, figures: Figures) -> str:
    """One line of the table, and what else is to be said of the row."""
    numbers = "".join(f"{getattr(figures, name)!s:>11}" for name in COLUMNS)
    notes = ", ".join(f"{name} {value}" for name, value in figures.notes.items())
    broken = f"BROKEN: {figures.broken}" if figures.broken else ""
    return f"{fault.title:44}{numbers}  {'; '.join(part for part in (broken, notes) if part)}"


def _all() -> Iterator[Fault]:
    for theme in THEMES:
        name = f"tests.faults.rows_{theme}"
        if find_spec(name):
            yield from import_module(name).FAULTS


def _place(number: str) -> tuple[int, str]:
    digits = re.match(r"\d+", number)
    return (int(digits[0]) if digits else 10_000, number)
