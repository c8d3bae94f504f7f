"""What a Sinch request must look like, from the action to the slides, in the order of sinch.md, section 5.1."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from messaging.content import Content, FallbackSms
from messaging.gateway.serving import Desk, SavedContent, Tenant
from messaging.providers.sinch.server import fields, slides
from messaging.providers.sinch.server.errors import reject

SEND, SAVE, SEND_SAVED = "sendmms", "savemms", "sendsavedmms"
LONGEST_MASK = 50
LONGEST_SUBJECT = 80
LONGEST_REFERENCE = 64
LONGEST_VALIDITY = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Checked:
    """A request that passed: its action, what it says, and the stored content that it names."""

    action: str
    content: Content = field(repr=False)
    slides: list[dict[str, Any]] = field(default_factory=list, repr=False)
    stored: SavedContent | None = field(default=None, repr=False)


def check(request: dict[str, Any], tenant: Tenant, desk: Desk, *, now: datetime) -> Checked:
    """The checks that follow key and address. Raises Rejected with the first fault."""
    action, to = _action(request), fields.recipient(request)
    if not desk.take(1):
        reject("E113", to=to)
    _service(request, tenant)
    name = ""
    if action == SAVE:
        name = fields.text(request, "name", "E311")
        if not name.strip():
            reject("E311")
    else:
        _addresses(request, tenant)
    stored = desk.saved(_mms_id(request)) if action == SEND_SAVED else None
    subject = _subject(request, tenant, stored)
    fallback = _fallback(request, stored, now)
    _rest(request, now)
    if action == SEND_SAVED:
        ready = _stored(request, stored)
        kept = ready.message.content
        return Checked(action, Content(kept.name, subject, kept.slides, fallback), stored=ready)
    checked = slides.check(request.get("slide"), to)
    return Checked(action, Content(name, subject, slides.read(checked), fallback), checked)


def _action(request: dict[str, Any]) -> str:
    action = request.get("action")
    if action is None or action == "":
        reject("E100")
    if not isinstance(action, str) or action.lower() not in (SEND, SAVE, SEND_SAVED):
        reject("E107", to=fields.recipient(request))
    return action.lower()


def _service(request: dict[str, Any], tenant: Tenant) -> None:
    known = tenant.credentials.get("service_id", ())
    given = fields.text(request, "service-id", "E627")
    if known and given not in known:
        reject("E627", to=fields.recipient(request))


def _addresses(request: dict[str, Any], tenant: Tenant) -> None:
    to, sender = request.get("to"), request.get("from")
    if not fields.is_number(to):
        reject("E110", to=fields.recipient(request))
    if not fields.is_sender(sender) or sender not in tenant.senders:
        reject("E111", to=fields.recipient(request))
    if len(fields.text(request, "from-mask", "E115")) > LONGEST_MASK:
        reject("E115", to=fields.recipient(request))


def _subject(request: dict[str, Any], tenant: Tenant, stored: SavedContent | None) -> str:
    subject = fields.text(request, "message-subject", "E314") or (stored.message.content.subject if stored else "")
    if not subject and tenant.option("subject_required", default=False):
        reject("E314", to=fields.recipient(request))
    if len(subject) > LONGEST_SUBJECT:
        reject("E228", to=fields.recipient(request))
    return subject


def _fallback(request: dict[str, Any], stored: SavedContent | None, now: datetime) -> FallbackSms:
    """The fallback as it will be sent; what a call leaves out of a stored content's stays as it was stored."""
    kept = stored.message.content.fallback if stored else FallbackSms(link=True)
    disabled = fields.flag(request, "disable-fallback-sms", default=kept.disabled)
    linkless = fields.flag(request, "disable-fallback-sms-link", default=not kept.link)
    text = fields.text(request, "fallback-sms-text", "E622") or kept.text
    if not disabled and not text.strip():
        reject("E622", to=fields.recipient(request))
    expires = fields.moment(request, "fallback-sms-link-expiration", "E617")
    if expires is not None and not now < expires <= _in_a_year(now):
        reject("E617", to=fields.recipient(request))
    written = fields.text(request, "fallback-sms-link-expiration", "E617") or kept.link_expires_at
    return FallbackSms(text, not linkless, written, disabled)


def _rest(request: dict[str, Any], now: datetime) -> None:
    """What the order of checks does not place: the other members, before the slides."""
    ends = fields.moment(request, "mms-expiry-timestamp", "E100")
    if ends is not None and not now < ends <= now + LONGEST_VALIDITY:
        reject("E100")
    if len(fields.text(request, "client-reference")) > LONGEST_REFERENCE:
        reject("E100")
    fields.flag(request, "cache-content")


def _stored(request: dict[str, Any], stored: SavedContent | None) -> SavedContent:
    to = fields.recipient(request)
    if not _mms_id(request):
        reject("E620", to=to)
    # A content that could not be encoded is to be thought of as gone (section 11.3).
    if stored is None or stored.failed:
        reject("E241", to=to)
    if not stored.ready:
        reject("E626", to=to)
    return stored


def _mms_id(request: dict[str, Any]) -> str:
    value = request.get("mms-id")
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else fields.text(request, "mms-id")


def _in_a_year(now: datetime) -> datetime:
    try:
        return now.replace(year=now.year + 1)
    except ValueError:
        return now + timedelta(days=366)
