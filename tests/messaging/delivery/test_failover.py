"""Another sender takes over after proof that nothing was accepted, and never without it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from messaging import delivery, receipts, timeline
from messaging.delivery.claiming import claim
from messaging.delivery.marking import mark_wire
from messaging.delivery.outcomes import Result
from messaging.delivery.recording import record
from messaging.gateway import registry
from messaging.gateway.codes import Where
from messaging.gateway.contract import Accepted, HttpAnswer
from messaging.gateway.errors import Blocked, Misconfigured, NotAccepted, Refused, SendError, Unclear
from messaging.models import OptOut, ProviderAccount, ReceiptInbox, SendAttempt, Sender, Transaction
from tests.messaging.test_receipts import body

pytestmark = pytest.mark.django_db


@pytest.fixture
def other(db) -> Sender:
    account = ProviderAccount(name="Webex CA", provider="webex", base_url="http://127.0.0.1:9/webex")
    account.credentials = {"service_key": "another-key"}
    account.save()
    return Sender.objects.create(address="55555", kind="short_code", account=account)


@pytest.fixture
def row(transaction: Transaction, other: Sender) -> Transaction:
    transaction.message.alternatives = [str(other.pk)]
    transaction.message.save()
    return transaction


@pytest.fixture
def refuse(account: ProviderAccount) -> Callable[..., None]:
    """One try of the first account, with this end."""

    def fail(error: SendError) -> None:
        Transaction.objects.filter(status="queued").update(next_attempt_at=timezone.now())
        record(account, [(mark_wire(claim(account, 1))[0], Result(error=error, answer=HttpAnswer(400, {}, b"")))])

    return fail


def carrier(row: Transaction) -> tuple[str, str]:
    row.refresh_from_db()
    assert row.account_id == row.sender.account_id
    return row.status, row.sender.address


def test_a_refused_account_hands_over_at_once(row, refuse, other):
    refuse(Misconfigured("http_401"))

    assert carrier(row) == ("queued", "55555")
    assert row.next_attempt_at <= timezone.now()
    told = row.timeline.get(kind="rerouted")
    assert "55555 (Webex CA) carries it instead of 34343 (Webex US)" in told.text
    assert "http_401" in told.text


def test_a_passing_refusal_hands_over_the_second_time(row, refuse):
    seen = []
    for _time in range(2):
        refuse(NotAccepted("http_503"))
        seen.append(carrier(row))

    assert seen == [("queued", "34343"), ("queued", "55555")]


@pytest.mark.parametrize(
    ("error", "status"),
    [(Unclear("timed_out"), "unknown"), (Refused("7102"), "failed"), (Blocked("7127"), "blocked")],
)
def test_nothing_else_hands_over(row, refuse, error: SendError, status: str):
    refuse(error)

    assert carrier(row) == (status, "34343")
    assert not row.timeline.filter(kind="rerouted").exists()


def test_a_stop_to_the_first_sender_holds_it_back_at_the_second_too(row, refuse, account, other):
    refuse(Misconfigured("http_401"))
    taken = claim(other.account, 1)
    OptOut.objects.create(number=row.recipient, sender=row.message.sender, created_at=timezone.now())

    assert mark_wire(taken) == []

    assert carrier(row) == ("blocked", "55555")
    assert (row.reason_code, row.lease_token) == ("opted_out", None)


def test_a_lost_answer_is_never_handed_over_however_long_it_takes(row, account, other):
    mark_wire(claim(account, 1))
    Transaction.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    ProviderAccount.objects.filter(pk=account.pk).update(paused_at=timezone.now())
    for _time in range(2):
        delivery.sweep()

    assert carrier(row) == ("unknown", "34343")
    assert claim(other.account, 1) == []


def test_an_answer_that_comes_after_the_lease_hands_nothing_over(row, account):
    taken = mark_wire(claim(account, 1))[0]
    Transaction.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    delivery.sweep()

    record(account, [(taken, Result(error=Misconfigured("http_401")))])

    assert carrier(row) == ("unknown", "34343")


def test_the_last_sender_keeps_it_and_tries_on(row, refuse, other):
    refuse(Misconfigured("http_401"))
    for _time in range(3):
        Transaction.objects.update(next_attempt_at=timezone.now())
        taken = mark_wire(claim(other.account, 1))
        record(other.account, [(taken[0], Result(error=NotAccepted("http_503")))])

    assert carrier(row) == ("queued", "55555")
    assert row.timeline.filter(kind="rerouted").count() == 1


def test_without_another_sender_it_waits(transaction, refuse):
    refuse(Misconfigured("http_401"))

    assert carrier(transaction) == ("queued", "34343")


def test_what_waits_for_a_paused_account_goes_over_with_the_sweep(row, account, other):
    ProviderAccount.objects.filter(pk=account.pk).update(paused_at=timezone.now())

    assert delivery.sweep() == 1
    assert carrier(row) == ("queued", "55555")
    assert delivery.sweep() == 0
    assert [taken.transaction.pk for taken in claim(other.account, 5)] == [row.pk]


@pytest.mark.parametrize("whom", ["sender", "account"])
def test_a_paused_sender_takes_nothing_over(row, account, other, whom: str):
    ProviderAccount.objects.filter(pk=account.pk).update(paused_at=timezone.now())
    rows = {"sender": Sender.objects.filter(pk=other.pk), "account": ProviderAccount.objects.filter(name="Webex CA")}
    rows[whom].update(paused_at=timezone.now())

    assert delivery.sweep() == 0
    assert carrier(row) == ("queued", "34343")


def test_a_sweep_looks_at_every_waiting_message_once(order, account, other, queued):
    rows = queued(*(f"+1416555{n:04d}" for n in range(100, 120))).transactions
    message = rows.first().message
    message.alternatives = [str(other.pk)]
    message.save()
    stays = rows.first()
    OptOut.objects.create(number=stays.recipient, sender=other, created_at=timezone.now())
    ProviderAccount.objects.filter(pk=account.pk).update(paused_at=timezone.now())

    assert delivery.sweep() == 19
    assert rows.filter(sender=other, account=other.account).count() == 19
    assert carrier(stays) == ("queued", "34343")


def test_the_story_speaks_each_providers_language(row, refuse, other, make_user):
    ProviderAccount.objects.filter(pk=other.account_id).update(provider="sinch")
    refuse(Misconfigured("7104"))

    told = {moment.kind: moment.text for moment in timeline.story(Transaction.objects.get())}

    known = registry.explain("webex", Where.ANSWER, "7104")
    assert known
    assert told["account_fault"] == known.meaning
    assert told["rerouted"].startswith("55555")


def test_a_receipt_of_the_account_that_had_it_before_is_believed(row, refuse, account, other, client):
    refuse(Misconfigured("http_401"))
    record(other.account, [(mark_wire(claim(other.account, 1))[0], Result(accepted=Accepted("t-2")))])

    path = f"/webhooks/webex/{account.webhook_secret}"
    client.post(path, body("7500", ref=row.client_ref, transid="t-1"), content_type="application/json")
    receipts.drain()

    assert carrier(row) == ("delivered", "55555")
    assert row.provider_ref == "t-2"


def test_a_receipt_of_an_account_that_never_had_it_is_not(row, other, client):
    path = f"/webhooks/webex/{other.account.webhook_secret}"
    client.post(path, body("7500", ref=row.client_ref), content_type="application/json")
    receipts.drain()

    assert carrier(row) == ("queued", "34343")
    assert ReceiptInbox.objects.get().state == "quarantined"


def test_each_try_remembers_its_sender(row, refuse, other):
    refuse(Misconfigured("http_401"))
    record(other.account, [(mark_wire(claim(other.account, 1))[0], Result(accepted=Accepted("t-2")))])

    assert list(SendAttempt.objects.order_by("number").values_list("sender__address", "outcome")) == [
        ("34343", "C"),
        ("55555", "A"),
    ]
