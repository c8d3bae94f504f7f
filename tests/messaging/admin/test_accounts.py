"""Provider accounts: credentials go in and never come out, addresses are safe, actions are written down."""

import pytest
from django.contrib.admin.models import LogEntry
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from messaging.admin.account_form import check_base_url
from messaging.models import ProviderAccount

LIST = reverse("admin:messaging_provideraccount_changelist")


def page(account) -> str:
    return reverse("admin:messaging_provideraccount_change", args=[account.pk])


def filled(account, **more: object) -> dict[str, object]:
    return {
        "name": account.name,
        "base_url": "https://api.example.com",
        "calls_per_second": 10,
        "concurrency": 10,
        "source_cidrs": "",
        **more,
    }


def act(browser, action: str, *accounts: ProviderAccount):
    data = {"action": action, "_selected_action": [str(account.pk) for account in accounts]}
    return browser.post(LIST, data, follow=True)


def test_an_account_is_added_in_two_steps(keeper) -> None:
    answer = keeper.post(
        reverse("admin:messaging_provideraccount_add"),
        {"name": "New", "provider": "webex", "base_url": "https://api.example.com/"},
    )
    account = ProviderAccount.objects.get()
    assert answer.url == page(account)
    assert account.base_url == "https://api.example.com"
    assert b"credential_service_key" in keeper.get(page(account)).content


def test_credentials_are_kept_sealed_and_never_shown(keeper, account) -> None:
    keeper.post(page(account), filled(account, credential_service_key="very-secret-thing"))
    account.refresh_from_db()
    assert account.credentials["service_key"] == "very-secret-thing"
    assert "very-secret-thing" not in account.credentials_sealed
    text = keeper.get(page(account)).content.decode()
    assert "very-secret-thing" not in text
    assert "Leave blank to keep it" in text


def test_a_blank_credential_keeps_what_is_stored(keeper, account) -> None:
    before = account.credentials
    answer = keeper.post(page(account), filled(account, name="Renamed", credential_service_key=""))
    assert answer.status_code == 302
    account.refresh_from_db()
    assert (account.name, account.credentials) == ("Renamed", before)


def test_a_stored_credential_can_be_forgotten(keeper, account) -> None:
    keeper.post(page(account), filled(account, credential_service_id="abc", forget=["service_key"]))
    account.refresh_from_db()
    assert account.credentials == {"service_id": "abc"}


def test_credentials_under_a_lost_key_are_asked_for_again(keeper, account) -> None:
    ProviderAccount.objects.update(credentials_sealed="gAAAA-not-ours")
    answer = keeper.get(page(account))
    assert answer.status_code == 200
    assert b"Type them in again" in answer.content


@pytest.mark.parametrize(
    "address",
    [
        "http://api.example.com",
        "ftp://api.example.com",
        "api.example.com",
        "https://user:secret@api.example.com",
        "https://api.example.com/?key=1",
        "https://api.example.com/#x",
        "https://api example.com",
        "https://[::1",
        "https://api.example.com:notaport",
        "http://127.0.0.1:9999",
        "https://",
    ],
)
def test_an_address_that_would_leak_credentials_is_refused(keeper, account, address) -> None:
    answer = keeper.post(page(account), filled(account, base_url=address))
    assert answer.status_code == 200
    assert "base_url" in answer.context["adminform"].form.errors


def test_listed_loopback_sandboxes_may_be_plain_http(settings) -> None:
    settings.ALLOW_PRIVATE_TARGETS = frozenset({"127.0.0.1:8701"})
    assert check_base_url("http://127.0.0.1:8701/webex/") == "http://127.0.0.1:8701/webex"
    with pytest.raises(ValidationError, match="https"):
        check_base_url("http://127.0.0.1:8702/webex")


def test_networks_that_cannot_be_are_refused(keeper, account) -> None:
    answer = keeper.post(page(account), filled(account, source_cidrs="nonsense"))
    assert "source_cidrs" in answer.context["adminform"].form.errors


def test_networks_are_kept_as_a_list(keeper, account) -> None:
    keeper.post(page(account), filled(account, source_cidrs="203.0.113.7/24\n2001:db8::/32"))
    account.refresh_from_db()
    assert account.source_cidrs == ["203.0.113.0/24", "2001:db8::/32"]


def test_pausing_and_resuming_is_written_down(keeper, account) -> None:
    act(keeper, "pause", account)
    account.refresh_from_db()
    assert account.paused_reason == "Paused by sam."
    act(keeper, "resume", account)
    account.refresh_from_db()
    assert account.paused_at is None
    assert [entry.change_message for entry in LogEntry.objects.order_by("id")] == ["Paused by sam.", "Resumed"]


def test_a_new_secret_leaves_the_old_one_valid_until_told(keeper, account) -> None:
    old = account.webhook_secret
    act(keeper, "rotate_secret", account)
    account.refresh_from_db()
    assert account.webhook_secret != old
    assert account.webhook_secret_previous == old
    assert account.webhook_url in keeper.get(page(account)).content.decode()
    assert b"Still rotating" in act(keeper, "rotate_secret", account).content
    act(keeper, "end_rotation", account)
    account.refresh_from_db()
    assert account.webhook_secret_previous is None


def test_composers_have_no_business_here(client, composer, account) -> None:
    client.force_login(composer)
    assert client.get(LIST).status_code == 403
    assert client.get(page(account)).status_code == 403


@pytest.mark.parametrize("address", ["https://evil.example.com", "https://api.example.com:8443"])
def test_stored_credentials_do_not_follow_to_another_address(keeper, account, address) -> None:
    answer = keeper.post(page(account), filled(account, base_url=address))
    assert "credential_service_key" in answer.context["adminform"].form.errors
    account.refresh_from_db()
    assert account.base_url == "https://api.example.com"
    keeper.post(page(account), filled(account, base_url=address, credential_service_key="typed-anew"))
    account.refresh_from_db()
    assert (account.base_url, account.credentials["service_key"]) == (address, "typed-anew")


def test_stored_credentials_stay_when_only_the_path_changes(keeper, account) -> None:
    assert keeper.post(page(account), filled(account, base_url="https://API.example.com/v2")).status_code == 302


@pytest.mark.parametrize("what", ["account", "sender"])
def test_a_paused_row_has_a_button_on_its_page(keeper, client, account, sender, make_user, what) -> None:
    row, model = (account, "provideraccount") if what == "account" else (sender, "sender")
    address = reverse(f"admin:messaging_{model}_change", args=[row.pk])
    assert "Resume sending" not in keeper.get(address).content.decode()
    type(row).objects.update(paused_at=timezone.now(), paused_reason="Paused by ann.")
    text = keeper.get(address).content.decode()
    assert "Paused by ann." in text
    assert f'formaction="{reverse(f"web:{what}-resume", args=[row.pk])}?next=' in text
    client.force_login(make_user("vera", "Viewer"))
    assert "Resume sending</button>" not in client.get(address).content.decode()
