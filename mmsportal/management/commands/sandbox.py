import asyncio
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from mmsportal import env
from mmsportal.sandbox import app
from mmsportal.sandbox.options import ConfigError, Options, read_tenants


class Command(BaseCommand):
    help = "Plays the providers on loopback (docs/sandbox.md)."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8001)
        parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
        parser.add_argument("--speed", type=float, default=1.0, help="divides every delay, e.g. 20")
        parser.add_argument("--ledger", type=Path, default=env.VAR_DIR / "sandbox" / "ledger.jsonl")
        parser.add_argument("--config", type=Path, help="JSON file with the tenants")
        parser.add_argument("--inbound-url", default="", help="where handsets' replies are posted")
        parser.add_argument("--no-fetch", action="store_true", help="take all media unseen")
        parser.add_argument("--fetch-anything", action="store_true", help="let fetches and receipts leave this machine")

    def handle(self, *_: Any, **options: Any) -> None:
        if not 0 < options["speed"] <= 10_000:
            raise CommandError("--speed is a number above 0, at most 10000; 1 is real time.")
        if not 0 <= options["port"] <= 65_535:
            raise CommandError("--port is a number from 0 to 65535; 0 takes a free one.")
        try:
            settings = Options(
                ledger=options["ledger"],
                speed=options["speed"],
                tenants=read_tenants(options["config"]) if options["config"] else {},
                inbound_url=options["inbound_url"],
                fetch_media=not options["no_fetch"],
                reach_anything=options["fetch_anything"],
            )
            asyncio.run(app.serve(settings, host=options["host"], port=options["port"], announce=self.announce))
        except (ConfigError, ValueError, OSError) as error:
            raise CommandError(str(error)) from error

    def announce(self, base_url: str) -> None:
        self.stdout.write(f"Sandbox at {base_url}/ (numbers, keys, ledger). Ctrl+C stops it.")
        self.stdout.flush()
