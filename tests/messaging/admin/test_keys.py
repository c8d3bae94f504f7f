"""API keys: issued once, shown once, revoked for good."""

from datetime import timedelta

from django.contrib.sessions.models import Session
from django.urls import reverse
from django.utils import timezone

from messaging.models import ApiKey

LIST = reverse("admin:messaging_apikey_changelist")
ADD = reverse("admin:messaging_apikey_add")


def test_a_new_key_is_shown_once_and_works(keeper, sender) -> None:
    answer = keeper.post(
        ADD,
        {"name": "Shop", "scopes": ["messages:send"], "senders": [str(sender.pk)], "source_cidrs": "203.0.113.0/24"},
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
        ADD, {"name": "Shop", "scopes": ["everything"], "expires_at_0": "2001-01-01", "expires_at_1": "00:00"}
    )
    assert set(answer.context["adminform"].form.errors) == {"scopes", "expires_at"}
    assert not ApiKey.objects.exists()


def test_rights_can_be_changed_without_a_new_key(keeper, issued_key) -> None:
    key, _token, _secret = issued_key
    digest = key.digest
    address = reverse("admin:messaging_apikey_change", args=[key.pk])
    keeper.post(address, {"name": "Renamed", "scopes": ["media:read"], "source_cidrs": ""})
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
    answer = keeper.post(ADD, {"name": "Shop", "scopes": ["messages:send"], "source_cidrs": ""})
    client.logout()
    for name, group, status in (("other", "Sender admin", 302), ("vera", "Viewer", 403)):
        client.force_login(make_user(name, group))
        assert client.get(answer.url).status_code == status
