"""The pace that processes share, with every one of its keepers, and without any."""

import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
import redis
from django.db import connection
from django.utils import timezone

from messaging.delivery import lanes, pace_shared, pacing, slots, throttling
from messaging.delivery.outcomes import Result
from messaging.delivery.pace_in_database import DatabasePace
from messaging.delivery.pace_in_redis import RedisPace
from messaging.delivery.pace_shared import Grant, Keeper, Kept, Share
from messaging.delivery.pacing import Pace
from messaging.delivery.slots import Slots
from messaging.gateway.contract import HttpAnswer
from messaging.gateway.errors import NotAccepted, Refused
from messaging.models import PaceShare, ProviderAccount

pytestmark = pytest.mark.django_db
REDIS = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/9")


def redis_keeper() -> Keeper:
    keeper = RedisPace(REDIS)
    try:
        keeper.take(f"probe:{uuid4().hex}", 1.0, 1.0, 1, 1)
    except redis.RedisError:
        pytest.skip("no Redis answers here")
    return keeper


@pytest.fixture(params=["database", "redis"])
def keeper(request) -> Keeper:
    return DatabasePace() if request.param == "database" else redis_keeper()


@pytest.fixture
def key() -> str:
    return uuid4().hex


@pytest.fixture
def kept_by(monkeypatch) -> Callable[[Kept], None]:
    def use(kept: Kept) -> None:
        monkeypatch.setattr(pacing, "kept", lambda: kept)
        monkeypatch.setattr(slots, "kept", lambda: kept)

    return use


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Nobody:
    """A keeper that does not answer."""

    def take(self, *_asked: object) -> Grant:
        raise redis.ConnectionError

    def share(self, *_asked: object, **_named: object) -> Share:
        raise redis.ConnectionError


def test_a_bucket_gives_its_burst_and_then_says_when_to_come_again(keeper, key):
    # One in a hundred seconds, so that nothing is filled up while this runs.
    first = keeper.take(key, 0.01, 1000.0, 100, 1)
    second = keeper.take(key, 0.01, 1000.0, 100, 1)

    assert (first.number, second.number) == (10, 0)
    assert 90 < second.wait <= 100


def test_fewer_than_are_worth_the_while_are_left_in_the_bucket(keeper, key):
    keeper.take(key, 0.01, 1000.0, 7, 1)

    assert keeper.take(key, 0.01, 1000.0, 100, 5).number == 0
    assert keeper.take(key, 0.01, 1000.0, 100, 3).number == 3


def test_a_bucket_fills_by_the_keepers_clock(keeper, key):
    keeper.take(key, 1_000_000.0, 0.0001, 100, 1)

    granted = [keeper.take(key, 1_000_000.0, 0.0001, 100, 1).number for _ask in range(20)]

    assert any(granted)
    assert max(granted) <= 100


def test_processes_share_the_calls_under_way_fairly(keeper, key):
    def ask(process: str, *, wanted: int = 10, flying: int = 0, gone: tuple[str, ...] = ()) -> int:
        return keeper.share(key, process, 10, wanted=wanted, flying=flying, seconds=60.0, gone=gone).calls

    assert ask("one") == 10
    # The second finds nothing free, and says that it is hungry; the first gives up half.
    assert ask("two") == 0
    assert ask("one") == 5
    assert ask("two") == 5
    # What is in the air stays counted.
    assert ask("one", wanted=1, flying=3) == 3
    # One that has ended leaves its share at once.
    assert ask("two", gone=("one",)) == 10


def test_a_share_ends_by_itself(keeper, key):
    keeper.share(key, "one", 10, wanted=10, flying=0, seconds=-1.0, gone=())

    assert keeper.share(key, "two", 10, wanted=10, flying=0, seconds=60.0, gone=()) == Share(10, ("two",))


def test_at_high_rates_a_slice_is_taken_at_a_time(key, kept_by):
    asked = []

    class Counting(DatabasePace):
        def take(self, *question: object) -> Grant:
            asked.append(question)
            return super().take(*question)  # type: ignore[arg-type]

    kept_by(Kept(None, Counting()))
    pace = Pace(key, lambda: 20_000.0)

    assert sum(pace.take(25) for _refill in range(40)) == 1_000
    assert len(asked) == 1


def test_what_was_given_back_goes_next_and_no_burst_exceeds_the_rate_by_more_than_half_a_second(key, kept_by):
    kept_by(Kept(None, DatabasePace()))
    pace = Pace(key, lambda: 20.0)

    assert pace.take(100) == 10
    assert pace.take(100) == 0
    pace.give_back(4)
    assert pace.take(100) == 4


def test_a_rate_of_nothing_lets_nothing_go(key, kept_by):
    kept_by(Kept(None, DatabasePace()))
    rate = 10.0
    pace = Pace(key, lambda: rate)
    pace.take(1)
    rate = 0.0

    assert pace.take(10) == 0


def test_without_redis_the_database_keeps_the_pace(key, kept_by, caplog):
    kept_by(Kept(Nobody(), DatabasePace()))

    assert Pace(key, lambda: 20.0).take(100) == 10
    assert "the database does" in caplog.text


