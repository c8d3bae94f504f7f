"""A client that calls as an integration, and a body that can be sent."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from messaging import callbacks
from messaging.models import ApiKey, CallbackEndpoint, Message

BODY = {
    "from": "34343",
    "to": ["+16475550142"],
    "content": {"subject": "Hello", "slides": [{"text": "Hello there"}], "fallback": {"text": "Hello by SMS"}},
}


@pytest.fixture
def key(issued_key) -> ApiKey:
    return issued_key[0]


@pytest.fixture
def client(issued_key) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_KEY=issued_key[1])
    return client


@pytest.fixture
def body() -> dict[str, Any]:
    return copy.deepcopy(BODY)


@pytest.fixture
def send(client, sender) -> Callable[..., Any]:
    """POST a body, by default the good one with some members replaced."""

    def post(*, dry_run: bool = False, headers: dict[str, str] | None = None, **members: Any) -> Any:
        body = {**copy.deepcopy(BODY), **members}
        body = {name: value for name, value in body.items() if value is not ...}
        address = "/api/v1/messages" + ("?dry_run=true" if dry_run else "")
        return client.post(address, body, format="json", headers=headers or {})

    return post


@pytest.fixture
def shop(key) -> CallbackEndpoint:
    """A host of this key's that may be told news."""
    end = callbacks.register(key, "https://shop.example.com/news")
    callbacks.vouch(end, now=timezone.now())
    return end


@pytest.fixture
def message(send) -> Message:
    return Message.objects.get(pk=send().json()["id"])


@pytest.fixture
def refused() -> Callable[..., list[dict[str, Any]]]:
    """Check that a response is a problem of this status and whole form; gives its errors."""

    def check(response: Any, status: int, code: str | None = None) -> list[dict[str, Any]]:
        assert response.status_code == status, response.content[:500]
        assert response["Content-Type"] == "application/problem+json"
        problem = response.json()
        assert set(problem) == {"type", "title", "status", "code", "errors"}
        assert problem["status"] == status
        for error in problem["errors"]:
            assert {"pointer", "code", "message", "limit", "actual", "fix"} <= set(error)
            assert error["message"]
        if code:
            assert code in [problem["code"], *[error["code"] for error in problem["errors"]]], problem
        return problem["errors"]

    return check
