"""Counting calls and receipts: nothing twice, nothing left out, whoever counts and whenever it is killed."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from messaging.models import AccountTally, AccountTrouble, SendAttempt, Tallied, TallyMark, TimelineEntry
from messaging.watching import folding
from messaging.watching.folding import fold, purge

pytestmark = pytest.mark.django_db
Span = AccountTally.Span


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    """What was committed a moment ago counts."""
    monkeypatch.setattr(folding, "COMMITTED", timedelta(0))


@pytest.fixture
def tried(queued, sender):
    """One message whose tries ended as told: an outcome, how long it took, a code."""

    def make(outcome: str, *, took: float = 0.1, code: str = "", number: int = 1, transaction=None, status=None):
        transaction = transaction or queued().transactions.get()
        now = timezone.now()
        SendAttempt.objects.create(
            transaction=transaction,
            number=number,
            sender=sender,
            phase="done",
            outcome=outcome,
            code=code,
            http_status=status,
            started_at=now,
            wire_at=now - timedelta(seconds=took),
            finished_at=now,
        )
        return transaction

    return make


def heard(transaction, state="submitted", *, after: float = 0.0, **more):
    at = timezone.now() + timedelta(seconds=after)
    return TimelineEntry.objects.create(
        transaction=transaction, at=at, received_at=at, source="provider", kind="receipt", state=state,
        dedupe_key=uuid4().hex, **more,
    )  # fmt: skip


def counted(span: str = Span.MINUTE) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in AccountTally.objects.filter(span=span):
        found[row.kind] = found.get(row.kind, 0) + row.count
    return found


def fold_all() -> None:
    # The first run only notes how far the tables go.
    fold()
    fold()
    fold()


def test_calls_are_counted_by_outcome_once(tried):
    for outcome, code, status in (
        ("A", "", 200), ("A", "", 200), ("R", "http_429", 429), ("R", "down", 503),
        ("F", "7003", 400), ("C", "http_401", 401), ("U", "timeout", None), ("U", "worker_lost", None),
    ):  # fmt: skip
        tried(outcome, code=code, status=status)

    for _time in range(4):
        fold()

    expected = {
        "accepted": 2, "throttled": 1, "retry": 1, "failed": 1, "configuration": 1, "unknown": 1, "lost": 1,
    }  # fmt: skip
    assert counted() == counted(Span.HOUR) == expected


def test_later_calls_are_added_to_the_same_minute(tried):
    tried("A")
    fold_all()
    tried("A")
    fold_all()
    assert counted(Span.HOUR) == {"accepted": 2}


def test_a_call_under_way_is_waited_for_and_then_counted(tried):
    transaction = tried("A")
    SendAttempt.objects.update(phase="wire", outcome="", finished_at=None)
    tried("A")
    fold_all()
    assert counted() == {}

    SendAttempt.objects.filter(transaction=transaction).update(
        phase="done", outcome="U", code="timeout", finished_at=timezone.now()
    )
    fold_all()
    assert counted() == {"accepted": 1, "unknown": 1}


def test_a_batch_that_breaks_counts_nothing_and_comes_again(tried, monkeypatch):
    tried("A")
    fold()
    real = folding._added

    def broken(tally):
        raise RuntimeError("killed")

    monkeypatch.setattr(folding, "_added", broken)
    with pytest.raises(RuntimeError):
        fold_all()
    assert (counted(), TallyMark.objects.get(pk="calls").upto) == ({}, 0)

    monkeypatch.setattr(folding, "_added", real)
    fold_all()
    assert counted() == {"accepted": 1}


def test_two_who_count_the_same_batch_count_it_once(tried):
    tried("A")
    fold()
    fold()
    mark = TallyMark(name="calls", upto=0, seen=10, seen_at=timezone.now())
    assert not folding._keep(mark, 10, folding._calls(0, 10))
    assert counted() == {"accepted": 1}


def test_receipts_tell_their_delay_once_and_what_became_of_the_message(tried, account):
    transaction = tried("A")
    heard(transaction, after=2)
    heard(transaction, "delivered", after=4)
    heard(transaction, "read", after=9)
    fold_all()
    assert counted() == {"accepted": 1, "receipt": 3, "first": 1, "final": 1}
    step = AccountTally.objects.get(kind=Tallied.FIRST, span=Span.MINUTE).bucket
    assert folding.step_of(2.0) - 1 <= step <= folding.step_of(2.0) + 1


def test_a_receipt_for_what_was_refused_is_noticed(tried):
    heard(tried("F", code="7003"), "delivered")
    heard(tried("F", code="7003", transaction=(moved := tried("A")), number=2), "delivered")
    fold_all()
    assert moved
    assert counted()["against"] == 1


def test_the_last_trouble_is_kept(tried, account):
    tried("F", code="7003")
    last = tried("R", code="down", status=503)
    tried("A")
    fold_all()
    trouble = AccountTrouble.objects.get(account=account)
    assert (trouble.code, trouble.transaction_id) == ("down", last.pk)


def test_a_batch_costs_the_same_however_much_is_in_it(tried):
    def cost() -> int:
        fold()
        with CaptureQueriesContext(
            connection,
        ) as captured:
            fold()
        return len(captured)

    tried("A")
    one = cost()
    for _more in range(12):
        heard(tried("A"))
    fold()
    assert cost() <= one


def test_old_minutes_go_after_a_day_and_hours_after_a_month(account):
    now = timezone.now()
    for span, days in (("m", 0), ("m", 2), ("h", 2), ("h", 40)):
        AccountTally.objects.create(account=account, span=span, at=now - timedelta(days=days), kind="accepted", count=1)
    purge(now)
    assert sorted(AccountTally.objects.values_list("span", flat=True)) == ["h", "m"]
