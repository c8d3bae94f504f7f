"""The JSON that Sinch is sent, members in the order of the seed's sample (seed 002; sinch.md, sections 4 and 5)."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from messaging.addresses import country, digits
from messaging.content import Content, FallbackSms, Slide
from messaging.gateway.contract import Account, HttpRequest, OutboundMessage
from messaging.gateway.errors import Misconfigured, Refused

KINDS = frozenset({"image", "audio", "video", "contact", "calendar", "pdf"})
UNNAMED = "MMS"
# What the two clocks may differ by: a limit of the provider's is measured from when the request reaches it.
MARGIN = timedelta(minutes=1)
LONGEST_VALIDITY = timedelta(days=3) - MARGIN
LONGEST_LINK = timedelta(days=365) - MARGIN
NO_MASKS_IN = "US"
LONGEST_MASK = 50


def request(account: Account, members: Mapping[str, Any]) -> HttpRequest:
    """One call: every action goes to the account's base URL as it is given (sinch.md, section 1).

    Raises Misconfigured for an API key that cannot be used, Refused for a text that is no Unicode.
    """
    key = account.credentials.get("api_key", "").strip()
    if not key:
        raise Misconfigured("credentials_missing", "Enter the account's API key.")
    if not (key.isascii() and key.isprintable()):
        raise Misconfigured("api_key_malformed", "The API key holds characters that no key has.")
    try:
        body = json.dumps(members, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise Refused("text_not_unicode", "A text of the message holds half a character.") from error
    headers = {"content-type": "application/json; charset=utf-8", "x-api-key": key}
    return HttpRequest("POST", account.base_url, headers, body)


def send(account: Account, message: OutboundMessage, now: datetime) -> dict[str, Any]:
    """The members of `sendmms`, or of `sendsavedmms` for a content that was stored. Raises Refused, Misconfigured."""
    content, stored = message.content, message.saved_ref
    members = {
        "action": "sendsavedmms" if stored else "sendmms",
        **service(account),
        **({"mms-id": stored} if stored else {}),
        "to": digits(message.recipient),
        "from": message.sender.strip().lstrip("+"),
        **_mask(account, message.recipient),
        "message-subject": content.subject,
        **_fallback(content.fallback, now),
    }
    if message.validity is not None:
        ends = now + min(timedelta(seconds=min(message.validity, 10**9)), LONGEST_VALIDITY)
        members["mms-expiry-timestamp"] = stamp(ends)
    members["client-reference"] = message.client_ref
    if not stored:
        members |= {"cache-content": True} if account.option("cache_content", default=True) else {}
        members["slide"] = _slides(content)
    return members


def save(account: Account, message: OutboundMessage, now: datetime) -> dict[str, Any]:
    """The members of `savemms`, which stores the content for many sends (sinch.md, section 4.2). Raises Refused."""
    content = message.content
    return {
        "action": "savemms",
        **service(account),
        "name": content.name or content.subject or UNNAMED,
        "message-subject": content.subject,
        **_fallback(content.fallback, now),
        "client-reference": message.client_ref,
        "slide": _slides(content),
    }


def service(account: Account) -> dict[str, str]:
    """The service id, where the account has one."""
    named = account.credentials.get("service_id", "").strip()
    return {"service-id": named} if named else {}


def stamp(at: datetime) -> str:
    """UTC to the second with a Z (sinch.md, section 4.1)."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _mask(account: Account, recipient: str) -> dict[str, str]:
    """The name shown instead of the sender; the United States do not carry any (seed 002).

    Raises Misconfigured for one too long: each message would be refused for it (E115).
    """
    mask = account.credentials.get("from_mask", "").strip()
    if len(mask) > LONGEST_MASK:
        raise Misconfigured("from_mask_too_long", f"The account's sender mask has more than {LONGEST_MASK} characters.")
    return {"from-mask": mask} if mask and country(recipient) != NO_MASKS_IN else {}


def _fallback(fallback: FallbackSms, now: datetime) -> dict[str, Any]:
    if fallback.disabled:
        return {"disable-fallback-sms": True}
    members: dict[str, Any] = {
        "fallback-sms-text": fallback.text,
        "disable-fallback-sms-link": not fallback.link,
        "disable-fallback-sms": False,
    }
    if fallback.link and fallback.link_expires_at:
        members["fallback-sms-link-expiration"] = stamp(min(_moment(fallback.link_expires_at), now + LONGEST_LINK))
    return members


def _moment(written: str) -> datetime:
    try:
        at = datetime.fromisoformat(written)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Refused("link_expiry_malformed", "The expiry of the fallback link is no date and time.") from error


def _slides(content: Content) -> list[dict[str, Any]]:
    return [_slide(slide, number) for number, slide in enumerate(content.slides, start=1)]


def _slide(slide: Slide, number: int) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for part in slide.parts:
        if part.kind not in KINDS:
            raise Refused("kind_not_supported", f"Slide {number} holds a {part.kind}; Sinch does not carry it.")
        if not part.url:
            raise Refused("media_url_missing", f"The {part.kind} of slide {number} has no address to fetch it from.")
        if part.kind in members:
            raise Refused("several_media", f"Slide {number} holds two of {part.kind}; Sinch carries one a slide.")
        members[part.kind] = {"url": part.url}
    if slide.text:
        members["message-text"] = slide.text
    return members
