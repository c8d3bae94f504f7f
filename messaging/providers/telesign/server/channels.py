"""What becomes of each channel of a request (telesign.md, sections 5, 7 and 10): its own faults, then the event."""

import re
from typing import Any

from messaging.gateway.serving import Event, Tenant
from messaging.providers.telesign.server.request import is_web_address, number
from messaging.providers.telesign.server.wordings import (
    DELIVERED,
    FAILED,
    FAILS,
    GAVE_UP,
    MEDIA_FAILS,
    NO_CHANNEL,
    NOT_ENABLED,
    SAYS,
)

NUMBER = re.compile(r"[1-9][0-9]{6,14}")
KNOWN = frozenset({"mms", "sms", "rcs", "whatsapp", "viber", "email"})
# Channel to its templates, the parameter each needs, and how long that may be.
OFFERED = {
    "mms": (frozenset({"image", "video", "audio"}), "url", 2000),
    "sms": (frozenset({"text"}), "text", 1600),
}

# A channel and the code it ended with; "" while nothing is wrong with it.
Try = tuple[str, str]


def tries(request: dict[str, Any], tenant: Tenant) -> list[Try]:
    """The channels in their order, each with the code of what is wrong with it."""
    names = [one["channel"] for one in request["channels"]]
    faults = [_fault(name, request, tenant) for name in names]
    if len(names) > 1 and not tenant.option("fallback_enabled", default=True):
        faults[1:] = [fault or "3202" for fault in faults[1:]]
    return list(zip(names, faults, strict=True))


def told(channels: list[Try], event: Event, tenant: Tenant) -> tuple[str, list[Try]] | None:
    """The code of the whole message, and the channels tried so far; None for an event there is no word for."""
    if event is Event.DELIVERED_AS_SMS:
        late = [(name, fault or ("" if name == "sms" else GAVE_UP)) for name, fault in channels]
        return carried(late, DELIVERED)
    if event in MEDIA_FAILS and not tenant.option("goes_on_without_media", default=True):
        return _failed([(name, fault or MEDIA_FAILS[event]) for name, fault in channels])
    if event in MEDIA_FAILS:
        without = [(name, fault or (MEDIA_FAILS[event] if name == "mms" else "")) for name, fault in channels]
        return carried(without, DELIVERED)
    if event in SAYS:
        return carried(channels, SAYS[event])
    if event in FAILS:
        return _failed([(name, fault or FAILS[event]) for name, fault in channels])
    return None


def carried(channels: list[Try], code: str) -> tuple[str, list[Try]]:
    """`code` on the first channel that nothing is wrong with; those behind it are not tried."""
    tried: list[Try] = []
    for name, fault in channels:
        tried.append((name, fault or code))
        if not fault:
            return code, tried
    return _failed(tried)


def _failed(tried: list[Try]) -> tuple[str, list[Try]]:
    none_enabled = all(code == NOT_ENABLED for _name, code in tried)
    return (NO_CHANNEL if none_enabled else FAILED), tried


def _fault(name: str, request: dict[str, Any], tenant: Tenant) -> str:
    if name not in KNOWN:
        return "3100"
    if name not in OFFERED or (name == "mms" and not any(tenant.senders.values())):
        return NOT_ENABLED
    if not NUMBER.fullmatch(number(request)):
        return "3101"
    says = request["message"].get(name, request["message"].get("default"))
    if not isinstance(says, dict):
        return "3306"
    return _template_fault(name, says)


def _template_fault(name: str, says: dict[str, Any]) -> str:
    templates, wanted, longest = OFFERED[name]
    template = says.get("template")
    if not isinstance(template, str) or template not in templates:
        return "3112"
    parameters = says.get("parameters")
    value = parameters.get(wanted) if isinstance(parameters, dict) else None
    if not isinstance(value, str) or not value:
        return "3305"
    return "3045" if len(value) > longest or (name == "mms" and not is_web_address(value)) else ""
