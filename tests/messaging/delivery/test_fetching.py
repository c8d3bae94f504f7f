"""What the next calls are for is claimed beside them, and none of it is kept when it is not wanted any more."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Thread, current_thread
from time import monotonic, sleep

import pytest
from django.db import InterfaceError, connection
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
    monkeypatch.setattr(pumping, "MANY", 4)


@pytest.fixture
def claimers(monkeypatch: pytest.MonkeyPatch) -> list[Thread]:
    """Which thread made each claim."""
    real, found = fetching.claim, list[Thread]()

    def noting(account: ProviderAccount, most: int) -> list[Claim]:
        found.append(current_thread())
        return real(account, most)

    monkeypatch.setattr(fetching, "claim", noting)
    return found


def test_a_thread_claims_beside_and_leaves_no_session_behind(
    account: ProviderAccount, queued: Callable[..., Message], claimers: list[Thread]
) -> None:
    queued(*NUMBERS)
    told, lane, before = list[int](), lanes()[0], _sessions()

    with Fetcher(lambda: told.append(1)) as fetcher:
        comings = fetcher.begin(lane, 3, beside=False), fetcher.begin(lane, 5, beside=True)
        assert [len(coming.result(10).jobs) for coming in comings] == [3, 5]
        assert _sessions() == before + BESIDE

    assert [thread is current_thread() for thread in claimers] == [True, not BESIDE]
    assert len(told) == BESIDE
    # The server takes a moment to see that one is gone.
    ends = monotonic() + 5
    while _sessions() > before and monotonic() < ends:
        sleep(0.05)
    assert _sessions() == before


def _sessions() -> int:
    if not BESIDE:
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


def test_inside_a_commit_the_caller_claims_for_himself(
    account: ProviderAccount, queued: Callable[..., Message], claimers: list[Thread]
) -> None:
    queued(*NUMBERS)

    with atomic(), Fetcher(lambda: None) as fetcher:
        assert fetcher.begin(lanes()[0], 5, beside=True).result(0).claims == 5

    assert claimers == [current_thread()]


@pytest.mark.parametrize("beside", [False, True])
def test_what_went_wrong_is_raised_where_the_claims_are_asked_for(
    account: ProviderAccount, beside: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def claim(*_words: object) -> Sequence[Claim]:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(fetching, "claim", claim)
    with Fetcher(lambda: None) as fetcher:
        coming = fetcher.begin(lanes()[0], 5, beside=beside)
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


def test_an_idle_look_needs_no_second_session(account: ProviderAccount, claimers: list[Thread]) -> None:
    account.calls_per_second = 500
    account.save()

    assert delivery.pump(once=True) == 0

    assert set(claimers) == {current_thread()}


def test_what_is_claimed_when_the_turn_is_over_is_given_back(
    account: ProviderAccount, queued: Callable[..., Message]
) -> None:
    rows = queued(*NUMBERS).transactions
    with _turn() as turn:
        turn.stands[0].coming = turn.fetcher.begin(turn.stands[0].lane, 5, beside=True)
        turn.stands[0].coming.result(10)
        assert rows.filter(status="sending").count() == 5
        pumping._give_back(turn)

    assert set(rows.values_list("status", "attempt_no", "lease_token")) == {("queued", 0, None)}
    assert not SendAttempt.objects.exists()


def test_what_comes_after_the_account_was_refused_is_given_back(
    account: ProviderAccount, queued: Callable[..., Message]
) -> None:
    rows = queued(*NUMBERS).transactions
    with _turn() as turn:
        (stand,) = turn.stands
        stand.coming = turn.fetcher.begin(stand.lane, 5, beside=True)
        pumping._rest(turn, stand)
        stand.coming.result(10)
        pumping._take_in(turn, stand)

    assert (stand.coming, stand.ahead, stand.lane.dry, turn.sent) == (None, [], True, 0)
    assert set(rows.values_list("status", "attempt_no")) == {("queued", 0)}


def test_trouble_with_the_database_beside_ends_the_turn_and_loses_no_call(
    sandbox: Running, account: ProviderAccount, queued: Callable[..., Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    account.concurrency = 4
    account.save()
    rows, real, looks = queued(*NUMBERS).transactions, fetching.claim, list[int]()

    def claim(row: ProviderAccount, _most: int) -> list[Claim]:
        looks.append(1)
        if len(looks) > 1:
            raise InterfaceError("the connection is closed")
        return real(row, 4)

    monkeypatch.setattr(fetching, "claim", claim)
    with pytest.raises(InterfaceError):
        delivery.pump(seconds=10)

    assert sorted(rows.values_list("status", flat=True)) == ["accepted"] * 4 + ["queued"] * 8


def test_what_yields_no_call_is_not_claimed_over_and_over(
    account: ProviderAccount, queued: Callable[..., Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = list[int]()

    def fetch(*_words: object) -> fetching.Fetched:
        looks.append(1)
        return fetching.Fetched([], 5, waiting=5)

    monkeypatch.setattr(fetching, "fetch", fetch)
    assert delivery.pump(seconds=0.7) == 0

    assert len(looks) <= 3


@contextmanager
def _turn() -> Iterator[Turn]:
    """A turn of the only account, in which nothing is called."""
    flights = pumping.Flights(allow_private=frozenset(), connect_timeout=1.0)
    with flights, Keeper() as keeper, Fetcher(flights.look) as fetcher:
        yield Turn(flights, keeper, fetcher, [Stand(lanes()[0])])
