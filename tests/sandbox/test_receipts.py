"""Receipts are posted on the provider's schedule (webex.md, section 8)."""

import hmac
import time
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any

import httpx
import pytest

from messaging.gateway import serving
from mmsportal.sandbox.testing import Running, running
from tests.sandbox.conftest import KEY, Receiver, until

Order = Callable[..., dict[str, Any]]
SPEED = 200
APART = 60 / SPEED


@pytest.fixture
def sandbox():
    with running(speed=SPEED) as box:
        yield box


def tries(sandbox: Running, *, closed: bool = True) -> list[dict[str, Any]]:
    entries = sandbox.ledger(kind="receipt")
    done = entries and (entries[-1]["last"] or entries[-1]["outcome"] in ("taken", "refused"))
    return entries if done or not closed else []


def test_what_is_not_taken_is_tried_three_more_times_a_minute_apart(
    send, order: Order, receiver: Receiver, sandbox
) -> None:
    receiver.statuses = [500, 503, 429, 401, 200]
    send(order("03"))
    entries = until(lambda: tries(sandbox))
    assert [entry["status"] for entry in entries] == [500, 503, 429, 401]
    assert [entry["attempt"] for entry in entries] == [1, 2, 3, 4]
    gaps = [later - earlier for earlier, later in zip(receiver.times, receiver.times[1:], strict=False)]
    assert all(gap >= APART for gap in gaps)
    assert len(set(receiver.bodies)) == 1


def test_a_later_try_that_is_taken_ends_the_tries(send, order: Order, receiver: Receiver, sandbox) -> None:
    receiver.statuses = [503, 200]
    send(order("03"))
    entries = until(lambda: tries(sandbox))
    assert [entry["outcome"] for entry in entries] == ["not taken", "taken"]


@pytest.mark.parametrize("status", [202, 204, 226, 301, 302, 400, 404, 410, 415, 418, 505])
def test_a_hopeless_status_ends_the_tries(status: int, send, order: Order, receiver: Receiver, sandbox) -> None:
    receiver.statuses = [status]
    send(order("03"))
    until(lambda: tries(sandbox))
    time.sleep(APART * 1.5)
    assert [entry["outcome"] for entry in sandbox.ledger(kind="receipt")] == ["refused"]


def test_201_is_no_200_and_is_tried_again(send, order: Order, receiver: Receiver, sandbox) -> None:
    receiver.statuses = [201]
    send(order("03"))
    assert [entry["status"] for entry in until(lambda: tries(sandbox))] == [201, 200]


def test_an_answer_that_takes_too_long_is_tried_again(order: Order, receiver: Receiver) -> None:
    receiver.pause = 0.6
    with running(speed=SPEED, receipt_timeout=0.3) as box:
        url = f"{box.base_url}/webex/v2/messages"
        httpx.post(url, json=order("03"), headers=KEY, trust_env=False)
        entries = until(lambda: tries(box))
    assert [entry["outcome"] for entry in entries] == ["TimeoutError"] * 4


def test_nobody_listening_is_tried_again(send, order: Order, sandbox) -> None:
    send(order("03", notifyUrl="http://127.0.0.1:9/hook"))
    entries = until(lambda: tries(sandbox))
    assert len(entries) == 4
    assert {entry["status"] for entry in entries} == {None}


def test_a_try_that_waits_does_not_hold_back_the_next_receipt(send, order: Order, receiver: Receiver, sandbox) -> None:
    receiver.statuses = [503]
    send(order("00"))
    until(lambda: len(receiver.bodies) == 3)
    assert receiver.codes() == ["7501", "7500", "7501"]


def test_the_rules_are_ten_seconds_and_three_times_a_minute() -> None:
    rules = serving.server("webex").POSTING
    assert (rules.timeout, rules.retries, rules.good) == (10, (60, 60, 60), {200})
    assert not rules.hopeless & {401, 403, 429, 500, 502, 503, 504}


def test_without_an_address_the_tenants_webhook_gets_them_signed(order: Order, receiver: Receiver) -> None:
    tenant = replace(serving.server("webex").DEMO, webhook_url=receiver.url, webhook_key="made-up-hub-secret")
    with running(speed=SPEED, tenants={"webex": tenant}) as box:
        url = f"{box.base_url}/webex/v2/messages"
        assert httpx.post(url, json=order("03", notifyUrl=""), headers=KEY, trust_env=False).status_code == 201
        until(lambda: receiver.bodies)
    expected = hmac.new(b"made-up-hub-secret", receiver.bodies[0], sha256).hexdigest()
    assert receiver.headers[0]["x-hub-signature"] == f"sha256={expected}"


def test_an_address_outside_this_machine_is_noted_and_not_called(send, order: Order, sandbox) -> None:
    send(order("03", notifyUrl="https://mms.example.org/hook"))
    [entry] = until(lambda: sandbox.ledger(kind="receipt"))
    assert entry["outcome"] == "not posted: outside this machine"
