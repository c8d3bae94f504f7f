"""API keys: issued once, shown once, revoked for good."""

from datetime import timedelta

from django.contrib.sessions.models import Session
from django.urls import reverse
from django.utils import timezone

from messaging.models import ApiKey, issue_key

LIST = reverse("admin:messaging_apikey_changelist")
ADD = reverse("admin:messaging_apikey_add")


def test_a_new_key_is_shown_once_and_works(keeper, sender) -> None:
    answer = keeper.post(
        ADD,
        {
            "name": "Shop",
            "scopes": ["messages:send"],
            "senders": [str(sender.pk)],
            "source_cidrs": "203.0.113.0/24",
            "calls_per_second": 100,
        },
    )
    shown = answer.url
    assert all("mms_live_" not in str(session.get_decoded()) for session in Session.objects.all())
    answer = keeper.get(shown)
    key = ApiKey.objects.get()
    token = answer.context["token"]
    assert key.matches(token.removeprefix(f"mms_live_{key.prefix}_"))
    assert token in answer.content.decode()
    assert answer.context["jwt_secret"] == key.jwt_secret
    assert "no-store" in answer.headers["Cache-Control"]
    assert f'href="{reverse("api:docs")}">API documentation' in answer.content.decode()
    assert (list(key.senders.all()), key.scopes, key.source_cidrs) == ([sender], ["messages:send"], ["203.0.113.0/24"])
    assert f'id="issuer" class="mono" readonly value="{key.prefix}"' in answer.content.decode()
    again = keeper.get(shown, follow=True)
    assert again.redirect_chain == [(LIST, 302)]
    assert "shown once" in again.content.decode()
    assert ApiKey.objects.count() == 1
    later = keeper.get(reverse("admin:messaging_apikey_change", args=[key.pk])).content.decode()
    assert token not in later
    assert key.jwt_secret not in later
    assert all(token not in str(session.get_decoded()) for session in Session.objects.all())


def test_a_key_needs_a_scope_that_exists_and_a_moment_to_come(keeper) -> None:
    answer = keeper.post(
        ADD,
        {
            "name": "Shop",
            "scopes": ["everything"],
            "expires_at_0": "2001-01-01",
            "expires_at_1": "00:00",
            "calls_per_second": 1,
        },
    )
    assert set(answer.context["adminform"].form.errors) == {"scopes", "expires_at"}
    assert not ApiKey.objects.exists()


def test_rights_can_be_changed_without_a_new_key(keeper, issued_key) -> None:
    key, _token, _secret = issued_key
    digest = key.digest
    address = reverse("admin:messaging_apikey_change", args=[key.pk])
    keeper.post(address, {"name": "Renamed", "scopes": ["media:read"], "source_cidrs": "", "calls_per_second": 100})
    key.refresh_from_db()
    assert (key.name, key.scopes, key.digest) == ("Renamed", ["media:read"], digest)


def test_revoking_is_for_good(keeper, issued_key) -> None:
    key, _token, _secret = issued_key
    act = {"action": "revoke", "_selected_action": [str(key.pk)]}
    keeper.post(LIST, act)
    key.refresh_from_db()
    first = key.revoked_at
    assert timezone.now() - first < timedelta(minutes=1)
    assert b"Revoked: 0" in keeper.post(LIST, act, follow=True).content
    key.refresh_from_db()
    assert key.revoked_at == first


def test_a_new_key_is_shown_to_the_browser_that_made_it_only(client, keeper, make_user) -> None:
    answer = keeper.post(
        ADD, {"name": "Shop", "scopes": ["messages:send"], "source_cidrs": "", "calls_per_second": 100}
    )
    client.logout()
    for name, group, status in (("other", "Sender admin", 302), ("vera", "Viewer", 403)):
        client.force_login(make_user(name, group))
        assert client.get(answer.url).status_code == status


def test_a_new_secret_is_shown_once_and_the_old_one_holds_for_a_week(keeper, issued_key) -> None:
    key, old, old_jwt = issued_key
    answer = keeper.post(LIST, {"action": "rotate", "_selected_action": [str(key.pk)]})
    shown = keeper.get(answer.url).context
    key.refresh_from_db()
    now = timezone.now()
    for token in (old, shown["token"]):
        assert token.startswith(key.mark)
        assert key.matches(token.removeprefix(f"{key.mark}_"), now)
    assert not key.matches(old.removeprefix(f"{key.mark}_"), now + timedelta(days=7))
    assert key.jwt_secrets(now) == [shown["jwt_secret"], old_jwt]
    assert key.jwt_secrets(now + timedelta(days=7)) == [shown["jwt_secret"]]
    page = keeper.get(reverse("admin:messaging_apikey_change", args=[key.pk])).content.decode()
    assert "The secret of before holds until" in page
    keeper.post(LIST, {"action": "end_rotation", "_selected_action": [str(key.pk)]})
    key.refresh_from_db()
    assert not key.matches(old.removeprefix(f"{key.mark}_"))


def test_one_key_is_rotated_at_a_time_and_a_revoked_one_never(keeper, issued_key) -> None:
    key, other = issued_key[0], issue_key(name="Other", scopes=[])[0]
    act = {"action": "rotate", "_selected_action": [str(key.pk), str(other.pk)]}
    assert b"Choose one key" in keeper.post(LIST, act, follow=True).content
    ApiKey.objects.update(revoked_at=timezone.now())
    act = {"action": "rotate", "_selected_action": [str(key.pk)]}
    assert b"This key is revoked" in keeper.post(LIST, act, follow=True).content
    assert not ApiKey.objects.exclude(previous_until=None).exists()


def test_a_test_key_and_its_bounds_are_chosen_when_it_is_made(keeper) -> None:
    chosen = {"name": "Try", "scopes": ["messages:send"], "test": "on", "calls_per_second": "7"}
    token = keeper.get(keeper.post(ADD, {**chosen, "recipients_per_day": "1000"}).url).context["token"]
    key = ApiKey.objects.get()
    assert token.startswith(f"mms_test_{key.prefix}_")
    assert (key.test, key.calls_per_second, key.recipients_per_day) == (True, 7, 1000)
    address = reverse("admin:messaging_apikey_change", args=[key.pk])
    keeper.post(address, {"name": "Try", "scopes": ["messages:send"], "calls_per_second": "8", "test": ""})
    key.refresh_from_db()
    assert (key.test, key.calls_per_second, key.recipients_per_day) == (True, 8, None)
    answer = keeper.post(address, {"name": "Try", "scopes": ["messages:send"], "calls_per_second": "0"})
    assert set(answer.context["adminform"].form.errors) == {"calls_per_second"}
