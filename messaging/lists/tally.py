"""What a list amounts to, kept up to date row by row: counts, countries, and what the rules need of its values."""

from collections.abc import Mapping
from typing import Any

from messaging.models import RecipientList, RecipientRow
from messaging.slide_rules.summaries import MOST_ROWS, ODD


def names(mapping: Mapping[str, str]) -> list[str]:
    """The placeholders that a mapping fills."""
    return [role[1:] for role in mapping.values() if role.startswith("$")]


def begin(parent: RecipientList) -> None:
    """Count from nothing."""
    parent.total = parent.bad = parent.repeated = 0
    parent.countries = {}
    fresh = {"longest": "", "bytes": 0, "lacking": 0, "rows": [], "blank": 0, "odd": 0}
    parent.summary = {name: {**fresh, "rows": []} for name in names(parent.mapping)}


def add(parent: RecipientList, row: RecipientRow) -> None:
    """Count one more row. Writes nothing to the database."""
    parent.total += 1
    parent.bad += row.bad
    parent.repeated += row.repeated
    if not row.bad and not row.repeated:
        _sendable(parent, row)


def remove_unsendable(parent: RecipientList, *, bad: int = 0, repeated: int = 0) -> None:
    """Forget rows that nothing would have been sent to."""
    parent.total -= bad + repeated
    parent.bad -= bad
    parent.repeated -= repeated


def _sendable(parent: RecipientList, row: RecipientRow) -> None:
    parent.countries[row.country] = parent.countries.get(row.country, 0) + 1
    for name, known in parent.summary.items():
        _value(known, row.values.get(name), row.position)


def _value(known: dict[str, Any], value: str | None, position: int) -> None:
    """Take one more value into what `slide_rules.Summary` would have gathered; mended rows come out of turn."""
    if value is None:
        known["lacking"] += 1
        known["rows"] = sorted([*known["rows"], position])[:MOST_ROWS]
        return
    if len(value) > len(known["longest"]):
        known["longest"] = value
    known["bytes"] = max(known["bytes"], len(value.encode()))
    known["blank"] += not value.strip()
    known["odd"] += bool(ODD.search(value))
