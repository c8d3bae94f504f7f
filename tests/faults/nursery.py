"""Processes that start at once: forked from one that has everything loaded, each at the head of a group of its own.

A thousand kills would otherwise be an hour of imports. What runs in them is the same as from the command line.
"""

import multiprocessing
import os
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Lock

from tests.faults.world import World

Work = Callable[[], object]


class Nursery:
    """Starts processes in a world whose environment is settled. Close it: what it started is killed with it."""

    def __init__(self, place: World) -> None:
        from django.db import connections  # noqa: PLC0415  needs the world's settings

        # A connection that two processes have is none.
        connections.close_all()
        self._place = place
        self._line, far = multiprocessing.Pipe()
        # Two threads may ask at once.
        self._lock = Lock()
        self._seat = multiprocessing.get_context("fork").Process(target=_serve, args=(far, self._line), daemon=True)
        self._seat.start()
        far.close()

    def start(self, work: Work, name: str) -> int:
        """Run a picklable function in a process of its own. Out: its id, which is that of its group too."""
        with self._lock:
            self._line.send((work, str(self._place.directory / f"{name}.log")))
            return int(self._line.recv())

    def close(self) -> None:
        """Kill whatever is left."""
        with self._lock, suppress(OSError):
            self._line.close()
        self._seat.join(20)
        self._seat.kill()


def _serve(line: Connection, near: Connection) -> None:
    near.close()
    _load()
    # Nobody asks how they ended.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    groups = []
    with suppress(EOFError):
        while True:
            work, log = line.recv()
            groups.append(_fork(work, log, line))
            line.send(groups[-1])
    for group in groups:
        kill_group(group)


def _load() -> None:
    from celery.apps import beat, worker  # noqa: F401, PLC0415
    from django.urls import get_resolver  # noqa: PLC0415
    from gunicorn.app import wsgiapp  # noqa: F401, PLC0415
    from gunicorn.workers import gthread  # noqa: F401, PLC0415

    from mmsportal import wsgi  # noqa: F401, PLC0415
    from mmsportal.celery import app  # noqa: PLC0415

    app.loader.import_default_modules()
    app.finalize()
    _ = get_resolver().url_patterns


def _fork(work: Work, log: str, line: Connection) -> int:
    child = os.fork()
    if child:
        with suppress(OSError):
            os.setpgid(child, child)
        return child
    try:
        os.setpgid(0, 0)
        line.close()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(output, 1)
        os.dup2(output, 2)
        work()
    except SystemExit as told:
        os._exit(told.code if isinstance(told.code, int) else 1)
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    sys.stdout.flush()
    os._exit(0)


def pump(failpoint: str = "", *, once: bool = False) -> None:
    """`manage.py pump`."""
    from django.conf import settings  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415

    settings.FAILPOINT = failpoint
    call_command("pump", once=once)


def worker(concurrency: int, name: str, **settings: object) -> None:
    """`celery worker`, prefork, with Celery settings of its own."""
    from mmsportal.celery import app  # noqa: PLC0415

    app.conf.update(settings)
    words = ["--concurrency", str(concurrency), "-n", f"{name}@%h", "--without-gossip", "--without-mingle"]
    app.worker_main(["worker", "-l", "warning", *words])


def beat(schedule: str) -> None:
    """`celery beat`."""
    from mmsportal.celery import app  # noqa: PLC0415

    app.start(["beat", "-l", "warning", "--pidfile=", "--schedule", schedule])


def web(port: int, workers: int) -> None:
    """`gunicorn mmsportal.wsgi`."""
    from gunicorn.app import wsgiapp  # noqa: PLC0415

    sys.argv = ["gunicorn", "mmsportal.wsgi", "-b", f"127.0.0.1:{port}", "--preload", "--log-level", "warning"]
    sys.argv += ["--workers", str(workers), "-k", "gthread", "--threads", "4"]
    wsgiapp.run()


def alive(process: int) -> bool:
    """Whether a process that was started here still runs."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def stopped(process: int) -> bool:
    """Whether it stands still."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "T"
    except OSError:
        return False


def kill_group(process: int) -> None:
    """kill -9 of a process and all it started, as when the machine is lost."""
    with suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)


def children(process: int) -> list[int]:
    """The processes that a process has started."""
    found = []
    for told in Path(f"/proc/{process}/task").glob("*/children"):
        with suppress(OSError):
            found += [int(word) for word in told.read_text().split()]
    return found
