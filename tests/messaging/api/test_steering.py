"""A message steered over REST: its progress, a pause, and a cancel that takes back what is not on the wire."""

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from messaging.delivery.claiming import claim
from messaging.models import Message, SendAttempt, issue_key

pytestmark = pytest.mark.django_db
NUMBERS = [f"+1647555014{number}" for number in range(4)]


@pytest.fixture
def four(send) -> str:
    return f"/api/v1/messages/{send(to=NUMBERS).json()['id']}"


def test_progress_counts_and_estimates(client, four, account):
    account.calls_per_second = 1
    account.save()
    answer = client.get(f"{four}/progress").json()

    assert answer["total"] == answer["waiting"] == 4
    assert answer["counts"] == {"queued": 4}
    assert (answer["held"], answer["settled"], answer["paused_at"], answer["cancelled_at"]) == (0, 0, None, None)
    finish = timezone.datetime.fromisoformat(answer["estimated_finish"])
    assert timedelta(seconds=2) < finish - timezone.now() <= timedelta(seconds=4)


def test_a_pause_holds_and_a_resume_lets_go_and_each_again_is_the_same(client, four, account):
    for _turn in range(2):
        paused = client.post(f"{four}/pause")
        assert paused.status_code == 200
    assert (paused.json()["held"], paused.json()["estimated_finish"]) == (4, None)
    assert paused.json()["paused_at"]
    assert claim(account, 10) == []

    for _turn in range(2):
        resumed = client.post(f"{four}/resume", {}, format="json")
    assert (resumed.json()["held"], resumed.json()["paused_at"]) == (0, None)
    assert len(claim(account, 10)) == 4


def test_a_cancel_takes_back_what_a_worker_has_in_hand(client, four, account):
    assert len(claim(account, 2)) == 2

    answer = client.post(f"{four}/cancel").json()

    assert (answer["cancelled"], answer["counts"]) == (4, {"cancelled": 4})
    assert set(SendAttempt.objects.values_list("phase", flat=True)) == {"done"}


def test_what_is_on_the_wire_is_past_recall(client, four, account):
    claim(account, 1)
    SendAttempt.objects.update(phase="wire", wire_at=timezone.now())

    answer = client.post(f"{four}/cancel").json()

    assert (answer["cancelled"], answer["counts"]) == (3, {"cancelled": 3, "sending": 1})


def test_after_a_cancel_nothing_is_paused_or_resumed(client, four, refused):
    client.post(f"{four}/cancel")

    refused(client.post(f"{four}/pause"), 409, "message_cancelled")
    refused(client.post(f"{four}/resume"), 409, "message_cancelled")
    assert client.get(f"{four}/progress").json()["cancelled_at"]


@pytest.mark.parametrize("action", ["progress", "pause", "resume", "cancel"])
def test_only_ones_own(four, refused, action):
    stranger = APIClient()
    stranger.credentials(HTTP_KEY=issue_key(name="Stranger", scopes=["messages:send", "messages:read"])[1])
    call = stranger.get if action == "progress" else stranger.post

    refused(call(f"{four}/{action}"), 404)
    assert Message.objects.get().paused_at is None


@pytest.mark.parametrize("action", ["pause", "resume", "cancel"])
def test_a_body_that_says_more_is_refused(client, four, refused, action):
    (error,) = refused(client.post(f"{four}/{action}", {"a/b": 1}, format="json"), 400, "unknown_field")
    assert error["pointer"] == "/a~1b"
