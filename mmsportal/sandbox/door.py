"""What is turned away before acceptance: calls over the rate, and numbers that refuse for a while."""

import time
from collections import OrderedDict
from collections.abc import Callable

from messaging.gateway.contract import HttpAnswer
from messaging.gateway.serving import ReceivedMessage, Server
from mmsportal.sandbox.handsets import Handset, handset

REMEMBERED = 100_000


class Meter:
    """A tenant's rate in destinations per second, with the burst the providers grant: half as much again, or 100."""

    def __init__(self, tps: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._tps = tps
        self._most = min(1.5 * tps, tps + 100)
        self._clock = clock
        self._tokens, self._at = self._most, clock()

    def take(self, count: int) -> bool:
        """Whether `count` more destinations fit now; if so, they are taken."""
        now = self._clock()
        self._tokens = min(self._most, self._tokens + (now - self._at) * self._tps)
        self._at = now
        if count > self._tokens:
            return False
        self._tokens -= count
        return True


class Door:
    """Refuses messages as their handsets say. What counts is the first call with the same recipient and reference.

    Where a provider is told no reference, the recipient alone counts, anew after each message that was let through.
    """

    def __init__(self, *, speed: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._speed = speed
        self._clock = clock
        self._first: OrderedDict[str, float] = OrderedDict()

    def refusal(self, server: Server, message: ReceivedMessage) -> HttpAnswer | None:
        """The refusal a message meets, or None when it may pass."""
        for destination in message.destinations:
            phone = handset(destination.recipient)
            if phone.refusal is None:
                continue
            key = f"{destination.recipient} {destination.client_ref}"
            if self._still_refused(phone, key):
                if answer := server.refuse(phone.refusal, message):
                    return answer
            elif not destination.client_ref:
                del self._first[key]
        return None

    def _still_refused(self, phone: Handset, key: str) -> bool:
        now = self._clock()
        is_first = key not in self._first
        first = self._first.setdefault(key, now)
        if len(self._first) > REMEMBERED:
            self._first.popitem(last=False)
        if phone.refused_once:
            return is_first
        return (now - first) * self._speed < phone.refused_for
