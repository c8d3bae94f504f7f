"""The page of one message: progress, recipients, content, cancelling, and following it live."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from messaging.models import Transaction
from messaging.web import message as page

STATUSES = {"q": "0101", "status": "delivered"}


def at(message, name: str = "message") -> str:
    return reverse(f"web:{name}", args=[message.pk])


@pytest.mark.parametrize("name", ["message", "message-live", "message-stop"])
def test_staff_without_the_right_are_refused(client, make_user, message, name) -> None:
    client.force_login(make_user("nobody"))
    assert client.get(at(message, name)).status_code == 403


@pytest.mark.parametrize("name", ["message", "message-live", "message-stop"])
def test_an_unknown_message_is_not_found(client, composer, name) -> None:
    client.force_login(composer)
    assert client.get(reverse(f"web:{name}", args=[uuid4()])).status_code == 404


def test_it_counts_every_status_and_lists_the_recipients_in_order(client, composer, message) -> None:
    client.force_login(composer)
    answer = client.get(at(message))
    assert {status: count for _look, status, count in answer.context["counts"]} == {
        "delivered": 2,
        "failed": 1,
        "unknown": 1,
        "queued": 1,
        "read": 1,
    }
    assert [row.number for row in answer.context["recipients"]][:2] == ["+1 647-555-0100", "+1 647-555-0101"]
    assert "Delivered as MMS" in answer.content.decode()
    assert "Delivered as SMS" in answer.content.decode()
    assert f"/compose/?message={message.pk}" in answer.content.decode()


def test_a_viewer_gets_masked_numbers_and_no_buttons(client, viewer, message) -> None:
    client.force_login(viewer)
    text = client.get(at(message)).content.decode()
    assert "+1647***0100" in text
    assert "555-0100" not in text
    assert "+16475550100" not in text
    assert "Duplicate" not in text
    assert "steer-" not in text.replace("steer-slot", "")


def test_the_content_is_shown_as_it_was_frozen(client, composer, make_message) -> None:
    content = {
        "subject": "Hi",
        "slides": [
            {"text": "<b>Hello</b>", "duration": 7, "image": {"url": "https://x.example/a.jpg", "host": "caller"}}
        ],
        "fallback": {"text": "Plain words", "link": True},
    }
    message = make_message(content=content)
    client.force_login(composer)
    text = client.get(at(message)).content.decode()
    assert "&lt;b&gt;Hello&lt;/b&gt;" in text
    assert "7 s" in text
    assert "Plain words" in text
    assert '<img class="wide" src="https://x.example' not in text


@pytest.mark.parametrize(
    ("query", "expected"),
    [({"status": "failed"}, 1), ({"q": "0103"}, 1), ({"q": "+16475550105"}, 1), ({"q": "words"}, 0), (STATUSES, 1)],
)
def test_recipients_are_narrowed(client, composer, message, query, expected) -> None:
    client.force_login(composer)
    assert len(client.get(at(message), query).context["recipients"]) == expected


@pytest.mark.parametrize(
    "query",
    [{"after": "x"}, {"after": "-1"}, {"after": "9" * 40}, {"status": "zzz"}, {"q": "\0"}, {"after": "2147483647"}],
)
def test_a_query_that_makes_no_sense_is_survived(client, composer, message, query) -> None:
    client.force_login(composer)
    assert client.get(at(message), query).status_code == 200


def test_recipients_are_paged_in_order(client, composer, make_message, monkeypatch) -> None:
    monkeypatch.setattr(page, "PAGE", 4)
    message = make_message(["delivered"] * 10)
    client.force_login(composer)
    seen, query = [], ""
    for _page in range(3):
        answer = client.get(f"{at(message)}?{query}")
        seen += [row.transaction.position for row in answer.context["recipients"]]
        query = answer.context["more"]
    assert seen == list(range(10))
    assert query == ""


def test_the_number_of_queries_does_not_grow_with_the_recipients(
    client, composer, make_message, django_assert_max_num_queries
) -> None:
    message = make_message(["delivered", "failed", "unknown"] * 15)
    client.force_login(composer)
    with django_assert_max_num_queries(13):
        client.get(at(message))


def test_cancelling_asks_first_and_withdraws_what_waits(client, composer, message) -> None:
    client.force_login(composer)
    question = client.get(at(message, "message-stop"))
    assert question.context["waiting"] == 1
    assert Transaction.objects.filter(status="queued").count() == 1
    answer = client.post(at(message, "message-stop"), follow=True)
    assert "Stopped: 1 recipient will not get it." in answer.content.decode()
    assert list(Transaction.objects.filter(message=message, status="cancelled").values_list("position", flat=True)) == [
        4
    ]


def test_cancelling_twice_says_that_nothing_is_left(client, composer, message) -> None:
    client.force_login(composer)
    client.post(at(message, "message-stop"))
    assert b"Nothing was left to stop" in client.post(at(message, "message-stop"), follow=True).content


def test_those_who_may_not_send_may_not_cancel(client, viewer, message) -> None:
    client.force_login(viewer)
    assert client.post(at(message, "message-stop")).status_code == 403
    assert Transaction.objects.filter(status="queued").count() == 1


def test_a_page_that_is_up_to_date_gets_no_content(client, composer, make_message) -> None:
    message = make_message(["queued"], at=datetime.now(UTC))
    client.force_login(composer)
    version = client.get(at(message)).context["pulse"].version
    answer = client.get(at(message, "message-live"), {"seen": version})
    assert answer.status_code == 204
    assert answer.headers["X-Ask-Again"] == "2"


def test_a_page_that_is_behind_gets_the_fragment(client, composer, message) -> None:
    client.force_login(composer)
    version = client.get(at(message)).context["pulse"].version
    client.post(at(message, "message-stop"))
    answer = client.get(at(message, "message-live"), {"seen": version})
    assert answer.status_code == 200
    assert b'id="live"' in answer.content
    assert b"<html" not in answer.content


def test_a_page_whose_message_is_settled_is_told_to_stop(client, composer, make_message) -> None:
    message = make_message(["delivered"], at=datetime.now(UTC) - timedelta(hours=2))
    client.force_login(composer)
    first = client.get(at(message))
    assert 'data-pause="0"' in first.content.decode()
    answer = client.get(at(message, "message-live"), {"seen": first.context["pulse"].version})
    assert answer.status_code == 286


def test_a_page_whose_session_has_ended_is_reloaded(client, message) -> None:
    answer = client.get(at(message, "message-live"))
    assert answer.status_code == 401
    assert answer.headers["HX-Refresh"] == "true"


def test_refusals_are_pages_with_a_way_out(client, make_user, composer, message) -> None:
    client.force_login(make_user("nobody"))
    refused = client.get(at(message))
    assert (refused.status_code, b"You may not open this page" in refused.content) == (403, True)
    client.force_login(composer)
    missing = client.get(reverse("web:message", args=[uuid4()]))
    assert (missing.status_code, b"There is nothing here" in missing.content) == (404, True)
