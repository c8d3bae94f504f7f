"""Answers: STATUS decides, under whatever HTTP status a refusal comes; the table gives its class."""

from pathlib import Path

import pytest

from messaging.gateway.codes import OutcomeClass, Where
from messaging.gateway.contract import HttpAnswer
from messaging.gateway.errors import BY_CLASS, Blocked, Misconfigured, NotAccepted, Refused, SendError, Unclear
from messaging.providers.skycore import client
from messaging.providers.skycore.codes import CODES

FOLDER = Path(__file__).parent / "payloads"
ACCEPTED = b"<RESPONSE><STATUS>Success</STATUS><TRACKINGID>MMS_1</TRACKINGID></RESPONSE>"


def answer(body: bytes = b"", status: int = 200, **headers: str) -> HttpAnswer:
    return HttpAnswer(status, headers, body)


def refusal(body: bytes = b"", status: int = 200, **headers: str) -> SendError:
    with pytest.raises(SendError) as caught:
        client.read(answer(body, status, **headers))
    return caught.value


def failure(code: str, text: str = "Whatever it says") -> bytes:
    told = f"<RESPONSE><STATUS>Failure</STATUS><ERRORCODE>{code}</ERRORCODE><ERRORINFO>{text}</ERRORINFO></RESPONSE>"
    return told.encode()


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("seed-response-success", "MMS_12345"),
        ("response-success-sendmms", "MMS_88120445"),
        ("response-success-sendsavedmms", "TU1TXzg4MTIwNDQ2"),
    ],
)
def test_the_sample_successes_are_acceptance(raw, name: str, reference: str) -> None:
    accepted = client.read(answer(raw(name)))
    assert (accepted.provider_ref, accepted.text) == (reference, "MMS request accepted and queued for delivery")


REFUSALS = [
    ("seed-response-failure", Misconfigured, "E111", "Invalid shortcode"),
    ("response-failure-e100-invalid-request", Refused, "E100", "Invalid request"),
    ("response-failure-e104-auth", Misconfigured, "E104", "Authentication failed"),
    ("response-failure-e108-parse", Refused, "E108", "XML parse error: mismatched tag"),
    ("response-failure-e110-invalid-to", Refused, "E110", "Invalid receiver number"),
    ("response-failure-e111-invalid-from", Misconfigured, "E111", "Invalid shortcode"),
    ("response-failure-e112-ip", Misconfigured, "E112", "IP not whitelisted"),
    ("response-failure-e113-throttled", NotAccepted, "E113", "Throughput exceeded"),
    ("response-failure-e114-blacklisted", Blocked, "E114", "Phone number is blacklisted"),
    ("response-failure-e120-limit", Misconfigured, "E120", "API request limit reached"),
    ("response-failure-e224-object-with-media", Refused, "E224", "Media and object in slide 1"),
    ("response-failure-e311-name-required", Refused, "E311", "Name required"),
    ("response-failure-e333-video-too-big", Refused, "E333", "Video in slide 2 is too big"),
    ("response-failure-e353-could-not-copy", NotAccepted, "E353", "Could not copy video in slide 2"),
    ("response-failure-e503-internal", Unclear, "E503", "Internal error"),
    ("response-failure-e618-carrier-lookup", NotAccepted, "E618", "Carrier lookup failed"),
    ("response-failure-e622-fallback-required", Refused, "E622", "fallbacksmstext required"),
    ("response-failure-e715-not-subscribed", Blocked, "E715", "Number not subscribed"),
]


@pytest.mark.parametrize(("name", "kind", "code", "text"), REFUSALS)
def test_the_sample_refusals_have_their_class(raw, name: str, kind: type[SendError], code: str, text: str) -> None:
    error = refusal(raw(name))
    assert (type(error), error.code, error.text) == (kind, code, text)


def test_every_sample_refusal_is_in_the_table() -> None:
    assert {path.stem for path in FOLDER.glob("*response-failure*")} == {name for name, *_ in REFUSALS}


# skycore.md, section 6, and the letters of reliability, 2.5.
CLASSES = {
    OutcomeClass.FAILED: (
        "E100 E101 E108 E110 E201 E223 E224 E225 E226 E227 E228 E229 E230 E241 E301 E302 E303 E304 E311 E312 E313 E314 "
        "E331 E332 E333 E334 E335 E336 E337 E338 E341 E343 E617 E619 E620 E621 E622 E625 E628 E629 E651"
    ),
    OutcomeClass.CONFIGURATION: "E102 E103 E104 E105 E107 E109 E111 E112 E120 E627 E650 E713 E718 E721",
    OutcomeClass.RETRY: "E106 E113 E351 E352 E353 E355 E356 E357 E358 E618 E626",
    OutcomeClass.BLOCKED: "E114 E715",
    OutcomeClass.UNKNOWN: "E503",
}
BY_CODE = [(code, outcome) for outcome, codes in CLASSES.items() for code in codes.split()]


@pytest.mark.parametrize(("code", "outcome"), BY_CODE)
def test_every_code_of_the_contract_has_its_class(code: str, outcome: OutcomeClass) -> None:
    error = refusal(failure(code))
    assert (type(error), error.code) == (BY_CLASS[outcome], code)
    assert CODES[Where.ANSWER, code].about_sender is (code == "E111")


def test_the_table_has_no_other_codes() -> None:
    known = {code for where, code in CODES if where is Where.ANSWER and code.startswith("E")}
    assert known == {code for code, _ in BY_CODE}


@pytest.mark.parametrize("status", [200, 201, 400, 401, 404, 500, 503])
def test_a_refusal_decides_under_any_http_status(status: int) -> None:
    error = refusal(failure("E110"), status)
    assert (type(error), error.code) == (Refused, "E110")


