"""The list of messages: who sees it, what narrows it, how it is continued, and what it costs."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from messaging.models import Message
from messaging.web import message_rows, messages, searching
from messaging.web.searching import Number, read_number

LIST = reverse("web:messages")


def names(response) -> list[str]:
    return [row.name for row in response.context["rows"]]


def test_a_visitor_is_sent_to_the_login(client, db) -> None:
    answer = client.get(LIST)
    assert answer.status_code == 302
    assert reverse("admin:login") in answer.url


def test_staff_without_the_right_are_refused(client, make_user) -> None:
    client.force_login(make_user("nobody"))
    assert client.get(LIST).status_code == 403


def test_a_viewer_sees_each_message_once_with_its_outcomes(client, viewer, message) -> None:
    client.force_login(viewer)
    answer = client.get(LIST)
    (row,) = answer.context["rows"]
    assert row.subject == "Spring is here"
    assert row.bar == [("ok", "3"), ("info", "1"), ("warn", "1"), ("err", "1")]
    assert row.outcome == "3 delivered, 1 on the way, 1 outcome unknown, 1 not delivered"


def test_an_empty_list_invites_to_compose_only_those_who_may(client, viewer, composer) -> None:
    client.force_login(viewer)
    assert b"No messages yet" in client.get(LIST).content
    assert b"Compose the first one" not in client.get(LIST).content
    client.force_login(composer)
    assert b"Compose the first one" in client.get(LIST).content


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"status": "failed"}, ["Broken"]),
        ({"status": "delivered"}, ["Fine"]),
        ({"q": "brok"}, ["Broken"]),
        ({"q": "spring is"}, ["Fine", "Broken"]),
        ({"q": "+16475550100"}, ["Fine", "Broken"]),
        ({"q": "+16475550199"}, []),
        ({"q": "0100"}, ["Fine", "Broken"]),
        ({"q": "0177"}, []),
        ({"source": "api"}, []),
        ({"since": "2099-01-01"}, []),
        ({"until": "2001-01-01"}, []),
        ({"since": "2001-01-01", "until": "2099-12-31"}, ["Fine", "Broken"]),
    ],
)
def test_filters_narrow_the_list(client, composer, make_message, query, expected) -> None:
    make_message(["failed"], name="Broken")
    make_message(["delivered"], name="Fine")
    client.force_login(composer)
    assert names(client.get(LIST, query)) == expected


def test_only_messages_of_the_chosen_sender_are_listed(client, composer, message, sender) -> None:
    client.force_login(composer)
    assert names(client.get(LIST, {"sender": str(sender.pk)})) == [message.name]
    assert names(client.get(LIST, {"sender": "00000000-0000-7000-8000-000000000000"})) == [message.name]


@pytest.mark.parametrize(
    "query",
    [
        {"q": "\0"},
        {"q": "x" * 5000},
        {"q": "%' OR 1=1 --"},
        {"q": "\ud800"},
        {"status": "nonsense"},
        {"sender": "not-an-id"},
        {"sender": "\0"},
        {"since": "9999-12-31"},
        {"until": "0001-01-01"},
        {"since": "31/12/2026"},
        {"before": "not-an-id"},
        {"before": "ffffffff-ffff-ffff-ffff-ffffffffffff"},
        {"q": "00000000000000000000"},
        {"q": "+"},
        {"unknown": "1"},
    ],
)
def test_a_query_that_makes_no_sense_is_survived(client, composer, message, query) -> None:
    client.force_login(composer)
    safe = {name: value.encode("utf-8", "surrogatepass") for name, value in query.items()}
    assert client.get(LIST, safe).status_code == 200


def test_a_left_out_filter_is_named(client, composer, message) -> None:
    client.force_login(composer)
    assert b"From was left out" in client.get(LIST, {"since": "31/12/2026"}).content


def test_a_number_is_found_however_old_and_names_among_the_newest(client, composer, make_message, monkeypatch) -> None:
    monkeypatch.setattr(searching, "READ_THROUGH", 1)
    make_message(["delivered"], name="Old one", at=datetime.now(UTC) - timedelta(days=60))
    make_message(["delivered", "delivered"], name="New one")
    client.force_login(composer)
    assert names(client.get(LIST, {"q": "0100"})) == ["New one", "Old one"]
    bounded = client.get(LIST, {"q": "one"})
    assert names(bounded) == ["New one"]
    assert b"the newest 1 messages were searched" in bounded.content
    long_ago = str((datetime.now(UTC) - timedelta(days=50)).date())
    assert names(client.get(LIST, {"q": "one", "until": long_ago})) == ["Old one"]


def test_what_name_and_number_both_find_is_listed_and_counted_once_and_may_be_narrowed(
    client, composer, make_message
) -> None:
    make_message(["failed"], name="Sale 0100")
    make_message(["delivered"], name="Other")
    make_message(["delivered"], name="Last 0100")
    client.force_login(composer)
    answer = client.get(LIST, {"q": "0100"})
    assert names(answer) == ["Last 0100", "Other", "Sale 0100"]
    assert (answer.context["total"], answer.context["more_than_total"]) == (3, False)
    assert names(client.get(LIST, {"q": "0100", "status": "delivered"})) == ["Last 0100", "Other"]
    assert names(client.get(LIST, {"q": "sale", "status": "delivered"})) == []


def test_what_a_text_finds_is_continued_without_gap_or_repeat(client, composer, make_message, monkeypatch) -> None:
    monkeypatch.setattr(messages, "PAGE", 3)
    made = [make_message(["delivered"], name=f"Message {number}").name for number in range(7)]
    client.force_login(composer)
    seen, address = [], LIST + "?q=message"
    for _page in range(3):
        answer = client.get(address)
        assert answer.context["total"] == 7
        seen += names(answer)
        address = LIST + answer.context["older"]
    assert seen == made[::-1]
    assert answer.context["older"] == ""


def test_a_line_says_who_sent_how_many_what_and_when(client, composer, make_message, issued_key) -> None:
    key, _key, _secret = issued_key
    at = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
    make_message(["delivered"], name="", at=at, created_by=composer)
    make_message(["delivered", "failed"], name="Spring is here", api_key=key)
    Message.objects.filter(api_key=key).update(total=1234)
    client.force_login(composer)
    by_key, by_hand = client.get(LIST).context["rows"]
    assert (by_key.by, by_key.door, by_key.total, by_key.unit) == (key.name, "API", "1,234", " recipients")
    assert (by_key.name, by_key.subject, by_key.outcome) == ("Spring is here", "", "1 delivered, 1 not delivered")
    assert (by_hand.by, by_hand.door, by_hand.total, by_hand.unit) == ("mira", "Portal", "1", " recipient")
    assert (by_hand.name, by_hand.subject, by_hand.short) == ("Untitled", "Spring is here", "4 May 03:02")
    assert by_hand.at == "2026-05-04T03:02:01+00:00"
    assert by_hand.day_and_second == "2026-05-04 03:02:01"
    assert by_hand.address == reverse("web:message", args=[Message.objects.get(api_key=None).pk])


def test_a_page_looks_through_so_many_and_can_be_continued(client, composer, make_message, monkeypatch) -> None:
    monkeypatch.setattr(messages, "WINDOW", 2)
    for outcome in ("failed", "delivered", "delivered", "delivered", "failed"):
        make_message([outcome], name=outcome)
    client.force_login(composer)
    seen, address = [], LIST + "?status=failed"
    for _page in range(3):
        answer = client.get(address)
        seen.append(names(answer))
        address = LIST + answer.context["older"]
    assert seen == [["failed"], [], ["failed"]]
    assert answer.context["older"] == ""
    assert b"2 messages were looked through" in client.get(LIST + "?status=failed").content


def test_pages_follow_one_another_without_gap_or_repeat(client, composer, make_message, monkeypatch) -> None:
    monkeypatch.setattr(messages, "PAGE", 3)
    made = [make_message(["delivered"], name=f"Message {number}").name for number in range(8)]
    client.force_login(composer)
    seen, address = [], LIST + "?source=web"
    for _page in range(3):
        answer = client.get(address)
        seen += names(answer)
        address = LIST + answer.context["older"]
    assert seen == made[::-1]
    assert answer.context["older"] == ""


def test_the_total_is_capped(client, composer, make_message, monkeypatch) -> None:
    monkeypatch.setattr(messages, "COUNTED", 2)
    monkeypatch.setattr(messages, "PAGE", 2)
    for _number in range(4):
        make_message(["delivered"])
    client.force_login(composer)
    assert b"More than 2 messages" in client.get(LIST).content


def test_what_is_not_looked_through_to_its_end_is_counted_less_far(client, composer, make_message, monkeypatch) -> None:
    monkeypatch.setattr(messages, "COUNTED_SO_FAR", 2)
    monkeypatch.setattr(messages, "PAGE", 1)
    for _number in range(4):
        make_message(["failed"])
    client.force_login(composer)
    assert b"4 messages match" in client.get(LIST, {"status": "failed"}).content
    monkeypatch.setattr(messages, "WINDOW", 3)
    assert b"More than 2 messages" in client.get(LIST, {"status": "failed"}).content


def test_the_number_of_queries_does_not_grow_with_the_list(
    client, composer, make_message, django_assert_num_queries
) -> None:
    client.force_login(composer)
    make_message(["delivered", "failed"])
    with django_assert_num_queries(9) as few:
        client.get(LIST)
    for _number in range(6):
        make_message(["delivered", "read"])
    with django_assert_num_queries(len(few)):
        client.get(LIST)


def test_a_very_big_message_is_not_counted_for_the_list(client, composer, message) -> None:
    Message.objects.update(total=message_rows.MOST_COUNTED + 1)
    client.force_login(composer)
    assert client.get(LIST).context["rows"][0].bar == []


@pytest.mark.parametrize(
    ("text", "whole", "expected"),
    [
        ("+1 647-555-0142", True, Number(whole="+16475550142")),
        ("(647) 555-0142", True, Number(whole="+16475550142")),
        ("16475550142", True, Number(whole="+16475550142")),
        ("0142", True, Number(ending="0142")),
        ("+16475550142", False, Number(ending="0142")),
        ("550142", False, Number(ending="0142")),
        ("142", True, None),
        ("Ticket 4821", True, None),
    ],
)
def test_numbers_are_told_from_words(text, whole, expected) -> None:
    assert read_number(text, whole=whole) == expected
