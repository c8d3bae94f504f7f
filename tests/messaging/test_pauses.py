"""Resuming by hand makes due what was refused for the sake of what was paused, and nothing else."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from messaging import pauses, steering
from messaging.delivery.claiming import claim
from messaging.delivery.marking import mark_wire
from messaging.delivery.outcomes import Result
from messaging.delivery.recording import record
from messaging.gateway.errors import Misconfigured, NotAccepted, SendError
from messaging.models import Message, ProviderAccount, Sender, Transaction

pytestmark = pytest.mark.django_db
CREDENTIALS, UNREACHABLE = Misconfigured("http_401", "no"), NotAccepted("connect_failed", "nobody there")
REFUSED, BEFORE, TRIED, SCHEDULED = "+14165550100", "+14165550101", "+14165550102", "+14165550103"
# What each was told, try by try: one was refused before, and has found nobody there since.
TOLD: dict[str, list[SendError]] = {
    REFUSED: [UNREACHABLE, CREDENTIALS, CREDENTIALS, CREDENTIALS],
    BEFORE: [CREDENTIALS, CREDENTIALS, CREDENTIALS, UNREACHABLE],
    TRIED: [UNREACHABLE] * 4,
}


@pytest.fixture
def refused(account: ProviderAccount, queued: Callable[..., Message]) -> ProviderAccount:
    """Paused, with what it has queued tried four times, and one for later."""
    queued(*TOLD)
    queued(SCHEDULED, send_at=timezone.now() + timedelta(minutes=30))
    for number in range(4):
        fail(account, number)
    ProviderAccount.objects.update(paused_at=timezone.now(), paused_reason="Refused.", config_faults=4)
    return account


def fail(account: ProviderAccount, number: int) -> None:
    """Everything that is not scheduled is tried once more, in vain."""
    ProviderAccount.objects.update(paused_at=None)
    Transaction.objects.filter(recipient__in=TOLD).update(next_attempt_at=timezone.now())
    marked = mark_wire(claim(account, 10))
    assert len(marked) == len(TOLD)
    record(account, [(taken, Result(error=TOLD[taken.transaction.recipient][number])) for taken in marked])


def due() -> set[str]:
    return set(Transaction.objects.filter(next_attempt_at__lte=timezone.now()).values_list("recipient", flat=True))


def test_what_an_account_was_refused_for_is_due_once_it_is_resumed(refused, sender_admin: User) -> None:
    assert due() == set()

    assert pauses.resume(ProviderAccount.objects.filter(pk=refused.pk), sender_admin) == 1

    assert due() == {REFUSED}


def test_a_sender_that_is_resumed_makes_due_its_own_only(refused, sender, make_sender, sender_admin: User) -> None:
    other = make_sender(refused, "55555")
    Sender.objects.update(paused_at=timezone.now())

    pauses.resume(Sender.objects.filter(pk=other.pk), sender_admin)
    assert due() == set()
    pauses.resume(Sender.objects.filter(pk=sender.pk), sender_admin)

    assert due() == {REFUSED}


def test_resuming_what_is_not_paused_changes_nothing(refused, sender_admin: User) -> None:
    ProviderAccount.objects.update(paused_at=None)

    assert pauses.resume(ProviderAccount.objects.filter(pk=refused.pk), sender_admin) == 0

    assert due() == set()


def test_what_its_message_holds_back_keeps_its_time(refused, sender_admin: User) -> None:
    steering.pause(Message.objects.get(transactions__recipient=REFUSED), sender_admin)

    pauses.resume(ProviderAccount.objects.filter(pk=refused.pk), sender_admin)

    assert due() == set()


def test_of_a_sender_that_has_moved_the_account_counts_that_it_is_at_now(refused, sender, sender_admin: User) -> None:
    other = ProviderAccount.objects.create(name="Other", provider="webex", base_url="http://127.0.0.1:9/webex")
    Sender.objects.update(account=other)
    ProviderAccount.objects.update(paused_at=timezone.now())

    pauses.resume(ProviderAccount.objects.filter(pk=refused.pk), sender_admin)
    assert due() == set()
    pauses.resume(ProviderAccount.objects.filter(pk=other.pk), sender_admin)

    assert due() == {REFUSED}
