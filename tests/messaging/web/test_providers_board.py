"""The health board: who may see it, what it says, and what it costs."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from messaging.models import AccountTally, AccountTrouble, Alarm, ProviderAccount
from messaging.watching.board import State, standings
from messaging.watching.ladder import step_of

PAGE = reverse("web:providers")


def count(account, kind, number, *, minutes=2.0, seconds=0.1):
    at = timezone.now() - timedelta(minutes=minutes)
    for span, start in (
        ("m", at.replace(second=0, microsecond=0)),
        ("h", at.replace(minute=0, second=0, microsecond=0)),
    ):
        row, made = AccountTally.objects.get_or_create(
            account=account, span=span, at=start, kind=kind, bucket=step_of(seconds), defaults={"count": number}
        )
        if not made:
            AccountTally.objects.filter(pk=row.pk).update(count=row.count + number)


def state(account) -> State:
    return next(one.state for one in standings(timezone.now()) if one.account == account)


def test_who_may_not_see_accounts_is_refused(client, viewer):
    client.force_login(viewer)
    assert client.get(PAGE).status_code == 403


def test_an_empty_board_says_so(client, sender_admin):
    client.force_login(sender_admin)
    assert "No provider account yet" in client.get(PAGE).content.decode()


def test_states_in_words(account):
    assert state(account) is State.IDLE
    count(account, "accepted", 100)
    assert state(account) is State.OK
    count(account, "throttled", 10)
    assert state(account) is State.THROTTLED
    count(account, "unknown", 60)
    assert state(account) is State.FAILING
    Alarm.objects.create(key="silent", kind="silent", account=account, since=timezone.now())
    assert state(account) is State.SILENT
    ProviderAccount.objects.update(paused_at=timezone.now())
    assert state(account) is State.PAUSED


def test_slow_is_slower_than_usual(account):
    count(account, "accepted", 1000, minutes=300, seconds=0.3)
    count(account, "accepted", 10, seconds=9)
    assert state(account) is State.SLOW


def test_our_own_mistakes_do_not_spend_the_providers_budget(account, settings):
    settings.PROVIDER_TARGET_PERCENT = 99.0
    count(account, "accepted", 90)
    count(account, "failed", 5)
    count(account, "configuration", 3)
    count(account, "throttled", 1)
    count(account, "retry", 1)
    budget = standings(timezone.now())[0].budget
    assert (budget.calls, budget.faults) == (100, 1)
    assert budget.used == pytest.approx(1.0)
    assert budget.burn == pytest.approx(1.0)


def test_the_board_tells_figures_and_the_last_trouble(client, sender_admin, transaction, account):
    count(account, "accepted", 30, seconds=0.2)
    count(account, "failed", 10)
    count(account, "receipt", 30)
    count(account, "first", 30, seconds=4)
    count(account, "final", 15)
    AccountTrouble.objects.create(account=account, at=timezone.now(), code="7003", transaction=transaction)
    client.force_login(sender_admin)

    page = client.get(PAGE).content.decode()

    for said in ("75.0%", "25.0%", "50.0%", "Webex US", "7003", reverse("web:transaction", args=[transaction.pk])):
        assert said in page


def test_the_board_costs_the_same_for_many_accounts_and_much_traffic(client, sender_admin, account):
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(PAGE).status_code == 200
        return len(captured)

    client.force_login(sender_admin)
    cost()
    few = min(cost(), cost())
    for number in range(6):
        other = ProviderAccount.objects.create(name=f"A {number}", provider="webex", base_url="http://127.0.0.1:9")
        for minutes in range(1, 10):
            count(other, "accepted", 5, minutes=minutes)
    assert min(cost(), cost()) == few


@pytest.mark.parametrize(
    ("kind", "data", "said"),
    [
        ("deaf", {"seconds": 40, "unseen": None}, "No worker looks for work."),
        ("stuck", {"why": "throttled"}, "takes fewer calls than it should"),
        ("silent", {"since": "2026-11-29T10:00:00+00:00", "number": 4}, "29 Nov 10:00 UTC; 4 messages"),
        ("against", {"number": 2}, "2 in the last 24 hours"),
        ("away", {"from": "2026-11-29T10:00:00+00:00", "to": "2026-11-29T11:00:00+00:00"}, "10:00 to 29 Nov 11:00"),
        ("of a newer release", {}, "of a newer release"),
    ],
)
def test_each_alarm_is_a_banner_on_every_page(client, sender_admin, account, kind, data, said):
    Alarm.objects.create(key=kind, kind=kind, account=account, since=timezone.now(), data=data)
    client.force_login(sender_admin)
    assert said in client.get(reverse("web:messages")).content.decode()


@pytest.mark.parametrize(("kind", "told"), [("deaf", True), ("silent", False)])
def test_who_only_sees_messages_hears_that_they_do_not_leave(client, viewer, account, kind, told):
    Alarm.objects.create(key=kind, kind=kind, account=account, since=timezone.now())
    client.force_login(viewer)
    assert ("banner err" in client.get(reverse("web:messages")).content.decode()) is told
