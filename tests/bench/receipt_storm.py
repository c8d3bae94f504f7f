"""Receipts that pour in: signed, over kept connections, at a steady rate; and what became of them."""

import hashlib
import hmac
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException
from itertools import count
from threading import Event, Thread, local
from typing import Any

from tests.bench.figures import row
from tests.faults.world import World, end

LINES = 4
# More than a web process ever takes in.
MOST_A_SECOND = 1000
# With a limit the database goes by the key, whatever it believes about a table that it has no statistics of.
MOST_NEW = 10_000
CODES = ("7501", "7500", "7524")
CELERY = (
    *(sys.executable, "-m", "celery", "-A", "mmsportal", "worker", "--beat", "--concurrency", "2"),
    *("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING"),
)


class Storm:
    """A provider that posts to one port, on one connection for each thread of its own."""

    def __init__(self, port: int, key: str, timeout: float = 30) -> None:
        self._port, self._key, self._timeout, self._own = port, key.encode(), timeout, local()

    def post(self, path: str, body: bytes) -> int:
        """Post a body with its signature. Out: the status; 0 when there was no answer."""
        signature = hmac.new(self._key, body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "x-hub-signature": f"sha256={signature}"}
        return self._ask("POST", path, body, headers)

    def wait_for_it(self, path: str, seconds: float = 60) -> None:
        """Until the server answers."""
        ends = time.monotonic() + seconds
        while self._ask("POST" if path == "/bare" else "GET", path, b"", {}) != 200:
            if time.monotonic() > ends:
                raise TimeoutError(f"port {self._port} does not answer")
            time.sleep(0.2)

    def _ask(self, verb: str, path: str, body: bytes, headers: dict[str, str]) -> int:
        # A line that was idle may just have been closed by the server.
        kept = getattr(self._own, "line", None)
        return (kept and self._once(kept, verb, path, body, headers)) or self._once(
            HTTPConnection("127.0.0.1", self._port, timeout=self._timeout), verb, path, body, headers
        )

    def _once(self, line: HTTPConnection, verb: str, path: str, body: bytes, headers: dict[str, str]) -> int:
        self._own.line = None
        try:
            line.request(verb, path, body, headers)
            answer = line.getresponse()
            answer.read()
        except (OSError, HTTPException):
            line.close()
            return 0
        self._own.line = line
        return int(answer.status)


def steadily(rate: float, seconds: float, work: Callable[[int], object], lines: int = LINES) -> None:
    """Call `work` with 0, 1, 2 ... so many times a second, from a few threads, for so long."""
    calls, began = int(rate * seconds), time.monotonic()

    def one(line: int) -> None:
        for number in range(line, calls, lines):
            time.sleep(max(0.0, began + number / rate - time.monotonic()))
            work(number)

    with ThreadPoolExecutor(lines) as pool:
        list(pool.map(one, range(lines)))


