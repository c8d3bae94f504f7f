"""Answers: the body decides, whatever the HTTP status; only success with a reference is acceptance."""

import json
from pathlib import Path
from typing import Any

import pytest

from messaging.content import Content, Part, Slide
from messaging.gateway.codes import OutcomeClass, Where
from messaging.gateway.contract import HttpAnswer, OutboundMessage, Saved
from messaging.gateway.errors import BY_CLASS, Blocked, Misconfigured, NotAccepted, Refused, SendError, Unclear
from messaging.providers.sinch import client, saving
from messaging.providers.sinch.codes import CODES
from messaging.statuses import Status

FOLDER = Path(__file__).parent / "payloads"

# sinch.md, section 8: the table of codes, and the ones the seed names (section 2); E715, E718, E721 and E999 come from
# reliability, 2.5.
ANSWER_CODES = [
    *("E100", "E103", "E104", "E105", "E106", "E107", "E108", "E109", "E110", "E111", "E112", "E113", "E114", "E115"),
    *("E120", "E212", "E213", "E214", "E223", "E224", "E225", "E226", "E227", "E228", "E229", "E230", "E241", "E311"),
    *("E312", "E313", "E314", "E331", "E332", "E333", "E334", "E335", "E336", "E337", "E338", "E341", "E343", "E351"),
    *("E352", "E353", "E355", "E356", "E357", "E358", "E503", "E617", "E618", "E619", "E620", "E622", "E626", "E627"),
    *("E628", "E629", "E650", "E651", "E713", "E715", "E718", "E721", "E999"),
]
# sinch.md, section 11.3: the table of codes; the statuses of its first rule and of section 11.2.
RECEIPT_CODES = [
    *("N013", "N101", "N102", "N103", "N202", "N201", "E101", "E102", "E201", "E202", "E011", "E012", "E013", "E999"),
    *("E100", "N003", "E002", "E003", "E004", "N501", "N502", "E501", "E502", "N401"),
    *(
        f"{code} {status}"
        for code in ("N102", "E102")
        for status in ("Expired", "Rejected", "Unrecognised", "Failed", "Not Supported")
    ),
]
# reliability, 2.5: the row of Sinch.
CLASSES = {
    NotAccepted: ("E106", "E113", "E618", "E626", "E351", "E352", "E353", "E355", "E356", "E357", "E358"),
    Refused: (
        *("E100", "E108", "E110", "E223", "E224", "E225", "E226", "E227", "E228", "E229", "E230", "E241", "E311"),
        *("E312", "E313", "E314", "E331", "E332", "E333", "E334", "E335", "E336", "E337", "E338", "E341", "E617"),
        *("E622", "E629", "E619", "E628", "E650", "E651"),
    ),
    Misconfigured: ("E104", "E105", "E107", "E109", "E111", "E112", "E120", "E627", "E721", "E718", "E103", "E713"),
    Blocked: ("E114", "E715"),
    Unclear: ("E503", "E999"),
}


REFUSALS = [
    ("response-failure-capitalised", Refused, "E100"),
    ("response-failure-e100-invalid-request", Refused, "E100"),
    ("response-failure-e104-auth", Misconfigured, "E104"),
    ("response-failure-e108-parse", Refused, "E108"),
    ("response-failure-e110-invalid-to", Refused, "E110"),
    ("response-failure-e111-invalid-from", Misconfigured, "E111"),
    ("response-failure-e112-ip", Misconfigured, "E112"),
    ("response-failure-e113-throttled", NotAccepted, "E113"),
    ("response-failure-e114-blacklisted", Blocked, "E114"),
    ("response-failure-e225-too-many-slides", Refused, "E225"),
    ("response-failure-e227-video-and-image", Refused, "E227"),
    ("response-failure-e313-empty-slide", Refused, "E313"),
    ("response-failure-e331-image-too-big", Refused, "E331"),
    ("response-failure-e351-could-not-copy", NotAccepted, "E351"),
    ("response-failure-e503-internal", Unclear, "E503"),
    ("response-failure-e618-carrier-lookup", NotAccepted, "E618"),
    ("response-failure-e622-fallback-required", Refused, "E622"),
    ("response-failure-e626-encoding", NotAccepted, "E626"),
]


def answer(body: Any = b"", status: int = 200, **headers: str) -> HttpAnswer:
    return HttpAnswer(status, headers, body if isinstance(body, bytes) else json.dumps(body).encode())


