"""How much a key may do: calls by token bucket, in this process and in Redis, and recipients a day (reliability,
section 5, row 25; section 6, "Resource use")."""

import os
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import redis
import time_machine
from django.db import connections
from rest_framework.test import APIClient

from messaging.api import limits
from messaging.api.buckets import LEFT_ALONE_SECONDS, Buckets
from messaging.models import ApiKey, Message, issue_key

LIST, MEDIA = "/api/v1/messages", "/api/v1/media"
REDIS = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/9")


class Clock:
    """Seconds that pass when the test says so."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def own(monkeypatch, clock) -> Buckets:
    """The API counts by the test's clock."""
    made = Buckets(None, clock)
    monkeypatch.setattr(limits, "buckets", lambda: made)
    return made


@pytest.fixture
def shared() -> Iterator[str]:
    """A real Redis."""
    client = redis.Redis.from_url(REDIS, socket_connect_timeout=1)
    try:
        client.ping()
    except redis.RedisError:
        pytest.skip(f"no Redis at {REDIS}")
    yield REDIS
    client.close()


def taken(buckets: Buckets, number: int, name: str = "key", **more: int) -> list[bool]:
    return [buckets.take(name, **{"per_second": 5, "most": 10, **more}).allowed for _call in range(number)]


# The bucket ---------------------------------------------------------------------------------------


def test_a_full_bucket_gives_what_it_holds_and_fills_evenly(clock):
    buckets = Buckets(None, clock)

    assert taken(buckets, 12) == [True] * 10 + [False] * 2
    clock.now += 0.2
    assert taken(buckets, 2) == [True, False]
    clock.now += 1
    assert taken(buckets, 6) == [True] * 5 + [False]
    clock.now += 3600
    assert taken(buckets, 11) == [True] * 10 + [False]


def test_what_is_left_and_how_long_to_wait_is_told(clock):
    buckets = Buckets(None, clock)

    left = [buckets.take("key", per_second=5, most=10) for _call in range(11)]
    assert [one.left for one in left] == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0]
    assert (round(left[0].seconds, 3), round(left[9].seconds, 3), round(left[10].seconds, 3)) == (0.2, 2.0, 0.2)


def test_keys_have_buckets_of_their_own(clock):
    buckets = Buckets(None, clock)

    assert taken(buckets, 11, "one")[-1] is False
    assert taken(buckets, 1, "other") == [True]


def test_all_processes_share_a_bucket_in_redis(shared):
    name, several = uuid4().hex, [Buckets(shared) for _process in range(4)]

    with ThreadPoolExecutor(8) as threads:
        calls = [threads.submit(taken, several[n % 4], 10, name, per_second=1, most=20) for n in range(8)]
        allowed = sum(sum(call.result()) for call in calls)

    # Slow machines may see one more filled in meanwhile.
    assert 20 <= allowed <= 22


def test_redis_counts_as_a_process_does(shared, clock):
    name, counted = uuid4().hex, Buckets(shared)

    left = [counted.take(name, per_second=1, most=3) for _call in range(4)]

    assert [one.allowed for one in left] == [True, True, True, False]
    assert [one.left for one in left] == [2, 1, 0, 0]
    assert 0.5 < left[3].seconds <= 1


def test_without_redis_each_process_counts_and_asks_again_later(clock, caplog):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        buckets = Buckets(f"redis://127.0.0.1:{closed.getsockname()[1]}/0", clock)

        assert taken(buckets, 11) == [True] * 10 + [False]
        assert len(caplog.records) == 1
        clock.now += LEFT_ALONE_SECONDS
        taken(buckets, 2)
        assert len(caplog.records) == 2


def test_a_redis_that_hangs_holds_nobody_up(clock):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        buckets = Buckets(f"redis://127.0.0.1:{silent.getsockname()[1]}/0", clock)
        done = threading.Event()
        thread = threading.Thread(target=lambda: (taken(buckets, 5), done.set()))
        thread.start()

        assert done.wait(5)
        thread.join()


