"""The doors of the four formats: route, authenticate and read in the provider's own order, then queue as anywhere.

Every answer is in the provider's words, to faults of ours too. What an answer accepts is committed before it is given.
"""

import logging
from datetime import datetime

from django.db.transaction import atomic
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from messaging import bodies, callbacks
from messaging.api import limits
from messaging.api.authentication import note_use
from messaging.api.errors import Problem
from messaging.compat import callers, keeping, lookups, refusals
from messaging.compat.callers import Caller
from messaging.compat.desks import KeyDesk
from messaging.compat.dialects import DIALECTS, Dialect
from messaging.compat.orders import order_for
from messaging.gateway.contract import HttpAnswer
from messaging.gateway.serving import Call, ReceivedMessage, Rejected
from messaging.models import Message
from messaging.models.rows import save_fields
from messaging.queueing import NotQueued, examine, queue
from messaging.statuses import Status

logger = logging.getLogger(__name__)
# More than any of the four takes: whatever is longer is cut here and refused by the provider's own checks.
LONGEST_BODY = 2 * 1024 * 1024
READS = "messages:read"


@csrf_exempt
def door(request: HttpRequest, dialect: str, path: str) -> HttpResponse:
    """Any verb to /compat/<dialect>/<path>, the path being the provider's own."""
    if dialect not in DIALECTS:
        raise Http404
    spoken = DIALECTS[dialect]
    try:
        answer = _answer(spoken, _call(request, path))
    except Rejected as rejected:
        answer = rejected.answer
    except Exception:
        # Nothing was accepted: what accepts is the last thing that can fail.
        logger.exception("a call in the format of %s could not be answered", dialect)
        answer = refusals.internal(spoken)
    return _response(answer)


def _answer(dialect: Dialect, call: Call) -> HttpAnswer:
    server, now = dialect.server, timezone.now()
    lookup = server.route(call)
    caller = callers.caller(dialect, call)
    tenant = caller.tenant if caller else callers.STRANGER
    desk = KeyDesk(dialect, caller.key if caller else None)
    server.authenticate(call, tenant, desk, now=now)
    if lookup:
        reader = _entitled(dialect, caller, READS)
        if not desk.take(1):
            raise Rejected(refusals.throttled(dialect))
        return lookups.answer(dialect, reader, lookup.ref)
    # Where the key stands in the body it is looked at here.
    message = server.read(call, tenant, desk, now=now)
    return _take(dialect, _entitled(dialect, caller, callers.SENDS), message)


def _entitled(dialect: Dialect, caller: Caller | None, scope: str) -> Caller:
    if caller is None or scope not in caller.key.scopes:
        raise Rejected(refusals.credentials(dialect))
    note_use(caller.key)
    return caller


def _take(dialect: Dialect, caller: Caller, message: ReceivedMessage) -> HttpAnswer:
    """Keep a content or queue a message; the answer is made first, so that nothing can fail once it is committed."""
    now = timezone.now()
    ref, answer = dialect.server.accept(message, now=now)
    if message.save:
        keeping.keep(dialect, caller, message, ref, now=now)
        return answer
    order = order_for(dialect, caller, message, ref, now=now)
    examination = examine(order, now=now)
    try:
        with atomic():
            if examination.ok:
                limits.check_day(caller.key, len(examination.places), now=now)
            _tell_of_the_held(queue(order, now=now, examination=examination), now)
    except NotQueued as refusal:
        raise refusals.by_findings(dialect, message, refusal.findings) from refusal
    except Problem as enough:
        raise Rejected(refusals.throttled(dialect, message)) from enough
    return answer


def _tell_of_the_held(message: Message, now: datetime) -> None:
    """Who has opted out is held back from the start. Our own answer says so; these have receipts for it."""
    held = list(message.transactions.filter(status=Status.BLOCKED, news__isnull=False))
    if held:
        callbacks.owe([callbacks.Change(row, Status.QUEUED, 0, ()) for row in held], now=now)
        save_fields(held, ["news"])


def _call(request: HttpRequest, path: str) -> Call:
    query = request.META.get("QUERY_STRING", "")
    return Call(
        method=str(request.method),
        path=f"/{path}?{query}" if query else f"/{path}",
        headers={name.lower(): value for name, value in request.headers.items()},
        body=bodies.start(request, LONGEST_BODY),
        source=request.META.get("REMOTE_ADDR") or "",
    )


def _response(answer: HttpAnswer) -> HttpResponse:
    headers = {name: value for name, value in answer.headers.items() if name != "content-type"}
    response = HttpResponse(answer.body, status=answer.status, headers=headers)
    if kind := answer.headers.get("content-type"):
        response["Content-Type"] = kind
    else:
        del response["Content-Type"]
    return response
