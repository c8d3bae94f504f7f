"""What it costs to owe news in the callers' formats, and what it must never stop."""

import pytest
from django.utils import timezone

from messaging import callbacks, timeline
from messaging.models import ApiKey, Callback, Transaction
from messaging.statuses import Status
from tests.messaging.compat import calls
from tests.messaging.compat.conftest import Internet

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _world(internet: Internet, sender, key: ApiKey) -> None:
    end = callbacks.register(key, "https://shop.example.org/news")
    callbacks.vouch(end, now=timezone.now())


def delivered() -> None:
    rows, now = list(Transaction.objects.select_for_update()), timezone.now()
    for row in rows:
        row.next_attempt_at = None
    timeline.append([timeline.entry(row, "receipt", now=now, state=Status.DELIVERED) for row in rows])
    timeline.settle(rows, now=now, also=["next_attempt_at"])


@pytest.mark.parametrize("provider", calls.GOOD)
def test_news_of_many_messages_is_owed_in_few_queries(
    provider: str, post, service_key: str, django_assert_max_num_queries
) -> None:
    for _number in range(4):
        post(provider, calls.body(provider, service_key))
    with django_assert_max_num_queries(7):
        delivered()
    assert Callback.objects.count() == 4


@pytest.mark.parametrize("provider", calls.GOOD)
def test_a_secret_that_cannot_be_opened_stops_no_message(provider: str, post, service_key: str, settings) -> None:
    post(provider, calls.body(provider, service_key))
    ApiKey.objects.update(jwt_secret_sealed="sealed with a key that is lost")
    delivered()
    assert Transaction.objects.get().status == Status.DELIVERED
    assert Callback.objects.count() == 1
