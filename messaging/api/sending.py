"""From a request that was read to an order: the senders, the template and the files it names."""

import re
import time
from dataclasses import replace
from itertools import chain
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from media.inspection import Refused
from media.targets import FetchRefused
from media.uploads import store_from_url
from messaging.api import shapes
from messaging.api.errors import Problem, fault
from messaging.api.reading import Sending
from messaging.content import Content, Part
from messaging.models import ApiKey, Message, Sender, Template
from messaging.queueing import NotQueued, Order, examine, queue
from messaging.routing import MOST_SENDERS, preferred
from messaging.slide_rules import blocking
from messaging.templates import template_content

# An address that is fetched too slowly must not hold a web process for ever.
FETCHING_SECONDS = 45.0
# Faults of the request itself rather than of the message.
REQUEST_POINTERS = frozenset({"/send_at", "/expire_at", "/to"})
IDENTITY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ABOUT_PEOPLE = frozenset({"recipients_opted_out"})


def order_for(key: ApiKey, sending: Sending) -> Order:
    """What `sending` asks for, with its files fetched. Raises Problem 403 or 422.

    Fetches addresses of the callers', so no database transaction may be open.
    """
    sender, *others = _senders(key, sending)
    content = sending.content or _template(sending)
    return Order(
        sender=sender,
        content=_with_files(content, key.owner_label),
        recipients=sending.recipients,
        substitutions=sending.substitutions,
        purpose=sending.purpose,
        send_at=sending.send_at,
        expire_at=sending.expire_at,
        notify_url=sending.notify_url,
        callback_data=sending.callback_data,
        requested_receipts=sending.requested_receipts,
        source=Message.Source.API,
        api_key=key,
        shared_files=sending.content is None,
        others=others,
        any_sender=sending.any_sender,
    )


def send(order: Order) -> dict[str, Any]:
    """Queue an order and say what became of it. Raises Problem 400 or 422 with one entry per finding."""
    now = timezone.now()
    examination = examine(order, now=now)
    try:
        message = queue(order, now=now, examination=examination)
    except NotQueued as refusal:
        raise refused(refusal) from refusal
    rows = message.transactions.select_related("account", "sender").order_by("position")
    advice = [shapes.finding(one) for one in examination.findings]
    return {
        "id": str(message.pk),
        "transactions": [shapes.accepted(row) for row in rows],
        "findings": advice + shapes.held_back(examination.held_back),
        "routing": [shapes.route(one) for one in examination.routing],
    }


def refused(refusal: NotQueued) -> Problem:
    """Every finding that stops a message, as a problem."""
    findings = blocking(refusal.findings)
    malformed = all(one.pointer in REQUEST_POINTERS and one.code not in ABOUT_PEOPLE for one in findings)
    status = 400 if malformed else 422
    return Problem(status, errors=[shapes.finding(one) for one in findings])


def _senders(key: ApiKey, sending: Sending) -> list[Sender]:
    """The senders that were named, or all there are, best first. An address that several accounts have names all of
    them. Two queries."""
    known = Sender.objects.for_key(key).served().select_related("account")
    if sending.any_sender:
        if usable := preferred(known):
            return usable[:MOST_SENDERS]
        raise _not_allowed("/from")
    ids = [UUID(name) for name in sending.senders if IDENTITY.fullmatch(name)]
    usable = preferred(known.filter(Q(address__in=sending.senders) | Q(pk__in=ids)))
    named = [[one for one in usable if name in (one.address, str(one.pk))] for name in sending.senders]
    for index, found in enumerate(named):
        if not found:
            raise _not_allowed("/from" if len(named) == 1 else f"/from/{index}")
    return list(chain.from_iterable(named))


def _not_allowed(pointer: str) -> Problem:
    # The same words whether somebody else has it or nobody.
    message, fix = "This key may not send from this sender ID.", "See GET /api/v1/senders."
    return Problem(403, "sender_not_allowed", errors=[fault(pointer, "sender_not_allowed", message, fix=fix)])


def _template(sending: Sending) -> Content:
    template = Template.objects.filter(pk=sending.template).first() if sending.template else None
    if template is None:
        message, fix = "There is no such template.", "See GET /api/v1/templates."
        raise Problem(422, errors=[fault("/template", "template_unknown", message, fix=fix)])
    return template_content(template)


def _with_files(content: Content, owner: str) -> Content:
    fetched: dict[str, str] = {}
    faults: list[dict[str, Any]] = []
    until = time.monotonic() + FETCHING_SECONDS
    for where, part in content.parts():
        if part.url and not part.asset and part.host == "ours" and part.url not in fetched:
            problem, asset = _fetch(part.url, owner, f"/content{where}/url", until)
            fetched[part.url] = asset
            faults += [problem] if problem else []
    if faults:
        raise Problem(422, "media_refused", "Not every file could be taken.", errors=faults)
    return replace(
        content,
        slides=tuple(
            replace(slide, parts=tuple(_ours(part, fetched) for part in slide.parts)) for slide in content.slides
        ),
    )


def _fetch(url: str, owner: str, pointer: str, until: float) -> tuple[dict[str, Any] | None, str]:
    if time.monotonic() > until:
        message, fix = "The files before this one took too long.", "Upload them to /api/v1/media first."
        return fault(pointer, "media_too_slow", message, fix=fix), ""
    try:
        return None, str(store_from_url(url, owner=owner).pk)
    except FetchRefused as refusal:
        return fault(pointer, refusal.code, refusal.message, fix="Give an address that serves the file itself."), ""
    except Refused as refusal:
        limit, actual = (value if isinstance(value, int) else None for value in (refusal.limit, refusal.actual))
        return fault(pointer, refusal.code, refusal.message, limit=limit, actual=actual, fix=refusal.fix), ""


def _ours(part: Part, fetched: dict[str, str]) -> Part:
    asset = fetched.get(part.url) if part.host == "ours" and not part.asset else None
    return replace(part, asset=asset, url="") if asset else part