# The door -----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_flood_is_slowed_down_and_told_how_far(client, key, own, clock, refused):
    ApiKey.objects.update(calls_per_second=1)

    answers = [client.get(LIST) for _call in range(11)]

    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert answers[0]["RateLimit-Policy"] == '"key";q=10;w=10'
    assert (answers[0]["RateLimit"], answers[9]["RateLimit"]) == ('"key";r=9;t=1', '"key";r=0;t=10')
    refused(answers[10], 429, "too_many_requests")
    assert (answers[10]["Retry-After"], answers[10]["RateLimit"]) == ("1", '"key";r=0;t=1')
    clock.now += 1
    assert client.get(LIST).status_code == 200


@pytest.mark.django_db
def test_refusals_count_and_others_do_not_suffer(client, own, sender):
    ApiKey.objects.update(calls_per_second=1)
    other = issue_key(name="Other", scopes=["messages:read"])[1]

    answers = [client.post(LIST, {}, format="json").status_code for _call in range(11)]

    assert answers == [400] * 10 + [429]
    assert APIClient().get(LIST, headers={"key": other}).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "path", "status"), [("get", LIST, 403), ("put", LIST, 405), ("get", MEDIA, 403)])
def test_what_a_key_may_not_do_counts_as_well(client, own, method, path, status):
    ApiKey.objects.update(calls_per_second=1, scopes=[])

    answers = [getattr(client, method)(path) for _call in range(11)]

    assert [answer.status_code for answer in answers] == [status] * 10 + [429]
    assert answers[0]["RateLimit"] == '"key";r=9;t=1'


@pytest.mark.django_db
def test_nobody_without_a_key_is_told_of_limits(own):
    assert "RateLimit" not in APIClient().get(LIST)


@pytest.mark.django_db
def test_counting_calls_asks_the_database_nothing(client, own, django_assert_num_queries):
    client.get(LIST)
    with django_assert_num_queries(2):  # the key, the page
        client.get(LIST)


# Recipients a day ---------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_key_sends_to_so_many_a_day_and_again_after_midnight(send, refused):
    ApiKey.objects.update(recipients_per_day=3)
    evening = datetime(2026, 11, 29, 23, 50, tzinfo=UTC)

    with time_machine.travel(evening, tick=False):
        assert send(to=["+16475550142", "+16475550143"]).status_code == 201
        response = send(to=["+16475550144", "+16475550145"])
        (error,) = refused(response, 429, "recipients_per_day")
        assert (error["limit"], error["actual"], response["Retry-After"]) == (3, 4, "600")
        assert send(to=["+16475550144"]).status_code == 201
        assert send(to=["+16475550145"], headers={"Idempotency-Key": "late"}).status_code == 429
    with time_machine.travel(evening + timedelta(minutes=10), tick=False):
        assert send(to=["+16475550145"], headers={"Idempotency-Key": "late"}).status_code == 201
    assert Message.objects.count() == 3


@pytest.mark.django_db
def test_a_dry_run_knows_of_the_days_bound(send, client, body, refused):
    ApiKey.objects.update(recipients_per_day=1)

    assert client.post(f"{LIST}?dry_run=true", body, format="json").status_code == 200
    assert send().status_code == 201
    refused(client.post(f"{LIST}?dry_run=true", body, format="json"), 429, "recipients_per_day")


@pytest.mark.django_db
def test_of_other_keys_nothing_is_counted(send, issued_key, message):
    ApiKey.objects.update(recipients_per_day=1)
    other = issue_key(name="Other", scopes=["messages:send"])[0]
    Message.objects.update(api_key=other)

    assert send().status_code == 201


@pytest.mark.django_db(transaction=True)
def test_many_at_once_do_not_send_to_more(issued_key, sender, body):
    ApiKey.objects.update(recipients_per_day=3)

    def post(_number: int) -> int:
        try:
            return APIClient().post(LIST, body, format="json", headers={"key": issued_key[1]}).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as threads:
        answers = sorted(threads.map(post, range(8)))

    assert answers == [201] * 3 + [429] * 5
