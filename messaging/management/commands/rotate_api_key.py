"""manage.py rotate_api_key PREFIX [--keep-hours N]: new secrets for a key; the old ones hold on a while."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from messaging.models import LONGEST_ROTATION, ApiKey, rotate_key

MOST_HOURS = int(LONGEST_ROTATION / timedelta(hours=1))


class Command(BaseCommand):
    help = (
        "Give an API key new secrets. They are printed now and never again; those it has hold for --keep-hours longer."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("prefix", help="the eight characters behind mms_live_ or mms_test_")
        parser.add_argument(
            "--keep-hours",
            type=int,
            default=24,
            help=f"how long the old secrets hold, 0 to {MOST_HOURS}; 24 by default",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        key = ApiKey.objects.filter(prefix=options["prefix"]).first()
        if key is None:
            raise CommandError("There is no key with this prefix.")
        if not 0 <= options["keep_hours"] <= MOST_HOURS:
            raise CommandError(f"The old secrets may hold for 0 to {MOST_HOURS} hours.")
        try:
            secret, jwt_secret = rotate_key(key, keep=timedelta(hours=options["keep_hours"]), now=timezone.now())
        except ValueError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"key:        {secret}")
        self.stdout.write(f"JWT issuer: {key.prefix}")
        self.stdout.write(f"JWT secret: {jwt_secret}  (base64; decode it before signing with HS256)")
        self.stdout.write(f"The old secrets hold until {key.previous_until:%Y-%m-%d %H:%M} UTC.")