def refusal(body: Any = b"", status: int = 200, **headers: str) -> SendError:
    with pytest.raises(SendError) as caught:
        client.read(answer(body, status, **headers))
    return caught.value


def failed(code: object, **more: object) -> dict[str, object]:
    return {"status": "failure", "error-code": code, "error-info": "whatever it says", **more}


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("seed-response-success", "UNIQUE-TRANSACTION-ID"),
        ("response-success-sendmms", "7Qm2-Xk41-ZPD"),
        ("response-success-sendsavedmms", "7Qm2-Yb08-QQR"),
    ],
)
def test_the_sample_successes_are_acceptance(raw, payload, name: str, reference: str) -> None:
    accepted = client.read(answer(raw(name)))
    assert (accepted.provider_ref, accepted.code, accepted.text) == (reference, "", payload(name)["status-details"])


@pytest.mark.parametrize("status", [200, 202, 400, 500])
@pytest.mark.parametrize("word", ["success", "Success", "SUCCESS"])
def test_the_body_decides_whatever_its_status_and_spelling(status: int, word: str) -> None:
    assert client.read(answer({"status": word, "tracking-id": "t-1"}, status)).provider_ref == "t-1"


def holding(*kinds: str) -> OutboundMessage:
    slides = tuple(Slide(parts=(Part(kind, url=f"https://media.example.org/{kind}"),)) for kind in kinds)
    return OutboundMessage("c-1", "34343", "+12065550142", Content(slides=slides))


@pytest.mark.parametrize(
    ("kinds", "ready"), [(("image",), True), (("pdf", "image"), True), (("image", "audio"), False), (("video",), False)]
)
def test_a_stored_content_is_ready_unless_it_must_be_encoded(raw, kinds: tuple[str, ...], ready: bool) -> None:
    assert saving.read_save(answer(raw("response-success-savemms")), holding(*kinds)) == Saved("884213", ready)


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        (b'{"status":"success","tracking-id":"t-1"}', Unclear, "answer_unreadable"),
        (b"<html>", Unclear, "answer_unreadable"),
        (json.dumps(failed("E113")).encode(), NotAccepted, "E113"),
        (json.dumps(failed("E333")).encode(), Refused, "E333"),
    ],
)
def test_a_save_is_refused_as_a_send_is(body: bytes, kind: type[SendError], code: str) -> None:
    with pytest.raises(SendError) as caught:
        saving.read_save(answer(body), holding("image"))
    assert (type(caught.value), caught.value.code) == (kind, code)


@pytest.mark.parametrize(("name", "kind", "code"), REFUSALS)
@pytest.mark.parametrize("status", [200, 400, 503])
def test_the_sample_refusals_have_their_class(
    raw, payload, name: str, kind: type[SendError], code: str, status: int
) -> None:
    error = refusal(raw(name), status)
    assert (type(error), error.code, error.text) == (kind, code, payload(name)["error-info"])


def test_every_sample_of_a_refusal_is_in_the_table_above() -> None:
    assert {name for name, _, _ in REFUSALS} == {path.stem for path in FOLDER.glob("response-failure-*.json")}


@pytest.mark.parametrize("code", ANSWER_CODES)
def test_every_answer_code_of_the_contract_has_its_row_and_its_class(code: str) -> None:
    row = CODES[Where.ANSWER, code]
    assert row.outcome is not None
    assert type(refusal(failed(code))) is BY_CLASS[row.outcome]


@pytest.mark.parametrize(("kind", "code"), [(kind, code) for kind, codes in CLASSES.items() for code in codes])
def test_the_classes_are_those_of_the_design(kind: type[SendError], code: str) -> None:
    assert BY_CLASS[CODES[Where.ANSWER, code].outcome or OutcomeClass.ACCEPTED] is kind


@pytest.mark.parametrize("code", RECEIPT_CODES)
def test_every_receipt_code_of_the_contract_has_its_row(code: str) -> None:
    assert (Where.RECEIPT, code) in CODES


def test_the_table_holds_no_code_that_no_document_names() -> None:
    ours = {"refused_without_code", "answer_unreadable"}
    answers = {code for where, code in CODES if where is Where.ANSWER and not code.startswith("http_")}
    receipts = {code for where, code in CODES if where is Where.RECEIPT}
    # reliability, 2.4, has the text decide for the fallback SMS too.
    by_text = {code.replace("102", "202") for code in RECEIPT_CODES if "102 " in code}
    assert answers == set(ANSWER_CODES) | ours
    assert receipts == set(RECEIPT_CODES) | by_text


