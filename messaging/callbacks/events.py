"""The words of our news: what can be told about a transaction, and which of it a caller asked for."""

from collections.abc import Collection
from enum import StrEnum


class Event(StrEnum):
    """Everything an integration is told; the rest of a transaction's life stands in its timeline only."""

    SUBMITTED = "submitted"
    DELIVERED = "delivered"
    READ = "read"
    CLICKED = "clicked"
    EXPIRED = "expired"
    FAILED = "failed"
    UNCONFIRMED = "unconfirmed"
    BLOCKED = "blocked"
    CANCELLED = "cancelled"


# The names of `requested_receipts`: FAILED asks for every way in which a message can end without reaching its phone.
REQUESTS: dict[str, frozenset[Event]] = {
    "SUBMITTED": frozenset({Event.SUBMITTED}),
    "DELIVERED": frozenset({Event.DELIVERED}),
    "READ": frozenset({Event.READ}),
    "CLICKED": frozenset({Event.CLICKED}),
    "FAILED": frozenset({Event.FAILED, Event.EXPIRED, Event.UNCONFIRMED, Event.BLOCKED, Event.CANCELLED}),
}
_TOLD = frozenset(event.value for event in Event)


def events_between(status_before: str, status: str, clicks_before: int, clicks: int) -> list[Event]:
    """What a change of a transaction is told as, in order; steps that only concern us are not told."""
    told = [Event(status)] if status != status_before and status in _TOLD else []
    return [*told, Event.CLICKED] if clicks > clicks_before else told


def wanted(event: Event, requested: Collection[str]) -> bool:
    """Whether a caller who asked for these receipts is told of an event; who named none is told of all."""
    return not requested or any(event in REQUESTS.get(name, ()) for name in requested)
