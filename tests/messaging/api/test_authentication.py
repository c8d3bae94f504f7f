"""Reliability, section 5, rows 18 to 25, and section 6 (authentication and authorisation)."""

import base64
import json
import time
from datetime import timedelta

import jwt
import pytest
from django.conf import settings
from django.utils import timezone
from rest_framework.test import APIClient

from messaging.models import ApiKey, issue_key

pytestmark = pytest.mark.django_db
LIST = "/api/v1/messages"


@pytest.fixture
def anyone() -> APIClient:
    return APIClient()


@pytest.fixture
def token(issued_key):
    key, _whole, secret = issued_key

    def sign(*, signing=None, algorithm="HS256", headers=None, **claims) -> str:
        claims = {"iss": key.prefix, "iat": int(time.time()), **claims}
        claims = {name: value for name, value in claims.items() if value is not ...}
        return jwt.encode(claims, signing or base64.b64decode(secret), algorithm=algorithm, headers=headers)

    return sign


def unsigned(header: dict, claims: dict) -> str:
    def part(members: dict) -> str:
        return base64.urlsafe_b64encode(json.dumps(members).encode()).rstrip(b"=").decode()

    return f"{part(header)}.{part(claims)}."


def test_nobody_is_told_how_to_come_in(anyone, refused) -> None:
    response = anyone.get(LIST)
    refused(response, 401, "not_authenticated")
    assert "Bearer" in response["WWW-Authenticate"]


def test_a_key_opens(client) -> None:
    assert client.get(LIST).status_code == 200


def test_a_token_opens(anyone, token) -> None:
    assert anyone.get(LIST, headers={"Authorization": f"Bearer {token()}"}).status_code == 200
    assert (
        anyone.get(LIST, headers={"Authorization": f"bearer {token(iat=int(time.time()) - 80_000)}"}).status_code == 200
    )


def test_a_session_of_the_staff_does_not_open(anyone, composer, refused) -> None:
    anyone.force_login(composer)
    refused(anyone.get(LIST), 401)


@pytest.mark.parametrize("change", ["", "x", "mms_live_", "mms_live_zzzzzzzz_" + "a" * 43, "é" * 40])
def test_other_keys_do_not_open(anyone, refused, change) -> None:
    refused(anyone.get(LIST, headers={"key": change}), 401)


def test_the_secret_part_counts(anyone, issued_key, refused) -> None:
    whole = issued_key[1]
    refused(anyone.get(LIST, headers={"key": whole[:-1] + ("a" if whole[-1] != "a" else "b")}), 401)


@pytest.mark.parametrize("name", ["key", "api_key", "access_token", "anything"])
def test_a_key_in_the_address_is_refused_even_beside_a_good_one(client, issued_key, refused, name) -> None:
    (error,) = refused(client.get(LIST, {name: issued_key[1]}), 401)
    assert "header" in error["message"]


BAD_CLAIMS = [
    {"iat": ...},
    {"iat": "now"},
    {"iat": True},
    {"iat": float("inf")},
    {"iat": int(time.time()) - 25 * 3600},
    {"iat": int(time.time()) + 3600},
    {"exp": int(time.time()) - 1},
    {"exp": float("inf")},
    {"exp": "soon"},
    {"nbf": int(time.time()) + 3600},
    {"iss": ...},
    {"iss": "00000000"},
    {"iss": "\x00" * 8},
    {"aud": "https://elsewhere.example.com"},
    {"headers": {"typ": "at+jwt"}},
    {"headers": {"kid": "another"}},
    {"headers": {"jku": "https://keys.example.com/"}},
    {"headers": {"jwk": {"kty": "oct", "k": "AAAA"}}},
    {"algorithm": "HS512"},
    {"signing": b"0" * 32},
]


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
@pytest.mark.parametrize("change", BAD_CLAIMS)
def test_bad_tokens_are_refused_all_alike(anyone, token, refused, change) -> None:
    errors = refused(anyone.get(LIST, headers={"Authorization": f"Bearer {token(**change)}"}), 401)
    assert [error["message"] for error in errors] == ["The key or token is not valid."]


