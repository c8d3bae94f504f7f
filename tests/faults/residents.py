"""How much memory processes hold while they run, and whether it grows."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import linear_regression
from threading import Event, Thread

STEP_SECONDS = 5.0
# What a process takes up while it meets everything for the first time is no leak.
WARM_UP = 0.35
LEAST_SAMPLES = 6


@dataclass(frozen=True)
class Growth:
    """One process: from and to how many megabytes it went, and by how many KB a minute after it was warm."""

    name: str
    first_mb: float
    last_mb: float
    kb_a_minute: float
    minutes: float


@dataclass
class Residents:
    """Samples the processes that `who` names (name -> id) every five seconds, until it is stopped."""

    who: Callable[[], Mapping[str, int]]
    samples: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    _over: Event = field(default_factory=Event)
    _thread: Thread | None = None

    def start(self) -> None:
        """Begin."""
        began = time.monotonic()

        def work() -> None:
            while not self._over.wait(STEP_SECONDS):
                for name, process in self.who().items():
                    with suppress(OSError, IndexError):
                        self.samples.setdefault(f"{name} {process}", []).append(
                            (time.monotonic() - began, resident(process))
                        )

        self._thread = Thread(target=work, daemon=True)
        self._thread.start()

    def stop(self) -> list[Growth]:
        """End. Out: how each process grew that was there long enough to tell."""
        self._over.set()
        if self._thread:
            self._thread.join()
        return [growth(name, told) for name, told in self.samples.items() if len(told) >= 2 * LEAST_SAMPLES]


def growth(name: str, told: list[tuple[float, float]]) -> Growth:
    """A straight line through what was sampled after the warm-up; in: seconds and KB."""
    from_second = told[0][0] + WARM_UP * (told[-1][0] - told[0][0])
    warm = [sample for sample in told if sample[0] >= from_second]
    assert all(earlier[0] < later[0] for earlier, later in pairwise(warm))
    slope = linear_regression([at / 60 for at, _kb in warm], [kb for _at, kb in warm]).slope
    minutes = (warm[-1][0] - warm[0][0]) / 60
    return Growth(name, round(told[0][1] / 1024, 1), round(told[-1][1] / 1024, 1), round(slope, 1), round(minutes, 1))


def resident(process: int) -> float:
    """What a process holds in memory now, in KB. Raises OSError when it is gone."""
    return float(Path(f"/proc/{process}/status").read_text().split("VmRSS:")[1].split()[0])
