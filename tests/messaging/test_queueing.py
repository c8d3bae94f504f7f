"""Accepting a message: one commit, nothing half, nothing twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from messaging.content import Content, FallbackSms, Part, Slide
from messaging.models import Message, Sender, TimelineEntry, Transaction
from messaging.queueing import NotQueued, Order, RecipientOrder, examine, queue
from tests.working import HELLO

pytestmark = pytest.mark.django_db


def codes(failure: pytest.ExceptionInfo[NotQueued]) -> set[str]:
    return {finding.code for finding in failure.value.findings if finding.severity == "blocks"}


def test_a_message_gets_a_transaction_and_a_first_entry_for_each_recipient(queued: Callable[..., Message]):
    message = queued("+14165550100", "+14165550101")

    rows = message.transactions.order_by("position")
    assert [row.recipient for row in rows] == ["+14165550100", "+14165550101"]
    assert {row.status for row in rows} == {"queued"}
    assert {len(row.client_ref) for row in rows} == {26}
    assert list(TimelineEntry.objects.values_list("kind", "state")) == [("queued", "queued")] * 2


def test_a_number_that_stands_twice_is_sent_to_once(order: Callable[..., Order]):
    examination = examine(order("+14165550100", "+14165550101", "+14165550100"), now=timezone.now())

    assert (examination.accepted, [held.index for held in examination.held_back]) == (2, [2])


def test_nobody_to_send_to_is_refused(order: Callable[..., Order]):
    with pytest.raises(NotQueued) as failure:
        queue(replace(order(), recipients=[]), now=timezone.now())

    assert codes(failure) == {"recipients_missing"}
    assert not Message.objects.exists()


def test_an_unfilled_placeholder_stops_the_whole_message(order: Callable[..., Order]):
    content = replace(HELLO, subject="For $(name)")

    with pytest.raises(NotQueued) as failure:
        queue(order(content=content), now=timezone.now())

    assert codes(failure) == {"substitution_missing"}


def test_a_recipients_own_value_fills_the_placeholder(order: Callable[..., Order], sender: Sender):
    content = replace(HELLO, subject="For $(name)")
    recipients = [RecipientOrder("+14165550100", substitutions={"name": "Ann"})]

    assert examine(replace(order(content=content), recipients=recipients), now=timezone.now()).ok


def test_a_file_that_is_not_there_is_a_finding(order: Callable[..., Order]):
    content = replace(HELLO, slides=(Slide("x", parts=(Part("image", asset="no-such-file"),)),))

    with pytest.raises(NotQueued) as failure:
        queue(order(content=content), now=timezone.now())

    assert codes(failure) == {"asset_unknown"}


def test_a_sender_without_mms_is_refused(order: Callable[..., Order], sender: Sender):
    sender.mms_enabled = False

    with pytest.raises(NotQueued) as failure:
        queue(order(), now=timezone.now())

    assert codes(failure) == {"sender_not_mms"}


@pytest.mark.parametrize("number", ["+442071838750", "+19005550142", "+18765550142"])
def test_a_number_that_the_sender_does_not_reach_is_refused_by_name(order: Callable[..., Order], number: str):
    findings = examine(order("+14165550100", number), now=timezone.now()).findings

    (finding,) = [finding for finding in findings if finding.severity == "blocks"]
    assert (finding.code, finding.pointer) == ("country_not_allowed", "/to/1")
    assert number in finding.message


def test_a_sender_reaches_its_own_country(order: Callable[..., Order], sender: Sender):
    sender.country = "GB"

    assert examine(order("+442071838750"), now=timezone.now()).ok


@pytest.mark.parametrize(
    ("send_in", "expire_in", "code"),
    [
        (-60, None, "schedule_past"),
        (8 * 86400, None, "schedule_far"),
        (3600, 1800, "expires_early"),
        (None, -5, "expires_early"),
        (None, 8 * 86400, "expires_late"),
    ],
)
def test_times_that_cannot_be_honoured_are_refused(order, send_in, expire_in, code):
    now = timezone.now()
    times = {
        "send_at": send_in and now + timedelta(seconds=send_in),
        "expire_at": expire_in and now + timedelta(seconds=expire_in),
    }

    with pytest.raises(NotQueued) as failure:
        queue(order(**times), now=now)

    assert codes(failure) == {code}


def test_a_scheduled_message_waits_for_its_time(queued: Callable[..., Message]):
    due = timezone.now() + timedelta(hours=2)

    row = queued(send_at=due).transactions.get()

    assert (row.status, row.next_attempt_at) == ("scheduled", due)


def test_an_unnamed_message_is_called_by_what_it_says(order: Callable[..., Order]):
    content = Content(slides=(Slide("Tulips are here\nsince today"),), fallback=FallbackSms("Tulips"))

    assert examine(order(content=content), now=timezone.now()).content.name == "Tulips are here since today"


def test_the_same_order_again_is_the_same_message(order: Callable[..., Order]):
    first = queue(order(once="draft-1:2"), now=timezone.now())
    second = queue(order(once="draft-1:2"), now=timezone.now())

    assert (first.pk, Message.objects.count(), Transaction.objects.count()) == (second.pk, 1, 1)


@pytest.mark.django_db(transaction=True)
def test_twenty_clicks_at_once_are_one_message(order: Callable[..., Order]):
    wanted = order(once="draft-1:2")

    def click(_number: int) -> object:
        try:
            return queue(wanted, now=timezone.now()).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        identities = set(pool.map(click, range(20)))

    assert (len(identities), Message.objects.count(), Transaction.objects.count()) == (1, 1, 1)


def test_accepting_takes_few_queries_however_many_recipients(order, django_assert_max_num_queries):
    numbers = [f"+1416555{number:04d}" for number in range(500)]

    with django_assert_max_num_queries(30):
        queue(order(*numbers), now=timezone.now())


def test_each_further_thousand_of_recipients_is_two_statements(order):
    def asked(count: int, area: int) -> int:
        numbers = [f"+1{area}5{number:06d}" for number in range(count)]
        with CaptureQueriesContext(connection) as seen:
            assert queue(order(*numbers), now=timezone.now()).transactions.count() == count
        return len(seen)

    assert asked(4_000, 647) - asked(2_000, 416) == 4


def test_what_is_typed_is_bound_closer_than_what_a_program_sends(order):
    numbers = [f"+1416{5_000_000 + number}" for number in range(10_001)]
    typed = order(*numbers)

    told = [
        [(one.code, one.limit) for one in examine(asked, now=timezone.now()).findings if one.severity == "blocks"]
        for asked in (typed, replace(typed, source=Message.Source.API))
    ]

    assert told == [[("too_many_recipients", 10_000)], []]


def test_far_too_many_recipients_are_refused_without_looking_at_each(order, django_assert_max_num_queries, monkeypatch):
    asked = []
    monkeypatch.setattr("messaging.routing.reaches", lambda _sender, number: asked.append(number))
    numbers = [f"+1{area}555{number:04d}" for area in (416, 647) for number in range(10_000)]

    with django_assert_max_num_queries(1):
        findings = examine(order(*numbers), now=timezone.now()).findings

    assert [(one.code, one.actual) for one in findings if one.severity == "blocks"] == [("too_many_recipients", 20_000)]
    assert asked == []
