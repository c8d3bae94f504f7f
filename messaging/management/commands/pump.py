"""Send and read without any broker: the same functions that the Celery tasks call."""

import logging
import signal
from threading import Event, Thread
from time import monotonic
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, connection
from django.utils import timezone

from media import renditions
from messaging import (
    callbacks,
    delivery,
    encoding,
    inbound,
    receipts,
    reconciling,
    retention,
    steering,
    tallies,
    watching,
)

logger = logging.getLogger(__name__)
STEP_SECONDS = 2.0
TELLING_SECONDS = 3600.0
HOUSE_SECONDS = 10.0
WATCH_SECONDS = 15.0


class Command(BaseCommand):
    help = "Drain the queue and the receipt inbox without a broker. Runs until stopped, or until all is done (--once)."

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._stopped = Event()
        self._watched = -WATCH_SECONDS

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="stop when nothing is due any more")

    def handle(self, *_args: Any, **options: Any) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        if not options["once"]:
            # Beside the sending, which must not wait for a film. Ended with the process: its lease runs out.
            Thread(target=self._make_copies, daemon=True).start()
            Thread(target=self._tell_callers, daemon=True).start()
            Thread(target=self._keep_house, daemon=True).start()
        sent = 0
        while not self._stopped.is_set():
            try:
                watching.alive(watching.SEND)
                watching.alive(watching.RECEIPTS)
                if not options["once"]:
                    self._watch()
                reconciling.reconcile()
                moved = delivery.sweep() + receipts.drain() + inbound.fetch_texts(seconds=STEP_SECONDS)
                if options["once"]:
                    moved += renditions.work() + callbacks.send(once=True)
                moved += encoding.finish() + steering.pass_ripe_canaries()
                tried = delivery.pump(once=options["once"], seconds=STEP_SECONDS)
            except DatabaseError:
                if options["once"]:
                    raise
                self.stderr.write("the database does not answer; trying again")
                connection.close()
                signal.sigtimedwait([], STEP_SECONDS)
                continue
            sent += tried
            if options["once"] and not moved and not tried:
                break
        self.stdout.write(f"{sent} tries made")

    def _watch(self) -> None:
        """What the beat would ring for, as often."""
        if monotonic() - self._watched >= WATCH_SECONDS:
            self._watched = monotonic()
            watching.fold()
            watching.look()

    def _make_copies(self) -> None:
        """Make the copies of media that messages wait for, one after another, until stopped."""
        while not self._stopped.is_set():
            try:
                made = renditions.work()
            except Exception:
                # Its lease runs out, and it is taken up again.
                logger.exception("a copy could not be made")
                connection.close()
                made = False
            if not made:
                self._stopped.wait(STEP_SECONDS)

    def _tell_callers(self) -> None:
        """Send callers their news until stopped: their servers may hang, the providers' queue must not."""
        while not self._stopped.is_set():
            try:
                # One long turn: at the end of each, whoever has a quick server waits for those whose server hangs.
                callbacks.send(seconds=TELLING_SECONDS, over=self._stopped.is_set)
            except Exception:
                # What was under way is sent again when its lease has run out.
                logger.exception("callbacks could not be sent")
                connection.close()
                self._stopped.wait(STEP_SECONDS)

    def _keep_house(self) -> None:
        """Count for the charts and clear away what is over, until stopped; nobody waits for either."""
        while not self._stopped.wait(HOUSE_SECONDS):
            try:
                tallies.count()
                tallies.purge(now=timezone.now())
                retention.purge(now=timezone.now())
            except Exception:
                # Each batch is whole; the next round takes up what is left.
                logger.exception("counting or clearing away failed")
                connection.close()

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopped.set()
