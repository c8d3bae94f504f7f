"""Answers: the code in the body decides, whatever the HTTP status; without one, the status does."""

import json
from itertools import product
from typing import Any

import pytest

from messaging.gateway.codes import OutcomeClass, Where
from messaging.gateway.contract import HttpAnswer
from messaging.gateway.errors import BY_CLASS, Misconfigured, NotAccepted, Refused, SendError, Unclear
from messaging.providers.telesign import client
from messaging.providers.telesign.codes import CODES

REF = "7A10C3E25B9F4D0891F6A2B3C4D5E6F7"
STATUSES = [200, 400, 401, 402, 429, 500, 503]
ACCEPTING = [code for (where, code), row in CODES.items() if row.outcome is OutcomeClass.ACCEPTED]
REFUSING = [
    code
    for (where, code), row in CODES.items()
    if where is Where.ANSWER and row.outcome is not OutcomeClass.ACCEPTED and code.lstrip("-").isdigit()
]


def answer(status: int, body: Any = b"", **headers: str) -> HttpAnswer:
    return HttpAnswer(status, headers, body if isinstance(body, bytes) else json.dumps(body).encode())


def refusal(status: int, body: Any = b"", **headers: str) -> SendError:
    with pytest.raises(SendError) as caught:
        client.read(answer(status, body, **headers))
    return caught.value


def said(code: object, **more: Any) -> dict[str, Any]:
    return {"status": {"code": code, "description": "whatever it says"}, **more}


@pytest.mark.parametrize("name", ["seed-response", "response-success-200"])
def test_the_sample_answers_are_acceptance(raw, payload, name: str) -> None:
    accepted = client.read(answer(200, raw(name)))
    assert (accepted.provider_ref, accepted.code, accepted.text) == (
        payload(name)["reference_id"],
        "3001",
        "Message in progress",
    )


@pytest.mark.parametrize("code", ACCEPTING)
def test_a_code_of_acceptance_with_a_reference_is_acceptance(code: str) -> None:
    for status in STATUSES:
        assert client.read(answer(status, said(int(code), reference_id=REF))).provider_ref == REF


@pytest.mark.parametrize("reference", [None, "", "null", {}, True])
def test_acceptance_without_a_reference_is_unclear(reference: object) -> None:
    error = refusal(200, said(3001, reference_id=reference))
    assert (type(error), error.code) == (Unclear, "answer_unreadable")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("error-400-3102", Refused),
        ("error-400-3103", Refused),
        ("error-400-3106", Refused),
        ("error-400-3110", Refused),
        ("error-400-3113", Refused),
        ("error-400-3116", Refused),
        ("error-400-3300", Refused),
        ("error-400-3301", Refused),
        ("error-400-3302", Refused),
        ("error-400-3303", Refused),
        ("error-400-3304", Refused),
        ("error-401-3400", Misconfigured),
        ("error-401-3411", Misconfigured),
        ("error-429-3203", Misconfigured),
        ("error-429-3204", NotAccepted),
        ("error-503-3500", NotAccepted),
        ("status-get-404-expired", Refused),
    ],
)
def test_the_sample_refusals_have_their_class(raw, payload, name: str, kind: type[SendError]) -> None:
    status = next(int(part) for part in name.split("-") if len(part) == 3 and part.isdigit())
    expected = payload(name)["status"]
    error = refusal(status, raw(name))
    assert (type(error), error.code) == (kind, str(expected["code"]))
    assert error.text == expected["description"].strip()


@pytest.mark.parametrize("code", REFUSING)
def test_every_code_has_the_class_of_the_table_under_any_status(code: str) -> None:
    outcome = CODES[Where.ANSWER, code].outcome
    assert outcome is not None
    for status, spelling in product((200, 400, 401, 503), (str, int)):
        error = refusal(status, said(spelling(code), reference_id=REF))
        assert (type(error), error.code) == (BY_CLASS[outcome], code), status


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("3204", NotAccepted),
        ("3205", NotAccepted),
        ("3203", Misconfigured),
        ("3206", Misconfigured),
        ("10002", Unclear),
        ("3041", Unclear),
        ("9999", NotAccepted),
    ],
)
def test_too_many_requests_goes_by_its_code(code: str, kind: type[SendError]) -> None:
    error = refusal(429, said(code), **{"retry-after": "7"})
    assert (type(error), error.code, error.retry_after) == (kind, code, 7.0 if kind is NotAccepted else None)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (302, Misconfigured),
        (401, Misconfigured),
        (402, Misconfigured),
        (403, Misconfigured),
        (404, Misconfigured),
        (405, Misconfigured),
        (413, Refused),
        (418, Unclear),
        (429, NotAccepted),
        (500, Unclear),
        (502, Unclear),
        (503, Unclear),
        (504, Unclear),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html>Bad gateway</html>", b'{"status":"down"}', b'{"status":{"code":null}}'])
def test_a_status_without_a_code_decides_by_itself(status: int, kind: type[SendError], body: bytes) -> None:
    error = refusal(status, body)
    assert (type(error), error.code) == (kind, f"http_{status}")
    assert (Where.ANSWER, f"http_{status}") in CODES or kind is Unclear


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b"null", b"{}", b'{"status":[]}', b'{"status":{"code":true}}', b"\xff\xfe", b"[" * 100_000],
)
@pytest.mark.parametrize("status", [200, 202])
def test_a_2xx_without_a_code_is_unclear(status: int, body: bytes) -> None:
    error = refusal(status, body)
    assert (type(error), error.code) == (Unclear, "answer_unreadable")


def test_a_2xx_with_a_code_nobody_knows_may_have_been_taken() -> None:
    error = refusal(200, said(3999, reference_id=REF))
    assert (type(error), error.code) == (Unclear, "3999")


def test_an_unknown_code_of_a_refusal_is_kept() -> None:
    error = refusal(400, said(3999))
    assert (type(error), error.code, error.text) == (Refused, "3999", "whatever it says")


def test_a_400_that_cannot_be_read_is_unclear() -> None:
    error = refusal(400, b"<html>")
    assert (type(error), error.code) == (Unclear, "answer_unreadable")


@pytest.mark.parametrize(
    ("code", "kind", "told"),
    [
        (3204, NotAccepted, "3204"),
        (-40007, Unclear, "-40007"),
        (10008, Misconfigured, "10008"),
        (-1, Refused, "500"),
    ],
)
def test_the_shape_of_sister_products_is_read_too(code: int, kind: type[SendError], told: str) -> None:
    wrapped = {
        "reference_id": REF,
        "status": {"code": 500, "description": "Transaction not attempted"},
        "errors": [{"code": code, "description": "As it is"}],
    }
    error = refusal(400, wrapped)
    assert (type(error), error.code) == (kind, told)


@pytest.mark.parametrize("errors", [None, {}, [], [None], ["3204"], [{"code": []}]])
def test_an_odd_list_of_errors_changes_nothing(errors: object) -> None:
    assert refusal(400, said(3302, errors=errors)).code == "3302"
    assert refusal(400, said(500, errors=errors)).code == "500"


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
    assert refusal(429, said(3204), **{"retry-after": given, "date": date}).retry_after == seconds


def test_texts_are_cut_and_cleaned_and_tell_no_number() -> None:
    body = {"status": {"code": 3101, "description": "a\x00\ud800 12065550188 " + "b" * 1000}}
    error = refusal(400, body)
    assert len(error.text) <= 300
    error.text.encode()
    assert "\x00" not in error.text
    assert "12065550188" not in error.text
