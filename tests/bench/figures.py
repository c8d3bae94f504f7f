"""The rows of `make bench`: what was measured, against what, and whether that is as good as it has to be."""

import operator
import os
import re
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROUNDS = 5
# Databases, sinks and clients share the first core, what is measured has the last one.
OTHERS, MEASURED = 0, (os.cpu_count() or 1) - 1
GOAL = re.compile(r"(?:(\w+) )?(>=|<=|>|<) ([0-9.]+)")
HOLDS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


def row(
    name: str, values: Sequence[float] | float, unit: str, ratio: float | None = None, against: str = "", goal: str = ""
) -> dict[str, object]:
    """One measure. In: the figures of its rounds, or one; how it stands to `against`; and its goal, such as ">= 0.7" or
    "value < 60", held against the ratio, or the value where there is none, if it does not name one of the members."""
    rounds = [values] if isinstance(values, int | float) else list(values)
    found: dict[str, object] = {
        "name": name,
        "value": round(statistics.median(rounds), 4),
        "unit": unit,
        "ratio": None if ratio is None else round(ratio, 3),
        "against": against,
        "goal": goal or None,
        "rounds": [round(value, 4) for value in rounds],
    }
    return {**found, "met": met(found)}


def met(found: dict[str, Any]) -> bool | None:
    """Whether a row is as good as its goal says; None where it has none. All that a goal names must hold."""
    if found.get("met") is not None or not found.get("goal"):
        return found.get("met")
    main = "value" if found.get("ratio") is None else "ratio"
    wanted = GOAL.findall(str(found["goal"]))
    return all(HOLDS[sign](float(found.get(name or main) or 0), float(limit)) for name, sign, limit in wanted)


def ratio(ours: Sequence[float], bare: Sequence[float]) -> float:
    """How the median of one stands to that of the other."""
    return statistics.median(ours) / statistics.median(bare)


def many(number: int, quick: int) -> int:
    """How many there are to be of something; fewer in a quick run, whose figures only show that all of it works."""
    return quick if os.environ.get("BENCH_QUICK") else number


def rounds() -> int:
    """How often each thing is measured."""
    return many(ROUNDS, 1)


@contextmanager
def pinned(core: int) -> Iterator[None]:
    """Run on one core; processes started meanwhile stay there."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core} if core in before else before)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def cpu_seconds(pid: int) -> float:
    """Processor seconds that a process has taken, with all of its threads, finer than the clock ticks of /proc."""
    # The clock that clock_getcpuclockid(3) names.
    return time.clock_gettime((~pid << 3) | 2)


def resident(pid: int | str = "self", name: str = "VmRSS") -> float:
    """Megabytes that a process holds now, or held at most (VmHWM)."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split(f"{name}:")[1].split()[0]) / 1024
