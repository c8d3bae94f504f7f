"""Send and read without any broker: the same functions that the Celery tasks call."""

import signal
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, connection

from messaging import delivery, inbound, receipts, reconciling

STEP_SECONDS = 2.0


class Command(BaseCommand):
    help = "Drain the queue and the receipt inbox without a broker. Runs until stopped, or until all is done (--once)."
    _stopped = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="stop when nothing is due any more")

    def handle(self, *_args: Any, **options: Any) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        sent = 0
        while not self._stopped:
            try:
                reconciling.reconcile()
                moved = delivery.sweep() + receipts.drain() + inbound.fetch_texts(seconds=STEP_SECONDS)
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

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopped = True
