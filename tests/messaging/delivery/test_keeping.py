"""What came of calls is written while others are made, and whatever goes wrong with that is heard of."""

from collections.abc import Callable
from threading import Event, current_thread
from time import monotonic
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.db.transaction import atomic

from messaging.delivery import calling, flights, keeping
from messaging.delivery.claiming import claim
from messaging.delivery.keeping import Keeper
from messaging.delivery.lanes import lanes
from messaging.delivery.marking import mark_wire
from messaging.delivery.outcomes import Result
from messaging.delivery.preparing import prepare
from messaging.gateway.contract import Accepted
from messaging.models import Message, ProviderAccount, Transaction
from mmsportal.sandbox.testing import Running

NUMBERS = [f"+1212555{n:04d}" for n in range(2000, 2006)]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MANY", 1)


def results_of(account: ProviderAccount) -> keeping.Results:
    return [(taken, Result(accepted=Accepted(f"t-{n}"))) for n, taken in enumerate(mark_wire(claim(account, 6)))]


def test_what_is_given_is_written_at_the_end_at_the_latest(
    account: ProviderAccount, queued: Callable[..., Message]
) -> None:
    queued(*NUMBERS)
    results = results_of(account)

    with Keeper() as keeper:
        keeper.give(account, results[:2])
        keeper.give(account, results[2:])

    assert set(Transaction.objects.values_list("status", flat=True)) == {"accepted"}
    assert (keeper.busy, keeper.unwritten(account.pk), keeper.fault) == (False, 0, None)


def test_what_waits_is_written_in_one_commit(
    account: ProviderAccount, queued: Callable[..., Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    queued(*NUMBERS)
    results, sizes, began, free = results_of(account), [], Event(), Event()

    def record(_account: ProviderAccount, some: keeping.Results) -> None:
        sizes.append(len(some))
        began.set()
        assert free.wait(10)

    monkeypatch.setattr(keeping, "record", record)
    with Keeper() as keeper:
        keeper.give(account, results[:1])
        if connection.vendor == "postgresql":
            assert began.wait(10)
        for one in results[1:]:
            keeper.give(account, [one])
        assert keeper.unwritten(account.pk) == len(results)
        free.set()

    assert sizes == ([1, 5] if connection.vendor == "postgresql" else [6])


def test_few_are_written_by_the_caller(
    account: ProviderAccount, queued: Callable[..., Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    queued(*NUMBERS)
    results, writers = results_of(account), []
    monkeypatch.setattr(keeping, "record", lambda *_words: writers.append(current_thread()))
    monkeypatch.setattr(keeping, "MANY", len(NUMBERS))

    with Keeper() as keeper:
        keeper.give(account, results[1:])
        keeper.catch_up()
        keeper.give(account, results)

    assert writers[0] == current_thread()
    assert (writers[1] == current_thread()) is (connection.vendor != "postgresql")


def test_inside_a_commit_the_caller_writes_for_himself(
    account: ProviderAccount, queued: Callable[..., Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    queued(*NUMBERS)
    results, writers = results_of(account), []
    monkeypatch.setattr(keeping, "record", lambda *_words: writers.append(current_thread()))

    with atomic(), Keeper() as keeper:
        keeper.give(account, results)
        assert not writers
        keeper.catch_up()
        assert writers == [current_thread()]


def test_what_cannot_be_written_is_heard_of_and_waits_for_no_more(
    account: ProviderAccount, queued: Callable[..., Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    queued(*NUMBERS)
    results = results_of(account)

    def record(*_words: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(keeping, "record", record)
    with Keeper() as keeper:
        keeper.give(account, results)

    assert isinstance(keeper.fault, RuntimeError)
    assert not keeper.busy


def test_what_ends_its_thread_ends_the_turn(
    account: ProviderAccount, queued: Callable[..., Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    queued(*NUMBERS)
    results = results_of(account)

    def record(*_words: object) -> None:
        raise SystemExit

    monkeypatch.setattr(keeping, "record", record)
    with pytest.raises(SystemExit):
        _write_or_raise(account, results)


def _write_or_raise(account: ProviderAccount, results: keeping.Results) -> None:
    ends = monotonic() + 10
    with Keeper() as keeper:
        keeper.give(account, results)
        while monotonic() < ends:
            keeper.wait(0.1)
            keeper.catch_up()


def test_no_more_calls_are_in_the_air_than_the_account_may_have(
    sandbox: Running, account: ProviderAccount, queued: Callable[..., Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    account.concurrency = 2
    account.save()
    queued(*NUMBERS)
    lane = lanes()[0]
    assert lane.room() == 2
    jobs = prepare(lane, claim(account, 6)).jobs
    mark_wire([job.claim for job in jobs])
    real, at_once, landed = calling.call, [0], 0

    async def counting(*words: Any) -> Result:
        at_once.append(at_once[-1] + 1)
        result = await real(*words)
        at_once.append(at_once[-1] - 1)
        return result

    monkeypatch.setattr(flights, "call", counting)
    with flights.Flights(allow_private=settings.ALLOW_PRIVATE_TARGETS, connect_timeout=5.0) as calls:
        calls.launch(lane, jobs)
        while landed < len(jobs):
            landed += len(calls.land(1.0))

    assert (max(at_once), at_once[-1]) == (2, 0)
    assert len(sandbox.ledger(kind="accepted")) == len(jobs)


def test_on_deck_are_as_many_as_landed_together_and_half_of_all_at_most(account: ProviderAccount) -> None:
    account.concurrency = 20
    account.save()
    lane = lanes()[0]
    assert lane.room() == 20
    lane.flying = 20
    assert lane.room() == 0
    lane.spare = 3
    assert lane.room() == 3
    lane.spare = 20
    assert lane.room() == 10
