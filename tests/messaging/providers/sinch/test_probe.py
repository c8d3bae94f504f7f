"""A trial call proves what it says, and nothing can come of it."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from messaging.gateway import serving
from messaging.gateway.contract import Account, HttpAnswer, Trial, Verdict
from messaging.gateway.errors import Misconfigured
from messaging.gateway.serving import Call, Rejected, Tenant
from messaging.providers.sinch.probe import build_probe, read_probe
from tests.messaging.providers.desks import MadeDesk

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
GOOD, BAD, UNKNOWN = Verdict.GOOD, Verdict.BAD, Verdict.UNKNOWN
server = serving.server("sinch")
KEY = {"api_key": "sandbox-api-key", "service_id": "SVC-SANDBOX"}
ACCOUNT = Account("a", "sinch", "https://api.example.org/ep/v2", KEY)


def tried(
    account: Account = ACCOUNT, sender: str = "34343", tenant: Tenant = server.DEMO, *, room: bool = True
) -> Trial:
    """What the provider itself makes of the call; it must never take it."""
    request = build_probe(account, sender, now=NOW)
    call = Call(request.method, "/ep/v2", dict(request.headers), request.body, "127.0.0.1")
    desk = MadeDesk(room=room)
    try:
        server.route(call)
        server.authenticate(call, tenant, desk, now=NOW)
        server.read(call, tenant, desk, now=NOW)
    except Rejected as rejected:
        return read_probe(rejected.answer)
    raise AssertionError("the trial call was taken for a message")


ALREADY = replace(server.DEMO, sources=("192.0.2.0/24",))


@pytest.mark.parametrize(
    ("account", "sender", "tenant", "room", "verdict"),
    [
        (ACCOUNT, "34343", server.DEMO, True, (GOOD, GOOD, "E312")),
        (ACCOUNT, "+18445550117", server.DEMO, True, (GOOD, GOOD, "E312")),
        (ACCOUNT, "55555", server.DEMO, True, (GOOD, BAD, "E111")),
        (ACCOUNT, "", server.DEMO, True, (GOOD, BAD, "E111")),
        (
            replace(ACCOUNT, credentials=KEY | {"api_key": "another"}),
            "34343",
            server.DEMO,
            True,
            (BAD, UNKNOWN, "E104"),
        ),
        (replace(ACCOUNT, credentials=KEY | {"service_id": "X"}), "34343", server.DEMO, True, (BAD, UNKNOWN, "E627")),
        (ACCOUNT, "34343", ALREADY, True, (BAD, UNKNOWN, "E112")),
        (ACCOUNT, "34343", replace(server.DEMO, options={"api_blocked": True}), True, (BAD, UNKNOWN, "E103")),
        (ACCOUNT, "34343", replace(server.DEMO, options={"api_access": False}), True, (BAD, UNKNOWN, "E105")),
        (ACCOUNT, "34343", server.DEMO, False, (GOOD, UNKNOWN, "E113")),
    ],
)
def test_what_the_provider_makes_of_it(
    account: Account, sender: str, tenant: Tenant, room: bool, verdict: tuple[Verdict, Verdict, str]
) -> None:
    trial = tried(account, sender, tenant, room=room)
    assert (trial.credentials, trial.sender, trial.code) == verdict
    assert trial.text


@pytest.mark.parametrize(
    ("code", "credentials", "sender"),
    [
        *((code, BAD, UNKNOWN) for code in ("E103", "E104", "E105", "E107", "E109", "E112", "E627", "E713")),
        *((code, GOOD, UNKNOWN) for code in ("E106", "E110", "E113", "E114", "E120")),
        *((code, GOOD, GOOD) for code in ("E312", "E314", "E622")),
        *((code, UNKNOWN, UNKNOWN) for code in ("E100", "E108", "E503", "E999", "E777")),
        ("E111", GOOD, BAD),
    ],
)
def test_how_far_each_code_tells(code: str, credentials: Verdict, sender: Verdict) -> None:
    body = json.dumps({"status": "failure", "error-code": code, "error-info": "words"}).encode()
    assert read_probe(HttpAnswer(200, {}, body)) == Trial(credentials, sender, code, "words")


@pytest.mark.parametrize(
    ("status", "body", "credentials"),
    [
        (401, b"", BAD),
        (403, b"", BAD),
        (404, b"", BAD),
        (200, b"<html>", UNKNOWN),
        (500, b"", UNKNOWN),
        (429, b"", UNKNOWN),
    ],
)
def test_answers_that_are_none_of_sinchs(status: int, body: bytes, credentials: Verdict) -> None:
    trial = read_probe(HttpAnswer(status, {}, body))
    assert (trial.credentials, trial.sender) == (credentials, UNKNOWN)


def test_there_is_nothing_to_send_and_nobody_to_send_it_to() -> None:
    request = json.loads(build_probe(ACCOUNT, "34343", now=NOW).body)
    assert request["slide"] == []
    assert request["disable-fallback-sms"] is True
    assert "fallback-sms-text" not in request
    assert "mms-id" not in request
    assert request["to"] == "12065550100"


def test_a_key_that_cannot_be_used_is_told_before_any_call() -> None:
    with pytest.raises(Misconfigured):
        build_probe(replace(ACCOUNT, credentials={}), "34343", now=NOW)
