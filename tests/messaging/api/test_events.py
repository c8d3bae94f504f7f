"""The feed of events: whole, in order, resumable, and patient within bounds."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from time import monotonic, sleep

import pytest
from django.db import connection, connections
from django.db.transaction import atomic
from django.utils import timezone

from messaging import feed, timeline
from messaging.api import events
from messaging.models import ApiKey, Message, TimelineEntry, Transaction, issue_key
from messaging.steering import stop

pytestmark = pytest.mark.django_db(transaction=True)
EVENTS = "/api/v1/events"


def withdraw(message: Message) -> None:
    stop(message)


def test_the_feed_tells_everything_in_order_and_goes_on_anywhere(client, send, message) -> None:
    second = Message.objects.get(pk=send(to=["+16475550143"], callback_data="campaign=118").json()["id"])
    withdraw(second)
    withdraw(message)

    whole = client.get(EVENTS).json()
    said = [(one["message"], one["event"]) for one in whole["results"]]
    first, other = str(message.pk), str(second.pk)
    assert said == [(first, "queued"), (other, "queued"), (other, "cancelled"), (first, "cancelled")]
    assert whole["more"] is False
    assert whole["results"][1]["callback_data"] == "campaign=118"
    assert whole["results"][0]["to"] == "+16475550142"
    assert whole["results"][0]["status"] == "cancelled"

    read, after = [], None
    while True:
        answer = client.get(EVENTS, {"limit": 1, **({"after": after} if after else {})}).json()
        read += [one["cursor"] for one in answer["results"]]
        after = answer["next"]
        if not answer["more"]:
            break
    assert read == [one["cursor"] for one in whole["results"]]
    assert client.get(EVENTS, {"after": whole["results"][1]["cursor"]}).json()["results"] == whole["results"][2:]


def test_others_messages_are_not_in_it(client, message, queued) -> None:
    other = issue_key(name="Other", scopes=["events:read"])[0]
    queued("+14165550111", api_key=other, source="api")
    queued("+14165550112")
    assert {one["message"] for one in client.get(EVENTS).json()["results"]} == {str(message.pk)}


def test_a_key_that_has_sent_nothing_gets_a_place_to_wait_at(client, queued, key) -> None:
    queued("+14165550111")
    answer = client.get(EVENTS).json()
    assert answer["results"] == []
    queued("+14165550112", api_key=key, source="api")
    assert [one["event"] for one in client.get(EVENTS, {"after": answer["next"]}).json()["results"]] == ["queued"]


def test_what_lies_far_on_is_reached_in_bounded_steps(client, queued, key, message, monkeypatch) -> None:
    monkeypatch.setattr(feed, "WINDOW", 10)
    place = client.get(EVENTS).json()["next"]
    for number in range(100, 125):
        queued(f"+1416555{number:04}")
    withdraw(message)
    steps = 0
    while True:
        answer = client.get(EVENTS, {"after": place}).json()
        place, steps = answer["next"], steps + 1
        if answer["results"]:
            break
        assert answer["more"]
    assert answer["results"][0]["event"] == "cancelled"
    assert steps == 3


@pytest.mark.parametrize(
    "wrong", ["after=x", "after=-1", "wait=21", "wait=x", "limit=0", "limit=201", "kind=read", "after=" + "9" * 19]
)
def test_odd_questions_are_refused(wrong, client, refused) -> None:
    refused(client.get(f"{EVENTS}?{wrong}"), 400)


def test_an_answer_waits_for_news_and_comes_with_it(client, message) -> None:
    place = client.get(EVENTS).json()["next"]

    def later() -> None:
        sleep(1.0)
        withdraw(message)
        connections.close_all()

    thread = threading.Thread(target=later)
    thread.start()
    began = monotonic()
    answer = client.get(EVENTS, {"after": place, "wait": 10}).json()
    took = monotonic() - began
    thread.join()
    assert [one["event"] for one in answer["results"]] == ["cancelled"]
    assert 0.9 < took < 15


def test_waiting_ends_and_holds_no_connection(client, message, monkeypatch) -> None:
    place = client.get(EVENTS).json()["next"]
    held = []
    monkeypatch.setattr(events, "sleep", lambda seconds: (held.append(connection.connection), sleep(seconds)))
    began = monotonic()
    answer = client.get(EVENTS, {"after": place, "wait": 1}).json()
    assert (answer["results"], answer["more"]) == ([], False)
    assert 0.9 < monotonic() - began < 15
    assert held
    assert not any(held)


def test_few_may_wait_and_the_others_are_answered_at_once(client, message, monkeypatch) -> None:
    place = client.get(EVENTS).json()["next"]
    for waiting in ({"a", "b"}, {ApiKey.objects.get().prefix}):
        monkeypatch.setattr(events, "_waiting", set(waiting))
        began = monotonic()
        client.get(EVENTS, {"after": place, "wait": 10})
        assert monotonic() - began < 8
        assert events._waiting == waiting


@contextmanager
def somebody_writing(message: Message) -> Iterator[None]:
    """Another process has written an entry about a message, and commits at the end only."""
    wrote, finish = threading.Event(), threading.Event()

    def write() -> None:
        with atomic():
            note(message)
            wrote.set()
            finish.wait(10)
        connections.close_all()

    thread = threading.Thread(target=write)
    thread.start()
    assert wrote.wait(5)
    yield
    finish.set()
    thread.join()


def note(message: Message) -> None:
    row = Transaction.objects.select_for_update().get(message=message)
    timeline.append([timeline.entry(row, "note", now=timezone.now())])


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
def test_a_slow_writer_with_a_lower_number_is_not_skipped(client, send, message) -> None:
    other = Message.objects.get(pk=send(to=["+16475550143"]).json()["id"])
    place = client.get(EVENTS).json()["next"]
    with somebody_writing(message):
        withdraw(other)
        held_back = client.get(EVENTS, {"after": place}).json()
        assert (held_back["results"], held_back["next"], held_back["more"]) == ([], place, True)
    told = client.get(EVENTS, {"after": held_back["next"]}).json()["results"]
    assert [one["event"] for one in told] == ["note", "cancelled"]
    assert TimelineEntry.objects.filter(pk=told[0]["cursor"], kind="note").exists()


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
def test_nor_is_one_that_began_after_the_writer_of_the_higher_number(client, send, message) -> None:
    other = Message.objects.get(pk=send(to=["+16475550143"]).json()["id"])
    place = client.get(EVENTS).json()["next"]
    with ExitStack() as stack:
        with atomic():
            Transaction.objects.select_for_update().get(message=other)
            stack.enter_context(somebody_writing(message))
            note(other)
        held_back = client.get(EVENTS, {"after": place}).json()
    assert (held_back["results"], held_back["next"], held_back["more"]) == ([], place, True)
    assert len(client.get(EVENTS, {"after": place}).json()["results"]) == 2
