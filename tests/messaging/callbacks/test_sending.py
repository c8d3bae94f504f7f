"""News on its way: signed, repeated, given up, and nobody's trouble but its own caller's (show 4 of issue 7)."""

from collections.abc import Callable
from datetime import timedelta
from time import monotonic

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from messaging import callbacks
from messaging.callbacks import claiming, posting, sending
from messaging.models import Callback, CallbackEndpoint
from messaging.statuses import Status
from tests.messaging.callbacks.receiver import Receiver

pytestmark = pytest.mark.django_db
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
    monkeypatch.setattr(posting, "SECONDS", 2.0)
    monkeypatch.setattr(sending, "SECONDS", 2.0)
    bad, good = receivers(mood, "ok")
    troubled, well = owed(bad, 1), owed(good, 30, start=300)
    began = monotonic()
    callbacks.send(once=True)
    took = monotonic() - began

    row = row_of(troubled)
    assert (row.state, row.status, row.outcome) == (State.WAITING, status, outcome)
    assert timedelta(seconds=4) < row.next_attempt_at - row.tried_at <= timedelta(seconds=6)
    assert took < 5
    assert len(bad.heard) == 1
    assert bad.written < 8_000_000
    assert well.callbacks.filter(state=State.TOLD).count() == 30
    assert len(good.verified()) == 30
    assert max(one.at for one in good.heard) - began < 1.9


def test_the_real_limit_is_ten_seconds(receivers, owed) -> None:
    (slow,) = receivers("drip")
    end = owed(slow)
    began = monotonic()
    callbacks.send(once=True)
    assert 9 < monotonic() - began < 11.5
    assert row_of(end).outcome == "timed_out"
