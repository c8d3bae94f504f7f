"""The log of news, its replay, and the endpoints: registered, challenged, renewed, another key's never seen."""

import json
from collections.abc import Iterator

import pytest
from django.utils import timezone
from standardwebhooks import Webhook

from messaging import callbacks
from messaging.callbacks import endpoints
from messaging.models import ApiKey, Callback, CallbackEndpoint, Message, issue_key
from messaging.models.sealing import unseal
from messaging.steering import stop
from tests.messaging.callbacks.receiver import Receiver, receiving

pytestmark = pytest.mark.django_db
ENDPOINTS, CALLBACKS = "/api/v1/callback-endpoints", "/api/v1/callbacks"


@pytest.fixture
def receiver(settings) -> Iterator[Receiver]:
    with receiving("challenge") as (one,):
        settings.ALLOW_PRIVATE_TARGETS = frozenset({one.host})
        yield one


@pytest.fixture
def stranger() -> ApiKey:
    return issue_key(name="Other", scopes=["callbacks:read", "callbacks:write"])[0]


@pytest.fixture
def owed(send, shop) -> Callback:
    """News of a message that was withdrawn."""
    sent = send(notify_url="https://shop.example.com/news", callback_data="campaign=118").json()
    stop(Message.objects.get(pk=sent["id"]))
    return Callback.objects.get()


def test_an_endpoint_is_registered_challenged_and_then_active(client, receiver) -> None:
    made = client.post(ENDPOINTS, {"url": receiver.url})
    assert made.status_code == 201, made.content
    answer = made.json()
    assert (answer["state"], answer["host"]) == ("pending", receiver.host)
    assert answer["secret"].startswith("whsec_")
    assert answer["secret"] not in json.dumps(client.get(ENDPOINTS).json())

    verified = client.post(f"{ENDPOINTS}/{answer['id']}/verify", {})
    assert (verified.status_code, verified.json()["state"]) == (200, "active")
    (challenge,) = receiver.heard
    assert Webhook(answer["secret"]).verify(challenge.body, challenge.headers)["type"] == "endpoint.challenge"
    assert client.get(f"{ENDPOINTS}/{answer['id']}").json()["verified_at"]


@pytest.mark.parametrize(
    ("mood", "code"), [("ok", "challenge_not_repeated"), ("500", "challenge_failed"), ("redirect", "challenge_failed")]
)
def test_who_does_not_repeat_the_challenge_stays_unverified(mood, code, client, refused, receiver) -> None:
    identity = client.post(ENDPOINTS, {"url": receiver.url}).json()["id"]
    receiver.mood = mood
    (error,) = refused(client.post(f"{ENDPOINTS}/{identity}/verify", {}), 422, code)
    assert error["fix"]
    assert CallbackEndpoint.objects.get().state == "pending"


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example.com/",
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://[::ffff:7f00:1]/",
        "https://metadata.google.internal/",
        "https://user:pw@shop.example.com/",
        "https://shop.example.com:22/",
        "https://shop.example.com/\r\nX: 1",
        "ftp://shop.example.com/",
        "",
        7,
        None,
    ],
)
def test_an_address_that_news_may_not_go_to_is_refused(url, client, refused) -> None:
    assert {error["pointer"] for error in refused(client.post(ENDPOINTS, {"url": url}), 400)} == {"/url"}
    assert not CallbackEndpoint.objects.exists()


def test_a_name_that_leads_inside_is_met_when_it_is_called(client, refused, key, monkeypatch) -> None:
    async def inside(host: str, port: int) -> list[str]:
        return ["93.184.216.34", "10.0.0.7"]

    monkeypatch.setattr("messaging.callbacks.posting.resolve", inside)
    identity = client.post(ENDPOINTS, {"url": "https://rebound.example.com/"}).json()["id"]
    (error,) = refused(client.post(f"{ENDPOINTS}/{identity}/verify", {}), 422, "challenge_failed")
    assert "private" in error["message"]


def test_a_host_is_registered_once_for_a_key_and_again_for_another(client, refused, shop, stranger) -> None:
    refused(client.post(ENDPOINTS, {"url": "https://shop.example.com/other"}), 409, "endpoint_exists")
    assert callbacks.register(stranger, "https://shop.example.com/").secret != shop.secret


def test_there_is_an_end_to_endpoints(client, refused, key, monkeypatch) -> None:
    monkeypatch.setattr(endpoints, "MOST_ENDPOINTS", 1)
    callbacks.register(key, "https://one.example.com/")
    refused(client.post(ENDPOINTS, {"url": "https://two.example.com/"}), 409, "too_many_endpoints")


