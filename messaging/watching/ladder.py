"""Durations on a ladder of steps, each half as long again as the one below: few numbers tell all percentiles."""

from bisect import bisect_left
from collections.abc import Mapping

# From 20 ms to 40 hours, in seconds. Stored rows hold the numbers of the steps: never change them.
EDGES = tuple(0.02 * 1.5**step for step in range(40))


def step_of(seconds: float) -> int:
    """The step a duration belongs to; what is negative, by clocks that differ, to the first."""
    return bisect_left(EDGES, seconds)


def percentile(counts: Mapping[int, int], percent: float) -> float | None:
    """The duration, in seconds, that so many percent did not exceed; right to within a quarter. None without any."""
    total = sum(counts.values())
    if not total:
        return None
    wanted, below = total * percent / 100, 0
    for step in sorted(counts):
        if below + counts[step] >= wanted:
            low, high = (EDGES[step - 1] if step else 0.0), EDGES[min(step, len(EDGES) - 1)]
            return low + (high - low) * (wanted - below) / counts[step]
        below += counts[step]
    return EDGES[-1]
