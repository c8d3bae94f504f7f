"""`fields=id,status`: a caller that needs little of each row is sent little."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from messaging.api.errors import Problem, fault
from messaging.api.schemas import COMPONENTS

FIELDS = "fields"


@dataclass(frozen=True, slots=True)
class Chosen:
    """The members that were asked for; None is all of them."""

    names: frozenset[str] | None = None

    def __contains__(self, name: str) -> bool:
        return self.names is None or name in self.names

    def of(self, row: dict[str, Any]) -> dict[str, Any]:
        """The row with these members only, in its own order."""
        return row if self.names is None else {name: value for name, value in row.items() if name in self.names}


def chosen(values: Mapping[str, str], component: str) -> Chosen:
    """What `fields` asks of rows that `COMPONENTS[component]` describes. Raises Problem 400 for a name they lack."""
    if FIELDS not in values:
        return Chosen()
    known = list(COMPONENTS[component]["properties"])
    names = frozenset(values[FIELDS].split(","))
    if unknown := sorted(names.difference(known)):
        message = f"There is no member “{unknown[0][:80]}”." if unknown[0] else "A name is empty."
        fix = f"Known: {', '.join(known)}."
        raise Problem(400, errors=[fault(FIELDS, "unknown_member", message, fix=fix)])
    return Chosen(names)
