"""The body of a send, read into plain values (architecture, section 4). Nothing is looked up here."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings

from messaging.addresses import AddressError, normalise
from messaging.api.errors import Problem, fault
from messaging.api.fields import Fields, moment
from messaging.api.targets import NotAllowed, check_media_url, check_notify_url
from messaging.content import LONGEST_FILLED, Content, ContentError, read_substitutions
from messaging.models import Message
from messaging.queueing import MOST_RECIPIENTS, RecipientOrder

KNOWN = (
    "from",
    "to",
    "substitutions",
    "content",
    "template",
    "purpose",
    "send_at",
    "expire_at",
    "validity",
    "notify_url",
    "callback_data",
    "requested_receipts",
    "fit_media",
)
RECEIPTS = ("SUBMITTED", "DELIVERED", "READ", "CLICKED", "FAILED")
PURPOSES = tuple(purpose.value for purpose in Message.Purpose)
SHORTEST_VALIDITY, LONGEST_VALIDITY = 60, 7 * 24 * 3600
CALLBACK_DATA = 2000
CORRELATION_ID = 100
# Far more than any provider takes, and little enough to be filled in for each of 100,000 recipients.
MOST_SLIDES, MOST_URLS, MOST_VALUES = 50, 20, 100
FURTHEST_LINK = timedelta(days=365)
# Enough to mend a body by; 10,000 of them would help nobody.
MOST_FAULTS = 50
# An address has 20 characters at most, the id of a sender 36.
LONGEST_SENDER, MOST_SENDERS = 36, 20
ANY = "any"


@dataclass(frozen=True, slots=True)
class Sending:
    """A send as it was asked for: either `content` or `template` is set.

    `senders` are addresses or ids, the preferred one first; with `any_sender` there are none.
    """

    senders: tuple[str, ...]
    any_sender: bool
    recipients: list[RecipientOrder]
    substitutions: dict[str, str]
    content: Content | None
    template: UUID | None
    purpose: str
    send_at: datetime | None
    expire_at: datetime | None
    notify_url: str
    callback_data: str
    requested_receipts: tuple[str, ...]
    fit_media: bool


def read_sending(body: Mapping[str, Any], *, now: datetime) -> Sending:
    """Raises Problem 400 with every fault found, each with its pointer."""
    faults: list[dict[str, Any]] = []
    fields = Fields(body, known=KNOWN, pointer="", faults=faults)
    send_at = fields.moment("send_at")
    sending = Sending(
        senders=() if body.get("from") == ANY else _senders(fields),
        any_sender=body.get("from") == ANY,
        recipients=_recipients(fields),
        substitutions=_substitutions(body.get("substitutions"), "/substitutions", faults),
        content=_content(fields, now),
        template=_template(fields),
        purpose=fields.choice("purpose", PURPOSES, Message.Purpose.MARKETING.value),
        send_at=send_at,
        expire_at=_expiry(fields, send_at or now),
        notify_url=_notify_url(fields),
        callback_data=fields.text("callback_data", longest=CALLBACK_DATA),
        requested_receipts=fields.choices("requested_receipts", RECEIPTS),
        fit_media=fields.flag("fit_media", default=True),
    )
    if faults:
        raise Problem(400, errors=_told(faults))
    return sending


def _told(faults: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first faults, and how many there are when that is not all of them."""
    if len(faults) <= MOST_FAULTS:
        return faults
    message = f"{len(faults)} faults were found; the first {MOST_FAULTS} are told."
    more = fault("", "more_faults", message, limit=MOST_FAULTS, actual=len(faults), fix="Mend these and ask again.")
    return [*faults[:MOST_FAULTS], more]


def _senders(fields: Fields) -> tuple[str, ...]:
    value = fields.members.get("from")
    if not isinstance(value, list):
        return (fields.text("from", longest=LONGEST_SENDER, required=True),)
    if not 1 <= len(value) <= MOST_SENDERS:
        message, limit = f"{len(value)} senders; a message names 1 to {MOST_SENDERS}.", MOST_SENDERS if value else 1
        fix = 'Name some, or write "any".'
        fields.note("from", "sender_count", message, limit=limit, actual=len(value), fix=fix)
        return ()
    if any(not isinstance(name, str) or not 1 <= len(name) <= LONGEST_SENDER for name in value):
        fields.note("from", "wrong_type", "A sender is an address or an id, in quotes.", fix='Write ["34343"].')
        return ()
    if len(set(value)) < len(value):
        fields.note("from", "repeated", "A sender stands here twice.", fix="Name each once.")
    return tuple(value)


def _recipients(fields: Fields) -> list[RecipientOrder]:
    value = fields.members.get("to")
    if not isinstance(value, list):
        fix = 'Give a list: ["+16475550142"].'
        fields.note("to", "missing" if value is None else "wrong_type", "A list of recipients is needed.", fix=fix)
        return []
    if not 1 <= len(value) <= MOST_RECIPIENTS:
        message = f"{len(value)} recipients; a message goes to 1 to {MOST_RECIPIENTS}."
        limit = MOST_RECIPIENTS if value else 1
        fields.note("to", "recipient_count", message, limit=limit, actual=len(value), fix="Split or fill the list.")
        return []
    found = []
    for index, item in enumerate(value):
        if recipient := _recipient(item, f"/to/{index}", fields.faults):
            found.append(recipient)
    return found


