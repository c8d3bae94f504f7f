"""manage.py create_api_key NAME --scopes ... [--senders ...] [--test]: a key for an integration, shown once."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, ProgrammingError

from messaging.models import SCOPES, Sender, issue_key

TABLES = (
    "Where there are no tables, run migrate; beside a demo that is --ephemeral, set MMS_VAR_DIR to its data folder."
)


class Command(BaseCommand):
    help = "Make an API key. The key and its JWT secret are printed now and never again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="who will use it, such as “Shop backend”")
        parser.add_argument(
            "--scopes", nargs="+", required=True, metavar="SCOPE", help=f"what it may do: {', '.join(SCOPES)}"
        )
        parser.add_argument(
            "--senders", nargs="*", default=[], metavar="ADDRESS", help="the sender IDs it may use; all when left out"
        )
        parser.add_argument("--test", action="store_true", help="a test key: it reaches sandboxes only")

    def handle(self, *_args: Any, **options: Any) -> None:
        name = options["name"].strip()
        if not 1 <= len(name) <= 80:
            raise CommandError("Give the key a name of 1 to 80 characters.")
        try:
            key, secret, jwt_secret = issue_key(
                name=name,
                scopes=list(dict.fromkeys(options["scopes"])),
                senders=_senders(options["senders"]),
                test=options["test"],
            )
        except ValueError as error:
            raise CommandError(str(error)) from error
        except (OperationalError, ProgrammingError) as error:
            raise CommandError(f"The database cannot take a key: {str(error).strip()}. {TABLES}") from error
        self.stdout.write(f"key:        {secret}")
        self.stdout.write(f"JWT issuer: {key.prefix}")
        self.stdout.write(f"JWT secret: {jwt_secret}  (base64; decode it before signing with HS256)")
        self.stdout.write("Keep them now: they are not shown again.")


def _senders(addresses: list[str]) -> list[Sender]:
    found = list(Sender.objects.filter(address__in=addresses))
    missing = set(addresses) - {sender.address for sender in found}
    if missing:
        raise CommandError(f"No such sender: {', '.join(sorted(missing))}.")
    return found
