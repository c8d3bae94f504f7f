"""/metrics: whom it is for, what it tells, and what it never tells."""

import re
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from messaging.models import AccountTally, Transaction
from messaging.watching import figures, life
from mmsportal import metrics

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _asked_anew():
    metrics.forget()
    life.forget()


def scraped(client, **more) -> dict[str, float]:
    """Every sample by its name and labels, read by Prometheus' own parser."""
    answer = client.get("/metrics", **more)
    assert answer.status_code == 200
    return {
        sample.name + "".join(f" {value}" for value in sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


def test_the_queue_and_each_account_are_told(client, queued, account):
    queued("+14165550100", "+14165550101")
    Transaction.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=50))
    AccountTally.objects.create(account=account, span="m", at=timezone.now(), kind="throttled", count=7, bucket=9)

    told = scraped(client)

    assert told["mms_database_up"] == 1
    assert told["mms_transactions_open queued"] == 2
    assert told["mms_queue_oldest_due_seconds"] == pytest.approx(50, abs=20)
    assert told["mms_alarms deaf"] == 1
    assert told[f"mms_account_calls {account.pk} throttled webex"] == 7
    assert told[f"mms_account_state {account.pk} webex throttled"] == 1
    assert told[f"mms_account_paused {account.pk} webex"] == 0


def test_nothing_in_it_is_about_anybody(client, queued, account):
    queued("+14165550100")
    text = client.get("/metrics").content.decode()
    assert not re.search(r"4165550100|34343|sandbox-service-key|Hello", text)
    assert account.name not in text


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({}, 200),
        ({"REMOTE_ADDR": "203.0.113.9"}, 403),
        # A proxy on this host speaks for somebody else.
        ({"HTTP_X_FORWARDED_FOR": "203.0.113.9"}, 403),
        ({"REMOTE_ADDR": "203.0.113.9", "HTTP_AUTHORIZATION": "Bearer s3cret"}, 200),
        ({"REMOTE_ADDR": "203.0.113.9", "HTTP_AUTHORIZATION": "Bearer s3cre"}, 403),
        ({"REMOTE_ADDR": "203.0.113.9", "HTTP_AUTHORIZATION": "Bearer sécret"}, 403),
        ({"REMOTE_ADDR": ""}, 403),
    ],
)
def test_whom_it_is_for(client, settings, more, status):
    settings.METRICS_TOKEN = "s3cret"
    assert client.get("/metrics", **more).status_code == status


def test_without_a_token_no_token_opens_it(client):
    more = {"REMOTE_ADDR": "203.0.113.9", "HTTP_AUTHORIZATION": "Bearer "}
    assert client.get("/metrics", **more).status_code == 403


def test_without_the_database_it_says_so(client, monkeypatch):
    def away(_now):
        raise OperationalError("gone")

    monkeypatch.setattr(metrics, "figures", away)
    told = scraped(client)
    assert (told["mms_database_up"], "mms_transactions_open queued" in told) == (0, False)
    assert "mms_spool_bytes" in told


def test_many_scrapes_ask_once(client, account):
    scraped(client)
    with CaptureQueriesContext(connection) as captured:
        scraped(client)
    assert len(captured) == 0


def test_it_asks_as_much_of_a_long_queue_as_of_a_short_one(client, queued, monkeypatch):
    def cost() -> int:
        metrics.forget()
        with CaptureQueriesContext(connection) as captured:
            scraped(client)
        return len(captured)

    queued("+14165550100")
    cost()
    short = cost()
    queued(*(f"+1416555{number:04}" for number in range(100, 130)))
    assert cost() == short
    monkeypatch.setattr(figures, "MOST", 20)
    metrics.forget()
    assert scraped(client)["mms_transactions_open queued"] == 20
