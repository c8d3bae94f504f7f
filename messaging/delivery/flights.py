"""Calls under way: an event loop in a thread of its own, so that they go on while the database is written.

The thread that made the flights keeps the database and everything that counts; the loop only calls providers.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Event, Thread
from types import TracebackType
from uuid import UUID

from messaging.delivery.calling import call
from messaging.delivery.claiming import Claim
from messaging.delivery.lanes import Lane
from messaging.delivery.outcomes import Result
from messaging.delivery.preparing import Job
from messaging.gateway.http import Line

# Results are handed over together where they come thick, since each hand-over costs a few commits: one waits for
# others as long as the loop has no time to spare or enough on deck, or until half of all calls have landed, and never
# longer than this.
GATHER_SECONDS = 0.01
TICK_SECONDS = 0.001
CLOSE_SECONDS = 10.0
Landed = tuple[Lane, Claim, Result]


@dataclass(slots=True)
class Deck:
    """An account's calls: how many are in the air, and those that wait for one of these to land; they were `filled`
    when the last came."""

    waiting: deque[Job] = field(default_factory=deque)
    filled: int = 0
    in_the_air: int = 0

    @property
    def stocked(self) -> bool:
        """Whether more than half of those that waited still do."""
        return 2 * len(self.waiting) > self.filled


class Flights:
    """Use it as `with Flights(allow_private=...) as flights`; what is still under way at the end is cut off."""

    def __init__(self, *, allow_private: frozenset[str], connect_timeout: float) -> None:
        self._allow_private, self._connect_timeout = allow_private, connect_timeout
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._run, name="flights", daemon=True)
        self._landed: deque[Landed] = deque()
        self._news = Event()
        self._gathering = False
        self._decks: defaultdict[UUID, Deck] = defaultdict(Deck)
        self._tasks: set[asyncio.Task[None]] = set()
        self._line: Line | None = None
        self.flying = 0

    def __enter__(self) -> "Flights":
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result(CLOSE_SECONDS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(CLOSE_SECONDS)
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(CLOSE_SECONDS)
            # Does not wait for threads that still look for a name: a name server that hangs would hold up the turn.
            self._loop.close()

    def launch(self, lane: Lane, jobs: Sequence[Job]) -> None:
        """Make these calls, no more at a time than the lane may: what is too many waits for others to land."""
        if jobs:
            lane.flying += len(jobs)
            self.flying += len(jobs)
            self._loop.call_soon_threadsafe(self._start, lane, jobs)

    def land(self, seconds: float) -> list[Landed]:
        """What calls have ended in, waited for no longer than so many seconds or until told to `look`."""
        if not self._news.wait(seconds):
            return []
        # First the flag, then the results: one that comes in between is found now or told of again.
        self._news.clear()
        found: list[Landed] = []
        while self._landed:
            found.append(self._landed.popleft())
        for lane, _claim, _result in found:
            lane.flying -= 1
        self.flying -= len(found)
        return found

    def look(self) -> None:
        """End the wait for calls to land: there is something else to do."""
        self._news.set()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    async def _open(self) -> None:
        self._line = Line(allow_private=self._allow_private, connect_timeout=self._connect_timeout)

    async def _close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._line:
            await self._line.aclose()

    def _start(self, lane: Lane, jobs: Sequence[Job]) -> None:
        deck = self._decks[lane.row.pk]
        deck.waiting.extend(jobs)
        self._take_off(lane, deck)
        deck.filled = len(deck.waiting)

    def _take_off(self, lane: Lane, deck: Deck) -> None:
        # At least one, though the share may be gone by now: what is marked for the wire can only leave.
        while deck.waiting and deck.in_the_air < max(1, lane.calls):
            deck.in_the_air += 1
            task = self._loop.create_task(self._fly(lane, deck, deck.waiting.popleft()))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _fly(self, lane: Lane, deck: Deck, job: Job) -> None:
        assert self._line
        self._landed.append((lane, job.claim, await call(self._line, lane, job)))
        deck.in_the_air -= 1
        self._take_off(lane, deck)
        if not self._gathering:
            self._gathering = True
            now = self._loop.time()
            self._loop.call_later(TICK_SECONDS, self._gather, now, now)

    def _gather(self, since: float, before: float) -> None:
        now = self._loop.time()
        idle = now - before < 2 * TICK_SECONDS and not any(deck.stocked for deck in self._decks.values())
        if idle or now - since >= GATHER_SECONDS or len(self._landed) * 2 >= self.flying:
            self._gathering = False
            self._news.set()
        else:
            self._loop.call_later(TICK_SECONDS, self._gather, since, now)
