"""From a request that was read to an order: the senders, the template and the files it names."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import datetime
from itertools import chain
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.db.transaction import atomic
from django.utils import timezone

from messaging import callbacks
from messaging.api import limits, shapes
from messaging.api.answering import written
from messaging.api.errors import Problem, fault, invalid
from messaging.api.files import with_files
from messaging.api.foresight import FEW, IDENTITY, Foreseen
from messaging.api.reading import Sending
from messaging.content import Content
from messaging.models import ApiKey, CallbackEndpoint, Message, Sender, SendingPause, Template
from messaging.models.rows import Insertion
from messaging.queueing import Accepted, Examination, NotQueued, Order, accept, examine, write
from messaging.routing import MOST_SENDERS, preferred
from messaging.sandboxed import may_reach
from messaging.slide_rules import Finding, Severity, blocking
from messaging.slide_rules.findings import finding
from messaging.slide_rules.findings import gettext_noop as noop
from messaging.templates import template_content

# Faults of the request itself rather than of the message.
REQUEST_POINTERS = frozenset({"/send_at", "/expire_at", "/to"})
ABOUT_PEOPLE = frozenset({"recipients_opted_out"})


def order_for(key: ApiKey, sending: Sending, foreseen: Foreseen | None = None) -> Order:
    """What `sending` asks for, with its files fetched. Raises Problem 400, 403 or 422.

    `foreseen` is what was found before the body was read; it counts where that asks for the very same.
    Fetches addresses of the callers', so no database transaction may be open.
    """
    asked = (sending.senders, tuple(who.number for who in sending.recipients[: FEW + 1]))
    known = foreseen if foreseen and (foreseen.names, foreseen.numbers) == asked else None
    sender, *others = _senders(key, sending, known)
    providers = {one.account.provider for one in (sender, *others)}
    template = None if sending.content else _template(sending)
    composed = template_content(template) if template else sending.content or Content()
    end = _endpoint(key, sending.notify_url)
    content, noted = with_files(composed, key.owner_label, providers)
    return Order(
        sender=sender,
        content=content,
        recipients=sending.recipients,
        substitutions=sending.substitutions,
        purpose=sending.purpose,
        send_at=sending.send_at,
        expire_at=sending.expire_at,
        notify_url=sending.notify_url,
        callback_data=sending.callback_data,
        requested_receipts=sending.requested_receipts,
        endpoint=end,
        fit_media=sending.fit_media,
        source=Message.Source.API,
        api_key=key,
        shared_files=sending.content is None,
        template_id=template.pk if template else None,
        template_version=template.version if template else None,
        others=others,
        any_sender=sending.any_sender,
        nobody_silent=known is not None and not known.anybody_silent,
        noted=[*noted, *_paused(known)],
    )


def examined(order: Order) -> Examination:
    """What can be said of an order, before any commit is open: of many recipients it takes seconds."""
    return examine(order, now=timezone.now())


def send(order: Order, examination: Examination, keep: Callable[[str], Sequence[Insertion]]) -> str:
    """Queue an order, in one commit. Out: what became of it, as JSON; the transactions are told one by one.

    `keep` says what is to be written along with it once the answer is known. Raises Problem 400 or 422 with one entry
    per finding, and 429 for a key that has sent to enough people today.
    """
    now = timezone.now()
    bounded = order.api_key is not None and order.api_key.recipients_per_day is not None
    with atomic() if bounded else nullcontext():
        _check_day(order, examination, now, sends=True)
        try:
            accepted = accept(order, now=now, examination=examination)
        except NotQueued as refusal:
            raise refused(refusal) from refusal
        answer = written(_told(order, examination, accepted))
        write(accepted, also=keep(answer))
    return answer


def _told(order: Order, examination: Examination, accepted: Accepted) -> dict[str, Any]:
    advice = [shapes.finding(one) for one in examination.findings]
    lines = shapes.accepted(accepted, order.senders)
    return {
        "id": str(accepted.message.pk),
        "transactions": list(lines) if accepted.message.total <= FEW else lines,
        "findings": advice + shapes.held_back(examination.held_back),
        "routing": [shapes.route(one) for one in examination.routing],
    }


def dry_run(order: Order) -> dict[str, Any]:
    """What would come of an order. Raises Problem 429 for a key that has sent to enough people today."""
    examination = examined(order)
    _check_day(order, examination, timezone.now(), sends=False)
    return shapes.examination(examination)


def _check_day(order: Order, examination: Examination, now: datetime, *, sends: bool) -> None:
    if order.api_key and examination.ok:
        limits.check_day(order.api_key, len(examination.places), now=now, sends=sends)


def refused(refusal: NotQueued) -> Problem:
    """Every finding that stops a message, as a problem."""
    findings = blocking(refusal.findings)
    malformed = all(one.pointer in REQUEST_POINTERS and one.code not in ABOUT_PEOPLE for one in findings)
    status = 400 if malformed else 422
    return Problem(status, errors=[shapes.finding(one) for one in findings])


def _endpoint(key: ApiKey, url: str) -> CallbackEndpoint | None:
    """The registered host of an address for news. Raises Problem 400 for one that is not, or told nothing now."""
    if not url:
        return None
    end = callbacks.for_url(key, url)
    if end is None:
        message, fix = "The host of this address is not registered.", "POST it to /api/v1/callback-endpoints first."
        raise invalid("/notify_url", "endpoint_not_registered", message, fix=fix)
    if end.state != CallbackEndpoint.State.ACTIVE:
        message = f"The endpoint of this host is {end.get_state_display().lower()}."
        fix = f"POST /api/v1/callback-endpoints/{end.pk}/verify makes it active."
        raise invalid("/notify_url", "endpoint_not_active", message, fix=fix)
    return end


def _senders(key: ApiKey, sending: Sending, known: Foreseen | None) -> list[Sender]:
    """The senders that were named, or all there are, best first. An address that several accounts have names all of
    them. Two queries, or none where they are known already."""
    if known:
        usable = preferred(known.senders)
    else:
        allowed = Sender.objects.for_key(key).served().select_related("account")
        if sending.any_sender:
            # Of a hundred accounts the one at a sandbox must not fall behind those that a test key cannot reach.
            if usable := [one for one in preferred(allowed) if may_reach(key, one.account.base_url)]:
                return usable[:MOST_SENDERS]
            raise sender_not_allowed("/from")
        ids = [UUID(name) for name in sending.senders if IDENTITY.fullmatch(name)]
        usable = preferred(allowed.filter(Q(address__in=sending.senders) | Q(pk__in=ids)))
    named = [[one for one in usable if name in (one.address, str(one.pk))] for name in sending.senders]
    for index, found in enumerate(named):
        if not found:
            raise sender_not_allowed("/from" if len(named) == 1 else f"/from/{index}")
    return list(chain.from_iterable(named))


def sender_not_allowed(pointer: str) -> Problem:
    """403, in the same words whether somebody else has the sender or nobody."""
    message, fix = "This key may not send from this sender ID.", "See GET /api/v1/senders."
    return Problem(403, "sender_not_allowed", errors=[fault(pointer, "sender_not_allowed", message, fix=fix)])


def _paused(known: Foreseen | None) -> list[Finding]:
    """Word of a pause of all sending. One query, or none where it is known already."""
    if not (known.stopped if known else SendingPause.running().exists()):
        return []
    return [
        finding(
            "sending_paused",
            Severity.ADVISES,
            "/from",
            noop("All sending is paused; the message waits until it is resumed."),
            fix=noop("Ask an admin to resume it."),
        )
    ]


def _template(sending: Sending) -> Template:
    template = Template.objects.filter(pk=sending.template).first() if sending.template else None
    if template is None:
        message, fix = "There is no such template.", "See GET /api/v1/templates."
        raise Problem(422, errors=[fault("/template", "template_unknown", message, fix=fix)])
    return template
