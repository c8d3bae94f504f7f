"""The last look before the wire, one at a time where receipts name no reference, and codes nobody knows."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from messaging import consent, meanings
from messaging.delivery.choosing import SINGLE_FLIGHT
from messaging.delivery.claiming import Claim, claim
from messaging.delivery.marking import mark_wire
from messaging.delivery.outcomes import Result
from messaging.delivery.recording import record
from messaging.gateway import registry
from messaging.gateway.contract import Accepted, HttpAnswer
from messaging.gateway.errors import Unclear
from messaging.gateway.facts import Receipt
from messaging.matching import WINDOW
from messaging.models import Message, ProviderAccount, ProviderCode, ReceiptInbox, SendAttempt, Transaction
from messaging.receipts.one_by_one import apply
from messaging.statuses import Status

pytestmark = pytest.mark.django_db
NUMBER = "+14165550100"


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider whose receipts name no reference of ours."""
    monkeypatch.setattr(registry.provider("webex").client, "ECHOES", False)


def wired(account: ProviderAccount) -> Claim:
    return mark_wire(claim(account, 1))[0]


def lose(account: ProviderAccount) -> Transaction:
    taken = wired(account)
    record(account, [(taken, Result(error=Unclear("timed_out")))])
    return Transaction.objects.get(pk=taken.transaction.pk)


# STOP ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("for_all", [False, True])
def test_a_stop_between_claim_and_wire_holds_the_message_back(account, transaction, for_all: bool):
    taken = claim(account, 1)
    whose = None if for_all else transaction.sender
    consent.opt_out(NUMBER, whose, source="handset", evidence="STOP", now=timezone.now())

    assert mark_wire(taken) == []

    transaction.refresh_from_db()
    assert (transaction.status, transaction.reason_code, transaction.lease_token) == ("blocked", "opted_out", None)
    assert list(SendAttempt.objects.values_list("phase", "outcome", "wire_at")) == [("done", "", None)]


def test_a_stop_holds_back_every_message_to_the_number(account, transaction, queued):
    queued(NUMBER)
    taken = claim(account, 2)
    consent.opt_out(NUMBER, transaction.sender, source="handset", evidence="STOP", now=timezone.now())

    assert len(taken) == 2
    assert mark_wire(taken) == []


def test_a_stop_to_another_sender_holds_nothing_back(account, transaction, make_sender):
    taken = claim(account, 1)
    other = make_sender(account, "55555")
    consent.opt_out(NUMBER, other, source="handset", evidence="STOP", now=timezone.now())

    assert len(mark_wire(taken)) == 1


def test_a_claim_that_might_outlive_its_lease_in_a_call_is_dropped(account, transaction):
    taken = claim(account, 1)
    Transaction.objects.update(lease_until=timezone.now() + timedelta(seconds=25))

    assert mark_wire(taken, call_seconds=30) == []
    assert len(mark_wire(taken, call_seconds=20)) == 1


# One at a time --------------------------------------------------------------------------------------


def test_of_several_to_one_number_one_is_claimed_at_a_time(silent, account, queued: Callable[..., Message]):
    for _copy in range(3):
        queued(NUMBER)
    queued("+14165550101")

    taken = claim(account, 10)

    assert sorted(one.transaction.recipient for one in taken) == [NUMBER, "+14165550101"]
    assert claim(account, 10) == []
    record(account, [(one, Result(accepted=Accepted(f"t-{n}"))) for n, one in enumerate(mark_wire(taken))])
    assert [one.transaction.recipient for one in claim(account, 10)] == [NUMBER]


def test_where_receipts_name_our_reference_nobody_waits(account, queued):
    for _copy in range(3):
        queued(NUMBER)

    assert len(claim(account, 10)) == 3


def test_an_unclear_message_keeps_the_next_waiting_for_a_quarter_of_an_hour(silent, account, queued):
    queued(NUMBER)
    first = lose(account)
    queued(NUMBER)

    assert claim(account, 10) == []
    Transaction.objects.filter(pk=first.pk).update(updated_at=timezone.now() - SINGLE_FLIGHT)
    assert len(claim(account, 10)) == 1


