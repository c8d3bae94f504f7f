"""Reading members of a JSON object without coercion: 12 is no "12", 1.0 no 1. Faults are collected, not raised."""

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from messaging.api.errors import fault
from messaging.api.parsing import step

ZONED = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|z|[+-]\d\d:?\d\d)", re.ASCII)


class Fields:
    """One object of the request. Each reader answers the value, or its default after noting a fault in `faults`."""

    def __init__(
        self, members: Mapping[str, Any], *, known: Collection[str], pointer: str, faults: list[dict[str, Any]]
    ) -> None:
        self.members = members
        self.pointer = pointer
        self.faults = faults
        for name in members:
            if name not in known:
                known_names = ", ".join(sorted(known))
                self.note(name, "unknown_field", f"“{name[:80]}” is not known here.", fix=f"Known: {known_names}.")

    def note(self, name: str, code: str, message: str, **more: Any) -> None:
        """Remember a fault of one member."""
        self.faults.append(fault(step(self.pointer, name), code, message, **more))

    def given(self, name: str) -> bool:
        """Whether a member stands there with anything but null."""
        return self.members.get(name) is not None

    def text(self, name: str, *, longest: int, required: bool = False) -> str:
        """A string of at most `longest` characters; "" when it is left out."""
        value = self.members.get(name)
        if value is None:
            if required:
                self.note(name, "missing", f"“{name}” is needed.", fix=f"Give {name} as a string.")
            return ""
        if not isinstance(value, str):
            self.note(name, "wrong_type", "A string is expected here.", fix="Quote it.")
            return ""
        if required and not value:
            self.note(name, "missing", f"“{name}” is empty.")
        if len(value) > longest:
            message = f"{len(value)} characters; at most {longest} are taken."
            self.note(name, "too_long", message, limit=longest, actual=len(value), fix="Shorten it.")
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        """true or false."""
        value = self.members.get(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.note(name, "wrong_type", "true or false is expected here.", fix="Leave out the quotes.")
            return default
        return value

    def choice(self, name: str, choices: Collection[str], default: str) -> str:
        """One of `choices`."""
        value = self.members.get(name)
        if value is None:
            return default
        if not isinstance(value, str) or value not in choices:
            self.note(name, "wrong_value", "This is not one of the choices.", fix=f"Use one of {', '.join(choices)}.")
            return default
        return value

    def choices(self, name: str, choices: Collection[str]) -> tuple[str, ...]:
        """A list of some of `choices`, each at most once."""
        value = self.members.get(name)
        if value is None:
            return ()
        if not isinstance(value, list) or any(not isinstance(item, str) or item not in choices for item in value):
            self.note(name, "wrong_value", "A list of choices is expected.", fix=f"Choose from {', '.join(choices)}.")
            return ()
        if len(set(value)) < len(value):
            self.note(name, "repeated", "A choice stands here twice.", fix="Name each once.")
        return tuple(value)

    def whole(self, name: str, *, lowest: int, highest: int) -> int | None:
        """A whole number within bounds."""
        value = self.members.get(name)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool):
            self.note(name, "wrong_type", "A whole number is expected here.", fix="Write it without quotes or point.")
            return None
        if not lowest <= value <= highest:
            limit = highest if value > highest else lowest
            message = f"{value} is not between {lowest} and {highest}."
            self.note(name, "out_of_range", message, limit=limit, actual=value)
            return None
        return value

    def moment(self, name: str) -> datetime | None:
        """A moment in UTC, from ISO 8601 with a zone."""
        value = self.members.get(name)
        if value is None:
            return None
        found = moment(value)
        if found is None:
            message = "A moment with its zone is expected here."
            self.note(name, "wrong_time", message, fix="Write it as 2030-01-31T09:30:00-05:00 or ...Z.")
        return found


def moment(value: Any) -> datetime | None:
    """ISO 8601 with a zone as UTC; None for everything else."""
    if not isinstance(value, str) or not ZONED.fullmatch(value):
        return None
    try:
        parsed = parse_datetime(value.upper())
        return parsed.astimezone(UTC) if parsed else None
    except (ValueError, OverflowError):
        return None
