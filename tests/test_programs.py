"""The short way in for programs."""

from uuid import uuid4

import pytest
from django.test import Client

from mmsportal import programs

pytestmark = pytest.mark.django_db


def test_an_address_that_holds_something_of_the_callers_is_looked_for_each_time(client: Client, issued_key) -> None:
    for path, status in (("/api/v1/senders", 200), (f"/api/v1/senders/{uuid4()}", 404), ("/api/v1/nowhere", 404)):
        for _turn in range(2):
            assert client.get(path, headers={"key": issued_key[1]}).status_code == status

    assert "/api/v1/senders" in programs._matches
    assert not any("<" in match.route for match in programs._matches.values())
