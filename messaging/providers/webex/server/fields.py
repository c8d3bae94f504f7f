"""Types of single members of a Webex Connect request; whatever is wrong is 7004 with the member's name."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from messaging.gateway.serving import Tenant
from messaging.providers.webex.server.errors import invalid

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def is_empty(value: object) -> bool:
    """Absent in all but name."""
    return value is None or value in ("", [])


def text(members: dict[str, Any], name: str) -> str:
    """An optional string."""
    value = members.get(name)
    if value is not None and not isinstance(value, str):
        invalid(name)
    return value or ""


def mapping(members: dict[str, Any], name: str) -> dict[str, Any]:
    """An optional object."""
    value = members.get(name)
    if value is not None and not isinstance(value, dict):
        invalid(name)
    return value or {}


def substitutions(members: dict[str, Any]) -> dict[str, str]:
    """An optional object of strings."""
    values = mapping(members, "substitutions")
    if not all(isinstance(value, str) for value in values.values()):
        invalid("substitutions")
    return values


def moment(members: dict[str, Any], name: str) -> datetime | None:
    """An optional ISO 8601 time; one without a zone is UTC."""
    written = text(members, name)
    if not written:
        return None
    try:
        when = datetime.fromisoformat(written)
        return when if when.tzinfo else when.replace(tzinfo=UTC)
    except ValueError:
        invalid(name)


def is_web_address(address: str) -> bool:
    """A full http or https address, with nothing before or behind it."""
    if address != address.strip():
        return False
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def is_notify_url(address: str, tenant: Tenant) -> bool:
    """https; plain http only towards this machine, and only where the tenant allows it."""
    if not is_web_address(address):
        return False
    parts = urlsplit(address)
    local = tenant.option("plain_http_on_loopback", default=False) and parts.hostname in LOOPBACK
    return parts.scheme == "https" or local
