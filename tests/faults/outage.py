"""The database is away while receipts pour in: refused at first, then hanging. Every one must be on its timeline.

`python -m tests.faults.outage --seconds 600`, with a PostgreSQL cluster of its own, on loopback.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import django

from tests.bench.receipt_storm import Storm, steadily
from tests.bench.receipts import KEY, Stage, body
from tests.faults.world import ROOT, World, free_port

BINARIES = Path(os.environ.get("POSTGRES_BIN", "/usr/lib/postgresql/15/bin"))
CODES = ("7501", "7500", "7524")
# Between the two forms, and at either end, the database is there.
BREATH = 10.0
# As the providers do: every other receipt comes a second time, and what is not answered 200 comes again.
TRIES, AGAIN_AFTER = 5, 1.0


class Cluster:
    """A PostgreSQL of our own that may be broken."""

    def __init__(self, home: Path) -> None:
        self._home, self.port = home / "cluster", free_port()
        self._home.mkdir()
        shutil.chown(self._home, "postgres")
        self._run("initdb", "-D", self._home, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale", "C")

    @property
    def url(self) -> str:
        """Where Django finds it."""
        return f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Until it answers."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''"
        self._run("pg_ctl", "-D", self._home, "-w", "-l", self._home / "log", "-o", options, "start")

    def stop(self) -> None:
        """At once, as if the machine had lost its power."""
        self._run("pg_ctl", "-D", self._home, "-m", "immediate", "stop")

    def freeze(self) -> None:
        """It takes calls, and answers nothing."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on where it was."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        master = int((self._home / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        for pid in (master, *map(int, children)):
            os.kill(pid, number)

    def _run(self, name: str, *words: object) -> None:
        command = [str(BINARIES / name), *map(str, words)]
        if os.geteuid() == 0:
            command = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/", timeout=60)


@dataclass
class Told:
    """What the providers saw: how long each call took, and what it was answered."""

    seconds: list[float] = field(default_factory=list)
    answers: Counter[int] = field(default_factory=Counter)
    given_up: int = 0


@contextmanager
def broken_in_turn(cluster: Cluster, seconds: float) -> Iterator[Thread]:
    """A thread in which the database is away for half of the time in either form."""

    def run() -> None:
        time.sleep(BREATH)
        cluster.stop()
        time.sleep(seconds / 2)
        cluster.start()
        time.sleep(BREATH)
        cluster.freeze()
        try:
            time.sleep(seconds / 2)
        finally:
            cluster.thaw()

    thread = Thread(target=run)
    thread.start()
    try:
        yield thread
    finally:
        thread.join()


def storm(place: World, path: str, bodies: list[bytes], rate: float) -> Told:
    """Post each body, at a steady rate; again after a while where it was not answered 200."""
    told, provider = Told(), Storm(place.web_port, KEY, timeout=10)

    def tell(number: int) -> None:
        for _try in range(TRIES):
            began = time.monotonic()
            status = provider.post(path, bodies[number])
            told.seconds.append(time.monotonic() - began)
            told.answers[status] += 1
            if status == 200:
                return
            time.sleep(AGAIN_AFTER)
        told.given_up += 1

    steadily(rate, len(bodies) / rate, tell, lines=8)
    return told


def run(place: World, cluster: Cluster, seconds: float, rate: float) -> dict[str, object]:
    """One outage of so many seconds in all. Out: its row; "lost" must be 0."""
    from django.db import connection  # noqa: PLC0415

    from messaging.models import ReceiptInbox, TimelineEntry  # noqa: PLC0415

    stage = Stage()
    count = int(rate * (seconds + 3 * BREATH) / 1.5)
    people = stage.message(count // len(CODES))
    news = [body(ref, number, code) for ref, number in people for code in CODES]
    bodies = news + news[::2]
    random.Random(6).shuffle(bodies)
    place.start_web()
    place.start_pump()
    with broken_in_turn(cluster, seconds):
        told = storm(place, f"/webhooks/webex/{stage.account.webhook_secret}", bodies, rate)
    # Ours was cut off as well.
    connection.close()
    began, expected = time.monotonic(), len(news)
    receipts = TimelineEntry.objects.filter(kind="receipt")
    while receipts.count() < expected and time.monotonic() - began < 120:
        time.sleep(0.5)
    took = sorted(told.seconds)
    return {
        "fault": f"database away for {seconds:.0f} s, {rate:.0f} receipts/s",
        "posted": len(bodies),
        "receipts": expected,
        "answers": dict(told.answers),
        "given_up": told.given_up,
        "p50": round(took[len(took) // 2], 3),
        "p99": round(took[int(len(took) * 0.99)], 3),
        "slowest": round(took[-1], 3),
        "drain_s": round(time.monotonic() - began, 1),
        "lost": expected - receipts.count(),
        "open": ReceiptInbox.objects.exclude(state="done").count(),
        "spooled_left": len(list((place.directory / "spool").iterdir())),
    }


def main() -> int:
    """Break it, and say what became of the receipts. Exit code 1 when one was lost."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.outage")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--rate", type=float, default=60)
    parser.add_argument("--write", type=Path, default=ROOT / "var" / "outage.json")
    options = parser.parse_args()
    with TemporaryDirectory(prefix="mms-outage-") as scratch:
        directory = Path(scratch)
        directory.chmod(0o755)
        cluster = Cluster(directory)
        cluster.start()
        place = World(directory, cluster.url)
        try:
            if place.manage("migrate", "--verbosity", "0", timeout=600):
                raise RuntimeError((directory / "commands.log").read_text()[-2000:])
            os.environ.update({**place.environment, "DJANGO_SETTINGS_MODULE": "mmsportal.settings"})
            django.setup()
            row = run(place, cluster, options.seconds, options.rate)
        finally:
            place.stop()
            cluster.stop()
    print(json.dumps(row, indent=2))
    options.write.parent.mkdir(parents=True, exist_ok=True)
    options.write.write_text(json.dumps(row, indent=2) + "\n")
    return int(bool(row["lost"]))


if __name__ == "__main__":
    sys.exit(main())
