"""Token buckets: how many calls a key has left, counted in Redis where there is one, else in each process.

A bucket holds as many calls as may come at once and fills evenly. All that is kept of it is the moment at which it will
be full again (GCRA).
"""

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Any

import redis
from django.conf import settings

logger = logging.getLogger(__name__)

# A Redis that hangs must not hold the callers up, nor be asked again by each of them.
ASK_SECONDS = 0.25
LEFT_ALONE_SECONDS = 5.0
# By the clock of Redis: those of several hosts differ. Out: seconds until the bucket is full, with this call when it
# may be made.
TAKE = """
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local interval, most = tonumber(ARGV[1]), tonumber(ARGV[2])
local full_at = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now) + interval
local owed = full_at - now
if owed <= most + interval / 1000 then
  redis.call('SET', KEYS[1], string.format('%.6f', full_at), 'EX', math.ceil(most) + 1)
end
return string.format('%.6f', owed)
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a call: whether it may be made, how many may follow at once, and seconds until the bucket is
    full; or, refused, until the next call may be made."""

    allowed: bool
    left: int
    seconds: float


class Buckets:
    """All keys' buckets. `clock` (seconds, never backwards) is for those of this process."""

    def __init__(self, address: str | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, Lock()
        self._full_at: dict[str, float] = {}
        self._asked_from = -math.inf
        self._take: Callable[..., Any] | None = None
        if address:
            client = redis.Redis.from_url(address, socket_timeout=ASK_SECONDS, socket_connect_timeout=ASK_SECONDS)
            self._take = client.register_script(TAKE)

    def take(self, name: str, *, per_second: int, most: int) -> Taken:
        """Take one call out of a bucket that fills with `per_second` calls and holds `most`. Never raises."""
        interval = 1 / per_second
        owed = self._shared(name, interval, most * interval)
        if owed is None:
            owed = self._own(name, interval, most * interval)
        # Rounding must not refuse the last call of a full bucket.
        if owed <= most * interval + interval / 1000:
            return Taken(True, math.floor(most - owed / interval + 0.001), owed)
        return Taken(False, 0, owed - most * interval)

    def _shared(self, name: str, interval: float, most: float) -> float | None:
        """Seconds owed by the count of all processes; None where there is none, or Redis does not answer."""
        if self._take is None or self._clock() < self._asked_from:
            return None
        try:
            return float(self._take(keys=[f"mms:calls:{name}"], args=[interval, most]))
        except (redis.RedisError, ValueError) as error:
            self._asked_from = self._clock() + LEFT_ALONE_SECONDS
            logger.warning("Redis does not count the API's calls (%s); each process does", type(error).__name__)
            return None

    def _own(self, name: str, interval: float, most: float) -> float:
        now = self._clock()
        with self._lock:
            full_at = max(self._full_at.get(name, 0.0), now) + interval
            if full_at - now <= most + interval / 1000:
                self._full_at[name] = full_at
        return full_at - now


@lru_cache(maxsize=1)
def buckets() -> Buckets:
    """Those of this process, made at the first call."""
    cache = settings.CACHES["default"]
    shared = str(cache["BACKEND"]).endswith("RedisCache")
    return Buckets(str(cache["LOCATION"]) if shared else None)
