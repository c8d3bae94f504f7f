"""Which accounts the pump works at: one that cannot be worked keeps none of the others from it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from messaging.delivery import lanes as at_work
from messaging.delivery.lanes import lanes
from messaging.models import ProviderAccount

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("broken", "why"),
    [({"provider": "gone"}, "No provider is called 'gone'"), ({"credentials_sealed": "x"}, "CREDENTIALS_KEYS")],
)
def test_an_account_that_cannot_be_worked_is_paused_and_says_why(account: ProviderAccount, broken, why) -> None:
    other = ProviderAccount.objects.create(**{"name": "Other", "provider": "webex", **broken})

    assert [lane.row for lane in lanes()] == [account]

    other.refresh_from_db()
    assert other.paused_at
    assert why in other.paused_reason


@pytest.mark.usefixtures("account")
def test_calls_are_signed_by_the_clock_of_the_database(monkeypatch) -> None:
    now = timezone.now()
    monkeypatch.setattr(at_work, "database_now", lambda: now)
    monkeypatch.setattr(at_work.timezone, "now", lambda: now + timedelta(hours=2))

    (lane,) = lanes()

    assert lane.now() == now
