"""Repeating a request (reliability, 3.5; section 5, row 17)."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.db.transaction import atomic
from django.utils import timezone
from rest_framework.test import APIClient

from messaging import tasks
from messaging.models import IdempotencyRecord, Message, issue_key
from tests.messaging.api.dying import Killed, at_line

ONCE = {"Idempotency-Key": "7c1e0b9a"}
pytestmark = pytest.mark.django_db


def test_a_repeated_request_gets_the_first_answer(send) -> None:
    first, second = send(headers=ONCE), send(headers=ONCE)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert "Idempotent-Replayed" not in first
    assert second["Idempotent-Replayed"] == "true"
    assert Message.objects.count() == 1


def test_without_a_key_each_request_sends(send) -> None:
    send()
    send()
    assert Message.objects.count() == 2


def test_another_body_under_the_same_key_is_refused(send, refused) -> None:
    send(headers=ONCE)
    refused(send(headers=ONCE, callback_data="other"), 422, "idempotency_key_reused")
    assert Message.objects.count() == 1


def test_the_body_counts_as_it_came_over_the_wire(client, sender, body, refused) -> None:
    plain, spaced = json.dumps(body), json.dumps(body, indent=1)
    assert client.generic("POST", "/api/v1/messages", plain, "application/json", headers=ONCE).status_code == 201
    refused(client.generic("POST", "/api/v1/messages", spaced, "application/json", headers=ONCE), 422)


def test_the_key_belongs_to_one_integration(send, sender, body) -> None:
    _key, whole, _secret = issue_key(name="Other", scopes=["messages:send"])
    send(headers=ONCE)
    other = APIClient().post("/api/v1/messages", body, format="json", headers={"key": whole, **ONCE})
    assert other.status_code == 201
    assert "Idempotent-Replayed" not in other
    assert Message.objects.count() == 2


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb", "caf\xe9", "a\x7f"])
def test_what_cannot_be_a_key_is_refused(send, refused, key) -> None:
    (error,) = refused(send(headers={"Idempotency-Key": key}), 400, "idempotency_key_wrong")
    assert (error["pointer"], error["limit"]) == ("Idempotency-Key", 255)


@pytest.mark.parametrize("key", ["x", "x" * 255, " ~!"])
def test_the_shortest_and_longest_keys_are_taken(send, key) -> None:
    assert send(headers={"Idempotency-Key": key}).status_code == 201


@pytest.mark.parametrize("broken", [{"to": []}, {"from": "00000"}, {"content": {"slides": []}}])
def test_a_refused_request_leaves_the_key_free(send, broken) -> None:
    assert send(headers=ONCE, **broken).status_code in {400, 403, 422}
    assert not IdempotencyRecord.objects.exists()
    assert send(headers=ONCE).status_code == 201


def test_a_dry_run_does_not_use_the_key_up(send) -> None:
    assert send(dry_run=True, headers=ONCE).status_code == 200
    assert send(headers=ONCE).status_code == 201


def test_the_key_is_free_again_after_three_days(send) -> None:
    send(headers=ONCE)
    IdempotencyRecord.objects.update(created_at=timezone.now() - timedelta(hours=72, seconds=1))
    assert "Idempotent-Replayed" not in send(headers=ONCE, callback_data="other")
    assert Message.objects.count() == 2
    assert IdempotencyRecord.objects.count() == 1


def test_answers_are_cleared_away_when_their_key_is_free_again(send, monkeypatch) -> None:
    monkeypatch.setattr("messaging.repeats.AT_ONCE", 1)
    for name in ("old", "older", "new"):
        send(headers={"Idempotency-Key": name})
    then = timezone.now() - timedelta(hours=72, seconds=1)
    IdempotencyRecord.objects.exclude(key="new").update(created_at=then)
    tasks.clear_repeats()
    assert [record.key for record in IdempotencyRecord.objects.all()] == ["new"]
    assert Message.objects.count() == 3


def test_a_fault_while_queueing_leaves_neither_message_nor_key(client, sender, body, monkeypatch) -> None:
    def broken(*_args, **_more):
        raise RuntimeError("the disk is gone")

    monkeypatch.setattr("messaging.api.shapes.accepted", broken)
    client.raise_request_exception = False
    response = client.post("/api/v1/messages", body, format="json", headers=ONCE)
    assert response.status_code == 500
    assert response["Content-Type"] == "application/problem+json"
    assert not Message.objects.exists()
    assert not IdempotencyRecord.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_are_one_message(issued_key, sender, body) -> None:
    def post(_number: int):
        try:
            return APIClient().post(
                "/api/v1/messages", body, format="json", headers={"key": issued_key[1], "Idempotency-Key": "race"}
            )
        finally:
            connections.close_all()

    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(post, range(20)))
    assert {answer.status_code for answer in answers} == {201}, [answer.content for answer in answers]
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotent-Replayed" in answer for answer in answers) == 19
    assert Message.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_copy_of_a_request_that_still_runs_is_told_to_wait(client, issued_key, sender, body, refused) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets one writer in at a time: the copy waits for the answer instead")
    waiting, done = threading.Event(), threading.Event()

    def first() -> None:
        try:
            with atomic():
                IdempotencyRecord.objects.create(api_key=issued_key[0], route="POST /api/v1/messages", key="slow")
                waiting.set()
                done.wait(20)
        finally:
            connections.close_all()

    thread = threading.Thread(target=first)
    thread.start()
    try:
        assert waiting.wait(10)
        response = client.post("/api/v1/messages", body, format="json", headers={"Idempotency-Key": "slow"})
    finally:
        done.set()
        thread.join()
    refused(response, 409, "idempotency_in_progress")
    assert response["Retry-After"] == "1"
    assert not Message.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_whoever_dies_at_any_line_leaves_one_message_and_one_answer(client, sender, body) -> None:
    """Rolled back or whole: the repeated request cannot tell, and every later one gets the same answer."""

    def post(name: str) -> Any:
        asked = {**body, "callback_data": name}
        return client.post("/api/v1/messages", asked, format="json", headers={"Idempotency-Key": name})

    post("warm")
    lines = at_line(0, lambda: post("whole"))
    # One line in three, and the last ones: behind the commit there are but a few.
    numbers = sorted({*range(1, lines, 3), *range(lines - 4, lines + 1)})
    replayed = 0
    for number in numbers:
        name = f"line {number}"
        with pytest.raises(Killed):
            at_line(number, lambda name=name: post(name))
        # The database hears that the line is gone, as when a process ends.
        connection.close()
        connection.connect()
        again = post(name)
        sent = Message.objects.get(callback_data=name)
        assert (again.status_code, again.json()["id"]) == (201, str(sent.pk)), number
        assert sent.transactions.get().timeline.count() == 1
        replayed += "Idempotent-Replayed" in again
    assert len(numbers) > 15
    # Some died behind the commit, and most before it.
    assert 0 < replayed < len(numbers) / 2
