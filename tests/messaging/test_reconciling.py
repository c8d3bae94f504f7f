"""Asking a provider about what nothing final was heard of: when, how often, and what its answer changes."""

from datetime import timedelta

import pytest
from django.utils import timezone

from messaging import delivery, receipts, reconciling
from messaging.content import Content, FallbackSms, Part, Slide
from messaging.models import ProviderAccount, ReceiptInbox, SendAttempt, TimelineEntry, Transaction
from messaging.providers.telesign import query
from mmsportal.sandbox.testing import Running

pytestmark = pytest.mark.django_db(transaction=True)
PICTURE = Part("image", url="https://media.example/a.jpg", host="caller")
ONE_PICTURE = Content("Offer", "", (Slide(parts=(PICTURE,)),), FallbackSms("Hello"))
# The sandbox accepts it and says nothing more than "submitted".
SILENT = "+12065550103"


@pytest.fixture
def telesign(make_account, sandbox: Running) -> ProviderAccount:
    account: ProviderAccount = make_account("telesign")
    # No callback comes: what is heard here is heard by asking.
    sandbox.set_tenant("telesign", webhook_url="")
    return account


@pytest.fixture
def accepted(telesign: ProviderAccount, make_sender, queued) -> Transaction:
    """Accepted so long ago that the provider may be asked; nothing was heard since."""
    row: Transaction = queued(SILENT, sender=make_sender(telesign), content=ONE_PICTURE).transactions.get()
    delivery.pump(once=True)
    row.refresh_from_db()
    assert row.status == "accepted"
    back(query.AFTER)
    return row


def back(seconds: float) -> None:
    SendAttempt.objects.update(finished_at=timezone.now() - timedelta(seconds=seconds + 1))


def asked() -> int:
    return ReceiptInbox.objects.filter(method="QUERY").count()


def test_the_answer_is_kept_as_it_came_and_read_like_a_receipt(accepted: Transaction, sandbox: Running):
    assert reconciling.reconcile() == 1

    row = ReceiptInbox.objects.get(method="QUERY")
    assert (row.state, row.transaction, row.headers) == ("new", accepted, {"status": "200"})
    assert accepted.provider_ref.encode() in bytes(row.body)
    receipts.drain()
    row.refresh_from_db()
    assert row.state == "done"
    assert accepted.timeline.filter(inbox=row).exists()


def test_an_answer_about_another_message_changes_neither(accepted: Transaction, queued, sandbox: Running):
    other = queued("+12065550100", sender=accepted.sender, content=ONE_PICTURE).transactions.get()
    Transaction.objects.filter(pk=other.pk).update(client_ref="0" * 26)
    reconciling.reconcile()
    row = ReceiptInbox.objects.get(method="QUERY")
    row.body = bytes(row.body).replace(accepted.client_ref.encode(), b"0" * 26)
    row.save()

    receipts.drain()

    row.refresh_from_db()
    assert (row.state, row.note) == ("quarantined", "The answer is about another message than the question.")
    assert not TimelineEntry.objects.filter(source="provider").exists()


def test_nobody_is_asked_twice_within_ten_minutes(accepted: Transaction):
    assert [reconciling.reconcile(), reconciling.reconcile()] == [1, 0]

    ReceiptInbox.objects.update(received_at=timezone.now() - reconciling.AGAIN_AFTER)
    assert reconciling.reconcile() == 1
    assert asked() == 2


@pytest.mark.parametrize("seconds", [0, query.AFTER - 30, query.UNTIL + 30])
def test_too_early_and_too_late_nobody_is_asked(accepted: Transaction, seconds: float):
    back(seconds)

    assert reconciling.reconcile() == 0


@pytest.mark.parametrize("status", ["delivered", "failed", "unconfirmed"])
def test_what_has_ended_is_not_asked_about(accepted: Transaction, status: str):
    Transaction.objects.update(status=status)

    assert reconciling.reconcile() == 0


def test_a_line_that_is_down_is_remembered_as_having_asked(accepted: Transaction, telesign, settings):
    ProviderAccount.objects.filter(pk=telesign.pk).update(base_url="http://127.0.0.1:9")
    settings.ALLOW_PRIVATE_TARGETS = frozenset({"127.0.0.1:9"})

    assert [reconciling.reconcile(), reconciling.reconcile()] == [1, 0]

    row = ReceiptInbox.objects.get(method="QUERY")
    assert (row.state, row.note) == ("done", "No answer: connect_failed.")
    accepted.refresh_from_db()
    assert accepted.status == "accepted"


def test_an_answer_that_is_no_state_changes_nothing(accepted: Transaction):
    Transaction.objects.update(provider_ref="0" * 32)
    reconciling.reconcile()
    receipts.drain()

    accepted.refresh_from_db()
    assert accepted.status == "accepted"
    assert set(ReceiptInbox.objects.filter(method="QUERY").values_list("state", flat=True)) == {"done"}


def test_a_round_asks_about_so_many_at_most(accepted: Transaction, make_sender, queued, monkeypatch):
    monkeypatch.setattr(reconciling, "MOST_ASKED", 2)
    queued(*(f"+1206555{n:04d}" for n in (203, 303)), sender=accepted.sender, content=ONE_PICTURE)
    delivery.pump(once=True)
    back(query.AFTER)

    assert [reconciling.reconcile() for _round in range(3)] == [2, 1, 0]


@pytest.mark.parametrize("provider", ["webex", "sinch", "skycore"])
def test_who_cannot_be_asked_is_not(transaction: Transaction, account, make_account, provider: str):
    other = make_account(provider)
    Transaction.objects.update(account=other, status="accepted", provider_ref="t-1", receipt_deadline=timezone.now())

    assert reconciling.reconcile() == 0


def test_a_paused_account_is_left_alone(accepted: Transaction, telesign: ProviderAccount):
    ProviderAccount.objects.update(paused_at=timezone.now())

    assert reconciling.reconcile() == 0
