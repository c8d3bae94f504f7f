"""What to run after the database was restored from a backup, before any worker starts."""

from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from messaging.delivery import restoring


class Command(BaseCommand):
    help = "Hold all sending after a restore, close what may have left already, and let the rest go."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--lost-at", metavar="TIME", help="close as unknown what was due by then (ISO 8601, UTC)")
        parser.add_argument("--release", action="store_true", help="let everything send again that was held here")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["release"]:
            self.stdout.write("Sending goes on" if restoring.let_go() else "Nothing was held here")
            return
        held = restoring.hold()
        self.stdout.write("All sending is paused" if held else "All sending was paused already")
        self.stdout.write("Nothing is sent until `manage.py restored --release`, or until somebody resumes it")
        if options["lost_at"]:
            closed = restoring.close_unclear(_moment(options["lost_at"]))
            self.stdout.write(
                f"{closed} messages may have left already: shown as outcome unknown, never sent again by us"
            )


def _moment(said: str) -> datetime:
    try:
        moment = parse_datetime(said)
    except ValueError:
        moment = None
    if moment is None:
        raise CommandError(f"--lost-at is a time such as 2026-05-04T12:30Z, not {said!r}.")
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)