def test_the_same_number_means_other_things_in_an_answer_and_in_a_receipt() -> None:
    assert (Where.ANSWER, "E102") not in CODES
    assert (Where.ANSWER, "E101") not in CODES
    assert CODES[Where.RECEIPT, "E100"].state is Status.FAILED


def test_only_the_senders_fault_leaves_the_account_alone() -> None:
    assert [code for (_, code), row in CODES.items() if row.about_sender] == ["E111"]


@pytest.mark.parametrize(
    ("code", "tries"), [("E351", 3), ("E357", 3), ("E618", 5), ("E626", 30), ("E113", 0), ("E106", 0), ("E110", 0)]
)
def test_some_answers_are_worth_a_few_tries_only(code: str, tries: int) -> None:
    """sinch.md, section 8."""
    assert CODES[Where.ANSWER, code].tries == tries


@pytest.mark.parametrize("code", ["E777", "X1", "113"])
def test_an_unknown_code_is_a_refusal_and_kept(code: str) -> None:
    error = refusal(failed(code))
    assert (type(error), error.code, error.text) == (Refused, code, "whatever it says")


@pytest.mark.parametrize("code", [None, "", "null", {}, True])
def test_a_failure_without_a_code_is_a_refusal(code: object) -> None:
    error = refusal(failed(code))
    assert (type(error), error.code) == (Refused, "refused_without_code")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"null",
        b"{}",
        b'{"status":"pending","tracking-id":"t"}',
        b'{"status":["success"],"tracking-id":"t"}',
        b'{"tracking-id":"t"}',
        b'{"status":"success"}',
        b'{"status":"success","tracking-id":""}',
        b'{"status":"success","tracking-id":"null"}',
        b'{"status":"success","tracking-id":{}}',
        b'{"status":"success","mms-id":"884213"}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_a_200_that_says_neither_yes_nor_no_is_unclear(body: bytes) -> None:
    error = refusal(body)
    assert (type(error), error.code) == (Unclear, "answer_unreadable")


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (301, Misconfigured, "http_301"),
        (302, Misconfigured, "http_302"),
        (304, Unclear, "answer_unreadable"),
        (400, Refused, "http_400"),
        (401, Misconfigured, "http_401"),
        (403, Misconfigured, "http_403"),
        (404, Misconfigured, "http_404"),
        (405, Misconfigured, "http_405"),
        (413, Refused, "http_413"),
        (418, Refused, "http_400"),
        (429, NotAccepted, "http_429"),
        (500, Unclear, "http_500"),
        (502, Unclear, "http_502"),
        (503, NotAccepted, "http_503"),
        (504, Unclear, "http_504"),
        (599, Unclear, "http_500"),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html>Bad gateway</html>", b"{}"])
def test_an_answer_that_is_none_of_sinchs_goes_by_its_status(
    status: int, kind: type[SendError], code: str, body: bytes
) -> None:
    error = refusal(body, status)
    assert (type(error), error.code) == (kind, code)


def test_a_success_without_its_reference_may_have_been_taken_under_any_status() -> None:
    assert type(refusal({"status": "success"}, 400)) is Unclear


@pytest.mark.parametrize(
    ("code", "given", "date", "seconds"),
    [
        ("E113", "", "", None),
        ("E113", "7", "", 7.0),
        ("E113", "Fri, 20 Nov 2026 09:00:30 GMT", "Fri, 20 Nov 2026 09:00:00 GMT", 30.0),
        ("E113", "Fri, 20 Nov 2026 09:00:00 GMT", "Fri, 20 Nov 2026 09:00:30 GMT", 0.0),
        ("E113", "99999999999999", "", 3600.0),
        ("E113", "soon", "", None),
        ("E113", "-5", "", None),
        ("E626", "", "", 60.0),
        ("E626", "5", "", 5.0),
        ("E110", "7", "", None),
    ],
)
def test_waiting_times(code: str, given: str, date: str, seconds: float | None) -> None:
    assert refusal(failed(code), **{"retry-after": given, "date": date}).retry_after == seconds


def test_texts_and_codes_are_cut_and_cleaned() -> None:
    error = refusal({"status": "failure", "error-code": "E" * 100, "error-info": "a\x00\ud800" + "b" * 1000})
    assert (len(error.code), len(error.text)) == (40, 300)
    error.text.encode()
    assert "\x00" not in error.text
