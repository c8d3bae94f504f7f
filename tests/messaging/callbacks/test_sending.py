"""News on its way: signed, repeated, given up, and nobody's trouble but its own caller's (show 4 of issue 7)."""

from collections.abc import Callable
from datetime import timedelta
from time import monotonic

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from messaging import callbacks
from messaging.callbacks import claiming, posting, sending
from messaging.models import Callback, CallbackEndpoint, issue_key
from messaging.statuses import Status
from tests.messaging.callbacks.receiver import Receiver

pytestmark = pytest.mark.django_db
# Instead of the real ten seconds: what a neighbour's news must be quicker than.
LIMIT = 4.0
State, Ends = Callback.State, CallbackEndpoint.State


@pytest.fixture
def owed(make_endpoint, told, happen) -> Callable[..., CallbackEndpoint]:
    """Owe a receiver so many pieces of news."""

    def make(receiver: Receiver, count: int = 1, *, key=None, start: int = 100) -> CallbackEndpoint:
        end = make_endpoint(receiver, key)
        message = told(end, *(f"+1416555{number:04}" for number in range(start, start + count)))
        happen(list(message.transactions.all()), Status.DELIVERED)
        return end

    return make


@pytest.fixture
def clock(monkeypatch) -> Callable[[timedelta], None]:
    """Move the database's clock on."""
    at = {"ahead": timedelta()}
    real = claiming.database_now
    for module in (claiming, sending):
        monkeypatch.setattr(module, "database_now", lambda: real() + at["ahead"])

    def advance(by: timedelta) -> None:
        at["ahead"] += by

    return advance


def row_of(end: CallbackEndpoint) -> Callback:
    return Callback.objects.get(endpoint=end)


def test_what_is_taken_was_signed_for_this_endpoint_and_is_told_once(receivers, owed) -> None:
    (shop,) = receivers("ok")
    end = owed(shop)
    assert callbacks.send(once=True) == 1
    assert callbacks.send(once=True) == 0

    (news,) = shop.verified()
    assert news["type"] == "message.delivered"
    assert shop.heard[0].headers["webhook-id"] == str(row_of(end).pk)
    assert shop.heard[0].headers["Content-Type"] == "application/json"
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "A" * 44).verify(shop.heard[0].body, shop.heard[0].headers)
    row = row_of(end)
    assert (row.state, row.status, row.outcome, row.attempts) == (State.TOLD, 200, "taken", 1)
    assert row.lease_token is None


@pytest.mark.parametrize(
    ("mood", "status", "outcome"),
    [
        ("hang", None, "timed_out"),
        ("drip", None, "timed_out"),
        ("redirect", 302, "redirected"),
        ("huge", 500, "not_taken"),
        ("reset", None, "unreachable"),
        ("429", 429, "not_taken"),
        ("503", 503, "not_taken"),
        ("400", 400, "not_taken"),
    ],
)
def test_a_bad_receiver_costs_ten_seconds_at_most_and_no_neighbour_anything(
    mood: str, status: int | None, outcome: str, receivers, owed, monkeypatch
) -> None:
    monkeypatch.setattr(posting, "SECONDS", LIMIT)
    monkeypatch.setattr(sending, "SECONDS", LIMIT)
    bad, good = receivers(mood, "ok")
    troubled, well = owed(bad, 1), owed(good, 20, start=300)
    began = monotonic()
    callbacks.send(once=True)
    took = monotonic() - began

    row = row_of(troubled)
    assert (row.state, row.status, row.outcome) == (State.WAITING, status, outcome)
    assert timedelta(seconds=4) < row.next_attempt_at - row.tried_at <= timedelta(seconds=6)
    assert took < LIMIT + 2
    assert len(bad.heard) == 1
    assert bad.written < 8_000_000
    assert well.callbacks.filter(state=State.TOLD).count() == 20
    assert len(good.verified()) == 20
    assert max(one.at for one in good.heard) - began < LIMIT - 0.2


def test_the_real_limit_is_ten_seconds(receivers, owed) -> None:
    (slow,) = receivers("drip")
    end = owed(slow)
    began = monotonic()
    callbacks.send(once=True)
    assert 9 < monotonic() - began < 11.5
    assert row_of(end).outcome == "timed_out"


