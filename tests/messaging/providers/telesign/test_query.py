"""Asking: the same facts as a callback gives, nothing from a provider that has forgotten; and the trial call."""

import json

import pytest

from messaging.gateway import registry
from messaging.gateway.contract import HttpAnswer, Verdict
from messaging.gateway.errors import Misconfigured, NotAccepted, Refused, SendError, Unclear
from messaging.providers.telesign import client, probe, query
from messaging.statuses import Status, Via
from tests.messaging.providers.telesign.made import ACCOUNT, DIGEST, NOW

REF = "7A10C3E25B9F4D0891F6A2B3C4D5E6F7"


def answer(status: int, code: int | None = None, body: bytes = b"") -> HttpAnswer:
    said = json.dumps({"status": {"code": code, "description": "As it is"}}).encode()
    return HttpAnswer(status, {}, body if code is None else said)


def test_the_question_is_asked_between_five_minutes_and_twelve_hours() -> None:
    assert (query.AFTER, query.UNTIL) == (300, 43_200)
    assert registry.provider("telesign").query is query


@pytest.mark.parametrize("account", [ACCOUNT, DIGEST])
def test_it_names_the_providers_reference(account) -> None:
    request = query.build_query(account, REF, now=NOW)
    assert (request.method, request.url) == ("GET", f"https://rest-ww.telesign.com/v1/omnichannel/{REF}")
    assert request.body == b""
    assert "content-type" not in request.headers


def test_an_odd_reference_stays_within_the_path() -> None:
    assert query.build_query(ACCOUNT, "../x?y#z", now=NOW).url.endswith("/v1/omnichannel/..%2Fx%3Fy%23z")


def test_the_sample_answer_gives_what_its_callback_gave(raw) -> None:
    found = query.read_query(HttpAnswer(200, {}, raw("status-get-200")))
    assert found == client.receipts(raw("callback-3000-sms-after-3056"))
    assert (found[0].state, found[0].via) == (Status.DELIVERED, Via.SMS)


def test_a_message_that_is_forgotten_gives_nothing(raw) -> None:
    assert query.read_query(HttpAnswer(404, {}, raw("status-get-404-expired"))) == ()


@pytest.mark.parametrize(
    ("given", "kind", "code"),
    [
        (answer(400, 3311), Refused, "3311"),
        (answer(401, 3400), Misconfigured, "3400"),
        (answer(401, 3206), Misconfigured, "3206"),
        (answer(401, 3411), Misconfigured, "3411"),
        (answer(401, 3412), Misconfigured, "3412"),
        (answer(429, 3204), NotAccepted, "3204"),
        (answer(503, 3041), Unclear, "3041"),
        (answer(200, 3206), Misconfigured, "3206"),
        (answer(404), Misconfigured, "http_404"),
        (answer(500), Unclear, "http_500"),
        (answer(200, body=b"<html>"), Unclear, "answer_unreadable"),
        (answer(200, body=b'{"status":{"code":3000}}'), Unclear, "answer_unreadable"),
    ],
)
def test_a_refused_question_raises_as_a_refused_message_does(
    given: HttpAnswer, kind: type[SendError], code: str
) -> None:
    with pytest.raises(SendError) as caught:
        query.read_query(given)
    assert (type(caught.value), caught.value.code) == (kind, code)


class TestTrial:
    def test_it_only_asks(self) -> None:
        request = probe.build_probe(ACCOUNT, "34343", now=NOW)
        assert (request.method, request.body) == ("GET", b"")
        assert request.url == f"https://rest-ww.telesign.com/v1/omnichannel/{'0' * 32}"
        assert registry.provider("telesign").probe is probe

    @pytest.mark.parametrize(
        ("given", "credentials", "code"),
        [
            (answer(404, -10004), Verdict.GOOD, "-10004"),
            (answer(400, 3311), Verdict.GOOD, "3311"),
            (answer(401, 3400), Verdict.BAD, "3400"),
            (answer(401, 3411), Verdict.BAD, "3411"),
            (answer(401, 3206), Verdict.UNKNOWN, "3206"),
            (answer(401, 3409), Verdict.UNKNOWN, "3409"),
            (answer(401, 3413), Verdict.UNKNOWN, "3413"),
            (answer(401), Verdict.BAD, "http_401"),
            (answer(404), Verdict.UNKNOWN, "http_404"),
            (answer(429, 3204), Verdict.UNKNOWN, "3204"),
            (answer(503, 3500), Verdict.UNKNOWN, "3500"),
            (answer(200), Verdict.UNKNOWN, "answer_unreadable"),
            (answer(200, 3000), Verdict.UNKNOWN, "answer_unreadable"),
        ],
    )
    def test_what_each_answer_proves(self, given: HttpAnswer, credentials: Verdict, code: str) -> None:
        trial = probe.read_probe(given)
        assert (trial.credentials, trial.sender, trial.code) == (credentials, Verdict.UNKNOWN, code)
        assert trial.text.endswith(probe.UNTRIED)
