"""What the next calls are for is claimed beside them, and none of it is kept when it is not wanted any more."""

from collections.abc import Callable, Sequence
from threading import Thread, current_thread
from time import monotonic, sleep

import pytest
from django.db import connection
from django.db.transaction import atomic

from messaging import delivery
from messaging.delivery import fetching, pumping
from messaging.delivery.claiming import Claim
from messaging.delivery.fetching import Fetcher
from messaging.delivery.keeping import Keeper
from messaging.delivery.lanes import lanes
from messaging.delivery.pumping import Stand, Turn
from messaging.models import Message, ProviderAccount, SendAttempt
from mmsportal.sandbox.testing import Running

NUMBERS = [f"+1212555{n:04d}" for n in range(2000, 2012)]
BESIDE = connection.vendor == "postgresql"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def four_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "MANY", 4)


@pytest.fixture
def claimers(monkeypatch: pytest.MonkeyPatch) -> list[Thread]:
    """Which thread made each claim."""
    real, found = fetching.claim, list[Thread]()

    def noting(account: ProviderAccount, most: int) -> list[Claim]:
        found.append(current_thread())
        return real(account, most)

    monkeypatch.setattr(fetching, "claim", noting)
    return found


def test_many_are_claimed_beside_and_few_by_the_caller(
    account: ProviderAccount, queued: Callable[..., Message], claimers: list[Thread]
) -> None:
    queued(*NUMBERS)
    told, lane = list[int](), lanes()[0]

    with Fetcher(lambda: told.append(1)) as fetcher:
        few, many = fetcher.begin(lane, 3), fetcher.begin(lane, 5)
        assert [len(coming.result(10).jobs) for coming in (few, many)] == [3, 5]

    assert [thread is current_thread() for thread in claimers] == [True, not BESIDE]
    assert len(told) == 2


def test_inside_a_commit_the_caller_claims_for_himself(
    account: ProviderAccount, queued: Callable[..., Message], claimers: list[Thread]
) -> None:
    queued(*NUMBERS)

    with atomic(), Fetcher(lambda: None) as fetcher:
        assert fetcher.begin(lanes()[0], 5).result(0).claims == 5

    assert claimers == [current_thread()]


@pytest.mark.parametrize("most", [3, 5])
def test_what_went_wrong_is_raised_where_the_claims_are_asked_for(
    account: ProviderAccount, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def claim(*_words: object) -> Sequence[Claim]:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(fetching, "claim", claim)
    with Fetcher(lambda: None) as fetcher:
        coming = fetcher.begin(lanes()[0], most)
        with pytest.raises(RuntimeError, match="of ours"):
            coming.result(10)


def test_each_leaves_once(
    sandbox: Running, account: ProviderAccount, queued: Callable[..., Message], claimers: list[Thread]
) -> None:
    account.concurrency, account.calls_per_second = 4, 500
    account.save()
    rows = queued(*NUMBERS).transactions

    assert delivery.pump(once=True) == len(NUMBERS)

    assert set(rows.values_list("status", "attempt_no")) == {("accepted", 1)}
    assert len(sandbox.ledger(kind="accepted")) == len(NUMBERS)
    assert any(thread is not current_thread() for thread in claimers) is BESIDE


def test_what_is_claimed_when_the_turn_is_over_is_given_back(
    sandbox: Running, account: ProviderAccount, queued: Callable[..., Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, real = queued(*NUMBERS).transactions, fetching.claim

    def slow(row: ProviderAccount, most: int) -> list[Claim]:
        sleep(0.6)
        return real(row, most)

    monkeypatch.setattr(fetching, "claim", slow)
    assert delivery.pump(seconds=0.3) == (0 if BESIDE else len(NUMBERS))

    if BESIDE:
        assert set(rows.values_list("status", "attempt_no", "lease_token")) == {("queued", 0, None)}
        assert not SendAttempt.objects.exists()


def test_what_comes_after_the_account_was_refused_is_given_back(
    account: ProviderAccount, queued: Callable[..., Message]
) -> None:
    rows, flights = queued(*NUMBERS).transactions, pumping.Flights(allow_private=frozenset(), connect_timeout=1.0)
    with Fetcher(flights.look) as fetcher:
        turn = Turn(flights, Keeper(), fetcher, [Stand(lanes()[0])])
        (stand,) = turn.stands
        stand.coming = fetcher.begin(stand.lane, 5)
        pumping._rest(turn, stand)
        ends = monotonic() + 10
        while stand.coming and monotonic() < ends:
            pumping._take_in(turn, stand)

    assert (stand.coming, stand.ahead, stand.lane.dry, turn.sent) == (None, [], True, 0)
    assert set(rows.values_list("status", "attempt_no")) == {("queued", 0)}
