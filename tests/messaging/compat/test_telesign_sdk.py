"""The vendor's own client, pointed at our door: it sends, asks for the state, and verifies our callbacks."""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from telesign.rest import RestClient
from telesign.util import verify_telesign_callback_signature

from messaging.models import Message
from mmsportal.sandbox.testing import Running
from tests.messaging.api.test_docs_examples import example
from tests.messaging.callbacks.receiver import Receiver
from tests.messaging.compat.conftest import Internet, told
from tests.working import settled, work

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("hosting")]
RESOURCE = "/v1/omnichannel"
Sdk = Callable[..., RestClient]


@pytest.fixture
def sdk(live_server, issued_key) -> Sdk:
    """The client with the key's prefix as customer ID and its base64 secret as API key, or with others."""
    row, _token, secret = issued_key

    def make(customer: str = row.prefix, key: str = secret, *, basic: bool = False) -> RestClient:
        endpoint = f"{live_server.url}/compat/telesign"
        return RestClient(customer, key, rest_endpoint=endpoint, auth_method="Basic" if basic else None, timeout=20)

    return make


@pytest.fixture
def fields(seed, make_account, make_sender, internet: Internet) -> dict[str, Any]:
    """The seed's request, with a reference; a Webex account is there to carry it."""
    make_sender(make_account("webex"))
    request: dict[str, Any] = json.loads(seed("telesign", "seed-request.json"))
    return {**request, "external_id": "order-1881"}


def test_the_sdk_sends_asks_and_verifies(sdk: Sdk, fields, receiver: Receiver, sandbox: Running, issued_key) -> None:
    client = sdk()
    answer = client.post(RESOURCE, json_fields=fields)
    assert (answer.status_code, answer.json["status"]["code"]) == (200, 3001)
    ref = answer.json["reference_id"]

    before = client.get(f"{RESOURCE}/{ref}").json
    assert (before["status"]["code"], before["external_id"]) == (3001, "order-1881")
    work(settled(Message.objects.get().transactions.all()))
    told(receiver, 2)
    after = client.get(f"{RESOURCE}/{ref}").json

    assert (after["status"]["code"], after["status"]["last_channel"], after["reference_id"]) == (3000, "mms", ref)
    assert "price" not in after
    last = receiver.heard[-1]
    assert json.loads(last.body)["status"]["code"] == 3000
    headers = {name.lower(): value for name, value in last.headers.items()}
    signature = headers["x-ts-authorization"]
    assert headers["authorization"] == f"TSA {issued_key[0].prefix}:{signature}"
    assert verify_telesign_callback_signature(issued_key[2], signature, last.body.decode())
    assert not verify_telesign_callback_signature(issued_key[2], signature, last.body.decode() + " ")


def test_the_lines_of_the_documentation_run(live_server, fields, sandbox, issued_key) -> None:
    code = example("python", "import RestClient").replace("http://127.0.0.1:8000", live_server.url)
    code = code.replace("0f3a9c21", issued_key[0].prefix).replace("base64 secret as printed", issued_key[2])
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.count("3001") == 2


@pytest.mark.parametrize("which", ["service key", "secret"])
def test_basic_takes_the_service_key_under_any_customer(which: str, sdk: Sdk, fields, sandbox, issued_key) -> None:
    row, token, secret = issued_key
    client = sdk("ANY-CUSTOMER", token, basic=True) if which == "service key" else sdk(row.prefix, secret, basic=True)
    assert client.post(RESOURCE, json_fields=fields).json["status"]["code"] == 3001


def test_what_does_not_fit_together_is_refused(sdk: Sdk, fields, sandbox, issued_key) -> None:
    row, token, secret = issued_key
    said = [
        client.post(RESOURCE, json_fields=fields).json["status"]["code"]
        for client in (
            sdk(key="YW5vdGhlciBtYWRlLXVwIGtleQ=="),
            sdk("00000000"),
            sdk("ANY-CUSTOMER", secret, basic=True),
            sdk(row.prefix, token[:-1] + ("a" if token[-1] != "a" else "b"), basic=True),
        )
    ]
    assert said == [3400, 3400, 3411, 3411]
    assert not Message.objects.exists()


def test_the_same_signed_request_opens_once(sdk: Sdk, fields, sandbox, issued_key, live_server) -> None:
    row, _token, secret = issued_key
    body = json.dumps(fields)
    headers = RestClient.generate_telesign_headers(
        row.prefix, secret, "POST", RESOURCE, body, content_type="application/json"
    )
    session = sdk().session
    url = f"{live_server.url}/compat/telesign{RESOURCE}"
    codes = [session.post(url, data=body, headers=headers, timeout=20).json()["status"]["code"] for _ in range(2)]
    assert codes == [3001, 3400]
    assert Message.objects.count() == 1


def test_another_keys_reference_is_not_found(sdk: Sdk, fields, sandbox, other_key) -> None:
    ref = sdk().post(RESOURCE, json_fields=fields).json["reference_id"]
    row, _token, secret = other_key
    answer = sdk(row.prefix, secret).get(f"{RESOURCE}/{ref}")
    assert (answer.status_code, answer.json["status"]["code"]) == (404, -10004)
