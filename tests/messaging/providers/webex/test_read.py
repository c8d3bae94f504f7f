"""Answers: only a 2xx with a reference is acceptance; the tables decide the rest."""

import json
from typing import Any

import pytest

from messaging.gateway.codes import Where
from messaging.gateway.contract import HttpAnswer
from messaging.gateway.errors import BY_CLASS, Misconfigured, NotAccepted, Refused, SendError, Unclear
from messaging.providers.webex import client
from messaging.providers.webex.codes import CODES

SEED_CODES = [
    "7000",
    "7003",
    "7004",
    "7127",
    "7016",
    "7020",
    "7101",
    "7102",
    "7104",
    "7107",
    "7108",
    "7126",
    "7009",
    "7022",
]
SEED_STATUSES = [400, 401, 403, 404, 405, 409, 429, 500, 503]


def answer(status: int, body: Any = b"", **headers: str) -> HttpAnswer:
    return HttpAnswer(status, headers, body if isinstance(body, bytes) else json.dumps(body).encode())


def refusal(status: int, body: Any = b"", **headers: str) -> SendError:
    with pytest.raises(SendError) as caught:
        client.read(answer(status, body, **headers))
    return caught.value


@pytest.mark.parametrize("status", [200, 201, 202])
@pytest.mark.parametrize("name", ["messageId", "transid"])
def test_a_reference_under_2xx_is_acceptance(status: int, name: str) -> None:
    accepted = client.read(answer(status, {name: "5b0e7d9c", "status": "queued"}))
    assert (accepted.provider_ref, accepted.text) == ("5b0e7d9c", "queued")


def test_the_sample_answer_is_acceptance(raw) -> None:
    accepted = client.read(answer(201, raw("response-success-201")))
    assert accepted.provider_ref == "5b0e7d9c-3a41-4f6e-9c1d-2f7f0a6be3d1"


@pytest.mark.parametrize("status", [302, 400, 401, 404, 429, 500, 503])
def test_a_reference_under_another_status_is_unclear_unless_a_code_says_no(status: int) -> None:
    error = refusal(status, {"messageId": "5b0e7d9c", "status": "queued"})
    assert (type(error), error.code) == (Unclear, "answer_unreadable")
    assert refusal(status, {"messageId": "5b0e7d9c", "code": "7020"}).code == "7020"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"null",
        b"{}",
        b'{"messageId":""}',
        b'{"messageId":"null"}',
        b'{"messageId":{}}',
        b'{"messageId":true}',
        b"\xff\xfe",
        b"[" * 100000,
        b'{"code":"7003","message":"x"}',
    ],
)
def test_a_2xx_without_a_reference_is_unclear(body: bytes) -> None:
    error = refusal(200, body)
    assert (type(error), error.code) == (Unclear, "answer_unreadable")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("error-400-7000", Refused),
        ("error-400-7003", Refused),
        ("error-400-7004", Refused),
        ("error-400-7009", Refused),
        ("error-400-7020", NotAccepted),
        ("error-400-7022", Refused),
        ("error-400-7101", Misconfigured),
        ("error-400-7102", Refused),
        ("error-400-7107", Refused),
        ("error-400-7126", Refused),
        ("error-400-7127", Misconfigured),
        ("error-429-7020", NotAccepted),
    ],
)
def test_the_sample_refusals_have_their_class(raw, payload, name: str, kind: type[SendError]) -> None:
    _, status, code = name.split("-")
    error = refusal(int(status), raw(name))
    assert (type(error), error.code, error.text) == (kind, code, payload(name)["message"])


@pytest.mark.parametrize("code", SEED_CODES)
@pytest.mark.parametrize("spelling", [str, int])
def test_every_seed_code_under_400_has_the_class_of_the_table(code: str, spelling: type) -> None:
    error = refusal(400, {"code": spelling(code), "message": "whatever it says"})
    row = CODES[Where.ANSWER, code]
    assert row.outcome is not None
    assert (type(error), error.code) == (BY_CLASS[row.outcome], code)


@pytest.mark.parametrize("status", SEED_STATUSES)
def test_every_seed_status_is_in_the_table(status: int) -> None:
    assert (Where.ANSWER, f"http_{status}") in CODES


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (302, Misconfigured),
        (401, Misconfigured),
        (403, Misconfigured),
        (404, Misconfigured),
        (405, Misconfigured),
        (409, Unclear),
        (418, Unclear),
        (429, NotAccepted),
        (500, Unclear),
        (502, Unclear),
        (503, NotAccepted),
        (504, Unclear),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html>Bad gateway</html>", b'{"code":"7102","message":"x"}'])
def test_other_statuses_decide_by_themselves(status: int, kind: type[SendError], body: bytes) -> None:
    error = refusal(status, body)
    assert (type(error), error.code) == (kind, f"http_{status}")


@pytest.mark.parametrize("status", [200, 400, 401, 429, 500, 503])
def test_the_limit_is_throttling_under_any_status(status: int) -> None:
    error = refusal(status, {"code": 7020, "message": "x"}, **{"retry-after": "7"})
    assert (type(error), error.code, error.retry_after) == (NotAccepted, "7020", 7.0)


def test_an_unknown_error_may_have_been_accepted() -> None:
    assert type(refusal(400, {"code": "7016", "message": "Unknown exception"})) is Unclear


def test_an_unknown_code_of_a_refusal_is_kept() -> None:
    error = refusal(400, {"code": 8000, "message": "Something"})
    assert (type(error), error.code, error.text) == (Refused, "8000", "Something")


def test_a_400_that_cannot_be_read_is_unclear() -> None:
    error = refusal(400, b"<html>")
    assert (type(error), error.code) == (Unclear, "answer_unreadable")


@pytest.mark.parametrize(
    ("given", "date", "seconds"),
    [
        ("30", "", 30.0),
        ("Tue, 03 Nov 2026 15:20:37 GMT", "Tue, 03 Nov 2026 15:20:07 GMT", 30.0),
        ("Tue, 03 Nov 2026 15:20:07 GMT", "Tue, 03 Nov 2026 15:20:37 GMT", 0.0),
        ("99999999999999", "", 3600.0),
        ("Tue, 03 Nov 2026 15:20:37 GMT", "", None),
        ("soon", "", None),
        ("-5", "", None),
        ("", "", None),
    ],
)
def test_retry_after_is_read_in_both_spellings(given: str, date: str, seconds: float | None) -> None:
    error = refusal(503, b"", **{"retry-after": given, "date": date})
    assert error.retry_after == seconds


def test_texts_are_cut_and_cleaned() -> None:
    error = refusal(400, {"code": "7003", "message": "a\x00\ud800" + "b" * 1000})
    assert len(error.text) <= 300
    error.text.encode()
    assert "\x00" not in error.text
