"""Through the whole send protocol to a sandbox that answers as strictly as the provider, and back by receipt."""

import time
from collections.abc import Callable

import pytest
from django.core.management import call_command
from django.db import connection

from messaging import delivery, receipts, steering
from messaging.delivery import claiming, flights
from messaging.gateway import registry
from messaging.gateway.contract import MOST_CALL_SECONDS
from messaging.models import Message, ProviderAccount, ReceiptInbox, SendAttempt, Sender
from mmsportal.sandbox.testing import Running
from tests.working import settled, work

pytestmark = pytest.mark.django_db(transaction=True)

# Sandbox number -> where the transaction must end (architecture, section 4, "Sandbox numbers").
ENDS = {
    "00": "delivered",
    "01": "read",
    "02": "read",
    "04": "expired",
    "05": "failed",
    "06": "failed",
    "07": "delivered",
    "08": "delivered",
    "09": "delivered",
    "10": "delivered",
    "11": "delivered",
    "12": "delivered",
    "20": "failed",
    "24": "delivered",
    "26": "delivered",
    "28": "delivered",
    "29": "delivered",
    "32": "delivered",
}


def number(ending: str) -> str:
    return f"+1416555{'01' + ending}"


def test_each_sandbox_number_ends_where_it_must(sandbox: Running, queued: Callable[..., Message]):
    message = queued(*map(number, ENDS))
    rows = message.transactions

    def told() -> bool:
        """Also what comes after the receipt that gave the status: the click, and the failure after the delivery."""
        ended = {row.recipient[-2:]: row.status for row in rows.all()} == ENDS
        return ended and rows.get(recipient=number("11")).conflict and rows.get(recipient=number("02")).clicks >= 1

    work(told)

    assert {row.recipient[-2:]: row.status for row in rows.all()} == ENDS
    refs = [entry["client_ref"] for entry in sandbox.ledger(kind="accepted")]
    assert len(refs) == len(set(refs)) == len(ENDS) - 1
    assert rows.get(recipient=number("07")).via == "sms"
    assert rows.get(recipient=number("11")).conflict
    assert rows.get(recipient=number("02")).clicks >= 1
    assert rows.get(recipient=number("20")).reason_code == "7102"


def test_silence_after_submission_stays_submitted(sandbox: Running, queued):
    message = queued(number("03"))
    rows = message.transactions

    work(lambda: rows.get().status == "submitted")

    assert rows.get().receipt_deadline is not None


def test_a_500_before_acceptance_is_unknown_and_never_sent_again(sandbox: Running, queued):
    rows = queued(number("23")).transactions

    work(lambda: rows.get().status == "unknown")
    for _turn in range(3):
        delivery.pump(once=True)

    assert rows.get().status == "unknown"
    assert rows.get().attempts.count() == 1
    assert not sandbox.ledger(kind="accepted")


@pytest.mark.parametrize("ending", ["25", "27"])
def test_an_answer_that_never_ends_is_unknown_until_the_receipt(sandbox: Running, queued, monkeypatch, ending):
    monkeypatch.setattr(registry.provider("webex").client, "CALL_SECONDS", 0.5)
    rows = queued(number(ending)).transactions

    delivery.pump(once=True)
    assert list(rows.get().attempts.values_list("outcome", flat=True)) == ["U"]
    work(lambda: rows.get().status == "delivered")

    assert rows.get().status == "delivered"
    assert len(sandbox.ledger(kind="accepted")) == 1


def test_throttling_is_waited_out(sandbox: Running, queued, monkeypatch):
    rows = queued(number("22")).transactions

    work(lambda: rows.get().attempts.filter(outcome="R").exists())
    assert rows.get().status == "queued"

    work(settled(rows))
    assert rows.get().status == "delivered"
    assert len(sandbox.ledger(kind="accepted")) == 1


def test_a_refused_account_is_paused_and_nothing_is_burnt(sandbox: Running, queued, account: ProviderAccount):
    account.credentials = {"service_key": "wrong"}
    account.save()
    rows = queued(*(number(f"0{n}") for n in range(5))).transactions

    work(lambda: ProviderAccount.objects.get().paused_at is not None)

    assert "http_401" in ProviderAccount.objects.get().paused_reason
    assert set(rows.values_list("status", flat=True)) == {"queued"}


