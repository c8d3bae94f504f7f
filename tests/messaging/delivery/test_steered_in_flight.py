"""A message steered while real workers send it: what left is what the provider has, and the counts add up."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from time import monotonic, sleep

import pytest
from django.contrib.auth.models import User
from django.db import connection

from messaging import delivery, steering, timeline
from messaging.models import Message, ProviderAccount, SendAttempt, Transaction
from mmsportal.sandbox.testing import Running
from tests.working import settled, work

pytestmark = pytest.mark.django_db(transaction=True)
# Numbers that the sandbox has no fate of its own for.
MANY = [f"+1212555{n:04d}" for n in range(2000, 2080)]
WORKERS = 2


@pytest.fixture
def message(sandbox: Running, account: ProviderAccount, queued: Callable[..., Message]) -> Message:
    """A message that two workers need more than a second for."""
    account.calls_per_second, account.concurrency = 40, 8
    account.save()
    return queued(*MANY)


@contextmanager
def workers() -> Iterator[list["Future[int]"]]:
    """Pumps in threads of their own, ended and joined on the way out."""

    def pump() -> int:
        try:
            return delivery.pump(seconds=1.5)
        finally:
            connection.close()

    with ThreadPoolExecutor(WORKERS) as pool:
        yield [pool.submit(pump) for _worker in range(WORKERS)]


def some_have_left(sandbox: Running) -> None:
    ends = monotonic() + 10
    while len(sandbox.ledger(kind="accepted")) < 10 and monotonic() < ends:
        sleep(0.01)


def left(message: Message) -> int:
    return Transaction.objects.filter(message=message, attempts__wire_at__isnull=False).distinct().count()


def test_stopped_in_flight_the_counts_are_exact(sandbox: Running, message: Message) -> None:
    with workers() as pumps:
        some_have_left(sandbox)
        stopped = steering.stop(message)
        at_the_stop = len(sandbox.ledger(kind="accepted"))
        assert not any(pump.exception() for pump in pumps)

    sent = len(sandbox.ledger(kind="accepted"))
    counts = timeline.counts(message)
    # What was on the wire at the stop came to its end, and nothing after it.
    assert at_the_stop <= sent <= at_the_stop + 2 * WORKERS * 8
    assert counts["cancelled"] == stopped == len(MANY) - sent
    assert sum(counts.values()) == len(MANY)
    assert left(message) == sent
    assert not SendAttempt.objects.exclude(phase="done").exists()


def test_paused_in_flight_nothing_more_leaves_and_after_it_everything_once(
    sandbox: Running, message: Message, composer: User
) -> None:
    with workers() as pumps:
        some_have_left(sandbox)
        steering.pause(message, composer)
        assert not any(pump.exception() for pump in pumps)
    sent = len(sandbox.ledger(kind="accepted"))
    assert 10 <= sent < len(MANY)

    delivery.pump(once=True)
    assert len(sandbox.ledger(kind="accepted")) == sent == left(message)

    steering.resume(message, composer)
    delivery.pump(once=True)
    refs = [entry["client_ref"] for entry in sandbox.ledger(kind="accepted")]
    assert len(refs) == len(set(refs)) == len(MANY)


def test_called_back_the_provider_never_hears_of_it(sandbox: Running, queued: Callable[..., Message]) -> None:
    message = queued(*MANY[:20], undo_seconds=60)
    with workers():
        sleep(0.2)
        assert steering.undo(message) == 20
    delivery.pump(once=True)

    assert sandbox.ledger() == []
    assert timeline.counts(message) == {"cancelled": 20}


def test_a_canary_leaves_alone_and_the_rest_follows_its_receipts(
    sandbox: Running, queued: Callable[..., Message]
) -> None:
    message = queued(*MANY[:12], canary=3, canary_minutes=5)
    first = message.transactions.filter(position__lt=3)
    work(settled(first))
    assert len(sandbox.ledger(kind="accepted")) == 3

    assert steering.pass_ripe_canaries() == 1
    work(settled(message.transactions.all()))

    assert timeline.counts(message) == {"delivered": 12}
