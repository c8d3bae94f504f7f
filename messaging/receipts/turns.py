"""One drain on a host at a time, and one that waits a moment for its end: in a storm bells ring far more often."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import BinaryIO

from django.conf import settings

# Where more comes in than is drained, a drain lasts: whoever waited for its end would be missing at all other work.
PATIENCE = 0.5
LOOK_EVERY = 0.01


@contextmanager
def turn() -> Iterator[bool]:
    """Whether the caller may drain, perhaps after a wait of PATIENCE seconds; False where one waits already or the
    wait was in vain: then whoever drains is `asked_again`.

    Whoever rings is heard: a drain that begins after the ring follows in any case. A process that dies gives its turn
    back.
    """
    home = _home()
    with (home / "drain.waits").open("wb") as waits, (home / "drain.lock").open("wb") as drains:
        if not _taken(waits):
            yield False
            return
        ours = _taken_soon(drains)
        if not ours:
            _mark().touch()
            # Whoever drained may have looked for the mark just before.
            ours = _taken(drains)
        if ours:
            # What this drain begins with is all that anybody asked for.
            _mark().unlink(missing_ok=True)
        fcntl.flock(waits, fcntl.LOCK_UN)
        yield ours


def asked_again() -> bool:
    """Whether somebody came during the turn that the caller has just given back, and went away: another drain must
    follow. Said once."""
    try:
        _mark().unlink()
    except FileNotFoundError:
        return False
    return True


def _home() -> Path:
    return Path(settings.SPOOL_DIR).parent


def _mark() -> Path:
    return _home() / "drain.again"


def _taken_soon(file: BinaryIO) -> bool:
    ends = monotonic() + PATIENCE
    while not _taken(file):
        if monotonic() >= ends:
            return False
        sleep(LOOK_EVERY)
    return True


def _taken(file: BinaryIO) -> bool:
    """Whether the lock of a file could be had. It is held until the file is closed."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
