"""One row of a list: what its cells were read as, and what is wrong with which. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from messaging import addresses
from messaging.addresses import AddressError, normalise
from messaging.lists.columns import NUMBER, REFERENCE
from messaging.lists.tables import BROKEN, LONGEST_CELL
from messaging.lists.troubles import CELLS

LONGEST_REFERENCE = 100


@dataclass(frozen=True, slots=True)
class Judged:
    """What a row says: E.164 number and its country, the sender's own reference, values by name, and the problems.

    A problem is {"column", "code", "message"}; a row without any can be sent to.
    """

    number: str = ""
    country: str = ""
    correlation_id: str = ""
    values: dict[str, str] = field(default_factory=dict)
    problems: list[dict[str, Any]] = field(default_factory=list)


def judge(cells: Sequence[str], columns: Sequence[str], mapping: Mapping[str, str], region: str) -> Judged:
    """Read a row by the mapping of its columns. An empty cell is no value, so that one for all may stand in."""
    problems: list[dict[str, Any]] = []
    number = country = reference = ""
    values: dict[str, str] = {}
    for column, cell in zip(columns, [*cells, *[""] * (len(columns) - len(cells))], strict=False):
        role = mapping.get(column, "")
        if not role:
            continue
        code = _fault(cell, role)
        if code:
            problems.append(_problem(column, code))
        elif role == NUMBER:
            number, country, problem = _number(cell, column, region)
            problems += [problem] if problem else []
        elif role == REFERENCE:
            reference = cell
        elif cell:
            values[role[1:]] = cell
    if any(cells[len(columns) :]):
        problems.append(_problem("", "cells_extra"))
    return Judged(number, country, reference, values, problems)


def _fault(cell: str, role: str) -> str:
    if BROKEN in cell:
        return "cell_broken"
    if len(cell) > LONGEST_CELL:
        return "cell_too_long"
    # "+1647" begins like a formula and is none.
    if len(cell) > 1 and (cell[0] == "=" or (cell[0] == "@" and "(" in cell)):
        return "cell_formula"
    return "correlation_too_long" if role == REFERENCE and len(cell) > LONGEST_REFERENCE else ""


def _number(cell: str, column: str, region: str) -> tuple[str, str, dict[str, Any] | None]:
    try:
        number = normalise(cell, region=region)
    except AddressError as error:
        return "", "", {"column": column, "code": error.code, "message": error.message}
    if number.startswith(addresses.PREMIUM):
        return "", "", _problem(column, "number_premium")
    return number, addresses.home(number), None


def _problem(column: str, code: str) -> dict[str, Any]:
    return {"column": column, "code": code, "message": CELLS[code]}
