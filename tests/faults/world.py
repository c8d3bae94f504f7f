"""A whole portal in processes of its own: database, broker, web door, workers, and a sandbox that plays the providers.

Everything listens on loopback, lives in a scratch directory, and is ended by process id.
"""

import json
import logging
import multiprocessing.process
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from mmsportal.sandbox.ledger import Entry, matches, read
from tests.faults.databases import TEMPLATE, Cluster, database

ROOT = Path(__file__).resolve().parents[2]
# Nobody listens there: a portal whose broker is down.
NO_BROKER = "redis://127.0.0.1:1/0"
Child = subprocess.Popen[bytes]


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class World:
    """The processes and where they are; made by `world`. Each start_ gives the process, so that a row may kill it.

    Change `environment` before starting what shall see it. `cluster` is the PostgreSQL server, where it is our own.
    """

    def __init__(self, directory: Path, database_url: str, cluster: Cluster | None = None) -> None:
        self.directory, self.cluster = directory, cluster
        self.web_port, self.sandbox_port, self.broker_port = free_port(), free_port(), free_port()
        self.ledger_path = directory / "ledger.jsonl"
        self.environment = {
            **os.environ,
            "MMS_VAR_DIR": str(directory),
            "DATABASE_URL": database_url,
            "PUBLIC_BASE_URL": f"http://127.0.0.1:{self.web_port}",
            "MMS_ALLOW_PRIVATE_TARGETS": f"127.0.0.1:{self.sandbox_port},127.0.0.1:{self.web_port}",
            "CELERY_BROKER_URL": NO_BROKER,
            "MMS_FAILPOINT": "",
            # What is sent to many would wait for its sender to think again.
            "MMS_UNDO_SECONDS": "0",
        }
        self._children: list[Child] = []
        self._named: dict[str, Child] = {}

    @property
    def web(self) -> str:
        """The address of the web door."""
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def sandbox(self) -> str:
        """The address of the sandbox."""
        return f"http://127.0.0.1:{self.sandbox_port}"

    def manage(self, *words: str, failpoint: str = "", timeout: float = 120) -> int:
        """Run a management command to its end. Out: its exit code, negative for the signal that ended it."""
        environment = {**self.environment, "MMS_FAILPOINT": failpoint}
        with (self.directory / "commands.log").open("ab") as log:
            return subprocess.run(
                [sys.executable, "manage.py", *words],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=log,
                timeout=timeout,
                check=False,
            ).returncode

    def fork(self, work: Callable[[], object], name: str) -> multiprocessing.process.BaseProcess:
        """Run a function in a process of its own, as if it were a program; Django stands on this world. Nothing else
        may be at work in this process."""
        from django.db import connections  # noqa: PLC0415

        # A connection that two processes have is none.
        connections.close_all()
        log = self.directory / f"{name}.log"
        child = multiprocessing.get_context("fork").Process(target=_forked, args=(work, log), daemon=True)
        child.start()
        return child

    def start(self, *words: str, name: str, **environment: str) -> Child:
        """Start a process that stays, at the head of a group of its own; it is ended with the world."""
        told = {**self.environment, **environment}
        with (self.directory / f"{name}.log").open("ab") as log:
            child = subprocess.Popen(words, cwd=ROOT, env=told, stdout=log, stderr=log, start_new_session=True)
        self._children.append(child)
        self._named[name] = child
        return child

    def child(self, name: str) -> Child:
        """The process that was last started under a name."""
        return self._named[name]

    def start_sandbox(
        self, speed: float = 50, *options: str, tell: Mapping[str, str] | None = None, tps: float = 100_000
    ) -> Child:
        """Play the providers; the ledger is written before each answer. In: where each provider posts its receipts,
        for those that are not told in every message. It may be stopped and started again on the same ledger."""
        config = self.directory / "tenants.json"
        told = {"webex": "", **(tell or {})}
        rows = {name: {"tps": tps, **({"webhook_url": url} if url else {})} for name, url in told.items()}
        config.write_text(json.dumps(rows))
        words = ["sandbox", "--port", str(self.sandbox_port), "--speed", str(speed), "--ledger", str(self.ledger_path)]
        child = self.start(sys.executable, "manage.py", *words, "--config", str(config), *options, name="sandbox")
        wait_for(f"{self.sandbox}/healthz")
        return child

    def start_web(self, *options: str) -> Child:
        """Open the web door, for receipts and the API."""
        gunicorn = [sys.executable, "-m", "gunicorn", "mmsportal.wsgi", "-b", f"127.0.0.1:{self.web_port}"]
        child = self.start(*gunicorn, "-k", "gthread", "--threads", "4", *options, name="web")
        wait_for(f"{self.web}/healthz")
        return child

    def start_pump(self, **environment: str) -> Child:
        """A worker that sends, sweeps and reads receipts until it is ended."""
        return self.start(sys.executable, "manage.py", "pump", name="pump", **environment)

    def start_broker(self, *options: str) -> Child:
        """A Redis of the world's own; what is started from now on, and this process's Django, ring there."""
        told = {"CELERY_BROKER_URL": f"redis://127.0.0.1:{self.broker_port}/0"}
        self.environment.update(told)
        os.environ.update(told)
        words = ["redis-server", "--port", str(self.broker_port), "--bind", "127.0.0.1", "--save", "", *options]
        child = self.start(*words, "--dir", str(self.directory), name="broker")
        _wait_for_port(self.broker_port)
        return child

    def start_worker(self, concurrency: int = 2, name: str = "worker", *options: str, **environment: str) -> Child:
        """A Celery worker (prefork) on all queues."""
        celery = [sys.executable, "-m", "celery", "-A", "mmsportal", "worker", "-l", "warning", "-n", f"{name}@%h"]
        words = [*celery, "--concurrency", str(concurrency), "--without-gossip", "--without-mingle", *options]
        return self.start(*words, name=name, **environment)

    def start_beat(self, name: str = "beat") -> Child:
        """A Celery beat, with a schedule file of its own."""
        celery = [sys.executable, "-m", "celery", "-A", "mmsportal", "beat", "-l", "warning", "--pidfile="]
        return self.start(*celery, "--schedule", str(self.directory / f"{name}-schedule"), name=name)

    def accepted(self, provider: str = "") -> list[Entry]:
        """What a provider, or all of them, has accepted, oldest first."""
        if not self.ledger_path.exists():
            return []
        return [entry for entry in read(self.ledger_path) if matches(entry, kind="accepted", provider=provider)]

    def log(self, name: str) -> str:
        """What the processes of a name have said."""
        path = self.directory / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def stop(self) -> None:
        """End what was started, gently first."""
        for child in reversed(self._children):
            if child.poll() is None:
                child.terminate()
        for child in self._children:
            end(child)


