"""Places where a process can be made to die, so that the fault runs can prove what survives it.

MMS_FAILPOINT names one place and, after a colon, which passing of it is the last ("after_wire:3").
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
_passed: Counter[str] = Counter()


def armed(point: str) -> bool:
    """Whether this place is the one."""
    return bool(settings.FAILPOINT) and settings.FAILPOINT.partition(":")[0] == point


def reach(point: str) -> None:
    """Die here, with no chance to clean up, if this place is the one and this passing the last."""
    if not armed(point):
        return
    _passed[point] += 1
    if _passed[point] >= int(settings.FAILPOINT.partition(":")[2] or 1):
        os.kill(os.getpid(), signal.SIGKILL)
