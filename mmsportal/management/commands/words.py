"""Bring the catalogues of all languages up to date, or say what they lack. For maintainers; needs Babel."""

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from mmsportal.words import catalogues
from mmsportal.words.collecting import collect


class Command(BaseCommand):
    help = "Collect the portal's words into the catalogues. With --check change nothing; exit 1 if any is missing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing")

    def handle(self, *_args: Any, **options: Any) -> None:
        found, wrong = collect(), list[str]()
        for language, _name in settings.LANGUAGES:
            if language == settings.LANGUAGE_CODE:
                continue
            catalogue = catalogues.updated(language, found)
            wrong += [f"{language}: {fault}" for fault in catalogues.lacking(catalogue)]
            for suffix, content in (("po", catalogues.po_bytes(catalogue)), ("mo", catalogues.mo_bytes(catalogue))):
                path = catalogues.path_of(language, suffix)
                if path.exists() and path.read_bytes() == content:
                    continue
                if options["check"]:
                    wrong.append(f"{path.relative_to(settings.BASE_DIR)} is not up to date: run make words")
                else:
                    path.write_bytes(content)
        for line in wrong:
            self.stdout.write(line)
        self.stdout.write(f"{len(found)} places, {len(wrong)} faults")
        if options["check"] and wrong:
            sys.exit(1)
