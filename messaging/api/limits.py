"""A ceiling on how often one key may call, so that one integration cannot take the portal from the others."""

import time
from typing import Any

from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from messaging.models import ApiKey

CALLS, WINDOW_SECONDS = 1000, 10


class KeyThrottle(BaseThrottle):
    """At most CALLS per key in each window; the answer is 429 with Retry-After. Counts per process on a local cache."""

    def allow_request(self, request: Request, _view: Any) -> bool:
        if not isinstance(request.auth, ApiKey):
            return True
        slot = f"api-calls:{request.auth.prefix}:{int(time.time()) // WINDOW_SECONDS}"
        cache.add(slot, 0, WINDOW_SECONDS * 2)
        try:
            return bool(cache.incr(slot) <= CALLS)
        except ValueError:  # the slot was dropped between the two calls
            return True

    def wait(self) -> float:
        return WINDOW_SECONDS - time.time() % WINDOW_SECONDS
