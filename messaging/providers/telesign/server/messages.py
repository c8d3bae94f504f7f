"""From a request that passed its checks to the message the provider has understood."""

from typing import Any

from messaging.content import Content, FallbackSms, Part, Slide
from messaging.gateway.serving import Destination, Event, Medium, ReceivedMessage, Tenant
from messaging.providers.telesign.server.channels import Try, tries
from messaging.providers.telesign.server.request import number


def received(request: dict[str, Any], tenant: Tenant) -> ReceivedMessage:
    """A request that passed every check, as a message."""
    tried = tries(request, tenant)
    sound = {name for name, fault in tried if not fault}
    sms = request["message"].get("sms", request["message"].get("default")) if "sms" in sound else None
    fallback = FallbackSms(text=sms["parameters"]["text"]) if sms else FallbackSms(disabled=True)
    slides: tuple[Slide, ...] = ()
    media: tuple[Medium, ...] = ()
    if "mms" in sound:
        mms = request["message"].get("mms", request["message"].get("default"))
        kind, url = mms["template"], mms["parameters"]["url"]
        slides, media = (Slide(parts=(Part(kind, url=url, host="caller"),)),), (Medium(kind, url),)
    return ReceivedMessage(
        sender=_sender(request, tenant),
        destinations=(Destination(number(request), request.get("external_id") or ""),),
        content=Content(slides=slides, fallback=fallback),
        media=media,
        notify_url=request.get("callback_url") or "",
        fate=_fate(tried),
        parsed=request,
    )


def _sender(request: dict[str, Any], tenant: Tenant) -> str:
    """The sender asked for where it is allow-listed; otherwise, silently, the tenant's own (section 3)."""
    able = [sender for sender, sends_mms in tenant.senders.items() if sends_mms]
    asked = request.get("sender_id")
    return asked if isinstance(asked, str) and asked in able else next(iter(able), "")


def _fate(tried: list[Try]) -> Event | None:
    """What the account and the request settle before any handset is asked."""
    faults = [fault for _name, fault in tried]
    if all(faults):
        return Event.ADDRESS_NOT_FOUND if "3101" in faults else Event.REJECTED
    return Event.DELIVERED_AS_SMS if tried[0][0] == "mms" and faults[0] else None
