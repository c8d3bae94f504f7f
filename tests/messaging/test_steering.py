"""Steering what was accepted: held, freed, withdrawn, and what the last look before the wire makes of it."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from messaging import delivery, steering, timeline
from messaging.consent import opt_out
from messaging.delivery.claiming import Claim, claim, withdraw
from messaging.delivery.marking import mark_wire
from messaging.delivery.outcomes import Result
from messaging.delivery.recording import record
from messaging.gateway.contract import Accepted
from messaging.gateway.errors import NotAccepted
from messaging.models import Message, ProviderAccount, SendAttempt, Transaction
from messaging.queueing import queue
from messaging.saved_contents import wake
from messaging.statuses import Status

pytestmark = pytest.mark.django_db
NUMBERS = [f"+1647555{n:04d}" for n in range(100, 110)]


@pytest.fixture
def ten(queued: Callable[..., Message]) -> Message:
    return queued(*NUMBERS)


def counts(message: Message) -> dict[str, int]:
    return timeline.counts(message)


def held(message: Message) -> list[int]:
    return list(message.transactions.filter(held=True).order_by("position").values_list("position", flat=True))


def deliver(claims: list[Claim], state: Status = Status.DELIVERED) -> None:
    for taken in claims:
        row = Transaction.objects.get(pk=taken.transaction.pk)
        timeline.append([timeline.entry(row, "receipt", now=timezone.now(), state=state, code="7500")])
        timeline.settle([row], now=timezone.now())


def send(account: ProviderAccount, most: int) -> list[Claim]:
    marked = mark_wire(claim(account, most))
    record(account, [(one, Result(accepted=Accepted(str(one.transaction.pk)))) for one in marked])
    return marked


# Pause and resume -----------------------------------------------------------------------------------


def test_a_paused_message_is_not_claimed_until_it_is_resumed(account, ten: Message, composer: User):
    assert steering.pause(ten, composer)
    assert not steering.pause(ten, composer)
    assert claim(account, 10) == []

    assert steering.resume(ten, composer)
    assert not steering.resume(ten, composer)
    assert len(claim(account, 10)) == 10


@pytest.mark.skipif(connection.vendor != "postgresql", reason="a database of one file has no locks of rows")
def test_whoever_locks_rows_does_it_in_one_order(account, ten: Message, composer: User):
    with CaptureQueriesContext(connection) as asked:
        steering.pause(ten, composer)
        steering.resume(ten, composer)
        taken = claim(account, 4)
        withdraw(taken[:2])
        send(account, 4)
        steering.stop(ten)

    locks = [one["sql"] for one in asked if "FOR UPDATE" in one["sql"] and "messaging_transaction" in one["sql"]]
    # Two that take the same rows from opposite ends wait for one another; who passes by what is locked, for nobody.
    waiting = [" ".join(sql.replace('"', "").split()) for sql in locks if "SKIP LOCKED" not in sql]
    assert len(waiting) >= 6
    upwards = re.compile(r"ORDER BY ((messaging_transaction\.|leased\.)?id|1)( ASC)?( LIMIT \d+)? FOR UPDATE")
    assert [sql for sql in waiting if not upwards.search(sql)] == []


def test_a_pause_between_claim_and_wire_sends_nothing(account, ten: Message, composer: User):
    taken = claim(account, 4)
    steering.pause(ten, composer)

    assert mark_wire(taken) == []

    assert counts(ten) == {"queued": 10}
    assert set(SendAttempt.objects.values_list("phase", "code", "wire_at")) == {("done", "held", None)}
    assert claim(account, 10) == []
    steering.resume(ten, composer)
    assert len(mark_wire(claim(account, 10))) == 10


def test_what_a_provider_hands_back_to_a_paused_message_waits(account, ten: Message, composer: User):
    marked = mark_wire(claim(account, 1))
    steering.pause(ten, composer)
    record(account, [(marked[0], Result(error=NotAccepted("http_503")))])
    Transaction.objects.update(next_attempt_at=timezone.now())

    assert counts(ten) == {"queued": 10}
    assert claim(account, 10) == []


def test_the_story_tells_who_paused_what_still_waited(account, ten: Message, composer: User):
    sent = send(account, 1)[0].transaction
    steering.pause(ten, composer)
    steering.resume(ten, composer)
    steering.pause(ten, composer)

    waiting = ten.transactions.exclude(pk=sent.pk).first()
    told = [moment.kind for moment in timeline.story(waiting)]
    assert told == ["paused", "resumed", "paused", "queued"]
    assert "paused" not in [moment.kind for moment in timeline.story(sent)]
    assert Message.objects.get(pk=ten.pk).paused_by == composer


def test_other_messages_go_on(account, ten: Message, queued, composer: User):
    queued("+16475550199")
    steering.pause(ten, composer)

    assert [one.transaction.recipient for one in claim(account, 20)] == ["+16475550199"]


# Stop -----------------------------------------------------------------------------------------------


def test_a_stop_withdraws_what_waits_and_what_is_claimed_but_not_what_is_on_the_wire(account, ten: Message):
    wired = mark_wire(claim(account, 3))
    claimed = claim(account, 2)

    assert steering.stop(ten) == 7

    assert counts(ten) == {"sending": 3, "cancelled": 7}
    assert mark_wire(claimed) == []
    record(account, [(one, Result(accepted=Accepted(f"t-{n}"))) for n, one in enumerate(wired)])
    assert counts(ten) == {"accepted": 3, "cancelled": 7}
    assert claim(account, 10) == []
    assert not SendAttempt.objects.exclude(phase="done").exists()


def test_a_second_stop_changes_nothing(account, ten: Message):
    steering.stop(ten)

    assert steering.stop(ten) == 0
    assert ten.transactions.filter(timeline__kind="cancelled").count() == 10


def test_what_is_handed_back_after_a_stop_is_withdrawn_by_the_sweep(account, ten: Message):
    marked = mark_wire(claim(account, 1))
    steering.stop(ten)
    record(account, [(marked[0], Result(error=NotAccepted("http_503")))])
    assert counts(ten) == {"queued": 1, "cancelled": 9}
    assert claim(account, 10) == []

    delivery.sweep()

    assert counts(ten) == {"cancelled": 10}


def test_a_stop_that_dies_after_its_first_commit_is_ended_by_the_sweep(account, ten: Message, monkeypatch):
    taken = claim(account, 2)
    monkeypatch.setattr(steering, "_withdraw", lambda _rows: iter(()))
    steering.stop(ten)
    assert claim(account, 10) == []
    assert mark_wire(taken) == []
    monkeypatch.undo()

    delivery.sweep()

    assert counts(ten) == {"cancelled": 10}


def test_a_stop_counts_what_a_sweep_beside_it_withdrew(ten: Message, monkeypatch):
    def beside(rows):
        steering.finish_stops()
        return own(rows)

    own = steering._withdraw
    monkeypatch.setattr(steering, "finish_stops", lambda: sum(own(Transaction.objects.all())))
    monkeypatch.setattr(steering, "_withdraw", beside)

    assert steering.stop(ten) == 10


def test_a_stop_works_in_batches(ten: Message, monkeypatch):
    monkeypatch.setattr(steering, "AT_ONCE", 3)

    assert steering.stop(ten) == 10


def test_a_stop_of_a_paused_message_is_final(account, ten: Message, composer: User):
    steering.pause(ten, composer)
    steering.stop(ten)

    assert not steering.resume(ten, composer)
    assert not steering.pause(ten, composer)
    assert counts(ten) == {"cancelled": 10}


# Undo -----------------------------------------------------------------------------------------------


def test_nothing_leaves_while_it_can_be_undone(account, queued):
    message = queued(*NUMBERS, undo_seconds=60)

    assert claim(account, 10) == []
    # What waits for a content at the provider is woken early; the time to undo is not cut short by that.
    wake(account, timezone.now())
    assert claim(account, 10) == []
    assert steering.undo(message) == 10
    assert counts(message) == {"cancelled": 10}
    assert not SendAttempt.objects.exists()


def test_after_its_time_there_is_nothing_to_undo(account, queued):
    message = queued(*NUMBERS, undo_seconds=60)
    Message.objects.update(undo_until=timezone.now())
    Transaction.objects.update(next_attempt_at=timezone.now())

    assert steering.undo(message) == 0
    assert len(claim(account, 10)) == 10


def test_what_left_while_an_undo_waited_for_its_rows_is_not_said_to_be_undone(account, queued, monkeypatch):
    message = queued(*NUMBERS, undo_seconds=60)

    def late(asked: Message) -> None:
        # The time ends between the look at the clock and the rows.
        Transaction.objects.update(next_attempt_at=timezone.now())
        send(account, 2)
        refresh(asked)

    refresh = steering.refresh
    monkeypatch.setattr(steering, "refresh", late)

    assert steering.undo(message) == 0

    monkeypatch.undo()
    message.refresh_from_db()
    assert message.stopped_at is None
    assert "cancelled" not in counts(message)
    assert steering.stop(message) >= 8


def test_a_time_that_was_chosen_is_kept_to_the_second(order):
    now = timezone.now()
    soon, far = now + timedelta(seconds=20), now + timedelta(hours=2)

    first = queue(order(send_at=soon, undo_seconds=60), now=now)
    second = queue(order(send_at=far, undo_seconds=60), now=now)

    assert (first.undo_until, first.transactions.get().next_attempt_at) == (soon, soon)
    assert (second.undo_until, second.transactions.get().next_attempt_at) == (now + timedelta(seconds=60), far)


# Canary ---------------------------------------------------------------------------------------------


def test_the_first_go_and_the_rest_waits_until_it_is_let(account, queued, composer: User):
    message = queued(*NUMBERS, canary=3)

    assert held(message) == [3, 4, 5, 6, 7, 8, 9]
    assert sorted(one.transaction.position for one in send(account, 10)) == [0, 1, 2]
    assert claim(account, 10) == []

    assert steering.pass_canary(message, composer)
    assert not steering.pass_canary(message, composer)
    assert len(send(account, 10)) == 7
    told = message.transactions.filter(timeline__kind="canary_passed").count()
    assert told == 7


def test_who_has_opted_out_is_not_counted_among_the_first(account, queued, sender, composer: User):
    opt_out(NUMBERS[0], sender, source="handset", evidence="STOP", now=timezone.now())

    assert held(queued(*NUMBERS, canary=2)) == [3, 4, 5, 6, 7, 8, 9]


@pytest.mark.parametrize("canary", [10, 11, 1000])
def test_where_nobody_would_be_left_to_follow_there_is_no_canary(queued, canary: int):
    message = queued(*NUMBERS, canary=canary, canary_minutes=5)

    assert (message.canary, message.canary_last, message.canary_minutes) == (None, None, None)
    assert held(message) == []


def test_a_pause_and_its_end_do_not_let_the_rest_go(account, queued, composer: User):
    message = queued(*NUMBERS, canary=3)
    steering.pause(message, composer)
    assert len(held(message)) == 10
    steering.resume(message, composer)

    assert held(message) == [3, 4, 5, 6, 7, 8, 9]


def test_a_canary_passed_in_a_pause_waits_for_its_end(account, queued, composer: User):
    message = queued(*NUMBERS, canary=3)
    steering.pause(message, composer)
    steering.pass_canary(message, composer)
    assert len(held(message)) == 10

    steering.resume(message, composer)

    assert held(message) == []


def test_the_rest_follows_by_itself_once_all_of_the_first_have_arrived(account, queued):
    message = queued(*NUMBERS, canary=3, canary_minutes=10)
    first = send(account, 10)
    deliver(first[:2])
    assert steering.pass_ripe_canaries() == 0
    deliver(first[2:])

    assert steering.pass_ripe_canaries() == 1

    assert held(message) == []
    assert steering.pass_ripe_canaries() == 0


@pytest.mark.parametrize("spoiled", ["failed", "late", "unwatched", "stopped"])
def test_otherwise_it_waits_for_a_person(account, queued, spoiled: str):
    message = queued(*NUMBERS, canary=3, canary_minutes=None if spoiled == "unwatched" else 10)
    first = send(account, 10)
    deliver(first[:2])
    deliver(first[2:], Status.FAILED if spoiled == "failed" else Status.DELIVERED)
    if spoiled == "late":
        SendAttempt.objects.update(wire_at=timezone.now() - timedelta(minutes=11))
    if spoiled == "stopped":
        steering.stop(message)

    assert steering.pass_ripe_canaries() == 0


def test_media_that_are_being_fitted_hold_a_message(account, ten: Message):
    Message.objects.update(fitting=Message.Fitting.RUNNING)
    steering.refresh(ten)
    assert claim(account, 10) == []

    Message.objects.update(fitting=Message.Fitting.DONE)
    steering.refresh(ten)
    assert len(claim(account, 10)) == 10


def test_a_pause_takes_a_handful_of_queries_however_many_wait(queued, composer: User, django_assert_max_num_queries):
    message = queued(*(f"+1647555{n:04d}" for n in range(100, 400)))

    # Four of them are what the database takes at once of 300 lines of stories.
    with django_assert_max_num_queries(14):
        steering.pause(message, composer)
