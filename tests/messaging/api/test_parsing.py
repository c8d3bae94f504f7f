"""Reliability, section 5, rows 1 to 10: what a body must be before anybody reads it."""

import json

import pytest

from messaging.api.parsing import LARGEST_BODY, parse

pytestmark = pytest.mark.django_db


@pytest.fixture
def post(client):
    def send(raw: bytes, content_type: str = "application/json"):
        return client.generic("POST", "/api/v1/messages", raw, content_type=content_type)

    return send


@pytest.mark.parametrize(
    ("raw", "code", "pointer"),
    [
        (b"[" * 200_000, "json_too_deep", ""),
        (b'{"to": [' + b"[]," * 300_000 + b"[]]}", "json_too_many", ""),
        (b'{"to": [[["a\\u0000"]]]}', "text_nul", "/to/0/0/0"),
        (b'{"a":' * 21 + b"1" + b"}" * 21, "json_too_deep", "/a" * 20),
        (b'{"a":' * 30 + b"1" + b"}" * 30, "json_too_deep", "/a" * 20),
        (b'{"substitutions": {"x": "\\ud800"}}', "text_surrogate", "/substitutions/x"),
        (b'{"\\udc00": 1}', "text_surrogate", "/?"),
        (b'{"content": {"subject": "a\\u0000b"}}', "text_nul", "/content/subject"),
        (b'{"a\\u0000": 1}', "text_nul", None),
        (b'{"to": ["+16475550142"], "to": []}', "json_repeated", "/to"),
        (b'{"to": [{"a/b": 1, "a/b": 2}]}', "json_repeated", "/to/0/a~1b"),
        (b'{"validity": NaN}', "json_number", "/validity"),
        (b'{"validity": -Infinity}', "json_number", "/validity"),
        (b'{"validity": 1e400}', "json_number", "/validity"),
        (b'{"validity": ' + b"9" * 5000 + b"}", "json_number", "/validity"),
        (b'\xef\xbb\xbf{"from": "1"}', "json_encoding", ""),
        ('{"from": "1"}'.encode("utf-16"), "json_encoding", ""),
        ('{"from": "1"}'.encode("utf-16-be"), "json_encoding", ""),
        (b'{"from": "\xff"}', "json_encoding", ""),
        (b"null", "json_not_object", ""),
        (b"[]", "json_not_object", ""),
        (b'"text"', "json_not_object", ""),
        (b"12", "json_not_object", ""),
        (b"{", "json_malformed", ""),
        (b" ", "json_malformed", ""),
    ],
)
def test_odd_json_is_refused_with_its_place(post, refused, raw, code, pointer) -> None:
    errors = refused(post(raw), 400, code)
    if pointer is not None:
        assert errors[0]["pointer"] == pointer


def test_an_empty_body_says_what_is_missing(post, refused) -> None:
    assert {error["pointer"] for error in refused(post(b""), 400)} >= {"/from", "/to"}


def test_a_body_over_the_limit_is_413_with_both_figures(post, refused) -> None:
    raw = b'{"from": "' + b"x" * LARGEST_BODY + b'"}'
    (error,) = refused(post(raw), 413, "body_too_large")
    assert (error["limit"], error["actual"]) == (LARGEST_BODY, len(raw))


def test_a_declared_length_over_the_limit_is_refused_unread(client, refused) -> None:
    response = client.generic(
        "POST", "/api/v1/messages", b"{}", content_type="application/json", CONTENT_LENGTH=str(LARGEST_BODY * 3)
    )
    refused(response, 413)


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_other_content_types_are_415(post, refused, content_type) -> None:
    refused(post(b'{"from": "34343"}', content_type), 415)


@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"from": 34343}, "/from"),
        ({"from": True}, "/from"),
        ({"to": "+16475550142"}, "/to"),
        ({"to": [16475550142]}, "/to/0"),
        ({"to": [{"msisdn": 16475550142}]}, "/to/0/msisdn"),
        ({"validity": "3600"}, "/validity"),
        ({"validity": 3600.0}, "/validity"),
        ({"validity": True}, "/validity"),
        ({"validity": "３６００"}, "/validity"),
        ({"callback_data": 7}, "/callback_data"),
        ({"substitutions": {"x": 5}}, "/substitutions/x"),
        ({"substitutions": ["x"]}, "/substitutions"),
        ({"content": "text"}, "/content"),
        ({"content": {"slides": {}}}, "/content/slides"),
        ({"content": {"slides": [{"text": "a", "duration": "5"}]}}, "/content/slides/0/duration"),
        ({"requested_receipts": "READ"}, "/requested_receipts"),
        ({"requested_receipts": [1]}, "/requested_receipts"),
        ({"requested_receipts": [["READ"]]}, "/requested_receipts"),
        ({"purpose": {"a": 1}}, "/purpose"),
        ({"template": 12}, "/template"),
    ],
)
def test_types_are_never_guessed(send, refused, members, pointer) -> None:
    assert pointer in [error["pointer"] for error in refused(send(**members), 400)]


def test_twenty_levels_are_taken() -> None:
    assert parse(b'{"a":' * 20 + b"1" + b"}" * 20)


def test_whole_text_survives_as_it_was_sent() -> None:
    text = 'Ünïcødé 👩‍👩‍👧 \\u0041 "quoted"'
    assert parse(json.dumps({"text": text}).encode()) == {"text": text}
    assert parse(json.dumps({"text": text}, ensure_ascii=False).encode()) == {"text": text}
