"""What a send asks of the database, so that it cannot grow unnoticed."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from messaging.models import Message, OptOut
from messaging.models.rows import POSTGRES

# A key with all that is asked along with it, and the message; SQLite takes a statement for each table of that.
ONE = 2 if POSTGRES else 6
KEPT = 0 if POSTGRES else 1
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def post(issued_key, sender, body) -> Callable[..., Any]:
    def post(**headers: str) -> Any:
        headers["key"] = issued_key[1]
        return Client().post("/api/v1/messages", body, content_type="application/json", headers=headers)

    # The first use of a key is noted.
    assert post().status_code == 201
    return post


def test_a_message_to_one_is_accepted_in_two_statements(post, django_assert_num_queries):
    with django_assert_num_queries(ONE):
        assert post().status_code == 201


def test_so_is_one_that_may_be_repeated(post, django_assert_num_queries):
    with django_assert_num_queries(ONE + KEPT):
        first = post(**{"Idempotency-Key": "once"})

    again = post(**{"Idempotency-Key": "once"})
    assert (first.status_code, again.content, "Idempotent-Replayed" in again) == (201, first.content, True)
    assert Message.objects.count() == 2


def test_who_has_opted_out_is_found_along_with_the_key(post, body):
    OptOut.objects.create(number=body["to"][0], created_at=timezone.now())

    assert "opted_out" in post().content.decode()
    assert Message.objects.count() == 1


def test_a_glance_at_a_body_answers_nothing(post, issued_key, body):
    """Whatever it seems to say: the body is read strictly, and only by somebody who is known."""
    for raw, key, status in (
        ("{", issued_key[1], 400),
        ("{", "mms_live_00000000_aaaaaaaaaaaaaaaaaaaaaaaa", 401),
        ('{"from": "34343", "from": "34343", "to": []}', issued_key[1], 400),
        ('{"from": ["34343", "a\\u0000"], "to": ["+16475550142"]}', issued_key[1], 400),
        ('{"from": "\\ud83d", "to": ["+16475550142"]}', issued_key[1], 400),
        ('{"from": {"a": 1}, "to": [[]]}', issued_key[1], 400),
        ("[" * 60_000, issued_key[1], 400),
    ):
        answer = Client().post("/api/v1/messages", raw, content_type="application/json", headers={"key": key})
        assert answer.status_code == status, raw[:40]
