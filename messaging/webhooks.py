"""The one door for receipts and inbound messages: authenticate, store, answer. Nothing is understood here.

Exactly 200 with the provider's own short body to everything authentic, readable or not (reliability, 3.3; webex.md,
section 8): any other answer loses the receipt at one provider or another. 401 to what is not authentic. While the
database is away the spool takes what may be ours; 503 only when that fails too.
"""

import logging
from collections.abc import Callable

from django.core.exceptions import RequestDataTooBig
from django.db import Error as DatabaseFault
from django.http import HttpRequest, HttpResponse, HttpResponseBase, UnreadablePostError
from django.urls import path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from messaging import arrivals, bodies, spool, tasks
from messaging.arrivals import Arrival, Door
from messaging.gateway import registry
from messaging.gateway.facts import Forged
from messaging.outages import watched

logger = logging.getLogger(__name__)
ROOT = "/webhooks/"
LARGEST_BODY = 256 * 1024
KEPT_HEADERS = (
    "content-type",
    "user-agent",
    "x-wx-gtrid",
    "x-hub-signature",
    "x-ts-authorization",
    "date",
    # To verify with, now or when it is taken from the spool; it never gets into the inbox.
    "authorization",
)


# As WSGI names them.
_KEPT = {name: name.replace("-", "_").upper() for name in KEPT_HEADERS}
_KEPT |= {name: f"HTTP_{told}" for name, told in _KEPT.items() if name != "content-type"}


class ReceiptsFirst:
    """Takes the calls of providers out of the way of sessions, forms and people, none of which they know."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        provider, slash, secret = request.path_info.removeprefix(ROOT).partition("/")
        if not (request.path_info.startswith(ROOT) and slash and provider and secret) or "/" in secret:
            return self.get_response(request)
        # Raises for a host that is not ours, as for any page.
        request.get_host()
        answer = receive(request, provider, secret)
        answer.headers["Cache-Control"] = "private, no-store"
        return answer


@csrf_exempt
def receive(request: HttpRequest, provider: str, secret: str) -> HttpResponse:
    """POST (and whatever else the provider uses) to /webhooks/<provider>/<secret>; HEAD answers its probe."""
    if watched.away:
        return _unasked(request, provider, secret, "away")
    try:
        with watched:
            door = arrivals.door_of(provider, secret, _source(request))
    except DatabaseFault as fault:
        return _unasked(request, provider, secret, type(fault).__name__)
    if door is None:
        return _answer(401, "unknown")
    if door.provider not in registry.names():
        # Its folder is gone, for a while perhaps: what is not taken now is repeated.
        return _answer(503, "later")
    if request.method == "HEAD":
        return _answer(200, "")
    client = registry.provider(door.provider).client
    if request.method not in client.METHODS:
        answer = _answer(405, "not here")
        answer["Allow"] = ", ".join(client.METHODS)
        return answer
    return _take(request, provider, secret, door)


def _unasked(request: HttpRequest, provider: str, secret: str, why: str) -> HttpResponse:
    """The answer while nobody can say whose call it is."""
    if not arrivals.may_be_ours(provider, secret, str(request.method)):
        # Every provider repeats after a 503; after a 200 it would not.
        return _answer(503, "later")
    return _take(request, provider, secret, why)


def _take(request: HttpRequest, provider: str, secret: str, found: Door | str) -> HttpResponse:
    """Into the inbox of the account that was found, or into the spool when the database did not say, and why."""
    try:
        arrival = _arrival(request, provider, secret)
        if isinstance(found, str):
            return _spool(arrival, found)
        arrivals.verify(found, arrival.headers, arrival.body)
        with watched:
            arrivals.ingest(
                found, method=arrival.method, headers=arrival.headers, body=arrival.body, now=arrival.received_at
            )
    except RequestDataTooBig:
        return _answer(413, "too large")
    except UnreadablePostError:
        return _answer(400, "broken off")
    except Forged:
        logger.warning("a %s receipt carried a wrong signature", provider)
        return _answer(401, "unknown")
    except DatabaseFault as fault:
        return _spool(arrival, type(fault).__name__)
    tasks.ring_receipts_soon()
    return _acknowledged(provider)


def _spool(arrival: Arrival, why: str) -> HttpResponse:
    """Nobody has checked it yet: that is done when it is taken up."""
    try:
        spool.append(arrival.packed())
    except OSError:
        logger.exception("a %s receipt could be kept neither in the database nor in the spool", arrival.provider)
        return _answer(503, "later")
    logger.error("the database failed (%s): a %s receipt is in the spool", why, arrival.provider)
    return _acknowledged(arrival.provider)


def _arrival(request: HttpRequest, provider: str, secret: str) -> Arrival:
    return Arrival(
        provider=provider,
        secret=secret,
        method=str(request.method),
        headers={name: request.META[told] for name, told in _KEPT.items() if told in request.META},
        body=bodies.read(request, LARGEST_BODY),
        source=_source(request),
        received_at=timezone.now(),
    )


def _source(request: HttpRequest) -> str:
    return request.META.get("REMOTE_ADDR") or "0.0.0.0"  # noqa: S104


def _acknowledged(provider: str) -> HttpResponse:
    wanted = registry.provider(provider).client.ACKNOWLEDGEMENT
    return HttpResponse(wanted.body, content_type=wanted.content_type)


def _answer(status: int, text: str) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain")


urlpatterns = [path("<slug:provider>/<str:secret>", receive, name="webhook")]
