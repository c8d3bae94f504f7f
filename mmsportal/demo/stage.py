"""Where the demo plays: its ports, its folder, the environment of its processes, and when they are ready."""

import os
import socket
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from time import monotonic

from mmsportal.demo.supervisor import Child

HOST = "127.0.0.1"
READY_SECONDS = 60.0
# In a container there is often nobody else to be; Celery's warning about it would bury the greeting.
AS_ROOT = "You're running the worker with superuser"
# The demo has known passwords: it never touches a database or a bucket that the environment happens to name.
NOT_OURS = frozenset(
    {
        "DATABASE_URL",
        "CELERY_BROKER_URL",
        "CACHE_URL",
        "MEDIA_STORAGE",
        "S3_BUCKET",
        "DJANGO_SECRET_KEY",
        "CREDENTIALS_KEYS",
        "MMS_FAILPOINT",
    }
)


class PortTaken(Exception):
    """The port that was asked for is in use."""


class NotReady(Exception):
    """A process does not answer, though it had the time."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One running demo: the portal's port, the sandbox's, and the folder that holds all data."""

    port: int
    sandbox_port: int
    var_dir: Path

    @property
    def portal_url(self) -> str:
        """Where the portal answers."""
        return f"http://{HOST}:{self.port}"

    @property
    def sandbox_url(self) -> str:
        """Where the sandbox answers."""
        return f"http://{HOST}:{self.sandbox_port}"

    def environment(self) -> dict[str, str]:
        """What every process of the demo gets, so that all agree on addresses and data."""
        kept = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
        hosts = [f"{name}:{port}" for name in (HOST, "localhost") for port in (self.port, self.sandbox_port)]
        # A server of one's own beside the demo, to be told news at.
        own = [target for target in kept.get("MMS_ALLOW_PRIVATE_TARGETS", "").split(",") if target]
        return kept | {
            "DJANGO_SETTINGS_MODULE": "mmsportal.settings",
            "MMS_VAR_DIR": str(self.var_dir),
            "CELERY_BROKER_URL": "filesystem://localhost",
            "MMS_ALLOW_PRIVATE_TARGETS": ",".join([*hosts, *own]),
            "PUBLIC_BASE_URL": self.portal_url,
            "MEDIA_PUBLIC_BASE_URL": self.portal_url,
            "ALLOWED_HOSTS": f"{HOST},localhost",
            "PYTHONUNBUFFERED": "1",
        }

    def preparation(self) -> Child:
        """Migrates and seeds, then prints what the greeting needs as one line of JSON."""
        return Child("prepare", [*MANAGE, "demo", "--prepare", "--sandbox-url", self.sandbox_url])

    def sandbox(self) -> Child:
        """The providers, played on loopback, with the addresses that the preparation wrote down."""
        config = str(tenants_file(self.var_dir))
        return Child("sandbox", [*MANAGE, "sandbox", "--port", str(self.sandbox_port), "--config", config])

    def web(self) -> Child:
        """The portal's pages and doors."""
        bind = ["--bind", f"{HOST}:{self.port}", "--workers", "1", "--worker-class", "gthread", "--threads", "8"]
        quiet = ["--log-level", "warning", "--graceful-timeout", "5", "--no-control-socket"]
        return Child("web", [sys.executable, "-m", "gunicorn", "mmsportal.wsgi", *bind, *quiet])

    def worker(self) -> Child:
        """Sends and reads receipts, with the beat inside: there is one worker only."""
        # A provider that hangs keeps a process for half a minute; some stay free for what handsets and providers say.
        pool = ["--pool", "prefork", "--concurrency", "4", "--beat"]
        alone = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING"]
        celery = [sys.executable, "-W", f"ignore:{AS_ROOT}", "-m", "celery", "--quiet", "-A", "mmsportal", "worker"]
        return Child("worker", [*celery, *pool, *alone])


MANAGE = [sys.executable, "manage.py"]


def tenants_file(var_dir: Path) -> Path:
    """Where the sandbox finds our webhook addresses."""
    return var_dir / "sandbox" / "tenants.json"


def choose_ports(port: int) -> tuple[int, int]:
    """The portal's port as asked for, and the next one for the sandbox, or any free one. Raises PortTaken."""
    if not _is_free(port):
        raise PortTaken(
            f"Port {port} on {HOST} is in use, perhaps by another demo. Stop it, or choose another port: "
            f'make demo ARGS="--port {port + 10 if port < 65000 else 8010}"'
        )
    following = port + 1
    return port, following if following < 65536 and _is_free(following) else _any_port()


def wait_until_up(url: str, path: str, *, meanwhile: Callable[[], None]) -> None:
    """Ask until the address answers 200; `meanwhile` is called between, and may raise. Raises NotReady."""
    ends = monotonic() + READY_SECONDS
    while not _answers(url, path):
        if monotonic() > ends:
            raise NotReady(f"{url}{path} does not answer after {READY_SECONDS:.0f} seconds.")
        meanwhile()


def _answers(url: str, path: str) -> bool:
    with closing(HTTPConnection(url.removeprefix("http://"), timeout=2)) as connection:
        try:
            connection.request("GET", path)
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do it: a port of a demo that has just ended is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _any_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
