"""Why a message waits: each reason in its words, the weightiest first, and when that ends."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from messaging import estimates, pauses, steering, waiting
from messaging.delivery.claiming import claim
from messaging.delivery.marking import mark_wire
from messaging.delivery.outcomes import Result
from messaging.delivery.recording import record
from messaging.gateway import registry
from messaging.gateway.contract import HttpAnswer
from messaging.gateway.errors import NotAccepted
from messaging.models import Message, ProviderAccount, Sender, SendingPause, Transaction
from messaging.waiting import Wait

pytestmark = pytest.mark.django_db


def why(row: Transaction) -> Wait:
    found = Transaction.objects.select_related("message__paused_by", "sender__account", "account").get(pk=row.pk)
    wait = waiting.explain(found, timezone.now())
    assert wait
    assert wait.code in waiting.WAITS
    return wait


def put_off(account: ProviderAccount, status: int, code: str) -> None:
    """The one claim of an account, answered with this."""
    taken = mark_wire(claim(account, 1))
    record(account, [(taken[0], Result(error=NotAccepted(code), answer=HttpAnswer(status, {}, b"")))])


def test_what_has_left_does_not_wait(account, transaction):
    claim(account, 1)
    transaction.refresh_from_db()

    assert waiting.explain(transaction, timezone.now()) is None


def test_a_message_that_was_paused_says_by_whom_to_staff_alone(transaction, composer):
    steering.pause(transaction.message, composer)

    wait = why(transaction)

    assert wait.code == "message_paused"
    assert "mira" in wait.told
    assert "mira" not in wait.text


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"fitting": "running"}, "fitting"),
        ({"fitting": "failed"}, "unfit"),
        ({"canary": 1, "canary_last": 0}, "canary"),
        ({"stopped_at": timezone.now()}, "stopping"),
    ],
)
def test_what_its_message_waits_for(transaction, changes, code):
    Message.objects.update(**changes)
    Transaction.objects.update(held=True)

    assert why(transaction).code == code


@pytest.mark.parametrize(("field", "code"), [("send_at", "scheduled"), ("undo_until", "undo")])
def test_its_time_and_the_time_to_call_it_back(transaction, field, code):
    then = timezone.now() + timedelta(minutes=5)
    Message.objects.update(**{field: then})
    Transaction.objects.update(next_attempt_at=then)

    wait = why(transaction)

    assert (wait.code, wait.until) == (code, then)


def test_the_pauses_of_all_of_an_account_and_of_a_sender(transaction, account, sender_admin):
    pauses.pause(Sender.objects.all(), sender_admin, "Wrong number.")
    wait = why(transaction)
    assert (wait.code, wait.told) == ("sender_paused", "The sender ID is paused. Paused by sam. Wrong number.")
    pauses.pause(ProviderAccount.objects.all(), sender_admin)
    assert why(transaction).code == "account_paused"
    pauses.pause_all(sender_admin, "The offer was wrong.")
    wait = why(transaction)
    assert wait.code == "sending_paused"
    assert "sam: The offer was wrong." in wait.told
    assert "sam" not in wait.text


def test_what_its_last_try_was_answered(transaction, account):
    put_off(account, 503, "http_503")

    wait = why(transaction)

    assert wait.code == "backoff"
    assert "The provider is not available at present. (http_503)" in wait.text
    assert wait.until == Transaction.objects.get().next_attempt_at


def test_an_account_that_is_throttled_says_to_what(queued, account):
    account.calls_per_second = 60
    account.save()
    queued()
    put_off(account, 429, "http_429")
    other = queued("+14165550101").transactions.get()

    wait = why(other)

    assert wait.code == "throttled"
    assert "of 60" in wait.text
    assert wait.until
    assert timedelta(seconds=20) < wait.until - timezone.now() <= timedelta(seconds=30)


def test_another_message_to_the_same_number(queued, account, monkeypatch):
    monkeypatch.setattr(registry.provider("webex").client, "ECHOES", False)
    queued()
    claim(account, 1)

    assert why(queued().transactions.get()).code == "single_flight"


def test_whose_turn_it_is_and_when_its_own_comes(queued, account):
    account.calls_per_second = 10
    account.save()
    rows = list(queued(*(f"+1416555{n:04d}" for n in range(100))).transactions.order_by("position"))

    assert why(rows[0]).code == "next"
    last = why(rows[99])

    assert last.code == "turn"
    assert last.text == (
        "89 messages are ahead of it in its queue; its account makes 10 calls a second for all queues."
    )
    assert last.until
    # Its band has 90; the first ten go beside it.
    assert timedelta(seconds=8) < last.until - timezone.now() <= timedelta(seconds=10)


def test_the_page_says_why_it_waits(client, composer, transaction):
    steering.pause(transaction.message, composer)
    client.force_login(composer)

    page = client.get(reverse("web:transaction", args=[transaction.pk])).content.decode()

    assert 'data-wait="message_paused"' in page
    assert "Its message was paused by mira; it waits until it is resumed." in page


# The switch for all sending


@pytest.fixture
def keeper(client, sender_admin, account):
    client.force_login(sender_admin)
    return client


def test_all_sending_is_paused_with_a_reason_shown_everywhere_and_resumed(keeper, sender_admin, sender):
    assert keeper.post(reverse("web:sending"), {"reason": "  "}).status_code == 400
    assert not SendingPause.objects.exists()

    keeper.post(reverse("web:sending"), {"reason": "The offer was wrong."})

    row = SendingPause.running().get()
    assert (row.paused_by, row.reason) == (sender_admin, "The offer was wrong.")
    for address in ("web:dashboard", "web:sending", "web:messages", "admin:messaging_sender_changelist"):
        page = keeper.get(reverse(address)).content.decode()
        assert page.count("data-sending-paused") == 1
        assert "by sam: The offer was wrong." in page
    keeper.post(reverse("web:sending-resume"))
    assert not SendingPause.running().exists()
    assert "data-sending-paused" not in keeper.get(reverse("web:dashboard")).content.decode()
    assert [entry.change_message for entry in LogEntry.objects.order_by("pk")] == [
        "All sending paused: The offer was wrong.",
        "All sending resumed",
    ]


def test_an_account_and_a_sender_are_paused_by_hand_and_resumed(keeper, sender):
    for what, row in (("sender", sender), ("account", sender.account)):
        keeper.post(reverse(f"web:{what}-pause", args=[row.pk]))
        row.refresh_from_db()
        assert row.paused_at
        assert row.paused_reason == "Paused by sam."
        keeper.post(reverse(f"web:{what}-resume", args=[row.pk]))
        row.refresh_from_db()
        assert row.paused_at is None


def test_who_may_not_change_senders_finds_no_button_for_them(client, sender, viewer):
    viewer.user_permissions.add(Permission.objects.get(codename="change_provideraccount"))
    client.force_login(viewer)

    page = client.get(reverse("web:sending")).content.decode()

    assert reverse("web:account-pause", args=[sender.account.pk]) in page
    assert reverse("web:sender-pause", args=[sender.pk]) not in page


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("Paused by o.neil. Wrong price.", "Mis en pause par o.neil. Wrong price."),
        ("Paused by sam.", "Mis en pause par sam."),
        (
            "The provider is not available at present. (http_503) Send again.",
            "Le fournisseur n’est pas disponible pour l’instant. (http_503) Send again.",
        ),
        ("Something else", "Something else"),
        ("", ""),
    ],
)
def test_a_pause_is_told_in_the_readers_language(reason, said):
    with override("fr"):
        assert pauses.in_words(reason) == said


@pytest.mark.parametrize("address", ["web:sending", "web:sending-resume"])
def test_who_may_not_change_accounts_may_not_stop_anything(client, composer, address):
    client.force_login(composer)

    assert client.post(reverse(address), {"reason": "No."}).status_code == 403
    assert not SendingPause.objects.exists()


def test_the_page_of_pauses_takes_the_same_queries_for_any_number(keeper, sender, account):
    keeper.get(reverse("web:sending"))
    with CaptureQueriesContext(connection) as few:
        assert keeper.get(reverse("web:sending")).status_code == 200
    for number in range(5):
        Sender.objects.create(address=f"5555{number}", kind="short_code", account=account)
        ProviderAccount.objects.create(name=f"Other {number}", provider="webex", base_url="http://127.0.0.1:9/webex")
    with CaptureQueriesContext(connection) as many:
        keeper.get(reverse("web:sending"))

    assert len(many) == len(few)


def test_no_finish_is_promised_while_somebody_pauses_it(queued: Callable[..., Message], account, sender_admin):
    message = queued("+14165550100", "+14165550101")

    def finish():
        return estimates.finish_of(message, estimates.carriers_of(message), now=timezone.now(), free=2)

    assert finish()
    pauses.pause_all(sender_admin, "The offer was wrong.")
    assert finish() is None
    pauses.resume_all(sender_admin)
    pauses.pause(ProviderAccount.objects.all(), sender_admin)
    assert finish() is None
