"""Compute every status afresh from the timelines, and say where the stored one differs."""

import sys
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandParser
from django.db.transaction import atomic

from messaging import timeline
from messaging.models import Transaction
from messaging.models.clock import database_now

AT_ONCE = 500


class Command(BaseCommand):
    help = "Recompute statuses from the timelines. With --check only report differences; exit 1 if there are any."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing")

    def handle(self, *_args: Any, **options: Any) -> None:
        seen = differing = 0
        last: UUID | None = None
        while rows := self._next(last):
            last = rows[-1]
            seen += len(rows)
            differing += self._rebuild(rows, keep=not options["check"])
        self.stdout.write(f"{seen} transactions, {differing} differences")
        if options["check"] and differing:
            sys.exit(1)

    def _next(self, last: UUID | None) -> list[UUID]:
        rows = Transaction.objects.order_by("pk")
        return list((rows.filter(pk__gt=last) if last else rows).values_list("pk", flat=True)[:AT_ONCE])

    def _rebuild(self, identities: list[UUID], *, keep: bool) -> int:
        with atomic():
            rows = list(Transaction.objects.filter(pk__in=identities).select_for_update(of=("self",)))
            before = {row.pk: (row.status, row.via, row.conflict) for row in rows}
            timeline.compute(rows, now=database_now())
            differing = [row for row in rows if (row.status, row.via, row.conflict) != before[row.pk]]
            for row in differing:
                self.stdout.write(f"{row.pk}: {before[row.pk][0]} should be {row.status}")
            if keep and differing:
                # As they are stored: what their callers are to hear is told from what was known before.
                stored = Transaction.objects.filter(pk__in=[row.pk for row in differing])
                timeline.settle(list(stored), now=database_now())
        return len(differing)
