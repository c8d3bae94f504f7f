from typing import Any

from django.core.management.commands import migrate
from django.db import connections


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        # An index on a table of millions takes as long as it takes; waiting for a lock stays short (reliability 3.6).
        self._say(options["database"], "SET statement_timeout = 0")
        try:
            super().handle(*args, **options)
        finally:
            self._say(options["database"], "RESET statement_timeout")

    def _say(self, database: str, words: str) -> None:
        connection = connections[database]
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(words)
