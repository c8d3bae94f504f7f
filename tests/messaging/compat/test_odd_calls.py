"""Calls that hold what their format has no word for, or come from where their key may not be used."""

import json

import pytest

from messaging.models import ApiKey, Message
from tests.messaging.compat import calls
from tests.messaging.compat.calls import put
from tests.messaging.compat.conftest import Internet

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _world(internet: Internet, sender) -> None: ...


@pytest.mark.parametrize(
    ("provider", "member", "value"),
    [
        ("telesign", "validity", "1 day"),
        ("telesign", "expireAt", "soon"),
        ("sinch", "validity", "1 day"),
        ("sinch", "expireAt", "soon"),
        ("sinch", "message_type", []),
        ("skycore", "validity", "1 day"),
        ("webex", "message_type", {"a": 1}),
        ("webex", "mms-expiry-timestamp", "soon"),
    ],
)
def test_a_member_of_another_format_means_nothing(provider, member, value, post, service_key: str) -> None:
    assert post(provider, calls.body(provider, service_key, put(value, member))).status_code in (200, 201)
    message = Message.objects.get()
    assert (message.expire_at, message.purpose) == (None, "marketing")


@pytest.mark.parametrize(("provider", "code"), [("webex", b"7004"), ("telesign", b"3108"), ("sinch", b"E229")])
def test_a_number_without_end_is_refused(provider: str, code: bytes, post, service_key: str) -> None:
    body = calls.body(provider, service_key, put({"a": [1.5, "END"]}, "options")).replace(b'"END"', b"1e999")
    assert code in post(provider, body).content
    assert post(provider, body.replace(b"1e999", b"1e99")).status_code in (200, 201)


@pytest.mark.parametrize("odd", ["\x00", "\ud83d"])
def test_a_reference_that_can_be_none_is_not_found(odd: str, post) -> None:
    call = {**calls.SINCH, "action": "sendsavedmms", "mms-id": f"1{odd}"}
    assert b"E241" in post("sinch", json.dumps(call).encode()).content


def test_nor_is_one_in_an_address(ask) -> None:
    assert ask("webex", "%00").status_code == 404


@pytest.mark.parametrize(("provider", "code"), [("webex", b"7127"), ("telesign", b"3409")])
def test_a_state_is_told_to_the_keys_own_networks_only(provider: str, code: bytes, post, ask, service_key: str) -> None:
    said = post(provider, calls.body(provider, service_key)).json()
    ref = said.get("messageId") or said["reference_id"]
    ApiKey.objects.update(source_cidrs=["203.0.113.0/24"])
    assert code in ask(provider, ref).content
    ApiKey.objects.update(source_cidrs=["127.0.0.0/8"])
    assert ask(provider, ref).status_code == 200


@pytest.mark.parametrize("provider", ["webex", "telesign"])
def test_asking_for_a_state_counts_as_a_call(provider: str, post, ask, service_key: str) -> None:
    said = post(provider, calls.body(provider, service_key)).json()
    ref = said.get("messageId") or said["reference_id"]
    ApiKey.objects.update(calls_per_second=1)
    assert {ask(provider, ref).status_code for _time in range(20)} == {200, 429}