def test_a_new_secret_signs_beside_the_old_one_for_a_day(client, shop) -> None:
    old = shop.secret
    answer = client.post(f"{ENDPOINTS}/{shop.pk}/secret", {}).json()
    shop.refresh_from_db()
    now = timezone.now()
    assert shop.signing_secrets(now) == (answer["secret"], old)
    assert shop.signing_secrets(now + endpoints.ROTATION) == (answer["secret"],)
    assert old not in shop.secrets_sealed
    assert unseal(shop.secrets_sealed)["secret"] == answer["secret"]


def test_news_stands_in_the_log_with_its_body(client, owed) -> None:
    (row,) = client.get(CALLBACKS).json()["results"]
    assert (row["event"], row["state"], row["sequence"], row["status"]) == ("cancelled", "waiting", 1, None)
    whole = client.get(f"{CALLBACKS}/{row['id']}").json()
    assert json.loads(whole["body"])["data"]["callback_data"] == "campaign=118"
    assert "body" not in row


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ("state=waiting&event=cancelled", 1),
        ("state=told", 0),
        ("event=read", 0),
        ("endpoint={endpoint}&transaction={transaction}&message={message}", 1),
        ("message={endpoint}", 0),
        ("created_after=2020-01-01T00:00:00Z&created_before=2020-01-02T00:00:00Z", 0),
    ],
)
def test_the_log_is_filtered(filters, count, client, owed) -> None:
    filled = filters.format(
        endpoint=owed.endpoint_id, transaction=owed.transaction_id, message=owed.transaction.message_id
    )
    assert len(client.get(f"{CALLBACKS}?{filled}").json()["results"]) == count


@pytest.mark.parametrize("wrong", ["state=gone", "event=queued", "endpoint=7", "secret=1", "limit=1000", "cursor=x"])
def test_an_odd_filter_is_refused(wrong, client, refused) -> None:
    refused(client.get(f"{CALLBACKS}?{wrong}"), 400)


def test_replayed_news_is_the_same_bytes_under_the_same_id(client, owed) -> None:
    Callback.objects.update(state="exhausted", attempts=10, next_attempt_at=None, outcome="timed_out")
    before = bytes(owed.body)
    answer = client.post(f"{CALLBACKS}/{owed.pk}/replay", {})
    assert (answer.status_code, answer.json()["state"], answer.json()["attempts"]) == (200, "waiting", 0)
    owed.refresh_from_db()
    assert bytes(owed.body) == before


def test_what_is_being_sent_is_not_replayed(client, refused, owed) -> None:
    Callback.objects.update(lease_token=owed.pk, lease_until=timezone.now() + timezone.timedelta(seconds=30))
    refused(client.post(f"{CALLBACKS}/{owed.pk}/replay", {}), 409, "being_sent")


def test_another_keys_news_and_endpoints_are_not_there(client, refused, stranger, owed, shop) -> None:
    CallbackEndpoint.objects.update(api_key=stranger)
    assert client.get(CALLBACKS).json()["results"] == client.get(ENDPOINTS).json()["results"] == []
    refused(client.get(f"{CALLBACKS}/{owed.pk}"), 404)
    refused(client.get(f"{ENDPOINTS}/{shop.pk}"), 404)
    for path in (
        f"{CALLBACKS}/{owed.pk}/replay",
        *(f"{ENDPOINTS}/{shop.pk}/{door}" for door in ("verify", "secret", "switch-off")),
    ):
        refused(client.post(path, {}), 404)


def test_a_key_without_the_scope_is_told_which(client, refused, key) -> None:
    ApiKey.objects.update(scopes=["callbacks:read"])
    assert client.get(ENDPOINTS).status_code == 200
    refused(client.post(ENDPOINTS, {"url": "https://shop.example.com"}), 403, "scope_missing")
    refused(client.get("/api/v1/events"), 403, "scope_missing")


def test_unknown_members_are_refused(client, refused, shop, owed) -> None:
    for path in (f"{CALLBACKS}/{owed.pk}/replay", f"{ENDPOINTS}/{shop.pk}/verify", f"{ENDPOINTS}/{shop.pk}/secret"):
        (error,) = refused(client.post(path, {"state": "told"}), 400)
        assert (error["pointer"], error["code"]) == ("/state", "unknown_field")