def _recipient(item: Any, pointer: str, faults: list[dict[str, Any]]) -> RecipientOrder | None:
    members = {"msisdn": item} if isinstance(item, str) else item
    if not isinstance(members, dict):
        message, fix = "A recipient is a number in quotes or an object.", 'Write "+16475550142".'
        faults.append(fault(pointer, "wrong_type", message, fix=fix))
        return None
    known = ("msisdn", "correlation_id", "substitutions")
    fields = Fields(members, known=known, pointer=pointer, faults=faults)
    own = _substitutions(members.get("substitutions"), f"{pointer}/substitutions", faults)
    written = fields.text("msisdn", longest=64, required=True)
    correlation_id = fields.text("correlation_id", longest=CORRELATION_ID)
    if not written:
        return None
    try:
        return RecipientOrder(normalise(written), correlation_id, own)
    except AddressError as error:
        at = pointer if isinstance(item, str) else f"{pointer}/msisdn"
        faults.append(fault(at, error.code, error.message, fix="Write the number in E.164, such as +16475550142."))
        return None


def _substitutions(value: Any, pointer: str, faults: list[dict[str, Any]]) -> dict[str, str]:
    if isinstance(value, dict) and len(value) > MOST_VALUES:
        message = f"{len(value)} substitutions; at most {MOST_VALUES} are taken."
        fix = "Leave out those that no text uses."
        faults.append(fault(pointer, "too_many_values", message, limit=MOST_VALUES, actual=len(value), fix=fix))
        return {}
    try:
        return read_substitutions(value, pointer)
    except ContentError as error:
        faults.append(fault(error.pointer, error.code, error.message, fix=error.fix))
        return {}


def _content(fields: Fields, now: datetime) -> Content | None:
    if fields.given("content") == fields.given("template"):
        message = "Give either content or template." if fields.given("content") else "There is nothing to send."
        fields.note("content", "content_or_template", message, fix="Give content, or the id of a template.")
        return None
    return read_content(fields, now) if fields.given("content") else None


def read_content(fields: Fields, now: datetime) -> Content | None:
    """The member `content`; None after noting its faults."""
    try:
        content = Content.from_json(fields.members.get("content"), pointer="/content")
    except ContentError as error:
        fields.faults.append(fault(error.pointer, error.code, error.message, fix=error.fix))
        return None
    fields.faults += [*_sizes(content), *_addresses(content), *_link_expiry(content, now)]
    return content


def _sizes(content: Content) -> Iterator[dict[str, Any]]:
    count = len(content.slides)
    if count > MOST_SLIDES:
        message, fix = f"{count} slides; no provider takes half as many.", "Remove slides."
        yield fault("/content/slides", "too_many_slides", message, limit=MOST_SLIDES, actual=count, fix=fix)
    length = sum(len(text) for _where, text in content.texts())
    if length > LONGEST_FILLED:
        message, fix = f"The texts have {length} characters together.", "Shorten them."
        yield fault("/content", "texts_too_long", message, limit=LONGEST_FILLED, actual=length, fix=fix)


def _addresses(content: Content) -> Iterator[dict[str, Any]]:
    given = [(f"/content{where}", part) for where, part in content.parts() if part.url]
    if len(given) > MOST_URLS:
        message = f"{len(given)} media by address; at most {MOST_URLS} are taken."
        fix = "Upload them to /api/v1/media first."
        yield fault("/content/slides", "too_many_urls", message, limit=MOST_URLS, actual=len(given), fix=fix)
    for pointer, part in given:
        if part.asset:
            message, fix = "A medium is either a file of ours or an address.", "Give asset or url."
            yield fault(pointer, "media_twice", message, fix=fix)
        try:
            check_media_url(part.url, settings.ALLOW_PRIVATE_TARGETS)
        except NotAllowed as error:
            yield fault(f"{pointer}/url", error.code, error.message, fix=error.fix)


def _link_expiry(content: Content, now: datetime) -> Iterator[dict[str, Any]]:
    written = content.fallback.link_expires_at
    expiry = moment(written)
    if written and (expiry is None or not now < expiry <= now + FURTHEST_LINK):
        message, fix = "The link expires at a moment within the next year.", "Write it as 2030-01-31T09:30:00Z."
        yield fault("/content/fallback/link_expires_at", "wrong_time", message, fix=fix)


def _template(fields: Fields) -> UUID | None:
    value = fields.text("template", longest=36)
    if not value:
        return None
    try:
        return UUID(value)
    except ValueError:
        fields.note("template", "wrong_value", "This is not the id of a template.", fix="See GET /api/v1/templates.")
        return None


def _expiry(fields: Fields, start: datetime) -> datetime | None:
    expire_at = fields.moment("expire_at")
    validity = fields.whole("validity", lowest=SHORTEST_VALIDITY, highest=LONGEST_VALIDITY)
    if fields.given("expire_at") and fields.given("validity"):
        fields.note("validity", "expires_twice", "validity and expire_at say the same thing.", fix="Give one of them.")
    return start + timedelta(seconds=validity) if validity else expire_at


def _notify_url(fields: Fields) -> str:
    url = fields.text("notify_url", longest=2048)
    if not url:
        return ""
    try:
        check_notify_url(url, settings.ALLOW_PRIVATE_TARGETS)
    except NotAllowed as error:
        fields.note("notify_url", error.code, error.message, fix=error.fix)
    return url
