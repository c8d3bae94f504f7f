"""How fast an account may be called and a sender may send: buckets that all processes share.

A process takes a slice at a time: one question for dozens of messages, at high rates for thousands.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache
from time import monotonic
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from messaging.delivery.pace_in_database import DatabasePace
from messaging.delivery.pace_in_redis import RedisPace
from messaging.delivery.pace_shared import ASSUMED, Kept
from messaging.models import ProviderAccount, Sender

# What a bucket holds: no burst exceeds the pace by more.
BURST_SECONDS = 0.5
# What is taken at a time: at least so much, so that a slow pace is not asked for message by message, ...
LEAST_SECONDS = 0.1
# ... and at high rates so much at once, kept here until it is used or has grown old.
SLICE_SECONDS = 0.05
KEPT_SECONDS = 1.0
_paces: dict[UUID, "Pace"] = {}


class Pace:
    """One process's way to a shared bucket. `rate` is asked anew for each slice; 0 lets nothing go."""

    def __init__(self, key: str, rate: Callable[[], float], clock: Callable[[], float] = monotonic) -> None:
        self.rate = rate
        self._key, self._clock = key, clock
        self._kept, self._kept_until, self._asked_from = 0, 0.0, 0.0
        # How many processes share the bucket, as somebody last said.
        self.processes = ASSUMED
        self._own_full_at = 0.0

    def take(self, most: int) -> int:
        """How many of `most` calls may go now; they are taken from the bucket."""
        now, rate = self._clock(), self.rate()
        if now >= self._kept_until or not rate:
            self._kept = 0
        if self._kept < most and rate and now >= self._asked_from:
            self._ask(most - self._kept, rate, now)
        taken = min(most, self._kept)
        self._kept -= taken
        return taken

    def give_back(self, unused: int) -> None:
        """Return calls that were taken and not made."""
        self._kept += unused

    def _ask(self, most: int, rate: float, now: float) -> None:
        most = max(most, int(rate * SLICE_SECONDS))
        burst = max(BURST_SECONDS, 1 / rate)
        least = min(most, max(1, int(rate * LEAST_SECONDS)))
        grant = kept().ask(lambda keeper: keeper.take(self._key, rate, burst, most, least))
        number, wait = (grant.number, grant.wait) if grant else self._of_own(most, rate, burst, now)
        self._kept += number
        if number:
            self._kept_until = now + KEPT_SECONDS
        else:
            self._asked_from = now + wait

    def _of_own(self, most: int, rate: float, burst: float, now: float) -> tuple[int, float]:
        interval = self.processes / rate
        burst = max(burst, interval)
        full_at = max(self._own_full_at, now)
        number = min(most, int((now + burst - full_at) / interval + 0.000001))
        self._own_full_at = full_at + number * interval
        return number, 0.0 if number else full_at + interval - now - burst


@lru_cache(maxsize=1)
def kept() -> Kept:
    """Who keeps the pace for this process, found out at the first question."""
    cache = settings.CACHES["default"]
    shared = str(cache["BACKEND"]).endswith("RedisCache")
    return Kept(RedisPace(str(cache["LOCATION"])) if shared else None, DatabasePace())


def of_account(account: ProviderAccount, ahead: timedelta = timedelta()) -> Pace:
    """This process's pace at an account. It follows `account`, which the choice of what goes next keeps up to date.

    `ahead` is how far our clock is ahead of the database's, by which accounts are slowed down.
    """
    pace = _paces.setdefault(account.pk, Pace(f"account:{account.pk.hex}", lambda: 0.0))
    pace.rate = lambda: account.rate_at(timezone.now() - ahead)
    return pace


def of_sender(sender: Sender) -> Pace | None:
    """This process's pace of a sender; None where only its account's counts."""
    if not sender.messages_per_second:
        return None
    rate = float(sender.messages_per_second)
    pace = _paces.setdefault(sender.pk, Pace(f"sender:{sender.pk.hex}", lambda: rate))
    pace.rate = lambda: rate
    return pace
