"""What raises an alarm, what does not, and that it is told once."""

import logging
from datetime import timedelta

import pytest
from django.utils import timezone

from messaging.models import (
    AccountTally,
    Alarm,
    Heartbeat,
    ProviderAccount,
    SendAttempt,
    SendingPause,
    TallyMark,
    Transaction,
)
from messaging.watching import absence, fold, life, look
from messaging.watching.alarms import AGAINST, AWAY, DEAF, SILENT, STUCK
from messaging.watching.looking import TOLD_FOR
from messaging.watching.waiting import queue

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh():
    life.forget()


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def due(transaction, now):
    """A message that is due since so many seconds."""

    def make(seconds: float) -> Transaction:
        Transaction.objects.update(next_attempt_at=now - timedelta(seconds=seconds))
        return transaction

    return make


def looked(now, seconds: float, *, began: float = 900) -> None:
    times = {"at": now - timedelta(seconds=seconds), "since": now - timedelta(seconds=began)}
    Heartbeat.objects.update_or_create(work=life.SEND, defaults=times)


def tally(account, kind, at, count=1, *, span="m", bucket=0):
    AccountTally.objects.create(account=account, kind=kind, at=at, count=count, span=span, bucket=bucket)


def kinds() -> list[str]:
    return list(Alarm.objects.values_list("kind", flat=True))


def test_a_worker_that_is_deaf_is_noticed_within_a_minute(due, now):
    due(35)
    looked(now, 36)
    look(now)
    assert kinds() == [DEAF]


def test_no_worker_that_ever_looked_is_noticed_too(due, now):
    due(35)
    look(now)
    assert kinds() == [DEAF]


def test_a_worker_that_looks_has_a_minute(due, now):
    due(55)
    looked(now, 3)
    look(now)
    assert kinds() == []


def test_what_does_not_leave_although_a_worker_looks_is_an_alarm(due, now, account):
    due(61)
    looked(now, 3)
    look(now)
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.account, alarm.data["why"]) == (STUCK, account, "unknown")


def test_workers_that_have_just_come_back_have_a_minute(due, now):
    due(900)
    looked(now, 3, began=50)
    look(now)
    assert kinds() == []


def test_the_limit_is_a_setting(due, now, settings):
    settings.QUEUE_ALARM_SECONDS = 600
    due(300)
    looked(now, 3)
    look(now)
    assert kinds() == []


def test_a_queue_that_is_longer_than_its_account_is_fast_is_no_alarm(due, now, account):
    due(1800)
    looked(now, 3)
    tally(account, "accepted", now - timedelta(seconds=50))
    look(now)
    assert kinds() == []


@pytest.fixture
def behind_an_open_try(due, now, sender) -> SendAttempt:
    """A call that was answered, and is not counted: a worker that was killed left the try before it open."""
    waits = due(600)
    looked(now, 3)
    TallyMark.objects.create(name="calls", upto=0, seen=0, seen_at=now - timedelta(minutes=9))
    both = {"transaction": waits, "sender": sender, "started_at": now - timedelta(minutes=1)}
    left_open = SendAttempt.objects.create(**both, number=1, phase="wire", wire_at=now - timedelta(minutes=1))
    times = {"wire_at": now, "finished_at": now}
    answered = SendAttempt.objects.create(**both, number=2, phase="done", outcome="A", **times)
    fold()
    assert TallyMark.objects.get(name="calls").upto < left_open.pk
    return answered


def test_calls_behind_a_try_that_is_still_open_are_calls(behind_an_open_try, now):
    look(now)
    assert kinds() == []


@pytest.mark.parametrize(
    "change", [{"finished_at": timedelta(minutes=-3)}, {"outcome": "U", "code": "worker_lost"}], ids=str
)
def test_calls_of_long_ago_or_that_never_were_are_none(behind_an_open_try, now, account, change):
    values = {name: now + value if isinstance(value, timedelta) else value for name, value in change.items()}
    SendAttempt.objects.filter(pk=behind_an_open_try.pk).update(**values)
    look(now)
    assert [(alarm.kind, alarm.account) for alarm in Alarm.objects.all()] == [(STUCK, account)]


def test_a_throttled_account_is_told_as_such(due, now, account):
    due(300)
    looked(now, 3)
    tally(account, "throttled", now - timedelta(seconds=50))
    look(now)
    assert Alarm.objects.get().data["why"] == "throttled"


