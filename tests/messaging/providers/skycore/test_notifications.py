"""What Skycore posts: every sample with its meaning, bodies that make none, and bodies meant to harm."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.gateway.codes import Where
from messaging.gateway.contract import Account
from messaging.gateway.facts import Action, Fact, Inbound, Receipt, SavedNews, Unreadable
from messaging.providers.skycore import client
from messaging.providers.skycore.codes import CODES
from messaging.statuses import Status, Via

FOLDER = Path(__file__).parent / "payloads"
REF, HANDSET, SENDER = "MMS_88120445", "12065550142", "72404"
ACCOUNT = Account("a-1", "skycore", "https://secure.skycore.com", {"api_key": "made-up-key"}, webhook_keys=("k",))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def receipt(code: str, state: Status | None, text: str, stamp: str = "", **more: Any) -> Receipt:
    members = {"kind": "receipt", "client_ref": "", "provider_ref": REF, "recipient": HANDSET, "sender": SENDER, **more}
    return Receipt(code=code, state=state, text=text, at=at(stamp) if stamp else None, at_text=stamp, **members)


def encoded(code: str, state: Status, text: str) -> Receipt:
    return receipt(code, state, text, recipient="", sender="")


INBOUND_MMS = Inbound(
    sender=f"+{HANDSET}",
    recipient=SENDER,
    text="",
    media_urls=("https://mo.example.net/c/55d1/part-1.jpg",),
    text_urls=("https://mo.example.net/c/55d1/part-2.txt",),
    provider_ref="MMS_MO_q7Xd21Ba",
    at=at("2026-11-20T05:12:00-05:00"),
    subject="Receipt",
)
DAY = "2026-11-20T04:00"
SAMPLES: dict[str, Fact] = {
    "broken-postback-unclosed-tag": receipt(
        "N201", Status.SUBMITTED, "Message Sent", f"{DAY}:08-05:00", via=Via.SMS, detail="read by pattern"
    ),
    "postback-e002-template-audio": SavedNews("884213", False, "E002", "voice.wav"),
    "postback-e003-template-video": SavedNews("884213", False, "E003", "launch.mp4"),
    "postback-e012-audio-encode": encoded("E012", Status.FAILED, "jingle.mp3"),
    "postback-e013-video-encode": encoded("E013", Status.FAILED, "tour.mp4"),
    "postback-e101-failed": receipt("E101", Status.FAILED, "Dynamic content could not be fetched"),
    "postback-e102-expired": receipt(
        "E102 Expired", Status.EXPIRED, "Message Sent/Expired", "2026-11-23T04:00:00-05:00"
    ),
    "postback-e102-failed": receipt("E102 Failed", Status.FAILED, "Message Sent/Failed", f"{DAY}:31-05:00"),
    "postback-e102-notsupported": receipt(
        "E102 NotSupported", Status.FAILED, "Message Sent/NotSupported", f"{DAY}:31-05:00"
    ),
    "postback-e102-rejected": receipt("E102 Rejected", Status.FAILED, "Blocked by operator", f"{DAY}:30-05:00"),
    "postback-e201-sms-failed": receipt("E201", Status.FAILED, "Message Failed", f"{DAY}:04-05:00", via=Via.SMS),
    "postback-e202-fallback-failed": receipt(
        "E202 Failed", Status.FAILED, "Message Sent/Failed", f"{DAY}:45-05:00", via=Via.SMS
    ),
    "postback-e999-queue-error": receipt("E999", Status.FAILED, "Message Failed"),
    "postback-n003-template-ready": SavedNews("884213", True, "N003"),
    "postback-n013-encoded-sending": encoded("N013", Status.ACCEPTED, ""),
    "postback-n101-sent-as-sms": receipt(
        "N101", Status.SUBMITTED, "Carrier does not take MMS; sent as link", f"{DAY}:04-05:00", via=Via.SMS
    ),
    "postback-n101-sent": receipt("N101", Status.SUBMITTED, "Message Sent", f"{DAY}:04-05:00", via=Via.MMS),
    "postback-n102-delivered": receipt(
        "N102", Status.DELIVERED, "Message Sent/Delivered", f"{DAY}:19-05:00", via=Via.MMS
    ),
    "postback-n102-with-expired-status": receipt(
        "N102 Expired", Status.EXPIRED, "Message Sent/Expired", "2026-11-23T04:00:00-05:00", via=Via.MMS
    ),
    "postback-n102-with-schema-attributes": receipt(
        "N102", Status.DELIVERED, "Message Sent/Delivered", f"{DAY}:19-05:00", via=Via.MMS
    ),
    "postback-n201-sms-sent": receipt("N201", Status.SUBMITTED, "Message Sent", f"{DAY}:04-05:00", via=Via.SMS),
    "postback-n202-fallback-delivered": receipt(
        "N202", Status.DELIVERED, "Message Sent/Delivered", f"{DAY}:41-05:00", via=Via.SMS
    ),
    "postback-n211-inbound-sms-stop": Inbound(
        sender=f"+{HANDSET}",
        recipient=SENDER,
        text="STOP",
        media_urls=(),
        provider_ref="77QAZ-10394-204TB-771K2",
        at=at("2026-11-20T05:20:02-05:00"),
        kind="sms",
    ),
    "postback-n302-unsubscribed": Inbound(
        sender=f"+{HANDSET}",
        recipient=SENDER,
        text="",
        media_urls=(),
        provider_ref="",
        at=at("2026-11-20T05:20:03-05:00"),
        kind="subscription",
        action=Action.STOP,
    ),
    "postback-n401-inbound-mms": INBOUND_MMS,
    "postback-n401-inbound-mms-nested": INBOUND_MMS,
}


def postback(**members: str) -> bytes:
    told = {"ORIGIN": "MMS_MT", "CODE": "N101", "TRACKINGID": REF, **members}
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in told.items())
    return f"<?xml version='1.0'?><POSTBACK>{inner}</POSTBACK>".encode()


def only(body: bytes) -> Any:
    [fact] = client.receipts(body)
    return fact


def test_every_sample_is_in_the_table() -> None:
    assert {path.stem for path in FOLDER.glob("*postback*.xml")} == set(SAMPLES)


@pytest.mark.parametrize("name", SAMPLES)
def test_the_samples_mean_what_the_contract_says(raw, name: str) -> None:
    assert client.receipts(raw(name)) == [SAMPLES[name]]


@pytest.mark.parametrize("name", SAMPLES)
def test_a_form_carries_the_same(raw, name: str) -> None:
    assert client.receipts(urlencode({"other": "1", "xml": raw(name)}).encode()) == [SAMPLES[name]]


@pytest.mark.parametrize(
    ("code", "status", "key", "state"),
    [
        ("N102", "Message Sent/Delivered", "N102", Status.DELIVERED),
        ("N102", "message sent / DELIVERED", "N102", Status.DELIVERED),
        ("N102", "", "N102", Status.DELIVERED),
        ("N102", "Message Sent", "N102", Status.DELIVERED),
        ("N102", "Message Sent/Rejected", "N102 Rejected", Status.FAILED),
        ("N102", "Message Sent/Failed", "N102 Failed", Status.FAILED),
        ("N102", "Message Sent/Not Supported", "N102 NotSupported", Status.FAILED),
        ("n102", "MESSAGE SENT/EXPIRED", "N102 Expired", Status.EXPIRED),
        ("N103", "Message Sent/Expired", "N103", Status.EXPIRED),
        # In the short words of the sister API, and in those of a failure.
        ("N102", "Delivered", "N102", Status.DELIVERED),
        ("N102", "Expired", "N102 Expired", Status.EXPIRED),
        ("N102", "Not Supported", "N102 NotSupported", Status.FAILED),
        ("N102", "Message Failed", "N102 Failed", Status.FAILED),
        ("N202", "Rejected", "N202 Rejected", Status.FAILED),
        ("E102", "Expired", "E102 Expired", Status.EXPIRED),
        ("E102", "Message Failed", "E102", Status.FAILED),
        ("N102", "Held", "N102 Held", None),
        ("E102", "Message Sent/Not Supported", "E102 NotSupported", Status.FAILED),
        ("E102", "", "E102", Status.FAILED),
        ("E202", "Message Sent/Expired", "E202 Expired", Status.EXPIRED),
        ("E202", "Message Sent/NotSupported", "E202 NotSupported", Status.FAILED),
        ("N202", "Message Sent/Failed", "N202 Failed", Status.FAILED),
        ("E011", "", "E011", Status.FAILED),
        # A word nobody knows is never taken for a delivery, or for a failure.
        ("N102", "Message Sent/Held", "N102 Held", None),
        ("E102", "Message Sent/Delivered", "E102 Delivered", None),
        ("N777", "Message Sent/Delivered", "N777", None),
        ("N301X", "", "N301X", None),
    ],
)
def test_code_and_status_decide_together(code: str, status: str, key: str, state: Status | None) -> None:
    told = only(postback(CODE=code, STATUS=status))
    assert (told.code, told.state) == (key, state)
    assert told.kind == ("unrecognised" if state is None else "receipt")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-20T04:00:19-05:00", datetime(2026, 11, 20, 9, 0, 19, tzinfo=UTC)),
        ("2026-11-20T04:00:19-05", datetime(2026, 11, 20, 9, 0, 19, tzinfo=UTC)),
        ("2026-11-20T04:00:19-0500", datetime(2026, 11, 20, 9, 0, 19, tzinfo=UTC)),
        ("2026-11-20T09:00:19.5Z", datetime(2026, 11, 20, 9, 0, 19, 500_000, UTC)),
        # Without an offset nobody can tell which zone is meant.
        ("2026-11-20T04:00:19", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("2026-13-45T99:00:00Z", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_times_are_read_with_their_offset_and_kept_as_written(text: str, expected: datetime | None) -> None:
    told = only(postback(TIMESTAMP=text))
    assert (told.at, told.at_text) == (expected, text)


@pytest.mark.parametrize("code", ["N501", "N502", "E501", "E502"])
def test_device_discovery_concerns_nobody(code: str) -> None:
    assert client.receipts(postback(CODE=code)) == []


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"ORIGIN": "SUB", "CODE": "N301"}, ("subscription", "", Action.START)),
        ({"ORIGIN": "SUB", "CODE": "N302"}, ("subscription", "", Action.STOP)),
        ({"ORIGIN": "SMS_MO", "CODE": "N211", "TEXT": "two\nlines"}, ("sms", "two\nlines", Action.NONE)),
        ({"ORIGIN": "MMS_MO", "CODE": "N401", "KEYWORD": "Stop"}, ("mms", "Stop", Action.STOP)),
        ({"ORIGIN": "MMS_MO", "CODE": "N401", "KEYWORD": "photo"}, ("mms", "photo", Action.NONE)),
        ({"ORIGIN": "MMS_MO", "CODE": "N499", "TEXT": "new"}, ("mms", "new", Action.NONE)),
    ],
)
def test_what_handsets_send_has_its_kind(members: dict[str, str], expected: tuple[str, str, Action]) -> None:
    told = only(postback(MOBILE=HANDSET, FROM=HANDSET, TO=SENDER, SHORTCODE=SENDER, **members))
    assert (told.sender, told.recipient) == (f"+{HANDSET}", SENDER)
    assert (told.kind, told.text, told.action) == expected


def test_files_of_a_handset_are_sorted() -> None:
    files = ["https://a.example/1.jpg?x=1", "https://a.example/2.TXT?x=1", "https://a.example/3.smil", "file:///etc/x"]
    inner = "".join(f"<FILE>{file}</FILE>" for file in files)
    body = postback(ORIGIN="MMS_MO", CODE="N401", FROM=HANDSET, TO=SENDER, KEYWORD="hi")
    told = only(body.replace(b"</POSTBACK>", f"<CONTENT>{inner}</CONTENT></POSTBACK>".encode()))
    assert (told.media_urls, told.text_urls, told.text) == ((files[0],), (files[1],), "")


BROKEN = "<FROM_MASK><FROM_MASK>"


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        ("<CODE>N102</CODE><STATUS>Message Sent/Expired</STATUS>", "N102 Expired"),
        ("<CODE>N102</CODE><STATUS>Message Sent/Held</STATUS>", "N102 Held"),
        ("<CODE>E101</CODE><CODE>E101</CODE>", "E101"),
    ],
)
def test_ill_formed_receipts_are_read_by_pattern_and_flagged(inner: str, expected: str) -> None:
    told = only(f"<POSTBACK>{BROKEN}{inner}<TRACKINGID>{REF}</TRACKINGID></POSTBACK>".encode())
    assert (told.code, told.provider_ref, told.detail) == (expected, REF, "read by pattern")


def test_a_stop_counts_even_in_an_ill_formed_body(raw) -> None:
    broken = raw("postback-n211-inbound-sms-stop").replace(b"<ORIGIN>", b"<FROM_MASK><FROM_MASK><ORIGIN>")
    told = only(broken)
    assert (told.text, told.sender) == ("STOP", f"+{HANDSET}")


@pytest.mark.parametrize(
    "inner",
    [
        "<CODE>N102</CODE>",
        f"<TRACKINGID>{REF}</TRACKINGID>",
        # Said twice with different words: a text from outside may have got in.
        f"<CODE>N102</CODE><TRACKINGID>{REF}</TRACKINGID><TRACKINGID>MMS_1</TRACKINGID>",
        f"<CODE>N211</CODE><ORIGIN>SMS_MO</ORIGIN><FROM>{HANDSET}</FROM><TO>{SENDER}</TO><TEXT>I <3 it</TEXT>",
    ],
)
def test_what_a_pattern_cannot_tell_is_unreadable(inner: str) -> None:
    with pytest.raises(Unreadable):
        client.receipts(f"<POSTBACK>{BROKEN}{inner}</POSTBACK>".encode())


LEVELS = "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 10))
BOMB = f"<!DOCTYPE b [<!ENTITY a0 'ha'>{LEVELS}]>"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"N102",
        b"{}",
        b"xml=",
        b"xml=N102",
        b"other=1",
        b"\xff\xfe<",
        b"<POSTBACK>",
        b"<POSTBACK/>",
        b"<POSTBACK><CODE/></POSTBACK>",
        b"<RESPONSE><CODE>N102</CODE></RESPONSE>",
        b"<POSTBACK><CODE>N003</CODE></POSTBACK>",
        b"<POSTBACK><ORIGIN>SUB</ORIGIN><CODE>N302</CODE></POSTBACK>",
        b"<POSTBACK><ORIGIN>SMS_MO</ORIGIN><CODE>N211</CODE><FROM>12065550142</FROM></POSTBACK>",
        f"{BOMB}<POSTBACK><CODE>N102</CODE><TRACKINGID>&a9;</TRACKINGID></POSTBACK>".encode(),
        b"<!DOCTYPE p SYSTEM 'http://127.0.0.1:9/p.dtd'>" + postback(),
        b"<!DOCTYPE p [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><POSTBACK><CODE>&x;</CODE></POSTBACK>",
        b"<POSTBACK>" + b"<a>" * 80_000,
        postback().replace(b"</POSTBACK>", b"<a>" * 20 + b"</a>" * 20 + b"</POSTBACK>"),
        b"<POSTBACK>" + b"<CODE>N102</CODE>" * 80_000,
        b"<?xml version='1.0' encoding='utf-7'?><POSTBACK/>",
    ],
)
def test_a_body_without_sense_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        client.receipts(body)


@pytest.mark.parametrize("code", [code for where, code in CODES if where is Where.RECEIPT and " " not in code])
def test_every_receipt_code_is_understood(code: str) -> None:
    members = {"CODE": code, "MMSID": "1", "FROM": HANDSET, "TO": SENDER, "MOBILE": HANDSET}
    for fact in client.receipts(postback(**members)):
        assert not isinstance(fact, Receipt) or (fact.kind, fact.state) == (
            "receipt",
            CODES[Where.RECEIPT, code].state,
        )


NAMES = ("ORIGIN", "CODE", "STATUS", "TRACKINGID", "MMSID", "FROM", "TO", "TIMESTAMP", "TEXT", "MOBILE", "SENTAS")
TEXTS = st.text(max_size=40) | st.sampled_from(["N102", "N211", "N302", "N003", "SMS_MO", "Message Sent/Expired"])


@given(members=st.lists(st.tuples(st.sampled_from(NAMES), TEXTS), max_size=10), slip=st.sampled_from(["", BROKEN]))
def test_anything_is_read_or_called_unreadable(members: list[tuple[str, str]], slip: str) -> None:
    inner = "".join(f"<{name}>{text}</{name}>" for name, text in members)
    try:
        found = client.receipts(f"<POSTBACK>{slip}{inner}</POSTBACK>".encode("utf-8", "replace"))
    except Unreadable:
        return
    for one in found:
        if isinstance(one, Receipt):
            assert one.at is None or one.at.utcoffset() == timedelta(0)
            assert one.recipient == "" or (one.recipient.isascii() and one.recipient.isdigit())
            assert len(one.code) <= 40
            assert len(one.text) <= 300
        assert "\x00" not in repr(one)


@given(body=st.binary(max_size=300))
def test_any_bytes_are_read_or_called_unreadable(body: bytes) -> None:
    try:
        client.receipts(body)
    except Unreadable:
        return


def test_nothing_is_signed() -> None:
    client.verify(ACCOUNT, {}, b"<POSTBACK/>")
    assert (client.ACKNOWLEDGEMENT.body, client.ECHOES) == (b"", False)
