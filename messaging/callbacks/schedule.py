"""When a try that failed is made again, and when to give up (reliability, 3.4). Plain numbers, no clock."""

from collections.abc import Callable
from datetime import timedelta
from random import random

# Waits before the second try and each later one: 75 hours and a half, so that three days of silence lose nothing.
WAITS = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 300, 1800, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
)
# Only ever later than planned: a schedule that may shrink would not keep its 72 hours.
JITTER = 0.2
LONGEST_REST = timedelta(hours=1)
# An endpoint where nothing has worked for so long is switched off.
PATIENCE = timedelta(days=5)
GONE = 410
SLOW_DOWN = frozenset({429, 503})


def wait_after(attempts: int, *, chance: Callable[[], float] = random) -> timedelta | None:
    """How long to wait after so many failed tries; None when it is given up. `chance` answers from 0 to 1."""
    if attempts > len(WAITS):
        return None
    return WAITS[attempts - 1] * (1 + JITTER * chance())


def rest(status: int | None, retry_after: int | None) -> timedelta | None:
    """How long an endpoint asked to be left alone, at most an hour; None when it did not."""
    if status not in SLOW_DOWN or retry_after is None:
        return None
    return min(timedelta(seconds=retry_after), LONGEST_REST)
