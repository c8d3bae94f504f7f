"""Counts for the charts: the same however often and wherever a round dies, and never behind what is asked for."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from messaging import feed, tallies, timeline
from messaging.models import CountedUpTo, Transaction, TransactionCount
from messaging.statuses import Status
from tests.messaging.web.conftest import write_message

NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)
MIDNIGHT = NOON.replace(hour=0)


@pytest.fixture(autouse=True)
def _nobody_else_writes(monkeypatch) -> None:
    """The transaction that a test is wrapped in would be waited for; the feed's own tests are about that."""
    monkeypatch.setattr(feed, "all_written", lambda: True)


def stored(span: str) -> Counter[str]:
    rows = TransactionCount.objects.filter(span=span).values_list("status", "number")
    return sum((Counter({status: number}) for status, number in rows), Counter())


def asked() -> dict[str, int]:
    found: Counter[str] = Counter()
    for (_hour, status), number in tallies.per_hour(MIDNIGHT).items():
        found[status] += number
    return {status: number for status, number in found.items() if number}


def test_minutes_and_hours_hold_what_the_transactions_say(sender) -> None:
    write_message(sender, ["delivered", "delivered", "failed"], at=NOON)
    write_message(sender, ["queued"], at=NOON + timedelta(minutes=3))
    assert tallies.count() > 0
    expected = {"delivered": 2, "failed": 1, "queued": 1}
    assert stored("minute") == stored("hour") == asked() == expected
    assert set(TransactionCount.objects.filter(span="hour").values_list("start", flat=True)) == {NOON}
    assert tallies.count() == 0


def test_a_repeated_round_counts_nothing_twice(sender) -> None:
    write_message(sender, ["delivered", "failed"], at=NOON)
    tallies.count()
    CountedUpTo.objects.update(entry=0)
    tallies.count()
    assert stored("hour") == {"delivered": 1, "failed": 1}


def test_a_round_that_dies_leaves_the_counts_as_they_were(sender, monkeypatch) -> None:
    write_message(sender, ["delivered"], at=NOON)
    tallies.count()
    write_message(sender, ["failed"], at=NOON)

    def die(*_args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(tallies, "_summed", die)
        with pytest.raises(KeyboardInterrupt):
            tallies.count()
    assert stored("minute") == {"delivered": 1}
    tallies.count()
    assert stored("minute") == stored("hour") == {"delivered": 1, "failed": 1}


def test_what_moved_since_the_last_round_is_in_the_answer_already(sender) -> None:
    message = write_message(sender, ["queued", "queued"], at=NOON)
    tallies.count()
    row = message.transactions.get(position=0)
    timeline.append([timeline.entry(row, "cancelled", now=timezone.now(), state=Status.CANCELLED)])
    timeline.settle([row], now=timezone.now())
    write_message(sender, ["delivered"], at=NOON + timedelta(hours=2))
    assert asked() == {"queued": 1, "cancelled": 1, "delivered": 1}
    assert stored("hour") == {"queued": 2}
    tallies.count()
    assert asked() == {"queued": 1, "cancelled": 1, "delivered": 1}


def test_small_rounds_come_to_the_same(sender, monkeypatch) -> None:
    monkeypatch.setattr(tallies, "AT_ONCE", 3)
    monkeypatch.setattr(tallies, "BATCH", 1)
    for minute in range(4):
        write_message(sender, ["delivered", "read"], at=NOON + timedelta(minutes=30 * minute))
    tallies.count(rounds=100)
    assert stored("minute") == stored("hour") == {"delivered": 4, "read": 4}


def test_what_no_chart_shows_is_not_counted_and_forgotten(sender) -> None:
    write_message(sender, ["delivered"], at=NOON - timedelta(days=40))
    write_message(sender, ["delivered"], at=NOON)
    tallies.count()
    assert TransactionCount.objects.count() == 2
    tallies.purge(now=timezone.now() + timedelta(days=20))
    assert set(TransactionCount.objects.values_list("span", flat=True)) == {"hour"}


def test_counts_stay_when_their_transactions_go(sender) -> None:
    write_message(sender, ["delivered"], at=NOON)
    tallies.count()
    Transaction.objects.all().delete()
    tallies.count()
    assert stored("hour") == {"delivered": 1}
