"""One drain on a host at a time, and one that waits for its end: in a storm bells ring far more often than that."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings


@contextmanager
def turn() -> Iterator[bool]:
    """Whether the caller may drain, perhaps after a wait; False where one waits already: it will see what there is.

    Whoever rings is heard: a drain that begins after the ring follows in any case. A process that dies gives its turn
    back.
    """
    home = Path(settings.SPOOL_DIR).parent
    with (home / "drain.waits").open("wb") as waits, (home / "drain.lock").open("wb") as drains:
        try:
            fcntl.flock(waits, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        fcntl.flock(drains, fcntl.LOCK_EX)
        fcntl.flock(waits, fcntl.LOCK_UN)
        yield True
