"""What is kept and for how long: what is over goes in the end, what is open never, wherever a round dies."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from messaging import retention
from messaging.models import (
    ClosedOutcome,
    InboundMessage,
    Message,
    ReceiptInbox,
    SendAttempt,
    TimelineEntry,
    Transaction,
)
from tests.messaging.web.conftest import write_message

NOW = datetime.now(UTC)


def days(count: float) -> datetime:
    return NOW - timedelta(days=count)


@pytest.fixture
def tried(sender):
    def make(*outcomes: str, age: float) -> Message:
        message = write_message(sender, list(outcomes), at=days(age), callback_data="order 1")
        message.transactions.update(substitutions={"name": "Ann"})
        for row in message.transactions.all():
            SendAttempt.objects.create(
                transaction=row,
                number=1,
                sender=sender,
                request={"text": "Hello Ann"},
                answer="ok",
                started_at=days(age),
            )
        return message

    return make


def words(message: Message) -> tuple[bool, set[str], int]:
    message.refresh_from_db()
    rows = message.transactions
    attempts = SendAttempt.objects.filter(transaction__message=message)
    return (
        bool(message.frozen.slides or message.callback_data),
        {str(value) for value in rows.values_list("substitutions", flat=True)},
        attempts.exclude(request=None).count(),
    )


def test_the_words_of_what_is_over_go_and_its_outcome_stays(tried) -> None:
    old, young, open_ = (
        tried("delivered", "failed", age=91),
        tried("delivered", age=89),
        tried("delivered", "queued", age=91),
    )
    assert retention.purge(now=NOW)["contents"] > 0
    assert words(old) == (False, {"{}"}, 0)
    assert words(young) == (True, {"{'name': 'Ann'}"}, 1)
    assert words(open_) == (True, {"{'name': 'Ann'}"}, 2)
    assert sorted(old.transactions.values_list("status", flat=True)) == ["delivered", "failed"]
    assert (old.name, old.emptied_at is None) == ("Spring sale", False)
    assert retention.purge(now=NOW)["contents"] == 0


def test_words_that_go_in_batches_are_gone_in_the_end(tried, monkeypatch) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    message = tried(*["delivered"] * 5, age=91)
    retention.purge(now=NOW)
    assert words(message) == (False, {"{}"}, 0)


def test_a_killed_batch_is_taken_up_again(tried, monkeypatch) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    message = tried(*["delivered"] * 5, age=91)
    calls = 0
    step = retention._empty_messages

    def die(before: datetime) -> int:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise KeyboardInterrupt
        return step(before)

    with monkeypatch.context() as broken:
        broken.setattr(retention, "_empty_messages", die)
        with pytest.raises(KeyboardInterrupt):
            retention.purge(now=NOW)
    assert words(message)[0]
    retention.purge(now=NOW)
    assert words(message) == (False, {"{}"}, 0)


@pytest.mark.parametrize(("state", "stays"), [("new", True), ("waiting", True), ("done", False), ("orphan", False)])
def test_raw_receipts_go_when_they_are_understood(account, state, stays) -> None:
    for age in (29, 31):
        ReceiptInbox.objects.create(
            account=account,
            received_at=days(age),
            method="POST",
            body=b"x",
            digest=f"{age}",
            state=state,
            next_attempt_at=NOW,
        )
    retention.purge(now=NOW)
    assert sorted(ReceiptInbox.objects.values_list("digest", flat=True)) == ["29", "31"] if stays else ["29"]


def test_history_goes_and_a_late_receipt_is_still_understood(tried, account) -> None:
    old, open_, young = tried("delivered", age=397), tried("submitted", age=397), tried("delivered", age=395)
    gone = old.transactions.get()
    retention.purge(now=NOW)
    assert set(Message.objects.values_list("pk", flat=True)) == {open_.pk, young.pk}
    assert not TimelineEntry.objects.filter(transaction=gone.pk).exists()
    kept = retention.closed(account, gone.provider_ref)
    assert kept is not None
    assert (kept.transaction_id, kept.status) == (gone.pk, "delivered")
    assert gone.provider_ref not in str(ClosedOutcome.objects.values())
    assert retention.closed(account, "another") is None
    retention.purge(now=NOW + timedelta(days=397))
    assert not ClosedOutcome.objects.filter(transaction_id=gone.pk).exists()


def test_numbers_become_digests_that_still_tell_them_apart(tried, settings, account, sender) -> None:
    settings.HISTORY_DAYS = 0
    message = tried("delivered", "delivered", age=397)
    waiting = tried("submitted", age=397)
    before = list(message.transactions.order_by("position").values_list("recipient", flat=True))
    for number, age in ((before[0], 397), ("+16475550199", 10)):
        InboundMessage.objects.create(
            account=account,
            sender=sender,
            address="34343",
            number=number,
            kind="sms",
            text="hi",
            at=days(age),
            received_at=days(age),
            dedupe_key=str(age),
        )
    retention.purge(now=NOW)
    after = list(message.transactions.order_by("position").values_list("recipient", flat=True))
    assert after == [retention.veiled(number) for number in before]
    assert len(set(after)) == 2
    assert waiting.transactions.get().recipient.startswith("+1")
    assert set(InboundMessage.objects.values_list("number", "text")) == {(after[0], ""), ("+16475550199", "hi")}
    Transaction.objects.filter(message=waiting).update(status="unconfirmed", receipt_deadline=None)
    retention.purge(now=NOW)
    assert waiting.transactions.get().recipient.startswith("#")


def test_nothing_goes_where_the_days_are_none(tried, settings) -> None:
    settings.CONTENT_DAYS = settings.RECEIPT_DAYS = settings.HISTORY_DAYS = settings.NUMBER_DAYS = 0
    message = tried("delivered", age=4000)
    assert not any(retention.purge(now=timezone.now()).values())
    assert words(message)[0]
