"""A process that dies at a line of our choice while it accepts a message."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from messaging import queueing
from messaging.api import idempotency, sending
from messaging.models import rows

# Where transactions begin and end, and where statements are made within.
WATCHED = frozenset(str(Path(one.__file__)) for one in (idempotency, sending, queueing, rows))


class Killed(BaseException):
    """What no handler catches, as no process survives a kill -9."""


def die() -> None:
    """Raise, where the process itself shall live on."""
    raise Killed


def at_line(number: int, work: Callable[[], Any], end: Callable[[], None] = die) -> int:
    """Do some work, and call `end` before its line `number` (from 1) in the rooms that accept messages.

    Out: how many lines it had, if it came through. Raises what `end` raises.
    """
    passed = 0

    def line(frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal passed
        if frame.f_code.co_filename not in WATCHED:
            return None
        if event == "line":
            passed += 1
            if passed == number:
                sys.settrace(None)
                end()
        return line

    before = sys.gettrace()
    sys.settrace(line)
    try:
        work()
    finally:
        sys.settrace(before)
    return passed
