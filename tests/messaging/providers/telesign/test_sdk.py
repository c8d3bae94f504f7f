"""The vendor's own client, pointed at the sandbox: what it signs is accepted, what was tampered with is refused."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from telesign.rest import RestClient

from messaging.gateway import serving
from mmsportal.sandbox.testing import Running, running

DEMO = serving.server("telesign").DEMO
CUSTOMER, KEY = DEMO.credentials["customer_id"][0], DEMO.credentials["api_key"][0]
RESOURCE = "/v1/omnichannel"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Running]:
    with running(fetch_media=False) as sandbox:
        yield sandbox


class Tampering(RestClient):
    """Changes the body between signing and sending, as somebody on the way would."""

    def _execute(self, method_function: Any, *more: Any, **rest: Any) -> Any:
        def changed(*args: Any, data: str, **sent: Any) -> Any:
            return method_function(*args, data=data.replace("12065550188", "12065550189"), **sent)

        return super()._execute(changed, *more, **rest)


def sdk(sandbox: Running, kind: type[RestClient] = RestClient, *, key: str = KEY, basic: bool = False) -> RestClient:
    return kind(
        CUSTOMER,
        key,
        rest_endpoint=f"{sandbox.base_url}/telesign",
        auth_method="Basic" if basic else None,
        timeout=10,
    )


@pytest.fixture
def fields(payload) -> dict[str, Any]:
    request: dict[str, Any] = payload("request-image")
    return request


@pytest.mark.parametrize("basic", [False, True])
def test_the_sdk_is_accepted_signature_and_body(sandbox: Running, fields: dict[str, Any], basic: bool) -> None:
    fields["external_id"] = f"sdk-{basic}"
    answer = sdk(sandbox, basic=basic).post(RESOURCE, json_fields=fields)
    assert (answer.status_code, answer.json["status"]["code"]) == (200, 3001)
    assert answer.json["external_id"] == fields["external_id"]
    [entry] = sandbox.ledger(client_ref=fields["external_id"], kind="accepted")
    assert (entry["recipient"], entry["body"]) == ("12065550188", fields)
    assert entry["provider_ref"] == answer.json["reference_id"]


def test_what_was_sent_can_be_asked_for(sandbox: Running, fields: dict[str, Any]) -> None:
    client = sdk(sandbox)
    reference = client.post(RESOURCE, json_fields=fields).json["reference_id"]
    answer = client.get(f"{RESOURCE}/{reference}")
    assert (answer.status_code, answer.json["reference_id"]) == (200, reference)
    unknown = client.get(f"{RESOURCE}/{'0' * 32}")
    assert (unknown.status_code, unknown.json["status"]["code"]) == (404, -10004)


def test_a_tampered_body_is_refused(sandbox: Running, fields: dict[str, Any]) -> None:
    fields["external_id"] = "sdk-tampered"
    answer = sdk(sandbox, Tampering).post(RESOURCE, json_fields=fields)
    assert (answer.status_code, answer.json["status"]["code"]) == (401, 3400)
    assert not sandbox.ledger(client_ref="sdk-tampered", kind="accepted")


def test_another_key_is_refused(sandbox: Running, fields: dict[str, Any]) -> None:
    fields["external_id"] = "sdk-key"
    answer = sdk(sandbox, key="YW5vdGhlciBtYWRlLXVwIGtleQ==").post(RESOURCE, json_fields=fields)
    assert answer.status_code == 401
    assert not sandbox.ledger(client_ref="sdk-key", kind="accepted")


def test_a_body_that_the_sdk_leaves_out_of_its_signature_is_refused(sandbox: Running, fields: dict[str, Any]) -> None:
    """telesign.md, section 15: given as `body`, the JSON is sent but not signed."""
    answer = sdk(sandbox).post(RESOURCE, body=fields)
    assert (answer.status_code, answer.json["status"]["code"]) == (401, 3400)


def test_the_same_signed_request_opens_once(sandbox: Running, fields: dict[str, Any]) -> None:
    client, body = sdk(sandbox), json.dumps(fields)
    headers = RestClient.generate_telesign_headers(
        CUSTOMER, KEY, "POST", RESOURCE, body, content_type="application/json"
    )
    url = f"{sandbox.base_url}/telesign{RESOURCE}"
    codes = [
        client.session.post(url, data=body, headers=headers, timeout=10).json()["status"]["code"] for _ in range(2)
    ]
    assert codes == [3001, 3400]
