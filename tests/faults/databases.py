"""The databases of the fault runs: a file, one of the machine's PostgreSQL, or a server that may be stopped."""

import os
import re
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

POSTGRES = os.environ.get("TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres")
# A migrated database to copy: migrating one anew costs each world more than most rows take.
TEMPLATE = "MMS_FAULTS_TEMPLATE"
# For a run, not for keeping: the server may lose what the machine's own crash would take.
SETTINGS = ("listen_addresses=127.0.0.1", "unix_socket_directories=", "shared_buffers=64MB", "max_connections=60")


class Cluster:
    """A PostgreSQL server in a scratch directory, on a port of loopback. As root it runs as the user postgres."""

    def __init__(self, port: int, *settings: str) -> None:
        self.port = port
        self.home = Path(mkdtemp(prefix="mms-cluster-"))
        self.data = self.home / "data"
        self.url = f"postgres://postgres@127.0.0.1:{port}/postgres"
        self._settings = (*SETTINGS, f"port={port}", *settings)
        if os.geteuid() == 0:
            shutil.chown(self.home, "postgres", "postgres")
        self._run("initdb", "-A", "trust", "-U", "postgres", "-N")

    def start(self) -> None:
        """Start it and wait until it answers. Raises CalledProcessError."""
        words = " ".join(f"-c {setting}" if "=" in setting else setting for setting in self._settings)
        self._run("pg_ctl", "-w", "-l", str(self.home / "log"), "-o", words, "start")

    def stop(self, mode: str = "fast") -> None:
        """Stop it: "fast" ends all sessions, "immediate" is a crash."""
        self._run("pg_ctl", "-w", "-m", mode, "stop")

    def running(self) -> bool:
        """Whether it is up."""
        return (self.data / "postmaster.pid").exists()

    def remove(self) -> None:
        """Stop it, and take its files away."""
        if self.running():
            self.stop("immediate")
        shutil.rmtree(self.home, ignore_errors=True)

    def _run(self, program: str, *words: str) -> None:
        who = ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--init-groups"] if os.geteuid() == 0 else []
        command = [*who, str(binaries() / program), "-D", str(self.data), *words]
        # pg_ctl's server keeps what it is given as output: a pipe would never end.
        subprocess.run(command, cwd=self.home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)


def binaries() -> Path:
    """Where PostgreSQL's programs are: all of them, of the newest version. Raises RuntimeError."""
    newest = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), default=None)
    if newest:
        return newest
    # Elsewhere than on Debian they lie in the PATH together.
    found = shutil.which("initdb")
    if found is None:
        raise RuntimeError("PostgreSQL's programs are not installed: initdb is looked for in the PATH")
    return Path(found).parent


@contextmanager
def database(kind: str, directory: Path) -> Iterator[str]:
    """An empty database on "sqlite" or "postgresql", or a copy of the template, gone afterwards. Out: its address."""
    template = os.environ.get(TEMPLATE, "")
    if kind == "sqlite":
        file = directory / "portal.sqlite3"
        if template:
            shutil.copyfile(template.removeprefix("sqlite:///"), file)
        yield f"sqlite:///{file}"
        return
    import psycopg  # noqa: PLC0415  only where PostgreSQL is meant

    name = f"faults_{secrets.token_hex(4)}"
    source = f" TEMPLATE {template.rpartition('/')[2]}" if template else ""
    with psycopg.connect(POSTGRES, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}{source}")
    try:
        yield re.sub(r"/[^/]*$", f"/{name}", POSTGRES)
    finally:
        with psycopg.connect(POSTGRES, autocommit=True) as server:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")