@pytest.mark.parametrize(
    ("body", "code", "text"),
    [
        (failure("E777", "Something new"), "E777", "Something new"),
        (b"<RESPONSE><STATUS>FAILURE</STATUS></RESPONSE>", "code_missing", ""),
        (b"<RESPONSE><ERRORINFO>No</ERRORINFO><STATUS> failure </STATUS></RESPONSE>", "code_missing", "No"),
    ],
)
def test_a_refusal_nobody_knows_is_final_and_kept(body: bytes, code: str, text: str) -> None:
    error = refusal(body)
    assert (type(error), error.code, error.text) == (Refused, code, text)


@pytest.mark.parametrize("status", [200, 201, 302, 400, 401, 404, 429, 500, 503])
def test_success_decides_under_any_http_status(status: int) -> None:
    assert client.read(answer(ACCEPTED, status)).provider_ref == "MMS_1"
    error = refusal(b"<RESPONSE><STATUS>Success</STATUS></RESPONSE>", status)
    assert (type(error), error.code) == (Unclear, "answer_unreadable")


@pytest.mark.parametrize("said", ["Success", "success", " SUCCESS\n"])
def test_success_is_compared_without_case(said: str) -> None:
    body = ACCEPTED.replace(b"Success", said.encode())
    assert client.read(answer(body)).provider_ref == "MMS_1"


def test_members_are_read_by_name_not_by_place() -> None:
    body = b"<RESPONSE><TRACKINGID>aB==</TRACKINGID><NEW>1</NEW><MMSID>7</MMSID><STATUS>Success</STATUS></RESPONSE>"
    assert client.read(answer(body)).provider_ref == "aB=="


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"<html><body>OK</body></html>",
        b'{"status":"success"}',
        b"<RESPONSE/>",
        b"<RESPONSE><STATUS/></RESPONSE>",
        b"<RESPONSE><STATUS>Maybe</STATUS></RESPONSE>",
        b"<RESPONSE><STATUS>Success</STATUS></RESPONSE>",
        b"<RESPONSE><STATUS>Success</STATUS><TRACKINGID> </TRACKINGID></RESPONSE>",
        b"<RESPONSE><STATUS>Success</STATUS><TRACKINGID>MMS_1</TRACKINGID>",
        b"<OTHER><STATUS>Success</STATUS><TRACKINGID>MMS_1</TRACKINGID></OTHER>",
        b"<!DOCTYPE RESPONSE>" + ACCEPTED,
        b'<!DOCTYPE r [<!ENTITY a "MMS_1">]><RESPONSE><STATUS>Success</STATUS><TRACKINGID>&a;</TRACKINGID></RESPONSE>',
        b"<a>" * 300_000,
        ACCEPTED.replace(b"</RESPONSE>", b"<a>" * 20 + b"</a>" * 20 + b"</RESPONSE>"),
        ACCEPTED + b" " * 300_000,
        b"\xff\xfe\x00",
        b"<?xml version='1.0' encoding='nonsense'?>" + ACCEPTED,
    ],
)
def test_a_2xx_that_says_neither_is_unclear(body: bytes) -> None:
    error = refusal(body)
    assert (type(error), error.code) == (Unclear, "answer_unreadable")


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (301, Misconfigured, "http_301"),
        (302, Misconfigured, "http_302"),
        (307, Misconfigured, "http_307"),
        (308, Misconfigured, "http_308"),
        (400, Refused, "http_400"),
        (401, Misconfigured, "http_401"),
        (403, Misconfigured, "http_403"),
        (404, Misconfigured, "http_404"),
        (405, Misconfigured, "http_405"),
        (418, Refused, "http_418"),
        (429, NotAccepted, "http_429"),
        (500, Unclear, "http_500"),
        (502, Unclear, "http_502"),
        (503, NotAccepted, "http_503"),
        (504, Unclear, "http_504"),
        (507, Unclear, "http_507"),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html>Bad gateway</html>", b"<RESPONSE><STATUS>Maybe</STATUS></RESPONSE>"])
def test_without_a_status_of_its_own_the_http_status_decides(
    status: int, kind: type[SendError], code: str, body: bytes
) -> None:
    error = refusal(body, status)
    assert (type(error), error.code) == (kind, code)


@pytest.mark.parametrize(
    ("code", "text", "headers", "seconds"),
    [
        ("E106", "You can call API every 10 seconds.", {}, 10.0),
        ("E106", "You can call API every 9999999 seconds.", {}, 3600.0),
        ("E106", "You can call API every X seconds.", {}, 5.0),
        ("E626", "", {}, 60.0),
        ("E113", "", {}, None),
        ("E113", "", {"retry-after": "7"}, 7.0),
        ("E113", "", {"retry-after": "99999999"}, 3600.0),
        (
            "E113",
            "",
            {"retry-after": "Fri, 20 Nov 2026 09:00:30 GMT", "date": "Fri, 20 Nov 2026 09:00:00 GMT"},
            30.0,
        ),
        ("E113", "", {"retry-after": "soon"}, None),
        ("E110", "", {"retry-after": "7"}, None),
    ],
)
def test_a_time_to_wait_is_taken_where_it_is_named(
    code: str, text: str, headers: dict[str, str], seconds: float | None
) -> None:
    assert refusal(failure(code, text), **headers).retry_after == seconds


def test_what_a_database_refuses_is_cut_out() -> None:
    error = refusal(failure("E" * 400, "a&#10;b" + "x" * 400))
    assert (len(error.code), error.text[:3], len(error.text)) == (40, "a b", 300)
