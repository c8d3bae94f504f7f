"""What Telesign tells a customer of a message: callbacks (telesign.md, sections 8 to 10) and states asked for (11)."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from messaging.gateway.serving import Destination, Event, Notice, ReceivedMessage, Tenant
from messaging.providers.telesign.server.channels import Try, carried, told, tries
from messaging.providers.telesign.server.inbound import inbound
from messaging.providers.telesign.server.notices import notice, rfc3339, write
from messaging.providers.telesign.server.wordings import (
    CHANNEL,
    FAILED,
    GAVE_UP,
    IN_PROGRESS,
    INBOUND,
    NO_CHANNEL,
    NOT_ENABLED,
    THROTTLED,
    WHOLE,
    describe,
)

MADE_UP = {"currency": "USD", "price": "0.0110", "additional_info": {"mcc": "310", "mnc": "260"}}
CUT_OFF = b'{"reference_id":"7A10C3E25B9F4D0891F6A2B3C4D5E6F7","status":{"code":3002,"descri'


def report(
    message: ReceivedMessage,
    destination: Destination,
    ref: str,
    event: Event,
    tenant: Tenant,
    *,
    at: datetime,
) -> Notice | None:
    """The callback for an event; None when Telesign has no word for it.

    What a request got wrong about a channel shows here, whatever the event; then the other channel takes over.
    """
    if event is Event.MALFORMED:
        return notice(CUT_OFF, tenant)
    said = told(tries(request_of(message), tenant), event, tenant)
    return _callback(message, destination, ref, said, tenant, at) if said else None


def report_with(
    message: ReceivedMessage,
    destination: Destination,
    ref: str,
    code: str,
    tenant: Tenant,
    *,
    at: datetime,
) -> Notice | None:
    """The callback that carries one code, of a message or as the reason why its last channel failed.

    None for a code that no callback carries.
    """
    if code == INBOUND:
        return inbound(tenant, sender=destination.recipient, recipient=message.sender, text="Hello", files=[], at=at)
    channels = tries(request_of(message), tenant)
    if code in WHOLE:
        said = carried(channels, code)
    elif code == THROTTLED:
        said = code, []
    elif code == NO_CHANNEL:
        said = code, [(name, NOT_ENABLED) for name, _fault in channels]
    elif code == GAVE_UP:
        # No end yet: the next channel is under way.
        said = IN_PROGRESS, [(channels[0][0], GAVE_UP)]
    elif code == FAILED or code in CHANNEL:
        said = FAILED, [(name, code) for name, _fault in channels]
    else:
        return None
    return _callback(message, destination, ref, said, tenant, at)


def state(
    message: ReceivedMessage, destination: Destination, ref: str, event: Event | None, tenant: Tenant, *, at: datetime
) -> dict[str, Any]:
    """The members of the answer to a status query, with its own spelling of times."""
    channels = tries(request_of(message), tenant)
    code, tried = (told(channels, event, tenant) if event else None) or (IN_PROGRESS, [])
    stamp = rfc3339(at)
    last = tried[-1][0] if tried else channels[0][0]
    return {
        "status": {"updated_on": stamp, "code": int(code), "description": describe(code), "last_channel": last},
        "reference_id": ref,
        "external_id": destination.client_ref or None,
        **(MADE_UP if tenant.option("made_up", default=True) else {}),
        "channel_status": [_entry(one, message, ref, stamp) for one in tried],
    }


def request_of(message: ReceivedMessage) -> dict[str, Any]:
    """The request as it was read."""
    request: dict[str, Any] = message.parsed  # type: ignore[assignment]
    return request


def _callback(
    message: ReceivedMessage,
    destination: Destination,
    ref: str,
    said: tuple[str, list[Try]],
    tenant: Tenant,
    at: datetime,
) -> Notice:
    code, tried = said
    last = tried[-1][0] if tried else request_of(message)["channels"][0]["channel"]
    entries = [
        _entry(one, message, ref, _stamp(at, ":") if place == 0 else _stamp(at - timedelta(seconds=place), "."))
        for place, one in zip(range(len(tried) - 1, -1, -1), tried, strict=True)
    ]
    members = {
        "reference_id": ref,
        "external_id": destination.client_ref or "null",
        "status": {
            "code": int(code),
            "description": describe(code),
            "last_channel": last,
            "updated_on": _stamp(at, ":"),
        },
        "channel_status": entries,
    }
    return notice(write(members), tenant)


def _entry(one: Try, message: ReceivedMessage, ref: str, stamp: str) -> dict[str, Any]:
    """One channel. Each has a reference of its own, but for one that is still at the beginning."""
    name, code = one
    value = name if code == NOT_ENABLED else message.destinations[0].recipient
    entry: dict[str, Any] = {"code": int(code), "description": describe(code, value)}
    if code != IN_PROGRESS:
        entry["reference_id"] = sha256(f"{ref} {name}".encode("utf-8", "replace")).hexdigest()[:32].upper()
    return {name: {**entry, "updated_on": stamp}}


def _stamp(at: datetime, before_fraction: str) -> str:
    """The seed's two spellings: milliseconds behind a colon at the end of a message, behind a point before it."""
    moment = at.astimezone(UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S}{before_fraction}{moment.microsecond // 1000:03d}"