def test_many_dead_endpoints_leave_room_for_the_living(receivers, owed, monkeypatch) -> None:
    monkeypatch.setattr(sending, "SECONDS", LIMIT)
    *dead, good = receivers(*["hang"] * 12, "ok")
    keys = [issue_key(name=f"Dead {number}", scopes=["messages:send"])[0] for number in range(3)]
    for number, one in enumerate(dead):
        owed(one, 5, key=keys[number % 3], start=100 + 10 * number)
    well = owed(good, 20, start=400)
    began = monotonic()
    callbacks.send(seconds=LIMIT)

    assert well.callbacks.filter(state=State.TOLD).count() == 20
    assert max(one.at for one in good.heard) - began < LIMIT - 0.2
    assert max(one.most_open for one in dead) <= 2
    in_flight = sum(one.most_open for one in dead)
    assert in_flight <= 3 * sending.MOST_OF_ONE_KEY


def test_a_turn_ends_before_its_time_when_it_is_told_to(receivers, owed) -> None:
    (shop,) = receivers("ok")
    owed(shop)

    assert callbacks.send(seconds=60, over=lambda: True) == 0
    assert callbacks.send(once=True) == 1


def test_an_endpoint_has_two_tries_at_once_and_one_while_it_fails(receivers, owed) -> None:
    (shop,) = receivers("ok")
    end = owed(shop, 20)
    assert len(claiming.claim(50, most_of_one_key=10)) == 2
    assert claiming.claim(50, most_of_one_key=10) == []
    Callback.objects.update(lease_token=None, lease_until=None)
    CallbackEndpoint.objects.filter(pk=end.pk).update(failing_since=timezone.now())
    assert len(claiming.claim(50, most_of_one_key=10)) == 1
    Callback.objects.update(lease_token=None, lease_until=None)
    callbacks.send(once=True)
    assert shop.most_open <= 2
    assert end.callbacks.filter(state=State.TOLD).count() == 20


def test_410_switches_off_until_it_is_verified_again(receivers, owed, clock) -> None:
    (shop,) = receivers("410")
    end = owed(shop, 3)
    callbacks.send(once=True)
    end.refresh_from_db()
    assert (end.state, end.reason) == (Ends.DISABLED, "gone")
    heard = len(shop.heard)
    clock(timedelta(hours=1))
    assert callbacks.send(once=True) == 0
    assert len(shop.heard) == heard <= 2
    assert end.callbacks.filter(state=State.WAITING).count() == 3

    shop.mood = "challenge"
    callbacks.verify(end, now=timezone.now())
    shop.mood, shop.heard[:] = "ok", []
    callbacks.send(once=True)
    assert end.callbacks.filter(state=State.TOLD).count() == 3


@pytest.mark.parametrize("mood", ["429", "503"])
def test_an_endpoint_that_asks_for_rest_gets_it_whole(mood: str, receivers, owed, clock) -> None:
    (shop,) = receivers(mood)
    shop.headers = {"retry-after": "120"}
    end = owed(shop, 5)
    callbacks.send(once=True)
    heard = len(shop.heard)
    assert heard <= 2
    clock(timedelta(seconds=110))
    assert callbacks.send(once=True) == 0
    shop.mood = "ok"
    clock(timedelta(seconds=15))
    callbacks.send(once=True)
    assert end.callbacks.filter(state=State.TOLD).count() == 5


def test_nobody_may_ask_for_more_than_an_hour(receivers, owed, clock) -> None:
    (shop,) = receivers("429")
    shop.headers = {"retry-after": "999999"}
    end = owed(shop)
    callbacks.send(once=True)
    end.refresh_from_db()
    assert timedelta(minutes=59) < end.rests_until - timezone.now() <= timedelta(hours=1)


def live(until: timedelta, clock: Callable[[timedelta], None], now: timedelta) -> timedelta:
    """Go on from try to try until so long after the beginning. Out: how far it came."""
    while True:
        callbacks.send(once=True)
        waiting = Callback.objects.filter(state=State.WAITING, endpoint__state=Ends.ACTIVE)
        due = waiting.order_by("next_attempt_at").values_list("next_attempt_at", flat=True).first()
        step = (due - claiming.database_now()) + timedelta(milliseconds=1) if due else until - now
        step = max(step, timedelta(milliseconds=1))
        if now + step >= until:
            clock(until - now)
            return until
        clock(step)
        now += step


