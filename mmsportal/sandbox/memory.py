"""What a provider remembers between calls: its customer's rate, stored contents, and one-time values."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from messaging.gateway.serving import ReceivedMessage, SavedContent
from mmsportal.sandbox import forced
from mmsportal.sandbox.door import Meter

CONTENTS = 10_000
SIGHTS = 100_000
SIGHT = 15 * 60
# Seconds that the provider needs for audio and video before a stored content may be sent.
ENCODING = 2.0
ENCODED = ("audio", "video")
FAILED = "failed"


@dataclass(slots=True)
class _Stored:
    message: ReceivedMessage
    ready: bool
    failed: bool = False


class Memory:
    """A `serving.Desk`. `tps` is in destinations per second; one-time values keep real time."""

    def __init__(self, tps: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._meter = Meter(tps, clock)
        self._clock = clock
        self._contents: OrderedDict[str, _Stored] = OrderedDict()
        self._sights: OrderedDict[str, float] = OrderedDict()

    def take(self, destinations: int) -> bool:
        """Whether so many more destinations fit the tenant's rate; if so, they are taken."""
        return self._meter.take(destinations)

    def limit(self, tps: float) -> None:
        """Another rate from now on."""
        self._meter = Meter(tps, self._clock)

    def saved(self, ref: str) -> SavedContent | None:
        """A content that was stored."""
        stored = self._contents.get(ref)
        return SavedContent(ref, stored.message, stored.ready, stored.failed) if stored else None

    def first_sight(self, key: str) -> bool:
        """Whether a one-time value is seen for the first time within 15 minutes."""
        now = self._clock()
        while self._sights and (next(iter(self._sights.values())) <= now - SIGHT or len(self._sights) >= SIGHTS):
            self._sights.popitem(last=False)
        if key in self._sights:
            return False
        self._sights[key] = now
        return True

    def store(self, ref: str, message: ReceivedMessage) -> str:
        """Keep a content. Out: the kind of medium that has to be encoded before it may be sent, "" for none."""
        slow = next((medium.kind for medium in message.media if medium.kind in ENCODED), "")
        self._contents[ref] = _Stored(message, ready=not slow)
        if len(self._contents) > CONTENTS:
            self._contents.popitem(last=False)
        return slow

    def encoded(self, ref: str) -> bool:
        """The encoding of a content is over. Out: whether it went well, which the content itself may have ruled out."""
        stored = self._contents.get(ref)
        if stored is None:
            return False
        stored.failed = FAILED in forced.codes(stored.message.content, "encoding")
        stored.ready = not stored.failed
        return stored.ready
