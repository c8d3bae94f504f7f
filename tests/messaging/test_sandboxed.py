"""Test keys reach sandboxes only: when a message is routed, when another sender takes over, and on the last line before
the wire (reliability, section 6)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from messaging import delivery, meanings, sandboxed
from messaging.checks import check_test_keys
from messaging.gateway.codes import Where
from messaging.models import ApiKey, Message, ProviderAccount, Sender, Transaction, issue_key
from messaging.queueing import NotQueued, Order, examine, queue
from messaging.routing import next_sender

pytestmark = pytest.mark.django_db
REAL = "https://api.provider.example.com"
LISTED = frozenset({"127.0.0.1:8100", "[::1]:8100", "sandbox:8100", "api.provider.example.com:443", "8.8.8.8:80"})


@pytest.fixture
def test_key(db) -> ApiKey:
    return issue_key(name="Trying out", scopes=["messages:send"], test=True)[0]


@pytest.fixture
def here(account: ProviderAccount, settings: Any) -> None:
    """`account` is at a sandbox."""
    settings.ALLOW_PRIVATE_TARGETS = frozenset({"127.0.0.1:9"})


@pytest.fixture
def real(make_sender: Callable[..., Sender]) -> Sender:
    account = ProviderAccount.objects.create(name="Real", provider="webex", base_url=REAL)
    return make_sender(account, "55555")


def codes(order: Order) -> list[str]:
    return [one.code for one in examine(order, now=timezone.now()).findings if one.severity == "blocks"]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("http://127.0.0.1:8100/webex", True),
        ("http://[::1]:8100/", True),
        ("http://sandbox:8100/webex", True),
        ("http://127.0.0.1:8101/webex", False),
        ("https://127.0.0.1/webex", False),
        # Listed, by a slip of the hand, and still no sandbox.
        ("https://api.provider.example.com/v2", False),
        ("http://8.8.8.8/", False),
        ("http://127.0.0.1:8100@api.provider.example.com/", False),
        ("http://u:p@127.0.0.1:8100/", False),
        ("https://api.provider.example.com#127.0.0.1:8100", False),
        ("ftp://127.0.0.1:8100/", False),
        ("127.0.0.1:8100", False),
        ("http://2130706433:8100/", False),
        ("http://:8100/", False),
        ("http://[", False),
        ("", False),
    ],
)
def test_only_a_private_target_that_is_listed_is_a_sandbox(settings, address: str, expected: bool):
    settings.ALLOW_PRIVATE_TARGETS = LISTED

    assert sandboxed.is_sandbox(address) is expected


def test_without_a_list_nothing_is_a_sandbox(settings, account):
    settings.ALLOW_PRIVATE_TARGETS = frozenset()

    assert not sandboxed.at_sandbox(account)


def test_a_test_key_sends_through_a_sandbox(order, here, test_key):
    assert queue(order(api_key=test_key), now=timezone.now()).pk


def test_a_test_key_does_not_send_through_a_real_account(order, here, real, test_key):
    with pytest.raises(NotQueued):
        queue(order(sender=real, api_key=test_key), now=timezone.now())

    assert codes(order(sender=real, api_key=test_key)) == ["test_key_real_account"]
    assert codes(order(sender=real, api_key=issue_key(name="Live", scopes=[])[0])) == []
    assert codes(order(sender=real)) == []


def test_of_several_accounts_a_test_key_takes_the_sandbox(order, here, sender, real, test_key):
    message = queue(order(sender=real, others=[sender], api_key=test_key), now=timezone.now())

    assert (message.sender, message.alternatives) == (sender, [])
    assert [route["eligible"] for route in message.routing] == [False, True]


def test_no_real_account_takes_over_from_a_sandbox(order, here, sender, real, test_key):
    message = queue(order(api_key=test_key), now=timezone.now())
    # As if it had been at a sandbox when the message was accepted.
    Message.objects.filter(pk=message.pk).update(alternatives=[str(real.pk)])
    row = Transaction.objects.select_related("message__api_key").get()

    assert next_sender(row, after=sender.pk) is None
    ApiKey.objects.update(test=False)
    assert next_sender(Transaction.objects.get(), after=sender.pk) == real


@pytest.mark.django_db(transaction=True)
def test_an_account_that_became_real_meanwhile_is_not_called(sandbox, order, test_key, account):
    message = queue(order(api_key=test_key), now=timezone.now())
    ProviderAccount.objects.update(base_url=REAL)

    delivery.pump(once=True, seconds=20)

    row = message.transactions.get()
    # Called, it would wait: this host is not to be found.
    assert (row.status, row.reason_code) == ("failed", "test_key_real_account")
    assert row.attempts.get().wire_at is None
    assert meanings.explain("webex", Where.ANSWER, "test_key_real_account")


@pytest.mark.django_db(transaction=True)
def test_a_test_key_is_carried_to_the_sandbox_and_its_receipts_back(sandbox, order, test_key):
    message = queue(order(api_key=test_key), now=timezone.now())

    delivery.pump(once=True, seconds=20)

    assert message.transactions.get().status not in {"queued", "failed"}


def test_a_test_key_that_lists_a_real_sender_is_found_by_the_check(here, sender, real, test_key):
    assert check_test_keys() == []
    test_key.senders.add(sender)
    assert check_test_keys() == []
    test_key.senders.add(real)
    (error,) = check_test_keys()
    assert (error.id, test_key.mark in error.msg, "Real" in error.msg) == ("messaging.E005", True, True)
    ApiKey.objects.update(revoked_at=timezone.now() - timedelta(days=1))
    assert check_test_keys() == []


def test_the_check_asks_as_much_of_many_senders(here, real, make_sender, test_key, django_assert_num_queries):
    other = issue_key(name="Revoked", scopes=[], test=True)[0]
    ApiKey.objects.filter(pk=other.pk).update(revoked_at=timezone.now())
    senders = [real, make_sender(real.account, "55556"), make_sender(real.account, "55557")]
    for key in (test_key, other):
        key.senders.set(senders)

    with django_assert_num_queries(2):
        errors = check_test_keys()
    assert [(test_key.mark in error.msg, other.mark in error.msg) for error in errors] == [(True, False)] * 3
