"""Calls to Sinch as the contract writes them, changed at will, and what the provider makes of them."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from messaging.gateway import serving
from messaging.gateway.contract import HttpAnswer
from messaging.gateway.serving import Call, ReceivedMessage, Rejected, Tenant
from tests.messaging.providers.desks import MadeDesk

PAYLOADS = Path(__file__).parent / "payloads"
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
server = serving.server("sinch")
TENANT = replace(
    server.DEMO,
    credentials={"api_key": ("sandbox-api-key", "YOUR_API_KEY_HERE"), "service_id": ("SVC-4471", "YOUR_CAMPAIGN_ID")},
)
HEADERS = {"content-type": "application/json; charset=utf-8", "x-api-key": "sandbox-api-key"}
Change = Callable[[dict[str, Any]], object]


def payload(name: str) -> Any:
    return json.loads((PAYLOADS / f"{name}.json").read_text())


def post(request: object, *, source: str = "127.0.0.1", method: str = "POST", **headers: str) -> Call:
    body = request if isinstance(request, bytes) else json.dumps(request).encode()
    given = {name: value for name, value in {**HEADERS, **headers}.items() if value}
    return Call(method, "/ep/v2", given, body, source)


def answered(call: Call, tenant: Tenant = TENANT, desk: MadeDesk | None = None) -> ReceivedMessage:
    desk = desk or MadeDesk()
    assert server.route(call) is None
    server.authenticate(call, tenant, desk, now=NOW)
    return server.read(call, tenant, desk, now=NOW)


def read(request: object, tenant: Tenant = TENANT, desk: MadeDesk | None = None) -> ReceivedMessage:
    return answered(post(request), tenant, desk)


def refusal_of(call: Call, tenant: Tenant = TENANT, desk: MadeDesk | None = None) -> dict[str, str]:
    with pytest.raises(Rejected) as caught:
        answered(call, tenant, desk)
    return said(caught.value.answer)


def refused(request: object, tenant: Tenant = TENANT, desk: MadeDesk | None = None) -> dict[str, str]:
    return refusal_of(post(request), tenant, desk)


def said(answer: HttpAnswer | None) -> dict[str, str]:
    assert answer is not None
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("application/json")
    return json.loads(answer.body)


def code(answer: dict[str, str]) -> str:
    assert answer["status"] == "failure"
    assert answer["error-info"]
    assert "tracking-id" not in answer
    return answer["error-code"]


def changed(*changes: Change, name: str = "request-sendmms-image") -> dict[str, Any]:
    request = payload(name)
    for change in changes:
        change(request)
    return request


def setting(path: str, value: object) -> Change:
    """A change that puts `value` at a dotted path, or takes the member away when the value is `...`."""
    *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]

    def change(request: dict[str, Any]) -> None:
        for step in way:
            request = request[step]
        if value is ...:
            del request[last]
        else:
            request[last] = value

    return change


def slides(*members: dict[str, Any]) -> Change:
    return setting("slide", list(members))


def at(kind: str) -> dict[str, str]:
    return {"url": f"https://media.example.org/{kind}"}


TEXT = {"message-text": "x"}