class Watcher(Thread):
    """Looks at the timeline ten times a second, and once a second at the inbox. Out: when each body of the inbox was
    first seen there, and how many bodies waited at each look.

    It shares the machine with what it watches: a look costs the newest entries by their key, and nothing else.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.seen: dict[str, float] = {}
        self.waiting: list[int] = []
        self._rows: dict[int, float] = {}
        self._over = Event()

    def run(self) -> None:
        from django.db import connection  # noqa: PLC0415

        from messaging.models import ReceiptInbox, TimelineEntry  # noqa: PLC0415

        last = TimelineEntry.objects.latest("id").pk
        entries = TimelineEntry.objects.order_by("id").values_list("id", "inbox")
        for look in count():
            if self._over.wait(0.1):
                break
            new = list(entries.filter(id__gt=last)[:MOST_NEW])
            now = time.time()
            for last, inbox in new:  # noqa: B007
                if inbox is not None:
                    self._rows.setdefault(inbox, now)
            if look % 10 == 0:
                self.waiting.append(ReceiptInbox.objects.filter(state="new").count())
        digests = dict(ReceiptInbox.objects.values_list("id", "digest"))
        self.seen = {digests[row]: at for row, at in self._rows.items() if row in digests}
        connection.close()

    def finish(self, expected: int, seconds: float = 60) -> None:
        """Go on until so many were seen, or time is up."""
        ends = time.monotonic() + seconds
        while len(self._rows) < expected and time.monotonic() < ends:
            time.sleep(0.2)
        self._over.set()
        self.join()


def pour(place: World, stage: Any, seconds: float, *, body: Callable[..., bytes]) -> list[dict[str, object]]:
    """Receipts at four fifths of the rate at which a web process takes them in beside a worker, while that drains;
    once."""
    broker = place.environment["CELERY_BROKER_URL"]
    place.environment["CELERY_BROKER_URL"] = f"filesystem://{place.directory}/bells"
    # Before there is a worker: it would send what is only said to be sent.
    people = stage.message(min(20_000, int(MOST_A_SECOND * seconds)))
    children = [place.start_web()]
    try:
        children.append(place.start(*CELERY, name="worker"))
        _wait_for_a_drain()
        path, storm = f"/webhooks/webex/{stage.account.webhook_secret}", Storm(place.web_port, "a key to sign with")
        rate, posted = 0.8 * _fastest(storm, path, body), dict[str, float]()
        watcher = Watcher()
        watcher.start()

        def tell(number: int) -> None:
            ref, to = people[number % len(people)]
            told = body(ref, to, CODES[number // len(people) % len(CODES)])
            posted[hashlib.sha256(b"POST\n" + told).hexdigest()] = time.time()
            if storm.post(path, told) != 200:
                raise RuntimeError("a receipt was not taken")

        steadily(rate, seconds, tell)
        watcher.finish(len(posted))
    finally:
        for child in reversed(children):
            end(child)
        place.environment["CELERY_BROKER_URL"] = broker
    late = sorted(watcher.seen[digest] - at for digest, at in posted.items() if digest in watcher.seen)
    half = len(watcher.waiting) // 2
    grown = statistics.mean(watcher.waiting[half:]) - statistics.mean(watcher.waiting[:half])
    lost = len(posted) - len(late)
    words = f"{len(posted)} receipts at {rate:.0f}/s, {lost} not seen; {grown:+.0f} waiting in the second half"
    p99 = round(late[int(len(late) * 0.99)], 3)
    return [row("receipt_end_to_end", p99, "s p99", against=words, goal="value < 2")]


def _wait_for_a_drain(seconds: float = 60) -> None:
    """Until the worker is up and has looked into the inbox."""
    from messaging import watching  # noqa: PLC0415
    from messaging.models import Heartbeat  # noqa: PLC0415

    ends = time.monotonic() + seconds
    while not Heartbeat.objects.filter(work=watching.RECEIPTS).exists():
        if time.monotonic() > ends:
            raise TimeoutError("no worker reads the inbox")
        time.sleep(0.2)


def _fastest(storm: Storm, path: str, body: Callable[..., bytes], posts: int = 600) -> float:
    """How many receipts a second one web process takes in beside a worker, from as many lines as pour them in later.

    They are about nobody's message, and taken out again: they would be looked at again and again while others pour in.
    """

    def post(number: int) -> None:
        storm.post(path, body("", "14165550199", stamp=f"2026-05-04T22:07:01.{number:06}Z"))

    for turn in range(2):
        began = time.perf_counter()
        with ThreadPoolExecutor(LINES) as pool:
            list(pool.map(post, range(turn * posts, (turn + 1) * posts)))
        took = time.perf_counter() - began
    while not _nobodys_are_gone():
        time.sleep(0.1)
    return posts / took


def _nobodys_are_gone() -> bool:
    """Take out what is about nobody's message, while nobody drains; False where others were first."""
    from messaging import receipts  # noqa: PLC0415
    from messaging.models import ReceiptInbox  # noqa: PLC0415

    with receipts.turn() as ours:
        if ours:
            ReceiptInbox.objects.filter(transaction=None).delete()
        return ours
