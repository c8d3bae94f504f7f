"""kill -9 of a worker while it encodes: the copy is taken up by another one, and the message leaves once, with it."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.faults import nursery
from tests.faults.world import World

POINT = "in_encoder"
CHILD = b"media.fitting.child"
PATIENCE = 60.0


def die(place: World) -> bool:
    """Start a worker, wait until it has an encoder at work, and kill it. Out: whether both died, and nothing went."""
    worker = place.fork(nursery.pump, "pump")
    encoder = 0
    ends = time.monotonic() + PATIENCE
    while not encoder and time.monotonic() < ends and worker.is_alive():
        encoder = _encoder_of(worker.pid or 0)
        time.sleep(0.01)
    worker.kill()
    worker.join(10)
    killed = worker.exitcode == -signal.SIGKILL
    return bool(encoder) and killed and _gone(encoder)


def spoiled(message: Any) -> str:
    """What is wrong with a message after another worker has finished it, or ""."""
    from media.models import Rendition  # noqa: PLC0415  needs the world's settings

    message.refresh_from_db()
    parts = [part for _where, part in message.frozen.parts()]
    copies = Rendition.objects.filter(pk__in=[part.rendition for part in parts if part.rendition])
    if [(copy.status, copy.attempts) for copy in copies] != [("ready", 2)]:
        return "the copy was not made by a second worker"
    return "" if message.fitting == "done" and parts[0].mime_type == "audio/mpeg" else "it did not go with the copy"


def _encoder_of(worker: int) -> int:
    """The process that encodes for a worker; 0 while there is none."""
    children = [word for told in Path(f"/proc/{worker}/task").glob("*/children") for word in _read(told).split()]
    return next((int(one) for one in children if CHILD in _read(Path(f"/proc/{one.decode()}/cmdline"))), 0)


def _read(path: Path) -> bytes:
    with suppress(OSError):
        return path.read_bytes()
    return b""


def _gone(process: int) -> bool:
    """Whether an encoder ends with its worker, long before its own limit."""
    ends = time.monotonic() + 5
    while time.monotonic() < ends:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        # Nobody may be there to collect it.
        if b"State:\tZ" in _read(Path(f"/proc/{process}/status")):
            return True
        time.sleep(0.05)
    return False
