"""Provider accounts: credentials go in and never come out, addresses are safe, actions are written down."""

import pytest
from django.contrib.admin.models import LogEntry
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from messaging.admin.account_form import SWITCH, check_base_url, options_of
from messaging.gateway import registry
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


def other(provider: str, **more: object) -> ProviderAccount:
    """An account at any provider, at an address the form takes."""
    return ProviderAccount.objects.create(
        name=f"Another {provider}", provider=provider, base_url="https://api.example.com", **more
    )


@pytest.mark.parametrize("provider", registry.names())
def test_each_switch_of_a_provider_is_a_box_that_is_kept(keeper, db, provider) -> None:
    options = options_of(provider)
    account = other(provider)
    text = keeper.get(page(account)).content.decode()
    for option in options:
        assert f'name="{SWITCH}{option.name}"' in text
        assert option.label in text
    required = {f"credential_{each.name}": "x" for each in registry.provider(provider).client.CREDENTIALS}
    for wanted in (True, False):
        ticked = {f"{SWITCH}{option.name}": "on" for option in options} if wanted else {}
        assert keeper.post(page(account), filled(account, **required, **ticked)).status_code == 302
        account.refresh_from_db()
        assert account.options == {option.name: wanted for option in options}


def test_a_switch_shows_its_default_until_it_is_set(keeper, db) -> None:
    account = other("sinch", options={"save_first": False})
    form = keeper.get(page(account)).context["adminform"].form
    assert (form[f"{SWITCH}cache_content"].value(), form[f"{SWITCH}save_first"].value()) == (True, False)


def test_switches_that_nobody_declares_stay_as_they_are(keeper, account) -> None:
    ProviderAccount.objects.update(options={"of_a_later_version": True})
    assert keeper.post(page(account), filled(account)).status_code == 302
    account.refresh_from_db()
    switches = dict.fromkeys(("transcoding", "fit_media", "text_if_unfit"), False)
    assert account.options == {"of_a_later_version": True, **switches}


@pytest.mark.parametrize("provider", registry.names())
def test_the_address_to_paste_is_shown_with_words_and_a_button(keeper, db, provider) -> None:
    account = other(provider)
    text = keeper.get(page(account)).content.decode()
    assert f'value="{account.webhook_url}"' in text
    assert 'data-copy="webhook-url"' in text
    assert f"Paste it at {registry.provider(provider).profile.label}" in text
    assert ("call it by GET" in text) is ("GET" in registry.provider(provider).client.METHODS)


def door_of_the_test(account) -> str:
    return reverse("admin:messaging_provideraccount_test", args=[account.pk])


def test_an_account_is_tested_by_a_button_and_the_findings_stay(keeper, account) -> None:
    text = keeper.get(page(account)).content.decode()
    assert "Never tested" in text
    assert f'formaction="{door_of_the_test(account)}"' in text
    ProviderAccount.objects.update(base_url="https://127.0.0.1:9")
    answer = keeper.post(door_of_the_test(account), {"name": "not saved"}, follow=True)
    account.refresh_from_db()
    assert account.name == "Webex US"
    assert account.tested_at is not None
    text = answer.content.decode()
    assert "do not work" in text
    assert f"Tested {account.tested_at:%Y-%m-%d %H:%M} UTC" in text
    assert "private or reserved network" in text


def test_what_was_found_is_escaped(keeper, account) -> None:
    found = [{"what": "Credentials", "verdict": "surprise", "text": "<script>alert(1)</script>"}]
    ProviderAccount.objects.update(tested_at=timezone.now(), test_findings=found)
    text = keeper.get(page(account)).content.decode()
    assert "&lt;script&gt;alert(1)" in text
    assert "<script>alert(1)" not in text


def test_only_who_may_change_an_account_may_test_it(client, keeper, make_user, account) -> None:
    assert keeper.get(door_of_the_test(account)).status_code == 405
    for role in ("Viewer", "Composer"):
        client.force_login(make_user(role.lower(), role))
        assert client.post(door_of_the_test(account)).status_code == 403
    client.logout()
    assert client.post(door_of_the_test(account)).status_code == 302
    account.refresh_from_db()
    assert account.tested_at is None


def test_an_account_that_is_gone_cannot_be_tested(keeper, account) -> None:
    nowhere = reverse("admin:messaging_provideraccount_test", args=["0190a3b1-0000-7000-8000-000000000000"])
    assert keeper.post(nowhere).status_code == 404
