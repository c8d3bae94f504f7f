"""Receipts by code and status in both dialects, news of stored contents, inbound messages; deaf to hostile bodies."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.gateway.codes import Where
from messaging.gateway.contract import Account
from messaging.gateway.facts import Action, Inbound, Receipt, SavedNews, Unreadable
from messaging.providers.sinch import client
from messaging.providers.sinch.codes import CODES
from messaging.statuses import Status, Via

FOLDER = Path(__file__).parent / "payloads"
Raw = Callable[[str], bytes]
Payload = Callable[[str], Any]
MMS, SMS = Via.MMS, Via.SMS
RECEIPTS = [
    ("postback-n013-transcoded-sending", "N013", Status.ACCEPTED, None),
    ("postback-n101-sent", "N101", Status.SUBMITTED, MMS),
    ("postback-n101-sent-as-sms", "N101", Status.SUBMITTED, SMS),
    ("postback-n102-delivered", "N102", Status.DELIVERED, MMS),
    ("postback-n102-delivered-as-sms", "N102", Status.DELIVERED, SMS),
    ("postback-n102-old-status-text", "N102", Status.DELIVERED, MMS),
    ("postback-n102-trackingid-spelling", "N102", Status.DELIVERED, MMS),
    ("postback-n103-expired", "N103", Status.EXPIRED, MMS),
    ("postback-n202-fallback-delivered", "N202", Status.DELIVERED, SMS),
    ("postback-e011-content-validation", "E011", Status.FAILED, None),
    ("postback-e012-audio-transcode", "E012", Status.FAILED, None),
    ("postback-e013-video-transcode", "E013", Status.FAILED, None),
    ("postback-e101-failed", "E101", Status.FAILED, MMS),
    ("postback-e102-old-status-expired", "E102 Expired", Status.EXPIRED, MMS),
    ("postback-e102-rejected", "E102 Rejected", Status.FAILED, MMS),
    ("postback-e102-unrecognised", "E102 Unrecognised", Status.FAILED, MMS),
    ("postback-e202-fallback-failed", "E202 Failed", Status.FAILED, SMS),
    ("postback-e999-queue-error", "E999", Status.FAILED, MMS),
]
NEWS = [
    ("postback-n003-template-ready", True, "N003", "Transcoding successful"),
    ("postback-e002-template-audio", False, "E002", "Transcoding failed (voice.wav)"),
    ("postback-e003-template-video", False, "E003", "Transcoding failed (launch.mp4)"),
    ("postback-e004-template-image", False, "E004", "Transcoding failed"),
]
INBOUND = ["postback-n401-inbound", "postback-n401-inbound-group", "postback-n401-inbound-minimal"]


def only(body: bytes) -> Receipt:
    [receipt] = client.receipts(body)
    assert isinstance(receipt, Receipt)
    return receipt


def told(**members: Any) -> bytes:
    base = {
        "origin": "MMS_MT",
        "code": "N101",
        "status": "Sent",
        "to": "12065550142",
        "from": "34343",
        "tracking-id": "t-1",
        "client-reference": "c-1",
    }
    return json.dumps({name: value for name, value in (base | members).items() if value is not ...}).encode()


@pytest.mark.parametrize(("name", "code", "state", "via"), RECEIPTS)
def test_the_sample_receipts_have_their_state(
    raw: Raw, payload: Payload, name: str, code: str, state: Status, via: Via | None
) -> None:
    receipt, said = only(raw(name)), payload(name)
    assert (receipt.kind, receipt.code, receipt.state, receipt.via) == ("receipt", code, state, via)
    assert receipt.client_ref == said["client-reference"]
    assert receipt.provider_ref == "7Qm2-Xk41-ZPD"
    assert (receipt.recipient, receipt.sender) == (said["to"], said["from"])
    assert receipt.at == datetime.fromisoformat(said["timestamp"])
    assert receipt.at_text == said["timestamp"]


def test_every_sample_has_its_row() -> None:
    named = {row[0] for row in (*RECEIPTS, *NEWS)} | set(INBOUND) | {"postback-ack"}
    assert named == {path.stem for path in FOLDER.glob("postback-*.json")}


def test_a_sample_receipt_is_read_whole(raw: Raw) -> None:
    assert only(raw("postback-n102-delivered-as-sms")) == Receipt(
        kind="receipt",
        client_ref="msg-0001f3a9",
        provider_ref="7Qm2-Xk41-ZPD",
        recipient="12065550142",
        state=Status.DELIVERED,
        code="N102",
        text="Message Delivered",
        at=datetime(2026, 11, 20, 9, 0, 21, 550_010, UTC),
        at_text="2026-11-20T09:00:21.550010+00:00",
        via=Via.SMS,
        sender="18445550117",
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("postback-e012-audio-transcode", "Audio could not be encoded (jingle.mp3)"),
        ("postback-e013-video-transcode", "Video could not be encoded (tour.mp4)"),
        ("postback-n102-old-status-text", "Message Sent/Delivered"),
    ],
)
def test_the_text_names_the_file_but_not_its_address(raw: Raw, name: str, text: str) -> None:
    assert only(raw(name)).text == text


@pytest.mark.parametrize(("name", "ready", "code", "text"), NEWS)
def test_news_of_a_stored_content(raw: Raw, name: str, ready: bool, code: str, text: str) -> None:
    assert client.receipts(raw(name)) == [SavedNews("884213", ready, code, text)]


# sinch.md, section 11.2, both dialects, and the first rule of section 11.3.
STATUSES = [
    ("N102", "Sent", "N102", Status.DELIVERED),
    ("N102", "", "N102", Status.DELIVERED),
    ("N102", "Delivered", "N102", Status.DELIVERED),
    ("N102", "Message Sent/Delivered", "N102", Status.DELIVERED),
    ("N102", "Expired", "N102 Expired", Status.EXPIRED),
    ("N102", "Message Sent/Expired", "N102 Expired", Status.EXPIRED),
    ("N102", "Rejected", "N102 Rejected", Status.FAILED),
    ("N102", "Message Sent/Rejected", "N102 Rejected", Status.FAILED),
    ("N102", "Unrecognised", "N102 Unrecognised", Status.FAILED),
    ("N102", "unrecognized", "N102 Unrecognised", Status.FAILED),
    ("N102", "Failed", "N102 Failed", Status.FAILED),
    ("N102", "Message Failed", "N102 Failed", Status.FAILED),
    ("N102", "Message Sent/Failed", "N102 Failed", Status.FAILED),
    ("N102", "MESSAGE SENT/NOT SUPPORTED", "N102 Not Supported", Status.FAILED),
    ("N102", "Message Sent/NotSupported", "N102 Not Supported", Status.FAILED),
    ("N202", "Message Sent/Failed", "N202 Failed", Status.FAILED),
    ("E102", "Message Sent/Expired", "E102 Expired", Status.EXPIRED),
    ("E102", "Pondering", "E102", Status.FAILED),
    ("E102", "", "E102", Status.FAILED),
    ("E202", "Message Sent/Expired", "E202 Expired", Status.EXPIRED),
    ("E202", "", "E202", Status.FAILED),
    # Elsewhere the code alone decides.
    ("N101", "Failed", "N101", Status.SUBMITTED),
    ("E101", "Expired", "E101", Status.FAILED),
]


@pytest.mark.parametrize(("code", "status", "key", "state"), STATUSES)
def test_the_status_decides_where_a_code_has_two_sides(code: str, status: str, key: str, state: Status) -> None:
    receipt = only(told(code=code, status=status))
    assert (receipt.kind, receipt.code, receipt.state) == ("receipt", key, state)


@pytest.mark.parametrize(
    "key", [key for (where, key), row in CODES.items() if where is Where.RECEIPT and row.state is not None]
)
def test_every_receipt_code_of_the_table_moves_to_its_state(key: str) -> None:
    code, _, status = key.partition(" ")
    receipt = only(told(code=code, status=status or "a word that means nothing"))
    assert (receipt.kind, receipt.code, receipt.state) == ("receipt", key, CODES[Where.RECEIPT, key].state)


@pytest.mark.parametrize("code", ["N501", "N502", "E501", "E502"])
def test_the_discovery_of_handsets_concerns_nobody(code: str) -> None:
    assert client.receipts(told(code=code)) == []


@pytest.mark.parametrize("code", ["N777", "E777", "N999", "113", 7])
def test_an_unknown_code_changes_nothing_and_is_kept(code: object) -> None:
    receipt = only(told(code=code, status="Delivered", **{"sent-as": "MMS"}))
    assert (receipt.kind, receipt.code, receipt.state) == ("unrecognised", str(code), None)
    assert (receipt.client_ref, receipt.text) == ("c-1", "Delivered")


@pytest.mark.parametrize(
    ("sent_as", "code", "via"),
    [
        ("MMS", "N102", MMS),
        ("SMS", "N102", SMS),
        ("sms", "N101", SMS),
        ("", "N101", None),
        ("RCS", "N101", None),
        (..., "N101", None),
        (..., "N201", SMS),
        (..., "E201", SMS),
        (..., "N202", SMS),
        ("MMS", "E202", SMS),
    ],
)
def test_what_reached_the_phone_is_told(sent_as: object, code: str, via: Via | None) -> None:
    assert only(told(code=code, **{"sent-as": sent_as})).via is via


def test_a_receipt_may_say_no_more_than_its_code() -> None:
    receipt = only(b'{"origin":"MMS_MT","code":"E101"}')
    assert receipt == Receipt("receipt", "", "", "", Status.FAILED, "E101", "", None)


@pytest.mark.parametrize("absent", ["", "null", None, ...])
def test_absent_references_are_empty(absent: object) -> None:
    receipt = only(told(**{"client-reference": absent, "tracking-id": absent}))
    assert (receipt.client_ref, receipt.provider_ref) == ("", "")


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-20T09:00:19.004410+00:00", datetime(2026, 11, 20, 9, 0, 19, 4410, UTC)),
        ("2026-11-20T10:12:00Z", datetime(2026, 11, 20, 10, 12, 0, 0, UTC)),
        ("2026-11-20T04:00:19-05:00", datetime(2026, 11, 20, 9, 0, 19, 0, UTC)),
        ("2026-11-20 09:00:19", datetime(2026, 11, 20, 9, 0, 19, 0, UTC)),
        ("2026-13-45T99:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("1793719207", None),
        ("", None),
    ],
)
def test_times_are_read_in_any_zone_and_kept_as_written(text: str, at: datetime | None) -> None:
    receipt = only(told(timestamp=text))
    assert (receipt.at, receipt.at_text) == (at, text)


@pytest.mark.parametrize("value", [None, 1.5, [], {}, True])
def test_a_time_of_the_wrong_type_is_no_time(value: object) -> None:
    assert only(told(timestamp=value)).at is None


def test_an_inbound_message_gives_text_and_files_apart_and_no_layout(raw: Raw) -> None:
    assert client.receipts(raw("postback-n401-inbound")) == [
        Inbound(
            sender="+12065550142",
            recipient="18445550117",
            text="",
            media_urls=("https://mo.example.net/c/55d1/part-1.jpg",),
            provider_ref="MO-55d1-88K",
            at=datetime(2026, 11, 20, 10, 12, tzinfo=UTC),
            subject="Receipt",
            text_urls=("https://mo.example.net/c/55d1/part-2.txt",),
        )
    ]


@pytest.mark.parametrize(
    ("name", "recipient", "media", "texts"),
    [
        ("postback-n401-inbound-group", "18445550117", ("https://mo.example.net/c/55d3/part-1.jpg",), ()),
        ("postback-n401-inbound-minimal", "72404", (), ("https://mo.example.net/c/55d2/part-1.txt",)),
    ],
)
def test_other_inbound_samples(
    raw: Raw, name: str, recipient: str, media: tuple[str, ...], texts: tuple[str, ...]
) -> None:
    [inbound] = client.receipts(raw(name))
    assert isinstance(inbound, Inbound)
    assert (inbound.recipient, inbound.media_urls, inbound.text_urls) == (recipient, media, texts)
    assert (inbound.kind, inbound.subject, inbound.action) == ("mms", "", Action.NONE)


@pytest.mark.parametrize(
    ("keyword", "action"),
    [
        ("STOP", Action.STOP),
        ("stop", Action.STOP),
        ("Start", Action.START),
        ("HELP", Action.HELP),
        ("PHOTO", Action.NONE),
        ("", Action.NONE),
        (None, Action.NONE),
        ([], Action.NONE),
    ],
)
def test_a_keyword_that_everybody_knows_is_an_action(keyword: object, action: Action) -> None:
    [inbound] = client.receipts(told(code="N401", keyword=keyword))
    assert isinstance(inbound, Inbound)
    assert inbound.action is action
    assert inbound.text == (keyword if isinstance(keyword, str) else "")


def test_a_text_in_a_file_goes_before_the_keyword() -> None:
    content = [{"file": "https://mo.example.net/c/1/a.txt"}]
    [inbound] = client.receipts(told(code="N401", keyword="STOP", content=content))
    assert isinstance(inbound, Inbound)
    assert (inbound.text, inbound.action) == ("", Action.STOP)


@pytest.mark.parametrize(
    ("content", "media"),
    [
        (..., ()),
        ([], ()),
        ([{"file": ""}, {"file": None}, {}], ()),
        (
            [{"file": "https://a.example/b.SMIL?x=1"}, {"file": "https://a.example/c.jpg?x=.txt"}],
            ("https://a.example/c.jpg?x=.txt",),
        ),
    ],
)
def test_the_files_of_an_inbound_message(content: object, media: tuple[str, ...]) -> None:
    [inbound] = client.receipts(told(code="N401", content=content))
    assert isinstance(inbound, Inbound)
    assert (inbound.media_urls, inbound.text_urls) == (media, ())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"{}",
        b"[]",
        b"[{}]",
        b'"N101"',
        b"{",
        b"\xff\xfe{}",
        b"[" * 100_000,
        b'{"origin": "MMS_MT", "code": "N101", "sent-as": "MMS", "status": "Se',
        b'{"code":""}',
        b'{"code":null,"status":"Delivered"}',
        b'{"code":"N003"}',
        b'{"code":"E002","mms-id":""}',
        b'{"code":"N401"}',
        b'{"code":"N401","from":"12065550142"}',
        b'{"code":"N401","from":"12065550142","to":"34343","content":"x"}',
        b'{"code":"N401","from":"12065550142","to":"34343","content":["x"]}',
    ],
)
def test_a_body_without_sense_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        client.receipts(body)


@pytest.mark.parametrize("field", ["code", "status", "to", "from", "tracking-id", "client-reference", "sent-as"])
@pytest.mark.parametrize("value", [[], {}, 1.5, True])
def test_a_member_of_the_wrong_type_is_unreadable(field: str, value: object) -> None:
    with pytest.raises(Unreadable):
        client.receipts(told(**{field: value}))


LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["Expired", "SMS", "null"])
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=6
)
FIELDS = ("status", "status-details", "to", "from", "timestamp", "tracking-id", "trackingid", "client-reference")
FIELDS += ("sent-as", "mms-id", "audio-name", "video-name", "keyword", "message-subject", "content")
HOSTILE = st.fixed_dictionaries(
    {"code": st.sampled_from(["N101", "N102", "E102", "N003", "E002", "N401", "N501", "N777"]) | VALUES},
    optional=dict.fromkeys(FIELDS, VALUES),
)


@given(value=HOSTILE | VALUES)
def test_any_json_is_read_or_called_unreadable(value: Any) -> None:
    try:
        found = client.receipts(json.dumps(value).encode())
    except Unreadable:
        return
    for one in found:
        if isinstance(one, Receipt):
            assert one.at is None or one.at.tzinfo is UTC
            assert all(
                number == "" or (number.isascii() and number.isdigit()) for number in (one.recipient, one.sender)
            )
            assert len(one.text) <= 300
            text = one.text + one.client_ref + one.provider_ref + one.code + one.at_text
        elif isinstance(one, Inbound):
            text = one.sender + one.recipient + one.subject + one.provider_ref + "".join(one.media_urls + one.text_urls)
        else:
            text = one.saved_ref + one.code + one.text
        text.encode()
        assert "\x00" not in text


@pytest.mark.parametrize("headers", [{}, {"x-hub-signature": "sha256=00"}, {"authorization": "Basic x"}])
def test_nothing_is_signed_so_that_any_headers_pass(headers: dict[str, str]) -> None:
    client.verify(Account("a", "sinch", "https://api.example.org", {}, webhook_keys=("k",)), headers, b"{}")


def test_the_acknowledgement_is_the_contracts(payload: Payload) -> None:
    assert client.ACKNOWLEDGEMENT.content_type == "application/json"
    assert json.loads(client.ACKNOWLEDGEMENT.body) == payload("postback-ack")
