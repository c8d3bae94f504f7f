"""Compute every status afresh from the timelines, and say where the stored one differs."""

import sys
from time import monotonic
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandParser
from django.db.transaction import atomic

from messaging import timeline
from messaging.models import Transaction
from messaging.models.clock import database_now

# All that is in memory at a time, whatever there is to compare.
AT_ONCE = 500
MOST_TOLD = 1_000
TELL_SECONDS = 10.0


class Command(BaseCommand):
    help = "Recompute statuses from the timelines. With --check only report differences; exit 1 if there are any."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing")

    def handle(self, *_args: Any, **options: Any) -> None:
        seen, self.differing = 0, 0
        began = told = monotonic()
        last: UUID | None = None
        while rows := self._next(last):
            last = rows[-1].pk
            seen += len(rows)
            self._compare(rows, keep=not options["check"])
            if (now := monotonic()) - told > TELL_SECONDS:
                told = now
                pace = seen / (now - began)
                self.stderr.write(f"{seen} transactions, {self.differing} differences, {pace:.0f} a second")
        self.stdout.write(f"{seen} transactions, {self.differing} differences")
        if options["check"] and self.differing:
            sys.exit(1)

    def _next(self, last: UUID | None) -> list[Transaction]:
        rows = Transaction.objects.order_by("pk").defer("substitutions")
        return list((rows.filter(pk__gt=last) if last else rows)[:AT_ONCE])

    def _compare(self, rows: list[Transaction], *, keep: bool) -> None:
        """Without locks: whoever sends need not wait for those that agree, and they are nearly all."""
        wrong = self._wrong(rows)
        if not wrong:
            return
        # What moved between the two readings looks wrong and is not: only what still differs under a lock does.
        with atomic():
            locked = Transaction.objects.filter(pk__in=wrong).order_by("pk").select_for_update(of=("self",))
            wrong = self._wrong(list(locked), tell=True)
            if keep and wrong:
                # As they are stored: what their callers are to hear is told from what was known before.
                timeline.settle(list(Transaction.objects.filter(pk__in=wrong)), now=database_now())
        self.differing += len(wrong)

    def _wrong(self, rows: list[Transaction], *, tell: bool = False) -> list[UUID]:
        before = {row.pk: (row.status, row.via, row.conflict) for row in rows}
        timeline.compute(rows, now=database_now())
        wrong = [row for row in rows if (row.status, row.via, row.conflict) != before[row.pk]]
        for row in wrong[: max(0, MOST_TOLD - self.differing)] if tell else ():
            self.stdout.write(f"{row.pk}: {before[row.pk][0]} should be {row.status}")
        return [row.pk for row in wrong]