def _forked(work: Callable[[], object], log: Path) -> None:
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(output, 1)
    os.dup2(output, 2)
    work()


def end(child: Child, seconds: float = 15) -> None:
    """End a process, gently first, and whatever is left of its group."""
    if child.poll() is None:
        child.terminate()
        with suppress(subprocess.TimeoutExpired):
            child.wait(seconds)
    kill(child)


def kill(child: Child) -> None:
    """kill -9 of a process and its whole group, as when the machine is lost."""
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait(10)


def wait_for(url: str, seconds: float = 30) -> None:
    """Wait until an address answers. Raises TimeoutError."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise TimeoutError(f"{url} does not answer")


def _wait_for_port(port: int, seconds: float = 10) -> None:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise TimeoutError(f"nobody listens on port {port}")


@contextmanager
def world(kind: str, *, cluster: bool = False) -> Iterator[World]:
    """A scratch world on "sqlite" or "postgresql", migrated and empty, gone afterwards.

    With `cluster` its PostgreSQL is a server of its own.
    """
    with TemporaryDirectory(prefix="mms-faults-", ignore_cleanup_errors=True) as scratch, ExitStack() as kept:
        directory, server = Path(scratch), None
        if cluster:
            server = Cluster(free_port())
            kept.callback(server.remove)
            server.start()
        url = server.url if server else kept.enter_context(database(kind, directory))
        place = World(directory, url, server)
        try:
            # A copy of the template is migrated already.
            if (server or TEMPLATE not in os.environ) and place.manage("migrate", "--verbosity", "0", timeout=600):
                raise RuntimeError(place.log("commands")[-2000:])
            yield place
        finally:
            place.stop()


@contextmanager
def template(kind: str) -> Iterator[None]:
    """A migrated database that the worlds of this process's children are copies of."""
    with world(kind) as place:
        if kind == "sqlite":
            # What is still in the log beside it would not be copied.
            with sqlite3.connect(place.directory / "portal.sqlite3") as file:
                file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        os.environ[TEMPLATE] = place.environment["DATABASE_URL"]
        try:
            yield
        finally:
            del os.environ[TEMPLATE]


def enter(place: World) -> None:
    """Point this process's Django at the world's database. Once in a process."""
    import django  # noqa: PLC0415

    os.environ.update({**place.environment, "DJANGO_SETTINGS_MODULE": "mmsportal.settings"})
    django.setup()
    # That there is no broker is known here, and would be told between the lines of the table.
    logging.getLogger("media.doorbell").setLevel(logging.ERROR)


def open_world(place: World) -> None:
    """Enter a world, open an account and a sender at each provider, and start the providers and the web door."""
    enter(place)
    from tests.faults import orders  # noqa: PLC0415  needs the world's settings

    place.start_sandbox(tell=orders.open_accounts(place.sandbox))
    place.start_web()
