"""Single members of a Sinch request; what has the wrong type is E100, unless the member has a code of its own."""

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from messaging.providers.sinch.server.errors import reject

NUMBER = re.compile(r"[1-9][0-9]{6,14}")
SHORT_CODE = re.compile(r"[0-9]{5,6}")


def text(members: dict[str, Any], name: str, wrong: str = "E100") -> str:
    """An optional string; `wrong` is the code for anything else."""
    value = members.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        reject(wrong, to=recipient(members))
    return value


def flag(members: dict[str, Any], name: str, *, default: bool = False) -> bool:
    """An optional boolean."""
    value = members.get(name)
    if value is None:
        return default
    if not isinstance(value, bool):
        reject("E100", to=recipient(members))
    return value


def moment(members: dict[str, Any], name: str, wrong: str) -> datetime | None:
    """An optional ISO 8601 time; one without a zone is UTC. `wrong` is the code for anything else."""
    written = text(members, name, wrong)
    if not written:
        return None
    try:
        when = datetime.fromisoformat(written)
        return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except (ValueError, OverflowError):
        reject(wrong, to=recipient(members))


def recipient(members: dict[str, Any]) -> str:
    """The number a failure names, as the call spelled it."""
    value = members.get("to")
    return value if isinstance(value, str) else ""


def is_number(value: object) -> bool:
    """International, digits only (sinch.md, section 9)."""
    return isinstance(value, str) and bool(NUMBER.fullmatch(value))


def is_sender(value: object) -> bool:
    """A short code, or a number."""
    return is_number(value) or (isinstance(value, str) and bool(SHORT_CODE.fullmatch(value)))


def is_web_address(value: object) -> bool:
    """A full http or https address, with nothing before or behind it."""
    if not isinstance(value, str) or value != value.strip():
        return False
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False
