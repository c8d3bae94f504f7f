"""What Sinch refuses, with which code, and in which order (sinch.md, sections 2, 4, 5 and 9)."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.gateway.serving import Call, Event, Rejected
from tests.messaging.providers.desks import MadeDesk
from tests.messaging.providers.sinch.calls import (
    NOW,
    TENANT,
    TEXT,
    Change,
    at,
    changed,
    code,
    payload,
    post,
    read,
    refusal_of,
    refused,
    said,
    server,
    setting,
    slides,
)


class TestTheDoor:
    @pytest.mark.parametrize("path", ["/ep/v2", "/ep/v2/"])
    def test_every_action_has_the_same_path(self, path: str) -> None:
        assert server.route(Call("POST", path, {})) is None

    @pytest.mark.parametrize("path", ["/", "/ep/v3", "/ep/v2/messages", "/ep"])
    def test_another_path_is_not_there(self, path: str) -> None:
        with pytest.raises(Rejected) as caught:
            server.route(Call("POST", path, {}))
        assert (caught.value.answer.status, caught.value.answer.body) == (404, b"")

    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
    def test_another_verb_is_e100(self, method: str) -> None:
        assert code(refusal_of(post({}, method=method))) == "E100"

    @pytest.mark.parametrize("given", ["", "text/plain", "application/x-www-form-urlencoded"])
    def test_a_body_that_does_not_call_itself_json_is_e100(self, given: str) -> None:
        assert code(refusal_of(post(changed(), **{"content-type": given}))) == "E100"

    @pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b'{"a": NaN}', b"[" * 100_000, b"\x00"])
    def test_what_is_no_json_is_e108(self, body: bytes) -> None:
        assert refused(body) == payload("response-failure-e108-parse")

    @pytest.mark.parametrize("body", [b"[]", b'"mms"', b"1", b"null"])
    def test_json_that_is_no_object_is_e100(self, body: bytes) -> None:
        assert refused(body) == payload("response-failure-e100-invalid-request")

    @pytest.mark.parametrize("key", ["", "another", "sandbox-api-kéy"])
    def test_no_key_or_another_one_is_e104(self, key: str) -> None:
        assert refusal_of(post(changed(), **{"x-api-key": key})) == payload("response-failure-e104-auth")

    def test_a_key_in_the_body_does_not_open(self) -> None:
        assert code(refusal_of(post(changed(setting("x-api-key", "sandbox-api-key")), **{"x-api-key": ""}))) == "E104"

    @pytest.mark.parametrize(
        ("option", "value", "expected"),
        [("api_blocked", True, "E103"), ("api_access", False, "E105"), ("api_activated", False, "E109")],
    )
    def test_what_the_account_may_not(self, option: str, value: bool, expected: str) -> None:
        assert code(refused(changed(), replace(TENANT, options={option: value}))) == expected

    @pytest.mark.parametrize("source", ["127.0.0.1", "nowhere", ""])
    def test_an_address_outside_the_list_is_e112(self, source: str) -> None:
        walled = replace(TENANT, sources=("192.0.2.0/24",))
        assert refusal_of(post(changed(), source=source), walled) == payload("response-failure-e112-ip")

    def test_an_address_inside_the_list_passes(self) -> None:
        assert read(changed(), replace(TENANT, sources=("127.0.0.0/8",))).sender == "18445550117"


# Every member, and the code that its fault has (sinch.md, sections 4.1, 5.1 and 9).
FAULTS: list[tuple[str, object, str]] = [
    ("action", ..., "E100"),
    ("action", "", "E100"),
    ("action", None, "E100"),
    ("action", "sendsms", "E107"),
    ("action", ["sendmms"], "E107"),
    ("service-id", ..., "E627"),
    ("service-id", "SVC-9", "E627"),
    ("service-id", 4471, "E627"),
    ("to", ..., "E110"),
    ("to", "+12065550142", "E110"),
    ("to", "001774319914", "E110"),
    ("to", "1206 5550142", "E110"),
    ("to", "120655", "E110"),
    ("to", "1206555014212345", "E110"),
    ("to", "1206555\u0660142", "E110"),
    ("to", 12065550142, "E110"),
    ("to", ["12065550142"], "E110"),
    ("from", ..., "E111"),
    ("from", "55555", "E111"),
    ("from", "+18445550117", "E111"),
    ("from", "Shop", "E111"),
    ("from", 34343, "E111"),
    ("from-mask", "x" * 51, "E115"),
    ("from-mask", 7, "E115"),
    ("message-subject", "x" * 81, "E228"),
    ("message-subject", 7, "E314"),
    ("fallback-sms-text", ..., "E622"),
    ("fallback-sms-text", " ", "E622"),
    ("fallback-sms-text", 7, "E622"),
    ("disable-fallback-sms", "true", "E100"),
    ("disable-fallback-sms", 1, "E100"),
    ("disable-fallback-sms-link", "false", "E100"),
    ("fallback-sms-link-expiration", "EXPIRATION_DATE_UTC", "E617"),
    ("fallback-sms-link-expiration", "2026-11-20T09:00:00Z", "E617"),
    ("fallback-sms-link-expiration", "2027-11-20T09:00:01Z", "E617"),
    ("fallback-sms-link-expiration", 1793719207, "E617"),
    ("mms-expiry-timestamp", "ISO8601_DATE_FORMAT", "E100"),
    ("mms-expiry-timestamp", "2026-11-20T08:59:59Z", "E100"),
    ("mms-expiry-timestamp", "2026-11-23T09:00:01Z", "E100"),
    ("mms-expiry-timestamp", 3600, "E100"),
    ("client-reference", "x" * 65, "E100"),
    ("client-reference", 7, "E100"),
    ("cache-content", "true", "E100"),
    ("slide", ..., "E312"),
    ("slide", [], "E312"),
    ("slide", None, "E312"),
    ("slide", {"image": at("a")}, "E100"),
    ("slide", [TEXT] * 9, "E225"),
    ("slide", ["x"], "E100"),
    ("slide", [{}], "E313"),
    ("slide", [{"message-text": ""}], "E313"),
    ("slide", [{"image": None}], "E313"),
    ("slide", [{"excel": at("a")}], "E313"),
    ("slide", [{"audio": at("a"), "video": at("b")}], "E226"),
    ("slide", [{"video": at("a"), "image": at("b")}], "E227"),
    ("slide", [{"pdf": at("a"), "image": at("b")}], "E224"),
    ("slide", [{"contact": at("a"), "audio": at("b")}], "E224"),
    ("slide", [{"calendar": at("a"), "video": at("b")}], "E224"),
    ("slide", [{"contact": at("a"), "calendar": at("b")}], "E223"),
    ("slide", [{"contact": at("a"), "pdf": at("b")}], "E223"),
    ("slide", [{"message-text": "x" * 5001}], "E334"),
    ("slide", [{"message-text": 7}], "E100"),
    ("slide", [{"image": "https://media.example.org/a"}], "E100"),
    ("slide", [{"image": {}}], "E100"),
    ("slide", [{"image": {"url": "banner.jpg"}}], "E100"),
    ("slide", [{"image": {"url": "ftp://media.example.org/a"}}], "E100"),
    ("slide", [{"image": {"url": " https://media.example.org/a"}}], "E100"),
    ("slide", [{"image": {"url": "https://["}}], "E100"),
]
GOOD: list[tuple[str, object]] = [
    ("action", "sendMMS"),
    ("to", "642111111"),
    ("to", "1206555"),
    ("to", "120655501421234"),
    ("from", "34343"),
    ("from-mask", "x" * 50),
    ("message-subject", "x" * 80),
    ("message-subject", ...),
    ("disable-fallback-sms", ...),
    ("disable-fallback-sms", None),
    ("fallback-sms-link-expiration", "2027-11-20T09:00:00Z"),
    ("fallback-sms-link-expiration", "2026-11-20T11:00:01+02:00"),
    ("fallback-sms-link-expiration", "2026-11-20T09:00:01"),
    ("mms-expiry-timestamp", "2026-11-23T09:00:00Z"),
    ("mms-expiry-timestamp", "2026-11-20T09:00:00.5Z"),
    ("client-reference", "x" * 64),
    ("client-reference", ...),
    ("cache-content", ...),
    ("slide", [TEXT] * 8),
    ("slide", [{"message-text": "x" * 5000}]),
    ("slide", [{"image": at("a"), "audio": at("b"), "message-text": "x"}]),
    ("slide", [{"image": at("a"), "duration": 99}]),
    ("slide", [{"image": {"url": "http://127.0.0.1:8000/m/a?size=2"}}]),
    ("made-up", 1),
    ("to-displayonly", "12065550150"),
]


class TestChecks:
    @pytest.mark.parametrize(("path", "value", "expected"), FAULTS)
    def test_each_fault_has_its_code(self, path: str, value: object, expected: str) -> None:
        assert code(refused(changed(setting(path, value)))) == expected

    @pytest.mark.parametrize(("path", "value"), GOOD)
    def test_the_limits_hold_to_the_unit(self, path: str, value: object) -> None:
        read(changed(setting(path, value)))

    @pytest.mark.parametrize(
        ("sample", "changes", "room"),
        [
            ("response-failure-e110-invalid-to", [], True),
            ("response-failure-e111-invalid-from", [setting("from", "55555")], True),
            ("response-failure-e113-throttled", [], False),
            ("response-failure-e225-too-many-slides", [setting("slide", [TEXT] * 9)], True),
            ("response-failure-e227-video-and-image", [slides({"image": at("a"), "video": at("b")})], True),
            ("response-failure-e313-empty-slide", [slides(TEXT, {})], True),
            ("response-failure-e622-fallback-required", [setting("fallback-sms-text", ...)], True),
        ],
    )
    def test_the_answers_are_those_of_the_contract(self, sample: str, changes: list[Change], room: bool) -> None:
        expected = payload(sample)
        if sample == "response-failure-e110-invalid-to":
            changes = [setting("to", "02065550142")]
            expected["to"] = "02065550142"
        assert refused(changed(*changes), desk=MadeDesk(room=room)) == expected

    def test_a_disabled_fallback_needs_no_text(self) -> None:
        request = changed(setting("disable-fallback-sms", True), setting("fallback-sms-text", ...))
        assert read(request).content.fallback.disabled

    def test_an_account_without_services_asks_for_none(self) -> None:
        tenant = replace(TENANT, credentials={"api_key": ("sandbox-api-key",)})
        assert read(changed(setting("service-id", ...)), tenant).sender == "18445550117"

    def test_older_accounts_want_a_subject(self) -> None:
        older = replace(TENANT, options={"subject_required": True})
        assert code(refused(changed(setting("message-subject", ...)), older)) == "E314"
        assert code(refused(changed(setting("message-subject", "")), older)) == "E314"


# sinch.md, section 5.1: of two faults the one whose check comes first is told.
ORDER: list[tuple[str, Change]] = [
    ("E107", setting("action", "sendsms")),
    ("E627", setting("service-id", "SVC-9")),
    ("E110", setting("to", "x")),
    ("E111", setting("from", "x")),
    ("E115", setting("from-mask", "x" * 51)),
    ("E228", setting("message-subject", "x" * 81)),
    ("E622", setting("fallback-sms-text", "")),
    ("E617", setting("fallback-sms-link-expiration", "soon")),
    ("E225", setting("slide", [{}] * 9)),
]
SLIDE_ORDER = [
    ("E226", {"audio": at("a"), "video": at("b"), "image": at("c"), "pdf": at("d"), "contact": at("e")}),
    ("E227", {"video": at("b"), "image": at("c"), "pdf": at("d"), "contact": at("e")}),
    ("E224", {"image": at("c"), "pdf": at("d"), "contact": at("e")}),
    ("E223", {"pdf": at("d"), "contact": at("e")}),
    ("E334", {"pdf": {}}),
]


@pytest.mark.parametrize("first", range(len(ORDER)))
def test_the_earlier_check_answers_first(first: int) -> None:
    expected, _ = ORDER[first]
    request = changed(*(change for _, change in ORDER[first:]))
    assert code(refused(request)) == expected


def test_the_rate_is_asked_between_the_action_and_the_service() -> None:
    full = MadeDesk(room=False)
    assert code(refused(changed(setting("action", "x")), desk=full)) == "E107"
    assert code(refused(changed(setting("service-id", "x")), desk=full)) == "E113"


def test_the_body_comes_before_the_key_and_the_key_before_the_address() -> None:
    walled = replace(TENANT, sources=("192.0.2.0/24",))
    assert code(refusal_of(post(b"{", **{"x-api-key": ""}), walled)) == "E108"
    assert code(refusal_of(post(changed(), **{"x-api-key": ""}), walled)) == "E104"
    assert code(refused(changed(setting("action", "x")), walled)) == "E112"


@pytest.mark.parametrize(("expected", "slide"), SLIDE_ORDER)
def test_the_order_within_a_slide(expected: str, slide: dict[str, Any]) -> None:
    assert code(refused(changed(slides(TEXT, {**slide, "message-text": "x" * 5001})))) == expected


def test_an_earlier_slide_answers_before_a_later_one() -> None:
    answer = refused(changed(slides(TEXT, {"message-text": "x" * 5001}, {})))
    assert (code(answer), answer["error-info"]) == ("E334", "Text in slide 2 is too big")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)


@given(member=st.sampled_from(sorted(payload("seed-request-sendmms"))), value=VALUES)
def test_any_member_is_taken_or_refused_with_a_code(member: str, value: Any) -> None:
    try:
        read(changed(setting(member, value)))
    except Rejected as rejected:
        answer = rejected.answer
    else:
        return
    assert re.fullmatch("E[0-9]{3}", code(said(answer)))


@pytest.mark.parametrize("member", ["to", "from", "client-reference", "message-subject", "fallback-sms-text"])
def test_half_a_character_breaks_nothing(member: str) -> None:
    """JSON can spell what UTF-8 cannot."""
    try:
        message = read(changed(setting(member, "\ud800")))
    except Rejected as rejected:
        answer = rejected.answer
    else:
        notice = server.report(message, message.destinations[0], "t", Event.SUBMITTED, TENANT, at=NOW)
        assert json.loads(notice.body)["code"] == "N101"
        _, answer = server.accept(message, now=NOW)
    assert said(answer)["status"] in {"success", "failure"}
