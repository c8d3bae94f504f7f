"""From a call that its provider's server side has read to an order of ours, or to a content that is kept."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any
from uuid import UUID

from media.targets import FetchRefused
from messaging import callbacks
from messaging.addresses import AddressError, normalise
from messaging.api.errors import Problem
from messaging.api.files import with_files
from messaging.compat import refusals
from messaging.compat.callers import Caller, spelled
from messaging.compat.dialects import Dialect
from messaging.content import KINDS, UNSTORABLE, Content
from messaging.gateway.serving import Destination, ReceivedMessage
from messaging.models import CallbackEndpoint, Message, Sender, Template
from messaging.orders import Order, RecipientOrder
from messaging.routing import MOST_SENDERS, profile_of
from messaging.slide_rules.orders import FURTHEST
from messaging.templates import template_content

# What our rows hold of a caller's reference.
LONGEST_REFERENCE = 100
# What can be read at an address of its own as well as out of a message.
LINKABLE = frozenset({"passbook"})
ACTIVE = CallbackEndpoint.State.ACTIVE
TRANSACTIONAL = frozenset({"ARN", "OTP"})


def order_for(dialect: Dialect, caller: Caller, message: ReceivedMessage, ref: str, *, now: datetime) -> Order:
    """What a call asks for, with its files fetched. Raises Rejected in the provider's words.

    `ref` is what the call is answered with. Fetches addresses of the callers', so no database transaction may be open.
    """
    check(dialect, message)
    senders, any_sender = _senders(dialect, caller, message)
    template = _template(dialect, message)
    content = template_content(template) if template else _content(message, senders)
    shared, own = _values(content, message)
    parsed: Mapping[str, Any] = message.parsed if isinstance(message.parsed, dict) else {}
    send_at = message.send_at if message.send_at and message.send_at > now else None
    notify_url, endpoint = _told(dialect, caller, message)
    return Order(
        sender=senders[0],
        others=senders[1:],
        any_sender=any_sender,
        content=content if template else fetched(dialect, caller, message, content),
        recipients=[
            RecipientOrder(_number(dialect, message, one), one.client_ref, values)
            for one, values in zip(message.destinations, own, strict=True)
        ],
        substitutions=shared,
        purpose=_purpose(dialect, parsed),
        send_at=send_at,
        expire_at=_expiry(dialect, parsed, send_at or now),
        notify_url=notify_url,
        endpoint=endpoint,
        callback_data=message.callback_data,
        requested_receipts=sorted(message.wanted),
        source=Message.Source.API,
        api_key=caller.key,
        shared_files=template is not None,
        template_id=template.pk if template else None,
        template_version=template.version if template else None,
        dialect=dialect.name,
        dialect_ref=ref,
        dialect_facts={
            "sender": message.sender,
            "saved_ref": message.saved_ref,
            "wanted": sorted(message.wanted),
            "parsed": {name: value for name, value in parsed.items() if name not in dialect.dropped},
        },
    )


def check(dialect: Dialect, message: ReceivedMessage) -> None:
    """What every provider may take and our rows cannot. Raises Rejected."""
    if not all(map(_is_storable, _values_in(message.parsed))):
        raise refusals.by_name(dialect, message, "unstorable")
    if any(len(one.client_ref) > LONGEST_REFERENCE for one in message.destinations):
        raise refusals.by_name(dialect, message, "reference", "/correlation_id")
    if any(medium.kind not in KINDS for medium in message.media):
        raise refusals.by_name(dialect, message, "kind_unknown")


def fetched(dialect: Dialect, caller: Caller, message: ReceivedMessage, content: Content) -> Content:
    """The content with files of ours in the place of the caller's addresses. Raises Rejected."""
    ours = replace(
        content,
        slides=tuple(
            replace(slide, parts=tuple(replace(part, host="ours") for part in slide.parts)) for slide in content.slides
        ),
    )
    try:
        return with_files(ours, caller.key.owner_label, ())[0]
    except Problem as problem:
        raise refusals.by_files(dialect, message, problem) from problem


def _senders(dialect: Dialect, caller: Caller, message: ReceivedMessage) -> tuple[list[Sender], bool]:
    """Who may carry it: all that have the address the call names, whoever's they are; or any, where it names none."""
    named = [sender for sender in caller.senders if spelled(sender) == message.sender]
    parsed = message.parsed if isinstance(message.parsed, dict) else {}
    if dialect.sender_member and parsed.get(dialect.sender_member) != message.sender:
        named = []
        if caller.senders:
            return list(caller.senders[:MOST_SENDERS]), True
    if not named:
        raise refusals.by_name(dialect, message, "no_sender", "/from")
    return named, False


