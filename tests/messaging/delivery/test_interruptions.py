"""What comes between the steps of the send protocol: receipts, pauses, faults of our own, a slow pace."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.db.models import F
from django.db.transaction import atomic
from django.utils import timezone

from messaging import delivery
from messaging.delivery import calling, fetching, keeping, preparing
from messaging.delivery.claiming import MOST_CRASHES, Claim, claim
from messaging.delivery.marking import mark_wire
from messaging.delivery.outcomes import Result
from messaging.delivery.recording import record
from messaging.gateway import registry
from messaging.gateway.contract import Accepted
from messaging.gateway.errors import NotAccepted
from messaging.gateway.facts import Receipt
from messaging.models import Message, ProviderAccount, ReceiptInbox, SendAttempt, Transaction
from messaging.receipts.one_by_one import apply
from messaging.statuses import Status
from mmsportal.sandbox.testing import Running

pytestmark = pytest.mark.django_db(transaction=True)


def wired(account: ProviderAccount) -> Claim:
    return mark_wire(claim(account, 1))[0]


def lose_the_lease() -> None:
    Transaction.objects.exclude(lease_until=None).update(lease_until=timezone.now() - timedelta(seconds=1))
    delivery.sweep()


def receive(row: Transaction, state: Status) -> None:
    inbox = ReceiptInbox.objects.create(
        account=row.account, received_at=timezone.now(), method="POST", body=b"", digest=state, state="done"
    )
    fact = Receipt("receipt", row.client_ref, "t-1", "", state, "7501", "Submitted", None)
    with atomic():
        assert apply(inbox, fact, timezone.now()) == row.pk


def test_a_receipt_between_claim_and_wire_stops_a_second_copy(account, transaction: Transaction):
    record(account, [(wired(account), Result(error=NotAccepted("http_503")))])
    Transaction.objects.update(next_attempt_at=timezone.now())
    again = claim(account, 1)
    receive(transaction, Status.SUBMITTED)

    assert mark_wire(again) == []

    transaction.refresh_from_db()
    assert (transaction.status, transaction.lease_token) == ("submitted", None)
    assert transaction.receipt_deadline
    assert not SendAttempt.objects.exclude(phase="done").exists()


def test_a_paused_account_is_not_claimed(account, transaction: Transaction):
    ProviderAccount.objects.update(paused_at=timezone.now())

    assert claim(account, 1) == []


def test_pauses_are_not_counted_as_crashes(account, transaction: Transaction):
    for _time in range(MOST_CRASHES):
        taken = claim(account, 1)
        ProviderAccount.objects.update(paused_at=timezone.now())
        assert mark_wire(taken) == []
        ProviderAccount.objects.update(paused_at=None)
    claim(account, 1)
    lose_the_lease()

    transaction.refresh_from_db()
    assert transaction.status == "queued"


def test_a_message_that_brings_its_worker_down_is_given_up_at_the_fifth_time(account, transaction: Transaction):
    seen = []
    for _time in range(MOST_CRASHES):
        claim(account, 1)
        lose_the_lease()
        transaction.refresh_from_db()
        seen.append(transaction.status)

    assert seen == ["queued"] * (MOST_CRASHES - 1) + ["failed"]
    assert transaction.reason_code == "gave_up"


def test_the_one_that_brings_its_worker_down_does_not_take_the_others_along(queued, account):
    """Fault 38: those claimed together come back together once, and then one after another."""
    rows = queued(*(f"+141655501{number}" for number in (11, 12, 13, 14)), "+14165550100").transactions
    poison, taken = rows.get(recipient="+14165550100"), []
    for _crash in range(40):
        claims = claim(account, 20)
        taken.append(len(claims))
        if poison.pk in {one.transaction.pk for one in claims}:
            lose_the_lease()
        else:
            record(account, [(one, Result(accepted=Accepted("t-1"))) for one in mark_wire(claims)])
        due = rows.filter(status="queued").order_by("next_attempt_at").first()
        if due is None:
            break
        # Time goes on to the moment the next one is due.
        ahead = due.next_attempt_at - timezone.now()
        rows.filter(status="queued").update(next_attempt_at=F("next_attempt_at") - max(ahead, timedelta()))

    assert set(rows.exclude(pk=poison.pk).values_list("status", flat=True)) == {"accepted"}
    poison.refresh_from_db()
    assert (poison.status, poison.reason_code) == ("failed", "gave_up")
    assert taken[:3] == [5, 5, 1]


def test_an_unknown_outcome_is_closed_one_day(account, transaction: Transaction):
    wired(account)
    lose_the_lease()
    transaction.refresh_from_db()
    assert transaction.status == "unknown"
    assert transaction.receipt_deadline > transaction.expires_at

    Transaction.objects.update(receipt_deadline=timezone.now() - timedelta(seconds=1))
    delivery.sweep()

    transaction.refresh_from_db()
    assert (transaction.status, transaction.receipt_deadline) == ("unconfirmed", None)


def test_a_late_answer_leaves_a_deadline_for_the_receipt(account, transaction: Transaction):
    taken = wired(account)
    lose_the_lease()
    record(account, [(taken, Result(accepted=Accepted("t-1")))])

    transaction.refresh_from_db()
    assert transaction.status == "accepted"
    assert transaction.receipt_deadline


def test_a_receipt_that_outlives_its_worker_leaves_a_deadline(account, transaction: Transaction):
    wired(account)
    receive(transaction, Status.SUBMITTED)
    lose_the_lease()

    transaction.refresh_from_db()
    assert (transaction.status, transaction.lease_token) == ("submitted", None)
    assert transaction.receipt_deadline


def test_once_ends_when_nothing_is_due_and_not_when_the_pace_is_used_up(sandbox: Running, queued, account):
    account.calls_per_second = 20
    account.save()
    rows = queued(*(f"+1212555{n:04d}" for n in range(2000, 2050))).transactions

    assert delivery.pump(once=True) == 50

    assert not rows.filter(status="queued").exists()


def test_a_fault_of_the_database_loses_no_call_in_flight(
    sandbox: Running, queued: Callable[..., Message], account: ProviderAccount, monkeypatch: pytest.MonkeyPatch
):
    account.concurrency = 2
    account.save()
    # The sandbox takes the first one and never answers it.
    rows = queued("+14165550125", "+14165550100").transactions
    real, looks = fetching.claim, []

    def failing(row: ProviderAccount, _most: int) -> Sequence[Claim]:
        looks.append(1)
        if len(looks) > 1:
            raise OperationalError("the connection is gone")
        return real(row, 1)

    monkeypatch.setattr(fetching, "claim", failing)
    monkeypatch.setattr(registry.provider("webex").client, "CALL_SECONDS", 0.5)
    with pytest.raises(OperationalError):
        delivery.pump(once=True)

    assert list(SendAttempt.objects.values_list("phase", "code")) == [("done", "timed_out")]
    assert sorted(rows.values_list("status", flat=True)) == ["queued", "unknown"]


def test_trouble_over_the_next_claim_costs_no_result_its_patience(
    sandbox: Running, queued: Callable[..., Message], account: ProviderAccount, monkeypatch: pytest.MonkeyPatch
):
    account.concurrency = 1
    account.save()
    rows = queued("+14165550100", "+14165550108").transactions
    real_claim, real_record, claims, records = fetching.claim, keeping.record, [], []

    def failing_claim(row: ProviderAccount, _most: int) -> Sequence[Claim]:
        claims.append(1)
        if len(claims) > 1:
            raise OperationalError("the connection is gone")
        return real_claim(row, 1)

    def failing_record(*words: Any) -> None:
        records.append(1)
        if len(records) == 1:
            raise OperationalError("the connection is gone")
        real_record(*words)

    monkeypatch.setattr(fetching, "claim", failing_claim)
    monkeypatch.setattr(keeping, "record", failing_record)
    with pytest.raises(OperationalError):
        delivery.pump(once=True)

    assert len(records) == 2
    assert sorted(rows.values_list("status", flat=True)) == ["accepted", "queued"]


def test_a_fault_over_one_account_lets_the_others_send(
    sandbox: Running,
    queued,
    account: ProviderAccount,
    make_account,
    make_sender,
    monkeypatch: pytest.MonkeyPatch,
    caplog,
):
    second = make_account("webex")
    row = queued("+14165550100", sender=make_sender(second)).transactions.get()
    real = fetching.claim

    def failing(whose: ProviderAccount, most: int) -> Sequence[Claim]:
        if whose == account:
            raise RuntimeError("something is wrong with this one")
        return real(whose, most)

    monkeypatch.setattr(fetching, "claim", failing)
    assert delivery.pump(once=True) == 1

    row.refresh_from_db()
    assert row.status == "accepted"
    assert f"account {account.pk} cannot be worked" in caplog.text


def test_a_result_that_cannot_be_stored_takes_no_other_along(account, queued: Callable[..., Message]):
    rows = queued("+14165550100", "+14165550108", "+14165550109").transactions
    first, *others = mark_wire(claim(account, 3))
    # Half a character: no database takes it.
    results = [(first, Result(accepted=Accepted("t-\ud800")))]
    results += [(taken, Result(accepted=Accepted(f"t-{n}"))) for n, taken in enumerate(others)]

    with pytest.raises(UnicodeEncodeError):
        keeping.keep(account, results, (0.0,))

    assert sorted(rows.values_list("status", flat=True)) == ["accepted", "accepted", "sending"]


def test_a_request_that_cannot_be_made_stops_no_other(sandbox: Running, queued, monkeypatch: pytest.MonkeyPatch):
    rows = queued("+14165550100", "+14165550108").transactions
    real = preparing.outbound

    def breaking(row: Transaction, *words: Any, **more: Any) -> object:
        if row.recipient.endswith("08"):
            raise RuntimeError("a fault of ours")
        return real(row, *words, **more)

    monkeypatch.setattr(preparing, "outbound", breaking)
    delivery.pump(once=True)

    assert rows.get(recipient="+14165550100").attempts.get().outcome == "A"
    row = rows.get(recipient="+14165550108")
    assert (row.status, row.attempts.get().code) == ("queued", "request_broken")

    for _time in range(MOST_CRASHES):
        Transaction.objects.filter(status="queued").update(next_attempt_at=timezone.now())
        delivery.pump(once=True)
    row.refresh_from_db()
    assert (row.status, row.attempt_no) == ("failed", MOST_CRASHES)


def test_what_a_provider_repeats_of_the_request_is_kept_without_numbers_and_secrets(
    sandbox: Running, queued, account, monkeypatch: pytest.MonkeyPatch
):
    rows = queued("+14165550120").transactions
    real = calling._answer

    async def echoing(*words: Any) -> Any:
        answer = await real(*words)
        echo = b'{"code":"7102","message":"no such number 14165550120 for sandbox-service-key"}'
        return replace(answer, body=echo)

    monkeypatch.setattr(calling, "_answer", echoing)
    delivery.pump(once=True)

    kept = str(list(SendAttempt.objects.values())) + str(list(rows.get().timeline.values()))
    assert "no such number ***0120 for ***" in kept
    assert "4165550120" not in kept
    assert "sandbox-service-key" not in kept
