"""Keys of integrations where the providers' own keys stand: rotated ones, test keys, and those that sent enough."""

import base64
import time
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.utils import timezone

from messaging.models import ApiKey, Message, rotate_key
from messaging.models.senders import ProviderAccount
from tests.messaging.compat import calls
from tests.messaging.compat.conftest import Internet

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _world(internet: Internet, sender) -> None: ...


def headers(provider: str, key: str) -> dict[str, str]:
    basic = base64.b64encode(f"any customer:{key}".encode()).decode()
    return {"webex": {"key": key}, "telesign": {"authorization": f"Basic {basic}"}, "sinch": {"x-api-key": key}}.get(
        provider, {}
    )


def bearer(row: ApiKey, secret: str) -> dict[str, str]:
    claims = {"iss": row.prefix, "iat": int(time.time())}
    return {"authorization": f"Bearer {jwt.encode(claims, base64.b64decode(secret), algorithm='HS256')}"}


def basic(row: ApiKey, secret: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{row.prefix}:{secret}".encode()).decode()}


@pytest.mark.parametrize("provider", calls.GOOD)
def test_the_key_from_before_a_rotation_holds_until_its_time_is_over(provider, post, issued_key) -> None:
    row, old, _secret = issued_key
    new, _new_secret = rotate_key(row, keep=timedelta(hours=1), now=timezone.now())
    for key in (old, new):
        post(provider, calls.body(provider, key), **headers(provider, key))
    assert Message.objects.count() == 2
    ApiKey.objects.update(previous_until=timezone.now())
    post(provider, calls.body(provider, old), **headers(provider, old))
    assert Message.objects.count() == 2
    post(provider, calls.body(provider, new), **headers(provider, new))
    assert Message.objects.count() == 3


@pytest.mark.parametrize(("provider", "proof"), [("webex", bearer), ("telesign", basic)])
def test_so_does_the_secret(provider: str, proof: Any, post, issued_key) -> None:
    row, key, old = issued_key
    _key, new = rotate_key(row, keep=timedelta(hours=1), now=timezone.now())
    for secret in (old, new):
        post(provider, calls.body(provider, key), **proof(row, secret))
    assert Message.objects.count() == 2
    ApiKey.objects.update(previous_until=timezone.now())
    assert post(provider, calls.body(provider, key), **proof(row, old)).status_code == 401
    assert Message.objects.count() == 2


@pytest.mark.parametrize("provider", calls.GOOD)
def test_a_test_key_sends_nothing_over_a_real_account(provider: str, post, service_key: str, settings) -> None:
    settings.ALLOW_PRIVATE_TARGETS = frozenset({"127.0.0.1:8088"})
    ProviderAccount.objects.update(base_url="http://127.0.0.1:8088")
    ApiKey.objects.update(test=True)
    key = service_key.replace("mms_live_", "mms_test_")
    post(provider, calls.body(provider, key), **headers(provider, key))
    assert Message.objects.count() == 1
    ProviderAccount.objects.update(base_url="https://api.example.com")
    answer = post(provider, calls.body(provider, key), **headers(provider, key))
    code = {"webex": b"7101", "telesign": b"3006", "sinch": b"E111", "skycore": b"E111"}[provider]
    assert code in answer.content
    assert Message.objects.count() == 1


@pytest.mark.parametrize(
    ("provider", "code"), [("webex", b"7020"), ("telesign", b"3204"), ("sinch", b"E113"), ("skycore", b"E113")]
)
def test_who_has_sent_to_enough_people_today_is_throttled(provider: str, code: bytes, post, service_key: str) -> None:
    ApiKey.objects.update(recipients_per_day=1)
    post(provider, calls.body(provider, service_key))
    assert code in post(provider, calls.body(provider, service_key)).content
    assert Message.objects.count() == 1
