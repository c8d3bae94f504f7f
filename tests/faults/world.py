"""A whole portal in processes of its own: database, web door, sandbox provider and a pump that may be killed.

Everything listens on loopback, lives in a scratch directory, and is ended by process id.
"""

import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from mmsportal.sandbox.ledger import Entry, matches, read

ROOT = Path(__file__).resolve().parents[2]
POSTGRES = os.environ.get("TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres")


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class World:
    """The processes and where they are; made by `world`."""

    def __init__(self, directory: Path, database_url: str) -> None:
        self.directory = directory
        self.web_port, self.sandbox_port = free_port(), free_port()
        self.ledger_path = directory / "ledger.jsonl"
        self.environment = {
            **os.environ,
            "MMS_VAR_DIR": str(directory),
            "DATABASE_URL": database_url,
            "PUBLIC_BASE_URL": f"http://127.0.0.1:{self.web_port}",
            "MMS_ALLOW_PRIVATE_TARGETS": f"127.0.0.1:{self.sandbox_port},127.0.0.1:{self.web_port}",
            "CELERY_BROKER_URL": "redis://127.0.0.1:1/0",
            "MMS_FAILPOINT": "",
        }
        self._children: list[subprocess.Popen[bytes]] = []

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

    def start(self, *words: str, name: str) -> subprocess.Popen[bytes]:
        """Start a process that stays; it is ended with the world."""
        with (self.directory / f"{name}.log").open("ab") as log:
            child = subprocess.Popen(words, cwd=ROOT, env=self.environment, stdout=log, stderr=log)
        self._children.append(child)
        return child

    def start_sandbox(self, speed: float = 50, *, tell: Mapping[str, str] | None = None) -> None:
        """Play the providers; the ledger is written before each answer. In: where each provider posts its receipts,
        for those that are not told in every message."""
        port = str(self.sandbox_port)
        config = self.directory / "tenants.json"
        told = {"webex": "", **(tell or {})}
        tenants = {name: {"tps": 100_000, **({"webhook_url": url} if url else {})} for name, url in told.items()}
        config.write_text(json.dumps(tenants))
        words = ["sandbox", "--port", port, "--speed", str(speed), "--ledger", str(self.ledger_path)]
        words += ["--config", str(config)]
        self.start(sys.executable, "manage.py", *words, name="sandbox")
        _wait_for(f"http://127.0.0.1:{self.sandbox_port}/healthz")

    def start_web(self) -> subprocess.Popen[bytes]:
        """Open the web door, for receipts and the API."""
        bind = f"127.0.0.1:{self.web_port}"
        gunicorn = [sys.executable, "-m", "gunicorn", "mmsportal.wsgi", "-b", bind, "-k", "gthread", "--threads", "4"]
        child = self.start(*gunicorn, name="web")
        _wait_for(f"http://{bind}/healthz")
        return child

    def start_pump(self) -> subprocess.Popen[bytes]:
        """A worker that sends, sweeps and reads receipts until it is ended."""
        return self.start(sys.executable, "manage.py", "pump", name="pump")

    def accepted(self, provider: str) -> list[Entry]:
        """What a provider has accepted, oldest first."""
        if not self.ledger_path.exists():
            return []
        return [entry for entry in read(self.ledger_path) if matches(entry, kind="accepted", provider=provider)]

    def stop(self) -> None:
        """End what was started, gently first."""
        for child in reversed(self._children):
            if child.poll() is None:
                child.terminate()
        for child in self._children:
            end(child)


def end(child: subprocess.Popen[bytes]) -> None:
    """End a process, gently first."""
    child.terminate()
    try:
        child.wait(15)
    except subprocess.TimeoutExpired:
        child.send_signal(signal.SIGKILL)
        child.wait(5)


def _wait_for(url: str, seconds: float = 30) -> None:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise TimeoutError(f"{url} does not answer")


@contextmanager
def _database(kind: str, directory: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{directory / 'portal.sqlite3'}"
        return
    import psycopg  # noqa: PLC0415  only where PostgreSQL is meant

    name = f"faults_{secrets.token_hex(4)}"
    with psycopg.connect(POSTGRES, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
    try:
        yield re.sub(r"/[^/]*$", f"/{name}", POSTGRES)
    finally:
        with psycopg.connect(POSTGRES, autocommit=True) as server:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def world(kind: str) -> Iterator[World]:
    """A scratch world on "sqlite" or "postgresql", migrated and empty, gone afterwards."""
    with TemporaryDirectory(prefix="mms-faults-") as scratch:
        directory = Path(scratch)
        with _database(kind, directory) as url:
            place = World(directory, url)
            try:
                if place.manage("migrate", "--verbosity", "0"):
                    raise RuntimeError((directory / "commands.log").read_text()[-2000:])
                yield place
            finally:
                place.stop()
