"""What is owed, to whom, in which words; and what costs nothing."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.transaction import atomic
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from messaging import timeline
from messaging.models import Callback, CallbackEndpoint, Transaction
from messaging.statuses import Status
from messaging.steering import stop

pytestmark = pytest.mark.django_db


@pytest.fixture
def end(receivers, make_endpoint) -> CallbackEndpoint:
    return make_endpoint(receivers("ok")[0])


def rows_of(message) -> list[Transaction]:
    return list(message.transactions.order_by("position"))


def bodies() -> list[dict]:
    return [json.loads(bytes(row.body)) for row in Callback.objects.order_by("transaction", "sequence")]


def test_each_change_of_status_is_owed_once_with_a_growing_sequence(end, told, happen) -> None:
    message = told(end, callback_data="campaign=118")
    rows = rows_of(message)
    for state, code in ((Status.SUBMITTED, "7501"), (Status.DELIVERED, "7500"), (Status.DELIVERED, "7500")):
        happen(rows, state, code=code)

    first, second = bodies()
    assert (first["type"], second["type"]) == ("message.submitted", "message.delivered")
    assert [one["data"]["sequence"] for one in (first, second)] == [1, 2]
    data = second["data"]
    assert data["transaction"] == str(rows[0].pk)
    assert data["message"] == str(message.pk)
    assert (data["event"], data["status"], data["via"], data["code"]) == ("delivered", "delivered", "mms", "7500")
    assert (data["to"], data["from"], data["provider"]) == ("+14165550100", "34343", "webex")
    assert data["callback_data"] == "campaign=118"
    assert data["text"]
    assert data["text"] != "as the provider says it"


def test_news_that_arrives_late_is_no_news(end, told, happen) -> None:
    rows = rows_of(told(end))
    happen(rows, Status.DELIVERED)
    happen(rows, Status.SUBMITTED, code="7501")
    assert [one["data"]["event"] for one in bodies()] == ["delivered"]


def test_a_late_delivery_lifts_a_failure_with_a_higher_sequence(end, told, happen) -> None:
    rows = rows_of(told(end))
    happen(rows, Status.FAILED, code="7552")
    happen(rows, Status.DELIVERED)
    assert [(one["data"]["event"], one["data"]["sequence"]) for one in bodies()] == [("failed", 1), ("delivered", 2)]


def test_every_click_is_told_with_the_whole_present_state(end, told, happen) -> None:
    rows = rows_of(told(end))
    for key in ("first", "second"):
        happen(rows, Status.READ, kind="clicked", code="7525", key=key)
    found = [(one["data"]["event"], one["data"]["status"], one["data"]["clicks"]) for one in bodies()]
    assert found == [("read", "read", 1), ("clicked", "read", 1), ("clicked", "read", 2)]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ([], ["submitted", "delivered"]),
        (["DELIVERED"], ["delivered"]),
        (["SUBMITTED", "READ"], ["submitted"]),
        (["FAILED"], []),
    ],
)
def test_only_what_was_asked_for_is_told(asked: list[str], expected: list[str], end, told, happen) -> None:
    rows = rows_of(told(end, requested_receipts=asked))
    happen(rows, Status.SUBMITTED, code="7501")
    happen(rows, Status.DELIVERED)
    assert [one["data"]["event"] for one in bodies()] == expected
    assert [one["data"]["sequence"] for one in bodies()] == list(range(1, len(expected) + 1))


@pytest.mark.parametrize("state", [Status.FAILED, Status.EXPIRED, Status.UNCONFIRMED])
def test_failed_asks_for_every_way_of_not_arriving(state: Status, end, told, happen) -> None:
    happen(rows_of(told(end, requested_receipts=["FAILED"])), state, code="")
    assert [one["data"]["event"] for one in bodies()] == [state.value]


def test_what_is_withdrawn_is_told(end, told) -> None:
    stop(told(end))
    assert [one["data"]["event"] for one in bodies()] == ["cancelled"]


def test_a_message_without_an_address_costs_no_query_more(queued, happen, told, end) -> None:
    def queries(rows: list[Transaction]) -> int:
        with CaptureQueriesContext(connection) as seen:
            happen(rows, Status.SUBMITTED, code="7501")
        return len(seen)

    silent, one, many = queued(), told(end), told(end, *(f"+1416555{number:04}" for number in range(100, 140)))
    base = queries(rows_of(silent))
    # `happen` itself reads each row once; the messages, the senders, and one insert come on top.
    assert queries(rows_of(one)) == base + 3
    assert queries(rows_of(many)) == base + 3 + 39
    assert Callback.objects.count() == 41


def test_it_is_owed_with_the_fact_or_not_at_all(end, told, happen) -> None:
    rows = rows_of(told(end))

    class Killed(Exception):
        pass

    def dies() -> None:
        with atomic():
            happen(rows, Status.DELIVERED)
            raise Killed

    with pytest.raises(Killed):
        dies()
    assert not Callback.objects.exists()
    assert rows_of(rows[0].message)[0].news == 0
    happen(rows_of(rows[0].message), Status.DELIVERED)
    assert Callback.objects.get().sequence == 1


def test_a_status_that_is_put_right_afterwards_is_told(end, told) -> None:
    [row] = rows_of(told(end))
    timeline.append([timeline.entry(row, "receipt", now=timezone.now(), state=Status.UNCONFIRMED)])
    call_command("rebuild_status", stdout=StringIO())
    assert [one["data"]["status"] for one in bodies()] == ["unconfirmed"]
