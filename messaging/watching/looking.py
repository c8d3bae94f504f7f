"""The watchdog: looks at everything once, and rings or silences the alarms."""

import logging
import os
from datetime import datetime
from threading import Lock, Thread
from time import sleep

from django.db import DatabaseError, connection

from messaging.models import Alarm
from messaging.models.clock import database_now
from messaging.watching import life, silence, waiting
from messaging.watching.absence import TOLD_FOR, note_absence
from messaging.watching.alarms import AGAINST, AWAY, DEAF, SILENT, STUCK, ring

logger = logging.getLogger(__name__)
LOOKED_FOR = [DEAF, STUCK, SILENT, AGAINST]
EVERY = 15.0
# A fork waits so long for a look to end.
PATIENCE = 5.0
_looking, _held = Lock(), False


def look(now: datetime | None = None) -> None:
    """Look whether the queue moves and receipts come. A dozen bounded queries; anybody may call it at any time."""
    now = now or database_now()
    found = [*waiting.findings(waiting.queue(now), now), *silence.findings(now)]
    ring(found, now, kinds=LOOKED_FOR)
    Alarm.objects.filter(kind=AWAY, since__lt=now - TOLD_FOR).delete()


def stand_guard() -> Thread:
    """Let a web process show that it is there, and look again and again, from a thread that ends with it.

    Workers cannot be asked whether workers hear, and the broker may be deaf to all of them.
    """
    thread = Thread(target=_guard, name="watchdog", daemon=True)
    thread.start()
    return thread


def _guard() -> None:
    while True:
        with _looking:
            _round()
        sleep(EVERY)


def _round() -> None:
    try:
        note_absence()
        life.alive(life.WEB)
        look()
    except DatabaseError as error:
        logger.warning("the watchdog cannot ask the database: %s", type(error).__name__)
    except Exception:
        logger.exception("the watchdog stumbled")
    finally:
        connection.close()


def _hold() -> None:
    global _held
    _held = _looking.acquire(timeout=PATIENCE)


def _go_on() -> None:
    if _held:
        _looking.release()


# A web server may load us before it forks. A child that is made in the middle of a look would inherit what the library
# of the database has locked for it, and nobody who unlocks it: on SQLite it could not even read.
os.register_at_fork(before=_hold, after_in_parent=_go_on, after_in_child=_go_on)
