"""A trial call proves what it says, and nothing can come of it."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from messaging.gateway import serving
from messaging.gateway.contract import Account, HttpAnswer, Trial, Verdict
from messaging.gateway.errors import Misconfigured
from messaging.gateway.serving import Call, Rejected, Tenant
from messaging.providers.webex.probe import build_probe, read_probe
from tests.messaging.providers.desks import MadeDesk

NOW = datetime(2026, 11, 3, 15, 20, 7, tzinfo=UTC)
GOOD, BAD, UNKNOWN = Verdict.GOOD, Verdict.BAD, Verdict.UNKNOWN
server = serving.server("webex")
ACCOUNT = Account("a", "webex", "https://api.example.org", {"service_key": "sandbox-service-key"})


def tried(account: Account = ACCOUNT, sender: str = "34343", tenant: Tenant = server.DEMO) -> Trial:
    """What the provider itself makes of the call; it must never take it."""
    request = build_probe(account, sender, now=NOW)
    path = request.url.removeprefix(account.base_url)
    call = Call(request.method, path, dict(request.headers), request.body, "127.0.0.1")
    try:
        server.authenticate(call, tenant, MadeDesk(), now=NOW)
        server.read(call, tenant, MadeDesk(), now=NOW)
    except Rejected as rejected:
        return read_probe(rejected.answer)
    raise AssertionError("the trial call was taken for a message")


def test_a_good_key_and_a_good_sender() -> None:
    trial = tried()
    assert (trial.credentials, trial.sender, trial.code) == (GOOD, GOOD, "7102")


def test_a_sender_that_is_not_known() -> None:
    assert tried(sender="55555") == Trial(GOOD, BAD, "7101", "Invalid sender ID")


def test_without_a_sender_the_credentials_alone_are_tried() -> None:
    trial = tried(sender="")
    assert (trial.credentials, trial.sender, trial.code) == (GOOD, UNKNOWN, "7003")


def test_a_key_that_does_not_hold() -> None:
    trial = tried(replace(ACCOUNT, credentials={"service_key": "another"}))
    assert (trial.credentials, trial.sender, trial.code) == (BAD, UNKNOWN, "http_401")


def test_a_closed_door_proves_nothing() -> None:
    trial = tried(tenant=replace(server.DEMO, sources=("192.0.2.0/24",)))
    assert (trial.credentials, trial.sender, trial.code) == (UNKNOWN, UNKNOWN, "7127")


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500, 503])
def test_an_answer_without_a_word_proves_nothing(status: int) -> None:
    trial = read_probe(HttpAnswer(status, {}, b""))
    assert (trial.credentials, trial.sender) == (UNKNOWN, UNKNOWN)


def test_the_only_number_is_none_of_any_plan() -> None:
    body = json.loads(build_probe(ACCOUNT, "34343", now=NOW).body)
    assert [entry["msisdn"] for entry in body["to"]] == [["+0"]]


def test_without_credentials_there_is_no_call() -> None:
    with pytest.raises(Misconfigured):
        build_probe(replace(ACCOUNT, credentials={}), "34343", now=NOW)
