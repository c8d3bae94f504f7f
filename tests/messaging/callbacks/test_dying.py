"""Workers that die or meet: no news is lost, and no two send the same at once."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from time import monotonic, sleep
from types import FrameType
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from messaging import callbacks
from messaging.callbacks import claiming, sending
from messaging.callbacks.claiming import Claim, claim
from messaging.models import Callback, CallbackEndpoint
from messaging.statuses import Status
from tests.services.test_doorbell import database_url

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS = 4
STRIDE, MOST_LINES = 4, 5000
State = Callback.State
HOME = Path(__file__).parents[3]


class Killed(BaseException):
    """What no handler catches, as no process survives a kill -9."""


class Line:
    """Dies at one line of the sender's modules, counted from the first that runs."""

    FILES = frozenset({claiming.__file__, sending.__file__})

    def __init__(self, last: int) -> None:
        self.left, self.died = last, False

    def __call__(self, frame: FrameType, event: str, _arg: Any) -> "Line | None":
        if frame.f_code.co_filename not in self.FILES:
            return None
        if event == "line" and not self.died:
            self.left -= 1
            if self.left <= 0:
                self.died = True
                raise Killed
        return self


def died_at(last: int) -> bool:
    """Send in a thread of its own, which dies at a line with its connection to the database; False if it lived."""
    line = Line(last)

    def work() -> None:
        sys.settrace(line)
        try:
            with suppress(Killed):
                callbacks.send(once=True)
        finally:
            sys.settrace(None)
            # No good-bye: whatever was begun is undone by the database itself.
            if connection.connection:
                connection.connection.close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(work).result()
    return line.died


@pytest.fixture
def owed(told, happen, make_endpoint, receivers) -> Callable[..., CallbackEndpoint]:
    def make(mood: str, count: int) -> tuple[CallbackEndpoint, Any]:
        (receiver,) = receivers(mood)
        end = make_endpoint(receiver)
        message = told(end, *(f"+1416555{number:04}" for number in range(100, 100 + count)))
        happen(list(message.transactions.all()), Status.DELIVERED)
        return end, receiver

    return make


def test_a_worker_that_dies_at_any_line_loses_nothing(owed) -> None:
    _end, shop = owed("ok", 2)
    wanted = {str(row.pk) for row in Callback.objects.all()}
    # Every fourth line, others in each run: a whole sweep is half a thousand rounds.
    for line in range(random.randrange(STRIDE) + 1, MOST_LINES, STRIDE):
        shop.heard.clear()
        Callback.objects.update(
            state=State.WAITING, next_attempt_at=timezone.now(), lease_token=None, lease_until=None, attempts=0
        )
        if not died_at(line):
            break
        Callback.objects.exclude(lease_until=None).update(lease_until=timezone.now() - timedelta(seconds=1))
        callbacks.send(once=True)
        assert {one.headers["webhook-id"] for one in shop.heard} == wanted, f"lost at line {line}"
        assert set(Callback.objects.values_list("state", "lease_token")) == {("told", None)}
        # Each at most twice: once by the dead, once by the living.
        assert len(shop.heard) <= 4
    assert line > 100


def test_a_process_that_is_killed_in_the_middle_of_a_try_loses_nothing(owed, settings) -> None:
    _end, shop = owed("hang", 2)
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "MMS_ALLOW_PRIVATE_TARGETS": shop.host,
        "CREDENTIALS_KEYS": ",".join(settings.CREDENTIALS_KEYS),
    }
    process = subprocess.Popen(
        [sys.executable, "manage.py", "pump"], cwd=HOME, env=environment, stdout=subprocess.DEVNULL
    )
    try:
        ends = monotonic() + 30
        while len(shop.heard) < 2 and monotonic() < ends:
            sleep(0.1)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    assert len(shop.heard) == 2
    assert set(Callback.objects.values_list("state", "attempts")) == {("waiting", 1)}

    shop.mood, shop.heard[:] = "ok", []
    assert callbacks.send(once=True) == 0
    Callback.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    callbacks.send(once=True)
    assert len(shop.verified()) == 2
    assert set(Callback.objects.values_list("state", flat=True)) == {"told"}


def test_each_piece_of_news_is_claimed_by_one_and_an_endpoint_is_not_overrun(owed) -> None:
    owed("ok", 20)
    together = Barrier(WORKERS)

    def work(_number: int) -> list[Claim]:
        together.wait()
        try:
            return claim(10, most_of_one_key=10)
        finally:
            connection.close()

    with ThreadPoolExecutor(WORKERS) as workers:
        taken = [one for claims in workers.map(work, range(WORKERS)) for one in claims]
    assert len({one.callback.pk for one in taken}) == len(taken) == 2


def test_who_lost_the_lease_changes_nothing(owed) -> None:
    owed("ok", 1)
    (first,) = claim(10, most_of_one_key=10)
    Callback.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    (second,) = claim(10, most_of_one_key=10)
    claiming.record([(first, claiming.Answer(500, "not_taken"))])
    row = Callback.objects.get()
    assert (row.state, row.outcome, row.lease_token) == (State.WAITING, "", second.token)
    claiming.record([(second, claiming.Answer(200, "taken"))])
    assert Callback.objects.get().state == State.TOLD