def test_a_refused_sender_is_paused_alone(sandbox: Running, queued, order, account: ProviderAccount):
    wrong = Sender.objects.create(address="88888", kind="short_code", account=account)
    refused = queued(*(number(f"0{n}") for n in range(4)), sender=wrong).transactions
    work(lambda: Sender.objects.get(pk=wrong.pk).paused_at is not None)
    good = queued(number("00")).transactions

    work(settled(good))

    assert Sender.objects.get(pk=wrong.pk).paused_reason.startswith(
        "The sender ID does not belong to this account. (7101)"
    )
    assert ProviderAccount.objects.get().paused_at is None
    assert set(refused.values_list("status", flat=True)) == {"queued"}
    assert good.get().status == "delivered"


def test_resuming_a_mended_account_sends_what_waited(sandbox: Running, queued, account: ProviderAccount):
    account.credentials = {"service_key": "wrong"}
    account.save()
    rows = queued(number("00"), number("08"), number("09")).transactions
    work(lambda: ProviderAccount.objects.get().paused_at is not None)

    account.refresh_from_db()
    account.credentials = {"service_key": "sandbox-service-key"}
    account.paused_at, account.config_faults = None, 0
    account.save()
    work(settled(rows))

    assert set(rows.values_list("status", flat=True)) == {"delivered"}


def test_a_provider_that_cannot_be_reached_is_tried_again(account: ProviderAccount, queued, settings):
    settings.ALLOW_PRIVATE_TARGETS = frozenset({"127.0.0.1:9"})
    rows = queued(number("00")).transactions

    delivery.pump(once=True)

    row = rows.get()
    assert (row.status, row.attempt_no) == ("queued", 1)
    assert list(row.attempts.values_list("outcome", "phase")) == [("R", "done")]
    assert row.next_attempt_at > row.updated_at


def test_nothing_secret_is_kept_of_a_call(sandbox: Running, queued, account: ProviderAccount):
    rows = queued(number("00")).transactions
    work(settled(rows))

    kept = str(list(SendAttempt.objects.values("request", "answer", "text")))

    assert "sandbox-service-key" not in kept
    assert account.webhook_secret not in kept
    assert "4165550100" not in kept


def test_no_transaction_is_open_while_the_provider_is_called(sandbox: Running, queued, monkeypatch):
    """Calls fly in a thread of their own; whoever launches them and waits for them holds no transaction meanwhile."""
    states = []
    for step in ("launch", "land"):
        real = getattr(flights.Flights, step)

        def watched(*words, real=real):
            states.append(connection.in_atomic_block)
            return real(*words)

        monkeypatch.setattr(flights.Flights, step, watched)
    work(settled(queued(number("00")).transactions))

    assert len(states) >= 2
    assert not any(states)


def test_receipts_that_overtake_the_answer_are_matched_by_our_reference(sandbox: Running, queued):
    rows = queued(number("10")).transactions
    work(settled(rows))

    kinds = list(rows.get().timeline.order_by("id").values_list("kind", flat=True))
    assert kinds.count("receipt") == 2
    assert rows.get().status == "delivered"


def test_every_end_can_be_computed_afresh_from_the_timeline(sandbox: Running, queued, capsys):

    work(settled(queued(*map(number, ("00", "01", "05", "20"))).transactions))

    call_command("rebuild_status", "--check")

    assert "0 differences" in capsys.readouterr().out


def test_many_messages_all_arrive_once(sandbox: Running, queued):
    numbers = [f"+1{area}5552{n:03d}" for area in (212, 213) for n in range(100)]
    rows = queued(*numbers).transactions
    began = time.monotonic()

    work(settled(rows))

    refs = [entry["client_ref"] for entry in sandbox.ledger(kind="accepted")]
    assert (rows.filter(status="delivered").count(), len(refs), len(set(refs))) == (200, 200, 200)
    assert time.monotonic() - began < 25


def test_a_drained_inbox_is_done(sandbox: Running, queued):
    work(settled(queued(number("00")).transactions))
    receipts.drain()

    assert set(ReceiptInbox.objects.values_list("state", flat=True)) == {"done"}


def test_a_lease_outlives_every_call():
    longest = max(registry.provider(name).client.CALL_SECONDS for name in registry.names())

    assert longest <= MOST_CALL_SECONDS
    assert claiming.LEASE.total_seconds() > 2 * MOST_CALL_SECONDS


def test_a_cancelled_message_never_leaves(sandbox: Running, queued):

    message = queued(number("00"))
    steering.stop(message)
    delivery.pump(once=True)

    assert message.transactions.get().status == "cancelled"
    assert not sandbox.ledger(kind="accepted")