@pytest.mark.parametrize("what", ["account", "sender", "message", "everything"])
def test_what_is_paused_waits_without_an_alarm(due, now, account, sender, what):
    due(900)
    if what == "message":
        Transaction.objects.update(held=True)
    elif what == "everything":
        SendingPause.objects.create(paused_at=now, reason="A fire drill")
    else:
        row = account if what == "account" else sender
        type(row).objects.filter(pk=row.pk).update(paused_at=now)
    look(now)
    assert queue(now).oldest is None
    assert kinds() == []


def test_a_worker_in_the_middle_of_many_calls_is_not_deaf(due, now, sender):
    transaction = due(40)
    SendAttempt.objects.create(transaction=transaction, number=1, sender=sender, started_at=now - timedelta(seconds=2))
    look(now)
    assert kinds() == []


def test_an_alarm_is_logged_once_and_its_end_once(due, now, caplog):
    due(100)
    with caplog.at_level(logging.WARNING, "messaging.watching"):
        look(now)
        look(now + timedelta(seconds=15))
        Transaction.objects.update(next_attempt_at=now + timedelta(hours=1))
        look(now + timedelta(seconds=30))
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]
    assert kinds() == []


def silent_since(account, now, minutes: float, *, accepted: int = 3, lag_step: int = 5) -> None:
    tally(account, "receipt", now - timedelta(minutes=minutes))
    tally(account, "first", now - timedelta(hours=3), 100, span="h", bucket=lag_step)
    tally(account, "accepted", now - timedelta(minutes=minutes - 1), accepted)


def test_receipts_that_stop_are_an_alarm(account, now):
    silent_since(account, now, 12)
    look(now)
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.account) == (SILENT, account)


@pytest.mark.parametrize(
    "more",
    [
        {"minutes": 9},
        {"minutes": 12, "accepted": 2},
        # Its receipts usually take up to ten minutes.
        {"minutes": 30, "lag_step": 26},
    ],
    ids=["not for long", "too few", "always late"],
)
def test_receipts_that_may_still_come_are_none(account, now, more):
    silent_since(account, now, **more)
    look(now)
    assert kinds() == []


def test_an_account_that_never_had_a_receipt_is_not_silent(account, now):
    tally(account, "accepted", now - timedelta(minutes=50), 100)
    look(now)
    assert kinds() == []


def test_a_receipt_ends_the_silence(account, now):
    silent_since(account, now, 12)
    look(now)
    tally(account, "receipt", now)
    look(now)
    assert kinds() == []


def test_receipts_for_refused_messages_are_an_alarm_for_a_day(account, now):
    tally(account, "against", now - timedelta(hours=1), 2)
    look(now)
    assert (Alarm.objects.get().kind, Alarm.objects.get().data) == (AGAINST, {"number": 2})
    look(now + timedelta(hours=24))
    assert kinds() == []


def test_an_absence_longer_than_receipts_are_repeated_is_told_until_it_does_not_matter(db, now, settings):
    settings.RECEIPT_RETRY_MINUTES = 4
    absence.note_absence()
    Heartbeat.objects.create(work=life.WEB, at=now - timedelta(minutes=3), since=now)
    absence.note_absence()
    assert kinds() == []

    Heartbeat.objects.update(at=now - timedelta(minutes=30))
    absence.note_absence()
    absence.note_absence()
    look(now)
    assert kinds() == [AWAY]
    look(now + TOLD_FOR + timedelta(minutes=1))
    assert kinds() == []


def test_a_sign_of_life_is_written_once_in_a_while(db, django_assert_num_queries):
    life.alive(life.SEND)
    with django_assert_num_queries(0):
        life.alive(life.SEND)
    assert life.signs().keys() == {life.SEND}


def test_signs_after_a_pause_begin_anew(db):
    earlier = timezone.now() - timedelta(minutes=5)
    Heartbeat.objects.create(work=life.SEND, at=earlier, since=earlier)
    life.alive(life.SEND)
    sign = life.signs()[life.SEND]
    assert sign.since == sign.at > earlier


def test_looking_costs_the_same_for_many_accounts(account, now, django_assert_max_num_queries):
    for number in range(5):
        other = ProviderAccount.objects.create(name=f"A {number}", provider="webex", base_url="http://127.0.0.1:9")
        tally(other, "accepted", now - timedelta(minutes=2), 3)
    with django_assert_max_num_queries(12):
        look(now)
