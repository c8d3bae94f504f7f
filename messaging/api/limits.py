"""How often a key may call and to how many it may send in a day, so that one integration cannot take the portal from
the others. Refusals are 429 with Retry-After; each answer says what is left (the IETF's RateLimit headers)."""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Sum
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.exceptions import Throttled
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from messaging.api.buckets import Taken, buckets
from messaging.api.errors import Problem, fault
from messaging.models import ApiKey, Message

# So many seconds' worth of calls may come at once.
BURST_SECONDS = 10
_TAKEN = "mms.rate_limit"


class WithinRate(BasePermission):
    """At most the key's calls per second on average, ten seconds' worth at once. Asks the database nothing.

    To be asked before the scope is: who lacks it has called as well. Raises Throttled.
    """

    def has_permission(self, request: Request, _view: Any) -> bool:
        if not isinstance(request.auth, ApiKey):
            return True
        taken = take(request.auth)
        request.META[_TAKEN] = (request.auth.calls_per_second * BURST_SECONDS, taken)
        if not taken.allowed:
            raise Throttled(math.ceil(taken.seconds))
        return True


class RateLimitHeaders:
    """Middleware: writes on each answer to a key what its bucket holds."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if known := request.META.get(_TAKEN):
            most, taken = known
            response.headers["RateLimit-Policy"] = f'"key";q={most};w={BURST_SECONDS}'
            response.headers["RateLimit"] = f'"key";r={taken.left};t={math.ceil(taken.seconds)}'
        return response


def take(key: ApiKey) -> Taken:
    """Count one call of a key."""
    return buckets().take(key.prefix, per_second=key.calls_per_second, most=key.calls_per_second * BURST_SECONDS)


def check_day(key: ApiKey, recipients: int, *, now: datetime, sends: bool = True) -> None:
    """Refuse to send to more people today than the key may. Raises Problem 429. No query for a key without a bound.

    Inside the commit that sends: what others of the same key send at this moment waits for it. Who only wants to know
    (not `sends`) keeps nobody waiting.
    """
    if key.recipients_per_day is None:
        return
    if sends:
        ApiKey.objects.select_for_update(no_key=True).get(pk=key.pk)
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    sent = _sent_since(key, midnight)
    if sent + recipients <= key.recipients_per_day:
        return
    message = f"This key has sent to {sent} recipients today and may send to {key.recipients_per_day} in all."
    fix = "Send it after midnight UTC, or ask an administrator of the portal for more."
    wait = midnight + timedelta(days=1) - now
    raise Problem(
        429,
        "recipients_per_day",
        "This key has sent to as many people today as it may.",
        errors=[
            fault(
                "/to",
                "recipients_per_day",
                message,
                limit=key.recipients_per_day,
                actual=sent + recipients,
                fix=fix,
            )
        ],
        headers={"Retry-After": str(math.ceil(wait.total_seconds()))},
    )


def _sent_since(key: ApiKey, moment: datetime) -> int:
    """How many recipients a key's messages have had since a moment, found by their ids: those are in order of time."""
    first = UUID(int=int((moment - timedelta(minutes=1)).timestamp() * 1000) << 80)
    rows = Message.objects.filter(api_key=key, pk__gte=first, created_at__gte=moment)
    return rows.aggregate(sum=Sum("total"))["sum"] or 0
