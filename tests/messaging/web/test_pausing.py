"""What is paused is said where somebody waits for it, in words, with the button that resumes it."""

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from messaging import pauses
from messaging.delivery.outcomes import Result
from messaging.delivery.pausing import MOST_FAULTS, judge
from messaging.gateway import registry
from messaging.gateway.codes import Code, OutcomeClass
from messaging.gateway.errors import Misconfigured
from messaging.models import ProviderAccount, Sender

REFUSED = "The provider did not accept the account's credentials. (http_401) Check the credentials."


@pytest.fixture
def paused(account) -> ProviderAccount:
    account.paused_at, account.paused_reason = timezone.now(), REFUSED
    account.save()
    return account


def test_the_dashboard_has_a_button_for_who_may_resume(client, viewer, sender_admin, paused) -> None:
    button = reverse("web:account-resume", args=[paused.pk])
    for person, there in ((viewer, False), (sender_admin, True)):
        client.force_login(person)
        text = client.get("/").content.decode()
        assert "The account Webex US is paused" in text
        assert ".. " not in text
        assert (button in text) is there


def test_a_paused_sender_is_told_and_resumed_from_the_dashboard(client, sender_admin, sender) -> None:
    Sender.objects.update(paused_at=timezone.now(), paused_reason="Not ours. (7101)", config_faults=3)
    client.force_login(sender_admin)
    assert "The sender 34343, Shop is paused" in client.get("/").content.decode()
    answer = client.post(reverse("web:sender-resume", args=[sender.pk]) + "?next=/messages/", follow=True)
    sender.refresh_from_db()
    assert (sender.paused_at, sender.paused_reason, sender.config_faults) == (None, "", 0)
    assert answer.redirect_chain == [("/messages/", 302)]
    assert "34343, Shop sends again." in answer.content.decode()


def test_senders_of_a_paused_account_are_not_called_active(client, sender_admin, sender, paused) -> None:
    client.force_login(sender_admin)
    answer = client.get(reverse("web:sending")).content.decode()
    assert "Paused with its account" in answer
    assert ">Active<" not in answer.split('id="sender-', 1)[1]


def test_while_all_is_paused_a_switch_says_what_it_changes(client, sender_admin, sender) -> None:
    pauses.pause_all(sender_admin, "A wrong price.")
    client.force_login(sender_admin)
    page = reverse("web:sending")
    assert "Keep paused afterwards" in client.get(page).content.decode()
    back = f"?next={page}"
    answer = client.post(reverse("web:sender-pause", args=[sender.pk]) + back, follow=True).content.decode()
    assert "34343, Shop stays paused when all sending is resumed." in answer
    answer = client.post(reverse("web:sender-resume", args=[sender.pk]) + back, follow=True).content.decode()
    assert "34343, Shop is paused with the rest only, and sends again with it." in answer
    pauses.resume_all(sender_admin)
    assert "Keep paused afterwards" not in client.get(page).content.decode()


@pytest.mark.parametrize(("fates", "told"), [(["queued", "delivered"], True), (["delivered"], False)])
def test_while_all_is_paused_a_list_says_so_of_what_waits(client, viewer, sender_admin, make_message, fates, told):
    make_message(fates)
    client.force_login(viewer)
    pages = [reverse("web:messages"), reverse("web:dashboard")]
    assert not any("Paused</span>" in client.get(page).content.decode() for page in pages)
    pauses.pause_all(sender_admin, "A wrong price.")
    for page in pages:
        with CaptureQueriesContext(connection) as asked:
            assert ("Paused</span>" in client.get(page).content.decode()) is told
        assert sum("sendingpause" in one["sql"] for one in asked) == 1


def test_resuming_is_written_down_once(client, sender_admin, paused) -> None:
    client.force_login(sender_admin)
    address = reverse("web:account-resume", args=[paused.pk])
    client.post(address)
    assert "was not paused" in client.post(address, follow=True).content.decode()
    assert [entry.change_message for entry in LogEntry.objects.all()] == ["Resumed"]


def test_the_way_back_never_leads_off_the_portal(client, sender_admin, paused) -> None:
    client.force_login(sender_admin)
    answer = client.post(reverse("web:account-resume", args=[paused.pk]) + "?next=https://example.com/")
    assert answer.url == "/"


@pytest.mark.parametrize(("fates", "told"), [(["queued", "delivered"], True), (["delivered"], False)])
def test_the_pages_of_a_waiting_message_say_so(client, viewer, paused, make_message, fates, told) -> None:
    message = make_message(fates)
    client.force_login(viewer)
    first = message.transactions.order_by("position").first()
    for page in (reverse("web:message", args=[message.pk]), reverse("web:transaction", args=[first.pk])):
        assert ("The account Webex US is paused" in client.get(page).content.decode()) is told
    assert ("Paused</span>" in client.get(reverse("web:messages")).content.decode()) is told


@pytest.mark.parametrize("what", ["message", "transaction"])
def test_a_live_page_learns_of_a_pause_and_of_its_end(client, viewer, account, make_message, what) -> None:
    message = make_message(["queued"])
    row = message if what == "message" else message.transactions.get()
    client.force_login(viewer)
    live = reverse(f"web:{what}-live", args=[row.pk])
    seen = client.get(live).context["pulse"].version
    assert client.get(live, {"seen": seen}).status_code == 204
    ProviderAccount.objects.update(paused_at=timezone.now(), paused_reason="Paused by ann")
    answer = client.get(live, {"seen": seen})
    assert "The account Webex US is paused" in answer.content.decode()
    ProviderAccount.objects.update(paused_at=None)
    assert "is paused" not in client.get(live, {"seen": answer.context["pulse"].version}).content.decode()


def test_stopping_goes_from_the_live_page_with_the_last_that_left(client, composer, make_message) -> None:
    client.force_login(composer)
    for fate, there in (("queued", True), ("delivered", False)):
        live = client.get(reverse("web:message-live", args=[make_message([fate]).pk])).content.decode()
        assert '<span id="steer-slot" class="slot" hx-swap-oob="true">' in live
        assert ('id="steer-stop"' in live) is there


def account_faults(provider: str) -> list[Code]:
    """Every answer of a provider that speaks against an account or one of its senders."""
    codes = registry.provider(provider).codes.values()
    return [code for code in codes if code.outcome is OutcomeClass.CONFIGURATION]


@pytest.mark.parametrize("provider", registry.names())
def test_a_pause_names_the_code_and_the_next_step(client, sender_admin, account, sender, provider) -> None:
    account.provider = provider
    account.save()
    client.force_login(sender_admin)
    for code in account_faults(provider):
        for rows in (ProviderAccount.objects, Sender.objects):
            rows.update(paused_at=None, paused_reason="", config_faults=0)
        judge(account, [(sender, Result(error=Misconfigured(code.code, "no")))] * MOST_FAULTS, now=timezone.now())
        row = sender if code.about_sender else account
        row.refresh_from_db()
        assert row.paused_at is not None
        assert row.paused_reason == f"{code.meaning} ({code.code}) {code.next_step}"
    text = client.get("/").content.decode()
    assert f"({code.code})" in text
    assert reverse(f"web:{'sender' if code.about_sender else 'account'}-resume", args=[row.pk]) in text