def test_without_any_keeper_a_process_takes_the_part_of_one_of_several(key, kept_by):
    class Silent(Kept):
        def ask(self, question: object) -> None:
            return None

    kept_by(Silent(None, DatabasePace()))
    clock = Clock()
    pace = Pace(key, lambda: 40.0, clock)

    assert pace.take(100) == 5
    clock.now += 1
    assert pace.take(100) == 5
    pace.processes = 1
    clock.now += 2
    assert pace.take(100) == 20


@pytest.mark.django_db(transaction=True)
def test_many_at_one_bucket_get_no_more_than_it_holds(keeper, key):
    def work(_number: int) -> int:
        try:
            return sum(keeper.take(key, 0.01, 10_000.0, 3, 1).number for _ask in range(20))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as workers:
        assert sum(workers.map(work, range(4))) == 100


def test_a_lane_without_work_leaves_its_slots_and_has_them_again_at_once(account, kept_by):
    kept_by(Kept(None, DatabasePace()))
    account.concurrency = 8
    clock = Clock()
    own = Slots(account, clock)
    assert own.room(0) == 8

    clock.now += 2
    assert own.room(0, dry=True) == 1
    assert own.room(1) == 7


def test_the_slots_of_a_process_that_has_died_are_free_at_once(account, kept_by):
    kept_by(Kept(None, DatabasePace()))
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)
    dead = re.sub(r"/\d+/\w+$", f"/{child}/abc", pace_shared.own_name())
    DatabasePace().share(account.pk.hex, dead, account.concurrency, wanted=99, flying=99, seconds=60.0, gone=())

    assert Slots(account).room(0) == account.concurrency
    assert not PaceShare.objects.filter(process=dead).exists()


# Throttling


def answered(status: int, code: str = "", *, retry_after: float | None = None) -> Result:
    return Result(error=NotAccepted(code, "", retry_after=retry_after), answer=HttpAnswer(status, {}, b""))


@pytest.mark.parametrize(
    ("provider", "result", "throttled"),
    [
        ("webex", answered(200, "7020"), True),
        ("webex", answered(429, "http_429"), True),
        ("webex", answered(503, "http_503", retry_after=3), True),
        ("webex", answered(503, "http_503"), False),
        ("telesign", answered(400, "3204"), True),
        ("telesign", answered(400, "3205"), True),
        ("sinch", answered(200, "E113"), True),
        ("sinch", answered(200, "E106"), True),
        ("skycore", answered(200, "E113"), True),
        ("skycore", answered(200, "E626"), False),
        ("sinch", Result(error=Refused("E110"), answer=HttpAnswer(200, {}, b"")), False),
        ("sinch", Result(error=NotAccepted("no_answer")), False),
    ],
)
def test_which_answers_throttle(account, provider, result, throttled):
    account.provider = provider

    assert throttling.throttles(account, result) is throttled


def test_an_account_is_slowed_down_by_half_and_climbs_back_by_itself(account):
    account.calls_per_second = 60
    account.save()
    now = timezone.now()

    assert throttling.hear(account, [answered(429)] * 9, now)

    account.refresh_from_db()
    assert account.rate_at(now) == 30
    assert account.rate_at(now + timedelta(seconds=10)) == pytest.approx(40)
    assert account.rate_at(now + timedelta(minutes=5)) == 60
    # The calls of one moment are told the same; a second later it counts again, from where the climb has come to.
    throttling.hear(account, [answered(429)], now + timedelta(seconds=0.5))
    assert ProviderAccount.objects.get().rate_at(now) == 30
    throttling.hear(account, [answered(429)], now + timedelta(seconds=10))
    assert ProviderAccount.objects.get().rate_at(now + timedelta(seconds=10)) == pytest.approx(20)


def test_a_provider_that_asks_to_be_left_alone_is(account):
    now = timezone.now()

    throttling.hear(account, [answered(503, retry_after=20)], now)

    account.refresh_from_db()
    assert account.rate_at(now + timedelta(seconds=19)) == 0
    assert account.rate_at(now + timedelta(seconds=21)) > 0


def test_a_clock_that_is_behind_slows_an_account_down_no_further(account):
    now = timezone.now()
    throttling.hear(account, [answered(429)], now)

    assert account.rate_at(now - timedelta(hours=2)) == account.rate_at(now) > 0


@pytest.mark.parametrize("ahead", [timedelta(hours=2), timedelta(hours=-2)])
def test_how_long_an_account_is_left_alone_is_told_by_the_clock_of_the_database(account, monkeypatch, ahead):
    now = timezone.now()
    throttling.hear(account, [answered(503, retry_after=20)], now)
    account.save()
    monkeypatch.setattr(lanes.timezone, "now", lambda: now + ahead)
    monkeypatch.setattr(lanes, "database_now", lambda: now)

    (lane,) = lanes.lanes()

    assert lane.pace.rate() == 0
    monkeypatch.setattr(lanes.timezone, "now", lambda: now + ahead + timedelta(seconds=21))
    assert lane.pace.rate() > 0


def test_however_hard_it_is_throttled_it_is_tried_again(account):
    now = timezone.now()
    for step in range(20):
        throttling.hear(account, [answered(429)], now + timedelta(seconds=1.1 * step))

    account.refresh_from_db()
    assert account.rate_at(now + timedelta(seconds=22)) > 0


def test_nothing_is_asked_of_the_database_while_nobody_throttles(account, django_assert_num_queries):
    with django_assert_num_queries(0):
        throttling.hear(account, [answered(200, "E626")], timezone.now())
