"""News to callers in the admin: the log, the replay, and endpoints without a secret on any page."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from messaging import callbacks
from messaging.callbacks import endpoints
from messaging.models import Callback, CallbackEndpoint
from messaging.steering import stop
from tests.messaging.callbacks.receiver import receiving

LOG = reverse("admin:messaging_callback_changelist")
ENDS = reverse("admin:messaging_callbackendpoint_changelist")
URL = "https://shop.example.com/hooks/t0k3n?key=s3cret"


@pytest.fixture
def end(issued_key) -> CallbackEndpoint:
    end = callbacks.register(issued_key[0], URL)
    callbacks.vouch(end, now=timezone.now())
    return end


@pytest.fixture
def news(queued, end) -> Callback:
    message = queued(endpoint=end, notify_url=URL, api_key=end.api_key, source="api")
    stop(message)
    Callback.objects.update(state="exhausted", attempts=10, next_attempt_at=None, status=500, outcome="not_taken")
    return Callback.objects.get()


def page(row) -> str:
    return reverse(f"admin:messaging_{row._meta.model_name}_change", args=[row.pk])


def act(browser, address: str, name: str, *rows) -> str:
    chosen = {"action": name, "_selected_action": [str(row.pk) for row in rows]}
    return browser.post(address, chosen, follow=True).content.decode()


def test_the_log_shows_what_was_told_and_no_secret_of_the_address(keeper, news) -> None:
    for address in (LOG, page(news)):
        text = keeper.get(address).content.decode()
        assert "https://shop.example.com/…" in text
        assert "HTTP 500" in text
        assert "t0k3n" not in text
        assert "s3cret" not in text


def test_given_up_news_is_sent_once_more(keeper, news) -> None:
    assert "To be sent once more: 1." in act(keeper, LOG, "replay", news)
    news.refresh_from_db()
    assert (news.state, news.attempts) == ("waiting", 0)


def test_what_is_being_sent_is_left_alone(keeper, news) -> None:
    Callback.objects.update(lease_token=news.pk, lease_until=timezone.now() + timedelta(seconds=30))
    assert "To be sent once more: 0." in act(keeper, LOG, "replay", news)


def test_numbers_are_masked_for_those_who_may_not_see_them(client, make_user, news) -> None:
    user = make_user("nora")
    user.user_permissions.add(Permission.objects.get(codename="view_callback"))
    client.force_login(user)
    text = client.get(page(news)).content.decode()
    assert "14165550100" not in text
    act(client, LOG, "replay", news)
    news.refresh_from_db()
    assert news.state == "exhausted"


def test_who_has_no_right_sees_neither(client, composer, news) -> None:
    client.force_login(composer)
    assert {client.get(address).status_code for address in (LOG, ENDS, page(news))} == {403}


def test_an_endpoint_is_made_vouched_for_and_switched_off(keeper, issued_key) -> None:
    made = {"api_key": str(issued_key[0].pk), "url": "https://old.example.com/receipts", "concurrency": "4"}
    keeper.post(reverse("admin:messaging_callbackendpoint_add"), made, follow=True)
    end = CallbackEndpoint.objects.get()
    assert (end.host, end.state, end.concurrency) == ("old.example.com:443", "pending", 4)
    again = keeper.post(reverse("admin:messaging_callbackendpoint_add"), made).content.decode()
    assert "This host is registered already." in again

    assert "old.example.com:443 is active" in act(keeper, ENDS, "vouch", end)
    end.refresh_from_db()
    assert end.state == "active"
    act(keeper, ENDS, "switch_off", end)
    end.refresh_from_db()
    assert (end.state, end.reason) == ("disabled", "by_hand")
    assert "It was switched off by hand." in keeper.get(ENDS).content.decode()


@pytest.mark.parametrize("url", ["ftp://old.example.com/", "https://user:pw@old.example.com/", "not an address"])
def test_an_odd_address_is_explained(url, keeper, issued_key) -> None:
    form = {"api_key": str(issued_key[0].pk), "url": url, "concurrency": "2"}
    assert keeper.post(reverse("admin:messaging_callbackendpoint_add"), form).status_code == 200
    assert not CallbackEndpoint.objects.exists()


def test_no_page_shows_a_secret_and_only_the_concurrency_changes(keeper, end) -> None:
    for address in (ENDS, page(end)):
        assert end.secret not in keeper.get(address).content.decode()
    keeper.post(page(end), {"concurrency": "5", "url": "https://evil.example.com/", "state": "pending"})
    end.refresh_from_db()
    assert (end.concurrency, end.url, end.state) == (5, URL, "active")


def test_a_challenge_is_sent_from_here_too(keeper, issued_key, settings) -> None:
    with receiving("500") as (shop,):
        settings.ALLOW_PRIVATE_TARGETS = frozenset({shop.host})
        end = callbacks.register(issued_key[0], shop.url)
        assert f"{shop.host} did not take the challenge." in act(keeper, ENDS, "verify", end)
        shop.mood = "challenge"
        assert f"{shop.host} repeated the challenge" in act(keeper, ENDS, "verify", end)
    end.refresh_from_db()
    assert end.state == "active"


def test_the_timeline_tells_what_the_caller_was_told(client, keeper, composer, news) -> None:
    transaction = reverse("web:transaction", args=[news.transaction_id])
    text = keeper.get(transaction).content.decode()
    assert "https://shop.example.com/…: 500 on try 10" in text
    assert page(news) in text
    client.force_login(composer)
    text = client.get(transaction).content.decode()
    assert "500 on try 10" in text
    assert page(news) not in text
    assert "s3cret" not in text


def test_an_address_that_news_is_never_sent_to_is_not_registered(keeper, issued_key) -> None:
    form = {"api_key": issued_key[0].pk, "url": "http://shop.example.com/", "concurrency": 2}
    page = keeper.post(reverse("admin:messaging_callbackendpoint_add"), form)
    assert "News is sent over https only." in page.content.decode()
    assert not CallbackEndpoint.objects.exists()


def test_a_key_that_has_enough_endpoints_gets_no_other(keeper, end, monkeypatch) -> None:
    monkeypatch.setattr(endpoints, "MOST_ENDPOINTS", 1)
    form = {"api_key": end.api_key_id, "url": "https://other.example.com/", "concurrency": 2}
    page = keeper.post(reverse("admin:messaging_callbackendpoint_add"), form)
    assert "endpoints already." in page.content.decode()
    assert CallbackEndpoint.objects.count() == 1
