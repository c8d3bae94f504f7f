"""From a request that was read to an order: the senders, the template and the files it names."""

import re
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import datetime
from itertools import chain
from typing import Any
from uuid import UUID

from django.db.transaction import atomic
from django.utils import timezone

from messaging import callbacks
from messaging.api import limits, shapes
from messaging.api.answering import written
from messaging.api.errors import Problem, fault, invalid
from messaging.api.files import with_files
from messaging.api.reading import Sending
from messaging.content import Content
from messaging.gateway import registry
from messaging.models import ApiKey, CallbackEndpoint, Message, ProviderAccount, Sender, Template
from messaging.models.loading import ask, columns, listed, loaded
from messaging.models.rows import Insertion
from messaging.queueing import Accepted, Examination, NotQueued, Order, accept, examine, write
from messaging.routing import MOST_SENDERS, preferred
from messaging.sandboxed import may_reach
from messaging.slide_rules import blocking
from messaging.templates import template_content

# Faults of the request itself rather than of the message.
REQUEST_POINTERS = frozenset({"/send_at", "/expire_at", "/to"})
IDENTITY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ABOUT_PEOPLE = frozenset({"recipients_opted_out"})
# Of so many recipients at most it is asked along with the senders whether any has opted out: of most messages, nobody
# has.
FEW = 100
_NAMED = f"""
SELECT {columns(Sender, "sender")}, {columns(ProviderAccount, "account")},
  EXISTS (SELECT 1 FROM messaging_optout WHERE lifted_at IS NULL AND number {{among}})
FROM messaging_sender AS sender JOIN messaging_provideraccount AS account ON account.id = sender.account_id
WHERE (sender.address {{among}} OR sender.id {{among}}) AND (
  sender.id IN (SELECT sender_id FROM messaging_apikey_senders WHERE apikey_id {{among}})
  OR NOT EXISTS (SELECT 1 FROM messaging_apikey_senders WHERE apikey_id {{among}}))
"""  # noqa: S608 (our own names)
_SENDER = len(Sender._meta.concrete_fields)


def order_for(key: ApiKey, sending: Sending) -> Order:
    """What `sending` asks for, with its files fetched. Raises Problem 400, 403 or 422.

    Fetches addresses of the callers', so no database transaction may be open.
    """
    (sender, *others), nobody_silent = _senders(key, sending)
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
        nobody_silent=nobody_silent,
        noted=noted,
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


def _senders(key: ApiKey, sending: Sending) -> tuple[list[Sender], bool]:
    """The senders that were named, or all there are, best first. An address that several accounts have names all of
    them. Two queries, or one for names.

    Out: with them, whether it is known that no recipient has opted out of anything.
    """
    if sending.any_sender:
        known = Sender.objects.for_key(key).served().select_related("account")
        # Of a hundred accounts the one at a sandbox must not fall behind those that a test key cannot reach.
        if usable := [one for one in preferred(known) if may_reach(key, one.account.base_url)]:
            return usable[:MOST_SENDERS], False
        raise sender_not_allowed("/from")
    found, nobody_silent = _named(key, sending)
    usable = preferred(found)
    named = [[one for one in usable if name in (one.address, str(one.pk))] for name in sending.senders]
    for index, among in enumerate(named):
        if not among:
            raise sender_not_allowed("/from" if len(named) == 1 else f"/from/{index}")
    return list(chain.from_iterable(named)), nobody_silent


def _named(key: ApiKey, sending: Sending) -> tuple[list[Sender], bool]:
    """The senders with these addresses and ids that a key may use and that can send at all, with their accounts, and
    whether it is known that no recipient has opted out of anything. One query."""
    ids = [UUID(name) for name in sending.senders if IDENTITY.fullmatch(name)]
    few = len(sending.recipients) <= FEW
    numbers = [who.number for who in sending.recipients] if few else []
    own = listed([key.pk])
    found = ask(_NAMED, [listed(numbers), listed(sending.senders), listed(ids), own, own])
    senders = []
    for row in found:
        sender, account = loaded(Sender, row[:_SENDER]), loaded(ProviderAccount, row[_SENDER:-1])
        if account.provider in registry.names():
            sender.account = account
            senders.append(sender)
    return senders, few and not any(row[-1] for row in found)


def sender_not_allowed(pointer: str) -> Problem:
    """403, in the same words whether somebody else has the sender or nobody."""
    message, fix = "This key may not send from this sender ID.", "See GET /api/v1/senders."
    return Problem(403, "sender_not_allowed", errors=[fault(pointer, "sender_not_allowed", message, fix=fix)])


def _template(sending: Sending) -> Template:
    template = Template.objects.filter(pk=sending.template).first() if sending.template else None
    if template is None:
        message, fix = "There is no such template.", "See GET /api/v1/templates."
        raise Problem(422, errors=[fault("/template", "template_unknown", message, fix=fix)])
    return template