# Receipts without any reference of ours ----------------------------------------------------------------


@pytest.fixture
def hear(account: ProviderAccount) -> Callable[..., bool]:
    def receive(ref: str = "p-1", *, number: str = "14165550100", sender: str = "34343", later: float = 1) -> bool:
        arrived = timezone.now() + timedelta(seconds=later)
        inbox = ReceiptInbox.objects.create(
            account=account, received_at=arrived, method="POST", body=b"", digest=f"{ref}{later}", state="done"
        )
        said = Receipt("receipt", "", ref, number, Status.DELIVERED, "7500", "Delivered", None, sender=sender)
        return apply(inbox, said, timezone.now()) is not None

    return receive


def test_a_receipt_finds_the_one_unclear_message_to_its_number(silent, account, transaction, hear):
    lose(account)

    assert hear()

    transaction.refresh_from_db()
    assert (transaction.status, transaction.provider_ref) == ("delivered", "p-1")
    assert transaction.timeline.get(kind="receipt").data["match"] == "heuristic"


@pytest.mark.parametrize(
    "other",
    [{"number": "14165550199"}, {"sender": "55555"}, {"sender": ""}, {"later": WINDOW.total_seconds() + 60}],
    ids=["number", "sender", "no sender", "too late"],
)
def test_a_receipt_that_fits_less_well_finds_none(silent, account, transaction, hear, other):
    lose(account)

    assert not hear(**other)


def test_where_two_might_be_meant_none_is_chosen(silent, account, queued, hear):
    for _copy in range(2):
        queued(NUMBER)
        first = lose(account)
        Transaction.objects.filter(pk=first.pk).update(updated_at=timezone.now() - SINGLE_FLIGHT)

    assert not hear()


def test_while_an_answer_is_still_to_come_nothing_is_guessed(silent, account, transaction, hear):
    taken = wired(account)
    assert not hear()

    record(account, [(taken, Result(accepted=Accepted("p-1")))])

    assert hear(later=2)
    assert "match" not in transaction.timeline.get(kind="receipt").data


def test_one_reference_for_two_messages_to_a_number_tells_neither(silent, account, queued, hear):
    for _copy in range(2):
        queued(NUMBER)
        record(account, [(wired(account), Result(accepted=Accepted("p-1")))])

    assert not hear()

    assert set(Transaction.objects.values_list("status", flat=True)) == {"accepted"}


def test_where_receipts_name_our_reference_nothing_is_guessed(account, transaction, hear):
    lose(account)

    assert not hear()


# Codes nobody knows -------------------------------------------------------------------------------------


def answered(account: ProviderAccount, code: str) -> Transaction:
    taken = wired(account)
    record(account, [(taken, Result(error=Unclear(code, "Puzzling"), answer=HttpAnswer(400, {}, b"")))])
    return Transaction.objects.get(pk=taken.transaction.pk)


def test_an_answer_with_an_unknown_code_is_kept_as_such(account, transaction):
    assert answered(account, "7999").status == "unknown"

    row = ProviderCode.objects.get()
    assert (row.provider, row.where, row.code, row.mapped_at) == ("webex", "answer", "7999", None)


@pytest.mark.parametrize(("outcome", "status"), [("F", "failed"), ("R", "queued"), ("B", "blocked"), ("U", "unknown")])
def test_an_explained_code_has_the_class_an_admin_gave_it(account, transaction, outcome: str, status: str):
    now = timezone.now()
    ProviderCode.objects.create(
        provider="webex",
        where="answer",
        code="7999",
        meaning="It rains.",
        outcome=outcome,
        mapped_at=now,
        first_seen_at=now,
        last_seen_at=now,
    )
    meanings.forget()

    assert answered(account, "7999").status == status


def test_faults_of_our_own_are_no_unknown_codes(account, transaction):
    answered(account, "answer_unreadable")

    assert not ProviderCode.objects.exists()
