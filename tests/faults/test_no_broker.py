"""A dead broker and no worker: the API still accepts, and a pump by hand still sends."""

import json
import re
import urllib.request

import pytest

from tests.faults.world import World, world

ACCOUNT = """
from messaging.models import ProviderAccount, Sender
account = ProviderAccount(name="Sandbox", provider="webex", base_url="http://127.0.0.1:{port}/webex")
account.credentials = {{"service_key": "sandbox-service-key"}}
account.save()
Sender.objects.create(address="34343", kind="short_code", account=account)
"""
MESSAGE = {
    "from": "34343",
    "to": ["+14165550100"],
    "content": {"subject": "Hello", "slides": [{"text": "Hello"}], "fallback": {"text": "Hello"}},
}


def call(place: World, path: str, key: str, body: object = None) -> tuple[int, dict]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{place.web_port}/api/v1/{path}",
        json.dumps(body).encode() if body else None,
        {"key": key, "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.status, json.load(answer)


@pytest.mark.faults
def test_the_api_accepts_and_the_pump_sends_without_broker_and_worker():
    with world("sqlite") as place:
        place.start_sandbox()
        place.start_web()
        assert place.manage("shell", "-c", ACCOUNT.format(port=place.sandbox_port)) == 0
        assert place.manage("create_api_key", "Test", "--scopes", "messages:send", "messages:read") == 0
        found = re.search(r"mms_live_[\w-]+", (place.directory / "commands.log").read_text())
        assert found, "the key is printed"

        status, answer = call(place, "messages", found[0], MESSAGE)
        assert status == 201
        transaction = answer["transactions"][0]["id"]
        assert call(place, f"transactions/{transaction}", found[0])[1]["status"] == "queued"

        for _turn in range(10):
            assert place.manage("pump", "--once") == 0
            if call(place, f"transactions/{transaction}", found[0])[1]["status"] == "delivered":
                break

        assert call(place, f"transactions/{transaction}", found[0])[1]["status"] == "delivered"
        assert len(place.accepted("webex")) == 1
