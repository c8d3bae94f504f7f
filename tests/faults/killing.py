"""Kills processes at random and starts them again at once, as a supervisor would."""

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from random import Random
from threading import Event, Thread

from tests.faults import nursery
from tests.faults.nursery import Nursery

START_SECONDS = 4.0


@dataclass
class Kept:
    """A process that is kept running. `weight` is how often it is chosen, `whole` how often of those it dies with all
    its children, rather than one of them. `alone` lets it die and leaves its children to themselves, now and then."""

    name: str
    work: nursery.Work
    weight: float
    whole: float = 1.0
    alone: bool = False
    process: int = 0
    since: float = 0.0


class Killer:
    """Keeps processes running, and kills one of them every so many seconds, until so many have died."""

    def __init__(self, place: Nursery, kept: Sequence[Kept], *, pause: tuple[float, float], seed: int) -> None:
        self.kills: Counter[str] = Counter()
        self.fell: Counter[str] = Counter()
        self._nursery, self._kept, self._pause, self._random = place, kept, pause, Random(seed)
        self._over = Event()
        self._threads: list[Thread] = []

    @property
    def killed(self) -> int:
        """How many have died."""
        return sum(self.kills.values())

    @property
    def fell_in_all(self) -> int:
        """How many processes were started again."""
        return sum(self.fell.values())

    def start(self) -> None:
        """Start what is kept, and keep it."""
        for one in self._kept:
            self._begin(one)
        self._threads.append(Thread(target=self._keep, daemon=True))
        self._threads[-1].start()

    def kill(self, most: int | None, until: Callable[[], bool]) -> None:
        """Kill until so many have died or something holds."""
        while (most is None or self.killed < most) and not until():
            time.sleep(self._random.uniform(*self._pause))
            (chosen,) = self._random.choices(self._kept, [one.weight for one in self._kept])
            self._one(chosen)

    def stop(self, signal_number: int = signal.SIGTERM, seconds: float = 20) -> None:
        """Keep nothing any more, and end what runs: gently, then not."""
        self._over.set()
        for thread in self._threads:
            thread.join()
        for one in self._kept:
            with suppress(ProcessLookupError):
                os.kill(one.process, signal_number)
        ends = time.monotonic() + seconds
        while any(nursery.alive(one.process) for one in self._kept) and time.monotonic() < ends:
            time.sleep(0.1)
        for one in self._kept:
            nursery.kill_group(one.process)

    def _one(self, chosen: Kept) -> None:
        if self._random.random() >= chosen.whole:
            # Celery ends when its first children die before they are up: one that only starts is left to do so.
            below = nursery.children(chosen.process) if time.monotonic() > chosen.since + START_SECONDS else []
            with suppress(ProcessLookupError, IndexError):
                os.kill(self._random.choice(below), signal.SIGKILL)
                self.kills[f"{chosen.name} child"] += 1
        elif chosen.alone and self._random.random() < 0.5:
            with suppress(ProcessLookupError):
                os.kill(chosen.process, signal.SIGKILL)
                self.kills[f"{chosen.name} main"] += 1
        elif nursery.alive(chosen.process):
            nursery.kill_group(chosen.process)
            self.kills[chosen.name] += 1

    def _begin(self, one: Kept) -> None:
        one.process, one.since = self._nursery.start(one.work, one.name), time.monotonic()

    def _keep(self) -> None:
        while not self._over.wait(0.05):
            for one in self._kept:
                if not nursery.alive(one.process):
                    self.fell[one.name] += 1
                    self._begin(one)


def pumps(count: int, work: nursery.Work = nursery.pump) -> list[Kept]:
    """So many pumps without a broker."""
    return [Kept(f"pump{number}", work, 1.0) for number in range(count)]


def web(port: int, weight: float, whole: float = 0.1) -> Kept:
    """The web door with two processes."""
    return Kept("web", partial(nursery.web, port, 2), weight, whole)


def worker(weight: float, whole: float = 0.07, name: str = "worker", concurrency: int = 3) -> Kept:
    """A Celery worker with its pool."""
    return Kept(name, partial(nursery.worker, concurrency, name), weight, whole, alone=True)


def beat(schedule: str, weight: float, name: str = "beat") -> Kept:
    """A Celery beat."""
    return Kept(name, partial(nursery.beat, schedule), weight)