def test_three_days_down_lose_nothing(receivers, owed, clock) -> None:
    shop, neighbour = receivers("500", "ok")
    end, beside = owed(shop, 6), owed(neighbour, 6, start=300)
    now = live(timedelta(hours=72), clock, timedelta())
    assert end.callbacks.filter(state=State.WAITING).count() == 6
    assert beside.callbacks.filter(state=State.TOLD, attempts=1).count() == 6
    tries = len(shop.heard)
    assert 6 * 8 <= tries <= 6 * 10

    shop.mood = "ok"
    live(timedelta(hours=96), clock, now)
    assert end.callbacks.filter(state=State.TOLD).count() == 6
    taken = shop.heard[tries:]
    assert len({one.headers["webhook-id"] for one in taken}) == len(taken) == 6
    first = {one.headers["webhook-id"]: one.body for one in shop.heard[:tries]}
    for one in taken:
        assert one.body == first[one.headers["webhook-id"]]
        with time_machine.travel(int(one.headers["webhook-timestamp"]), tick=False):
            Webhook(shop.secret).verify(one.body, one.headers)
    end.refresh_from_db()
    assert (end.state, end.failing_since) == (Ends.ACTIVE, None)


def test_what_is_given_up_is_seen_and_can_be_sent_again(receivers, owed, clock) -> None:
    (shop,) = receivers("500")
    end = owed(shop)
    live(timedelta(hours=100), clock, timedelta())
    row = row_of(end)
    assert (row.state, row.attempts, row.status, row.next_attempt_at) == (State.EXHAUSTED, 10, 500, None)
    shop.mood = "ok"
    assert callbacks.send(once=True) == 0
    assert callbacks.replay([row.pk]) == 1
    clock(timedelta(seconds=1))
    callbacks.send(once=True)
    assert row_of(end).state == State.TOLD


def test_five_days_of_nothing_but_failure_switch_an_endpoint_off(receivers, owed, happen, clock) -> None:
    (shop,) = receivers("500")
    end = owed(shop, 2)
    now = live(timedelta(hours=119), clock, timedelta())
    end.refresh_from_db()
    assert end.state == Ends.ACTIVE
    callbacks.replay(end.callbacks.values_list("pk", flat=True))
    live(timedelta(hours=125), clock, now)
    end.refresh_from_db()
    assert (end.state, end.reason) == (Ends.DISABLED, "failing")


def test_a_success_in_between_starts_the_five_days_anew(receivers, owed, clock) -> None:
    (shop,) = receivers("500")
    end = owed(shop)
    callbacks.send(once=True)
    clock(timedelta(days=4))
    shop.mood = "ok"
    callbacks.send(once=True)
    end.refresh_from_db()
    assert end.failing_since is None


def test_an_address_that_leads_inside_is_never_called(receivers, owed, settings) -> None:
    (inside,) = receivers("ok")
    end = owed(inside)
    settings.ALLOW_PRIVATE_TARGETS = frozenset()
    callbacks.send(once=True)
    assert inside.heard == []
    assert row_of(end).outcome in {"url_port", "url_private", "url_not_https"}


def test_old_news_is_cleared_away_and_what_is_owed_is_not(receivers, owed) -> None:
    (shop,) = receivers("ok")
    end = owed(shop, 2)
    keep, gone = end.callbacks.order_by("pk")
    Callback.objects.filter(pk=gone.pk).update(state=State.TOLD, next_attempt_at=None)
    assert callbacks.purge(now=timezone.now() + timedelta(days=29)) == 0
    assert callbacks.purge(now=timezone.now() + timedelta(days=31)) == 1
    assert list(end.callbacks.all()) == [keep]
    callbacks.switch_off(end)
    assert callbacks.purge(now=timezone.now() + timedelta(days=31)) == 1


def test_looking_for_nothing_takes_no_lock(db) -> None:
    with CaptureQueriesContext(connection) as seen:
        assert claiming.claim(50, most_of_one_key=10) == []
        assert callbacks.send(once=True) == 0
    said = " ".join(one["sql"] for one in seen).upper()
    assert "UPDATE" not in said
    assert "BEGIN" not in said


def test_old_heaps_without_room_hide_nobody(receivers, owed, make_endpoint) -> None:
    *heaps, fresh = receivers(*["ok"] * 8)
    busy, idle = (issue_key(name=name, scopes=["messages:send"])[0] for name in ("Busy", "Idle"))
    for number, one in enumerate(heaps):
        owed(one, 5, key=busy, start=100 + 10 * number)
    assert len(claiming.claim(50, most_of_one_key=10)) == 10
    owed(fresh, 1, key=idle, start=400)
    (taken,) = claiming.claim(1, most_of_one_key=10)
    assert taken.callback.endpoint.api_key_id == idle.pk
