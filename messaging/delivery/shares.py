"""How the queues of an account share what may leave: each band of each sender in turn, by its weight.

Stride scheduling: a queue that was served moves on by the inverse of its weight, and whoever is furthest behind is
next. Kept by each process for itself: if each shares fairly, so do all of them.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from heapq import heapify, heappop, heapreplace
from uuid import UUID

from messaging.queues import Queue


@dataclass(slots=True)
class Turns:
    """Whose turn it is at one account. A queue that comes new, or again, starts where the others are."""

    _clock: float = 0.0
    _passes: dict[Queue, float] = field(default_factory=dict)

    def deal(self, weights: Mapping[Queue, float], caps: Mapping[UUID, int], most: int) -> Counter[Queue]:
        """Hand out up to `most` places. In: the weight of each queue that has something due, and how many more a sender
        with a pace of its own may send."""
        dealt: Counter[Queue] = Counter()
        left = dict(caps)
        heap = [(max(self._clock, self._passes.get(queue, 0.0)), queue[1], queue) for queue in weights]
        heapify(heap)
        while heap and most:
            at, band, queue = heap[0]
            if left.get(queue[0], 1) < 1:
                heappop(heap)
                continue
            if queue[0] in left:
                left[queue[0]] -= 1
            heapreplace(heap, (at + 1 / weights[queue], band, queue))
            dealt[queue] += 1
            most -= 1
        return dealt

    def served(self, weights: Mapping[Queue, float], served: Mapping[Queue, int], *, empty: set[Queue]) -> None:
        """Note how many each of the queues really got; `empty` are those that have nothing more."""
        passes = {
            queue: max(self._clock, self._passes.get(queue, 0.0)) + served.get(queue, 0) / weight
            for queue, weight in weights.items()
        }
        waiting = [at for queue, at in passes.items() if queue not in empty]
        self._clock = max(self._clock, min(waiting)) if waiting else max([self._clock, *passes.values()])
        self._passes = {queue: at for queue, at in passes.items() if at > self._clock}
