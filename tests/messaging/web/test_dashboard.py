"""The dashboard: its numbers, its warnings, and what it costs."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from messaging.models import ProviderAccount, ReceiptInbox
from messaging.web import figures
from messaging.web.dashboard import columns, nice_top

HOME = reverse("web:dashboard")


def test_staff_without_the_right_are_refused(client, make_user) -> None:
    client.force_login(make_user("nobody"))
    assert client.get(HOME).status_code == 403


def test_an_empty_portal_has_a_dashboard_too(client, viewer) -> None:
    client.force_login(viewer)
    answer = client.get(HOME)
    assert answer.status_code == 200
    assert b"Nothing was sent in the last 14 days" in answer.content


def test_today_and_each_day_are_counted_by_outcome(client, viewer, make_message) -> None:
    now = timezone.now()
    make_message(["delivered", "sms", "failed", "queued"], at=now)
    make_message(["read"], at=now - timedelta(days=3))
    make_message(["read"], at=now - timedelta(days=20))
    client.force_login(viewer)
    context = client.get(HOME).context
    assert (context["today"].messages, context["today"].recipients) == (1, 4)
    assert {group.name: count for group, count in context["today"].groups if count} == {
        "delivered": 2,
        "failed": 1,
        "waiting": 1,
    }
    assert [column.total for column in context["columns"]] == [0] * 10 + [1, 0, 0, 4]
    assert sum(segment.count for segment in context["shares"]) == 5


def test_the_chart_has_its_numbers_as_a_table(client, viewer, make_message) -> None:
    make_message(["delivered"] * 3)
    client.force_login(viewer)
    text = client.get(HOME).content.decode()
    assert 'role="img"' in text
    assert "The numbers as a table" in text
    assert "<td>3</td>" in text


def test_the_chart_is_drawn_the_same_in_a_language_with_decimal_commas(client, viewer, make_message) -> None:
    make_message(["delivered", "sms", "failed"], at=timezone.now())
    client.force_login(viewer)
    client.cookies["language"] = "fr"
    page = client.get(HOME).content.decode()
    chart = page[page.index('<svg class="columnchart"') : page.index('<details class="astable"')]
    places = re.findall(r' (?:x|y|x1|x2|y1|y2|width|height)="([^"]*)"', chart)
    assert "Livré" in page
    assert places
    assert all(re.fullmatch(r"[\d.]+", place) for place in places)


def test_receipts_lag_is_measured_from_the_newest(make_message) -> None:
    make_message(["delivered", "read"])
    lag = figures.lag(timezone.now())
    assert (lag.median, lag.p95, lag.measured) == (1.0, 1.0, 5)


def test_unread_and_stuck_receipts_are_told(client, viewer, account) -> None:
    for digest, state in (("a", "new"), ("b", "quarantined"), ("c", "dead"), ("d", "done")):
        ReceiptInbox.objects.create(
            account=account,
            received_at=timezone.now() - timedelta(minutes=7),
            method="POST",
            body=b"",
            digest=digest,
            state=state,
            next_attempt_at=timezone.now(),
        )
    client.force_login(viewer)
    text = client.get(HOME).content.decode()
    assert "oldest unread receipt came 7" in text
    assert "Not readable: 1" in text
    assert "Failed again and again: 1" in text


def test_a_paused_account_is_told_with_its_reason(client, viewer, account) -> None:
    ProviderAccount.objects.update(paused_at=timezone.now(), paused_reason="Credentials refused")
    client.force_login(viewer)
    text = client.get(HOME).content.decode()
    assert "The account Webex US is paused" in text
    assert "Credentials refused" in text


def test_the_number_of_queries_is_fixed(client, composer, make_message, django_assert_max_num_queries) -> None:
    for _number in range(12):
        make_message(["delivered", "failed", "queued"])
    client.force_login(composer)
    with django_assert_max_num_queries(20):
        client.get(HOME)


@pytest.mark.parametrize(
    ("highest", "top"), [(0, 4), (4, 4), (5, 8), (77, 80), (129, 200), (990, 1000), (1001, 1200), (123_456, 200_000)]
)
def test_the_top_of_the_chart_is_round_and_above(highest, top) -> None:
    assert nice_top(highest) == top


def test_blocks_stand_on_one_another_and_stay_inside() -> None:
    day = figures.Day(datetime.now(UTC).date(), {"delivered": 70, "failed": 10, "queued": 1}, 81)
    (column,) = columns([day], 100, 40)
    assert column.counts == [70, 1, 0, 10, 0]
    lower = column.blocks[0]
    for block in column.blocks[1:]:
        assert block.y + block.height == pytest.approx(lower.y, abs=0.11)
        lower = block
    assert lower.y > 10
