"""Short patience with the database, for the one door that can do without it (reliability, 3.3).

A database that hangs answers nothing and refuses nothing: no timeout of its own counts there. So a thread looks after
what the door asks, and cuts the line after PATIENCE seconds. From then on nobody asks, but for one who tries each
second whether it is back.
"""

import logging
import os
import socket
from threading import Lock, Thread, get_ident
from time import monotonic, sleep
from types import TracebackType

from django.db import Error as DatabaseFault
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

logger = logging.getLogger(__name__)
# Together with the opening of a new line, which has a limit of its own, less than five seconds.
PATIENCE = 1.5
LOOK_EVERY = 0.1
TRY_EVERY = 1.0


class Watch:
    """The calls under way, by thread: until when each may last, and on which connection."""

    def __init__(self) -> None:
        self._calls: dict[int, tuple[float, BaseDatabaseWrapper]] = {}
        self._lock, self._process = Lock(), 0
        self.away = False

    def __enter__(self) -> None:
        if self._process != os.getpid():
            self._begin()
        # The thread's own connection: the proxy would mean another one to whoever looks after it.
        line = connections["default"]
        # A line that broke is told by the call itself; to ask it first, as other pages do, would be a call more.
        line.health_check_done = True  # type: ignore[attr-defined]  # the stubs do not know it
        self._calls[get_ident()] = (monotonic() + PATIENCE, line)

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._calls.pop(get_ident(), None)
        if isinstance(error, DatabaseFault) and is_lost():
            connection.close()
            self._begin_outage()

    def _begin(self) -> None:
        with self._lock:
            if self._process != os.getpid():
                # A child has the memory of its parent, but none of its threads.
                self._calls, self._process, self.away = {}, os.getpid(), False
                Thread(target=self._look_after, name="database watch", daemon=True).start()

    def _look_after(self) -> None:
        while True:
            sleep(LOOK_EVERY)
            now = monotonic()
            for thread, (until, line) in list(self._calls.items()):
                if now >= until and self._calls.pop(thread, None) is not None:
                    _cut(line)

    def _begin_outage(self) -> None:
        with self._lock:
            if not self.away:
                self.away = True
                logger.error("the database is away: receipts go to the spool")
                Thread(target=self._wait_for_it, name="database trial", daemon=True).start()

    def _wait_for_it(self) -> None:
        while self.away:
            sleep(TRY_EVERY)
            try:
                with self, connection.cursor() as cursor:
                    cursor.execute("SELECT 1")
            except Exception as error:
                logger.info("the database is still away: %s", type(error).__name__)
                continue
            finally:
                connection.close()
            self.away = False
        logger.warning("the database is back")


def is_lost() -> bool:
    """Whether the last fault was about the line: none could be had, or it broke."""
    return connection.connection is None or bool(getattr(connection.connection, "closed", False))


def _cut(line: BaseDatabaseWrapper) -> None:
    """End a call from another thread, which gets the error of a lost connection."""
    if line.vendor == "sqlite":
        # A file: its own patience ends the wait for it.
        return
    try:
        number = line.connection.pgconn.socket
        with socket.socket(fileno=os.dup(number)) as handle:
            handle.shutdown(socket.SHUT_RDWR)
    except Exception as error:
        # It has just ended by itself, is still being opened, which has a timeout of its own, or is no socket.
        logger.info("a call to the database could not be cut: %s", type(error).__name__)


watched = Watch()