def _template(dialect: Dialect, message: ReceivedMessage) -> Template | None:
    parsed = message.parsed if isinstance(message.parsed, dict) else {}
    named = parsed.get("template") if dialect.templates else None
    if named is None:
        return None
    # The server side has seen the id among those there are; since then it may have been deleted.
    template = Template.objects.filter(pk=UUID(named["id"])).first()
    if template is None:
        raise refusals.by_name(dialect, message, "template_unknown")
    return template


def _content(message: ReceivedMessage, senders: list[Sender]) -> Content:
    """The content as any account may carry it: with a fallback text where the subject stands for one, and links in the
    place of what none of the senders carries."""
    content = message.content
    if not content.fallback.text and not content.fallback.disabled and content.subject:
        content = replace(content, fallback=replace(content.fallback, text=content.subject))
    carried = {kind for sender in senders for kind in profile_of(sender).types}
    linked = LINKABLE - carried
    if not linked.intersection(medium.kind for medium in message.media):
        return content
    links = {medium.slide: medium.url for medium in message.media if medium.kind in linked}
    slides = tuple(
        replace(
            slide,
            text="\n".join(filter(None, (slide.text, links.get(number)))),
            parts=tuple(part for part in slide.parts if part.kind not in linked),
        )
        for number, slide in enumerate(content.slides, start=1)
    )
    return replace(content, slides=slides)


def _values(content: Content, message: ReceivedMessage) -> tuple[dict[str, str], list[dict[str, str]]]:
    """The values that the texts ask for: of all, and of each recipient. A name without a value stays as written."""
    names = content.placeholders()
    shared = {name: message.substitutions.get(name, f"$({name})") for name in names}
    own = [{name: text for name, text in one.substitutions.items() if name in names} for one in message.destinations]
    return shared, own


def _told(dialect: Dialect, caller: Caller, message: ReceivedMessage) -> tuple[str, CallbackEndpoint | None]:
    """Where receipts go: to the address the call names, on a host that is registered for the key and active; else to
    the key's own endpoint, the latest that is active, as a provider's customer has one. One query."""
    if not message.notify_url:
        ends = list(CallbackEndpoint.objects.filter(api_key=caller.key).order_by("-id"))
        # News for one that is switched off waits; news for nobody would be lost.
        own = next((end for end in ends if end.state == ACTIVE), ends[0] if ends else None)
        return (own.url, own) if own else ("", None)
    try:
        endpoint = callbacks.for_url(caller.key, message.notify_url)
    except FetchRefused:
        endpoint = None
    if endpoint is None or endpoint.state != ACTIVE:
        raise refusals.by_name(dialect, message, "notify_url", "/notify_url")
    return message.notify_url, endpoint


def _number(dialect: Dialect, message: ReceivedMessage, destination: Destination) -> str:
    try:
        return normalise(f"+{destination.recipient}")
    except AddressError as error:
        raise refusals.by_name(dialect, message, "number", "/to") from error


def _purpose(dialect: Dialect, parsed: Mapping[str, Any]) -> str:
    asked = bool(dialect.purpose_member) and parsed.get(dialect.purpose_member) in TRANSACTIONAL
    return (Message.Purpose.TRANSACTIONAL if asked else Message.Purpose.MARKETING).value


def _expiry(dialect: Dialect, parsed: Mapping[str, Any], start: datetime) -> datetime | None:
    """When it runs out, in any of the formats: a moment, or seconds from the start; our own 7 days are the most."""
    said = {name: value for name, value in parsed.items() if name in dialect.expires}
    written = said.get("expireAt") or said.get("mms-expiry-timestamp")
    seconds = said.get("validity")
    if seconds not in (None, ""):
        return start + min(timedelta(seconds=int(seconds)), FURTHEST)
    if not written:
        return None
    moment = datetime.fromisoformat(str(written))
    return min(moment if moment.tzinfo else moment.replace(tzinfo=UTC), start + FURTHEST)


def _is_storable(value: object) -> bool:
    # A number such as 1e999 is read as infinite, which no JSON can hold.
    return isfinite(value) if isinstance(value, float) else not UNSTORABLE.search(str(value))


def _values_in(value: object) -> Iterator[object]:
    """Every text and number in a body that was read, names included."""
    match value:
        case dict():
            for name, member in value.items():
                yield name
                yield from _values_in(member)
        case list() | tuple():
            for member in value:
                yield from _values_in(member)
        case _:
            yield value
