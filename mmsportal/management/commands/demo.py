"""The whole portal on one machine: pages, worker, beat and sandbox, with something to look at."""

import json
import os
import sys
import webbrowser
from argparse import SUPPRESS
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from mmsportal import env
from mmsportal.demo.greeting import greeting
from mmsportal.demo.seeding import Seeded, seed
from mmsportal.demo.stage import NotReady, PortTaken, Stage, choose_ports, wait_until_up
from mmsportal.demo.supervisor import Died, Stopped, Supervisor, tell


class Command(BaseCommand):
    help = "Run the portal with a worker and the sandbox on this machine, filled with example data. Ctrl-C stops it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="of the portal; the sandbox takes the next free one")
        parser.add_argument("--no-browser", action="store_true", help="do not open a page")
        parser.add_argument("--ephemeral", action="store_true", help="keep all data in a folder that goes with the end")
        # What the demo asks of itself, in a process that has the demo's own environment.
        parser.add_argument("--prepare", action="store_true", help=SUPPRESS)
        parser.add_argument("--sandbox-url", default="", help=SUPPRESS)

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["prepare"]:
            self._prepare(options["sandbox_url"])
            return
        if not 1024 <= options["port"] <= 65535:
            raise CommandError(f"--port {options['port']}: choose a port from 1024 to 65535.")
        with ExitStack() as stack:
            folder = env.VAR_DIR.resolve()
            if options["ephemeral"]:
                folder = Path(stack.enter_context(TemporaryDirectory(prefix="mms-demo-")))
            try:
                stage = Stage(*choose_ports(options["port"]), folder)
            except PortTaken as error:
                raise CommandError(str(error)) from error
            supervisor = Supervisor(stage.environment(), env.BASE_DIR)
            supervisor.listen()
            try:
                self._play(stage, supervisor, browser=not options["no_browser"])
            except Stopped:
                tell("stopping")
            except (Died, NotReady) as error:
                tell(f"{error}; stopping the rest")
                raise CommandError(str(error)) from error
            finally:
                supervisor.stop()
        tell("stopped")

    def _play(self, stage: Stage, supervisor: Supervisor, *, browser: bool) -> None:
        began = monotonic()
        tell("Preparing: database, people, media, two weeks of traffic ...")
        seeded = Seeded(**json.loads(supervisor.run(stage.preparation())))
        tell(f"Prepared in {monotonic() - began:.1f} s. Starting the sandbox, the portal and the worker ...")
        supervisor.start(stage.web())
        supervisor.start(stage.sandbox())

        def meanwhile() -> None:
            supervisor.check()
            supervisor.pause()

        wait_until_up(stage.sandbox_url, "/healthz", meanwhile=meanwhile)
        wait_until_up(stage.portal_url, "/readyz", meanwhile=meanwhile)
        # Last, so that its first messages find the sandbox; stopped first, so that they are seen to their end.
        supervisor.start(stage.worker())
        tell(greeting(stage, seeded, seconds=monotonic() - began))
        if browser and _has_display():
            webbrowser.open_new_tab(stage.portal_url)
        supervisor.watch()
        tell("stopping")

    def _prepare(self, sandbox_url: str) -> None:
        database = Path(str(settings.DATABASES["default"]["NAME"]))
        if not database.is_relative_to(env.VAR_DIR):
            raise CommandError("The demo fills its own SQLite database only; its passwords are known to all.")
        call_command("migrate", verbosity=0, interactive=False)
        self.stdout.write(json.dumps(asdict(seed(sandbox_url, now=timezone.now()))))


def _has_display() -> bool:
    """Whether a browser could be seen: always where the system has no notion of a display."""
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