def test_unsigned_and_outsized_tokens_are_refused(anyone, key, refused) -> None:
    claims = {"iss": key.prefix, "iat": int(time.time())}
    for text in (
        unsigned({"alg": "none"}, claims),
        unsigned({"alg": "HS256"}, claims),
        "",
        "a.b.c",
        "x" * 1_000_000,
        unsigned({"alg": "HS256"}, {"iss": [[[]]]}),
        base64.urlsafe_b64encode(b'{"alg":"HS256"}').decode() + "." + "W1tb" * 900 + ".x",
    ):
        refused(anyone.get(LIST, headers={"Authorization": f"Bearer {text}"}), 401)


def test_our_own_address_is_a_good_audience(anyone, token) -> None:
    headers = {"Authorization": f"Bearer {token(aud=settings.PUBLIC_BASE_URL)}"}
    assert anyone.get(LIST, headers=headers).status_code == 200


def test_a_bad_token_is_final_beside_a_good_key(client, refused) -> None:
    refused(client.get(LIST, headers={"Authorization": "Bearer nonsense"}), 401)


def test_the_token_decides_whose_messages_are_seen(client, token, message) -> None:
    _other, whole, _secret = issue_key(name="Other", scopes=["messages:read"])
    beside = APIClient().get(LIST, headers={"key": whole, "Authorization": f"Bearer {token()}"})
    assert [row["id"] for row in beside.json()["results"]] == [str(message.pk)]


@pytest.mark.parametrize(
    "change",
    [
        {"revoked_at": timezone.now()},
        {"expires_at": timezone.now() - timedelta(seconds=1)},
        {"source_cidrs": ["203.0.113.0/24"]},
        {"source_cidrs": ["not a network"]},
    ],
)
def test_withdrawn_keys_and_other_places_are_refused(client, anyone, key, token, refused, change) -> None:
    ApiKey.objects.filter(pk=key.pk).update(**change)
    refused(client.get(LIST), 401)
    refused(anyone.get(LIST, headers={"Authorization": f"Bearer {token()}"}), 401)
    refused(client.get(LIST, headers={"X-Forwarded-For": "203.0.113.7"}), 401)


def test_the_right_place_is_let_in(client, key) -> None:
    ApiKey.objects.filter(pk=key.pk).update(source_cidrs=["203.0.113.0/24", "127.0.0.1/32"])
    assert client.get(LIST).status_code == 200


def test_last_use_is_noted_once_a_minute(client, key, django_assert_num_queries) -> None:
    client.get(LIST)
    first = ApiKey.objects.get(pk=key.pk).last_used_at
    assert first is not None
    with django_assert_num_queries(2):  # the key, the page: nothing written, no counts asked for an empty page
        client.get(LIST)
    ApiKey.objects.filter(pk=key.pk).update(last_used_at=first - timedelta(minutes=2))
    client.get(LIST)
    assert ApiKey.objects.get(pk=key.pk).last_used_at > first - timedelta(minutes=1)


@pytest.mark.parametrize(
    ("method", "address", "scope"),
    [
        ("get", "/api/v1/messages", "messages:read"),
        ("post", "/api/v1/messages", "messages:send"),
        ("get", "/api/v1/transactions", "messages:read"),
        ("get", "/api/v1/senders", "senders:read"),
        ("get", "/api/v1/templates", "templates:read"),
        ("get", "/api/v1/codes", "messages:read"),
    ],
)
def test_each_door_asks_for_its_scope(anyone, refused, method, address, scope) -> None:
    others = ["messages:send", "messages:read", "senders:read", "templates:read", "media:read", "media:write"]
    others.remove(scope)
    _key, whole, _secret = issue_key(name="Narrow", scopes=others)
    (error,) = refused(getattr(anyone, method)(address, headers={"key": whole}, format="json"), 403, "scope_missing")
    assert scope in error["message"]


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "OPTIONS"])
def test_other_methods_are_405(client, refused, method) -> None:
    response = client.generic(method, LIST, headers={"X-HTTP-Method-Override": "GET"})
    refused(response, 405)
    assert response["Allow"] == "GET, HEAD, POST"


def test_head_where_only_post_is_known_is_405(client, message, refused) -> None:
    assert client.head(f"{LIST}/{message.pk}/cancel").status_code == 405


def test_a_foreign_host_name_is_refused(client, refused) -> None:
    refused(client.get(LIST, headers={"Host": "evil.example.com"}), 400)


def test_other_formats_are_406(client, refused) -> None:
    refused(client.get(LIST, headers={"Accept": "application/xml"}), 406)
