"""Places where a process can be made to die, or to stand still, so that the fault runs can prove what survives it.

MMS_FAILPOINT names one place and, after a colon, at which passing of it ("after_wire:3"). With "stop@" before it the
process is stopped there once, until somebody sends it CONT.
"""

import os
import signal
from collections import Counter

from django.conf import settings

POINTS = (
    "before_claim",
    "after_claim",
    "before_save",
    "during_save",
    "before_wire",
    "after_wire",
    "during_call",
    "before_record",
    "after_record",
)
STOP = "stop@"
_passed: Counter[str] = Counter()


def armed(point: str) -> bool:
    """Whether this place is the one."""
    return bool(settings.FAILPOINT) and _place()[0] == point


def reach(point: str) -> None:
    """Die here, with no chance to clean up, if this place is the one and this passing the last; or stand still."""
    if not armed(point):
        return
    _passed[point] += 1
    last = _place()[1]
    if settings.FAILPOINT.startswith(STOP):
        if _passed[point] == last:
            os.kill(os.getpid(), signal.SIGSTOP)
    elif _passed[point] >= last:
        os.kill(os.getpid(), signal.SIGKILL)


def _place() -> tuple[str, int]:
    point, _, last = settings.FAILPOINT.removeprefix(STOP).partition(":")
    return point, int(last or 1)
