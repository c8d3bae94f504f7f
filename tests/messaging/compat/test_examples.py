"""Every good request of the contracts' examples is taken, with the senders and files that it names."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from messaging import callbacks
from messaging.models import ApiKey, Message, ProviderAccount
from tests.messaging.compat.conftest import PAYLOADS, Internet, xml

pytestmark = pytest.mark.django_db
FILES = sorted(
    path
    for provider in ("webex", "telesign", "sinch", "skycore")
    for path in (PAYLOADS / provider / "payloads").glob("request*")
    if path.suffix in {".json", ".xml", ".txt"}
)
KEY = re.compile(rb"0f1e2d3c4b5a69788796a5b4c3d2e1f0")
MOMENT = re.compile(rb"2026-[0-9]{2}-[0-9]{2}T[0-9:]+Z")
STORED = {
    "sinch": ("request-savemms.json", rb'("mms-id": ")[0-9]+'),
    "skycore": ("request-savemms.xml", rb"(MMSID>|mmsid=)[0-9]+"),
}


@pytest.fixture(autouse=True)
def _world(internet: Internet, sender, make_sender, key: ApiKey) -> None:
    """Accounts at two providers have the senders of the examples; Sinch carries what shares a slide."""
    callbacks.vouch(callbacks.register(key, "https://mms.example.org/"), now=timezone.now())
    accounts = [
        sender.account,
        ProviderAccount.objects.create(name="Sinch", provider="sinch", base_url="http://x.test"),
    ]
    for account in accounts:
        for address, kind in {"70707": "short_code", "72404": "short_code", "+18445550117": "toll_free"}.items():
            make_sender(account, address, kind=kind)


@pytest.fixture
def send(post, client: Client, service_key: str) -> Any:
    """Post an example as it stands, but for the key and moments that have passed; gives the answer."""

    def go(provider: str, body: bytes) -> Any:
        soon = (timezone.now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
        body = MOMENT.sub(soon.encode(), KEY.sub(service_key.encode(), body)).strip()
        if body.startswith(b"https://"):
            return client.get(f"/compat/{provider}/{body.decode().partition('.com/')[2]}")
        return post(provider, body)

    return go


def is_success(provider: str, answer: Any) -> bool:
    if provider == "skycore":
        return xml(answer.content)["STATUS"] == "Success"
    said = answer.json()["status"]
    good = {"webex": (201, "queued"), "telesign": (200, 3001), "sinch": (200, "success")}[provider]
    return (answer.status_code, said["code"] if isinstance(said, dict) else said) == good


@pytest.mark.parametrize("path", FILES, ids=[f"{path.parts[-3]}-{path.name}" for path in FILES])
def test_an_example_is_taken(path: Any, send) -> None:
    provider, body = path.parts[-3], path.read_bytes()
    if "saved" in path.name:
        saving, place = STORED[provider]
        stored = send(provider, (path.parent / saving).read_bytes())
        ref = stored.json()["mms-id"] if provider == "sinch" else xml(stored.content)["MMSID"]
        body = re.sub(place, rb"\g<1>" + ref.encode(), body)
    answer = send(provider, body)
    assert is_success(provider, answer), answer.content
    assert Message.objects.count() == (0 if "save" in path.name and "saved" not in path.name else 1)
