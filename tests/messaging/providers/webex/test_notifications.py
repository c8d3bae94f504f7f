"""Receipts, clicks and inbound messages: keyed on the code, tolerant of times, deaf to hostile bodies."""

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.gateway.codes import Where
from messaging.gateway.contract import Account
from messaging.gateway.facts import Forged, Inbound, Receipt, Unreadable
from messaging.providers.webex import client
from messaging.providers.webex.codes import CODES
from messaging.statuses import Status, Via

ACCOUNT = Account("a-1", "webex", "https://api.us.webexconnect.io", {}, webhook_keys=("made-up-hub-secret",))
Raw = Callable[[str], bytes]
Payload = Callable[[str], Any]


def only(body: bytes) -> Receipt:
    [receipt] = client.receipts(body)
    assert isinstance(receipt, Receipt)
    return receipt


def told(outer: dict[str, Any] | None = None, **info: Any) -> bytes:
    base = {"deliveryChannel": "mms", "code": "7501", "deliveryStatus": "Submitted", "destination": "14165550142"}
    notification = {"deliveryInfo": {**base, **info}, "correlationid": "c-1", "transid": "t-1", **(outer or {})}
    return json.dumps({"deliveryInfoNotification": notification}).encode()


@pytest.mark.parametrize(
    ("name", "code", "state"),
    [
        ("seed-receipt-submitted", "7501", Status.SUBMITTED),
        ("seed-receipt-delivered", "7500", Status.DELIVERED),
        ("seed-receipt-read", "7524", Status.READ),
        ("seed-receipt-clicked", "7525", Status.READ),
        ("seed-receipt-expired", "7208", Status.EXPIRED),
        ("receipt-7501-submitted", "7501", Status.SUBMITTED),
        ("receipt-7500-delivered", "7500", Status.DELIVERED),
        ("receipt-7500-delivered-status-quirk", "7500", Status.DELIVERED),
        ("receipt-7500-delivered-as-sms", "7500", Status.DELIVERED),
        ("receipt-7524-read", "7524", Status.READ),
        ("receipt-7525-clicked", "7525", Status.READ),
        ("receipt-7208-expired", "7208", Status.EXPIRED),
        ("receipt-7552-failed", "7552", Status.FAILED),
        ("receipt-7553-failed", "7553", Status.FAILED),
        ("receipt-7554-failed", "7554", Status.FAILED),
        ("receipt-7555-failed", "7555", Status.FAILED),
        ("receipt-7556-failed", "7556", Status.FAILED),
        ("receipt-7267-failed-docs-shape", "7267", Status.FAILED),
    ],
)
def test_the_sample_receipts_have_their_state(raw: Raw, payload: Payload, name: str, code: str, state: Status) -> None:
    receipt = only(raw(name))
    notification = payload(name)["deliveryInfoNotification"]
    assert (receipt.code, receipt.state) == (code, state)
    assert receipt.kind == ("clicked" if code == "7525" else "receipt")
    assert receipt.client_ref == notification["correlationid"]
    assert receipt.provider_ref == notification["transid"]
    assert receipt.recipient == notification["deliveryInfo"]["destination"].lstrip("+")
    assert receipt.at_text == notification["deliveryInfo"]["timeStamp"]
    assert receipt.at is not None


def test_a_seed_receipt_is_read_whole(raw: Raw) -> None:
    assert only(raw("seed-receipt-delivered")) == Receipt(
        kind="receipt",
        client_ref="3bd8edf31c81-4b72d8a2-290d-49e2-993e",
        provider_ref="4b72d8a2-290d-49e2-993e-3bd8edf31c81",
        recipient="447500661610",
        state=Status.DELIVERED,
        code="7500",
        text="Delivered",
        at=datetime(2016, 7, 21, 12, 44, 23, 644_000, UTC),
        at_text="2016-07-21T12:44:23.644",
    )


@pytest.mark.parametrize("name", ["seed-receipt-clicked", "receipt-7525-clicked"])
def test_a_click_keeps_the_link_and_forgets_who_clicked(raw: Raw, payload: Payload, name: str) -> None:
    receipt = only(raw(name))
    link, address = payload(name)["deliveryInfoNotification"]["deliveryInfo"]["Description"].split("|")
    assert (receipt.detail, receipt.text) == (link, "Clicked")
    assert address not in repr(receipt)
    assert "Mozilla" not in repr(receipt)


@pytest.mark.parametrize(
    "description", ["|192.0.2.1", "192.0.2.1", "https://a.example/b|192.0.2.1|192.0.2.1", "", None]
)
def test_no_spelling_of_a_click_lets_the_address_through(description: str | None) -> None:
    assert "192.0.2.1" not in repr(only(told(code="7525", deliveryStatus="Clicked", Description=description)))


@pytest.mark.parametrize(
    ("sent_as", "via"), [("MMS", Via.MMS), ("SMS", Via.SMS), ("sms", Via.SMS), ("", None), ("RCS", None)]
)
def test_what_reached_the_phone_is_told(sent_as: str, via: Via | None) -> None:
    assert only(told(sentAs=sent_as)).via is via


def test_delivery_by_fallback_is_told(raw: Raw) -> None:
    assert only(raw("receipt-7500-delivered-as-sms")).via is Via.SMS


@pytest.mark.parametrize("absent", ["", "null", None])
def test_absent_references_are_empty(absent: str | None) -> None:
    receipt = only(told({"correlationid": absent, "transid": absent}))
    assert (receipt.client_ref, receipt.provider_ref) == ("", "")


@pytest.mark.parametrize("code", ["7500", 7500])
def test_a_code_may_be_a_number(code: str | int) -> None:
    assert only(told(code=code)).state is Status.DELIVERED


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("Failed", Status.FAILED),
        ("Un-Delivered", Status.EXPIRED),
        ("UNDELIVERED", Status.EXPIRED),
        ("Delivered", Status.DELIVERED),
        ("Submitted", Status.SUBMITTED),
        ("Pondering", None),
    ],
)
def test_an_unknown_code_goes_by_its_word_and_says_so(word: str, state: Status | None) -> None:
    receipt = only(told(code="7999", deliveryStatus=word))
    assert (receipt.kind, receipt.code, receipt.state) == ("unrecognised", "7999", state)


def test_codes_of_another_channel_are_not_ours() -> None:
    receipt = only(told(code="7524", deliveryChannel="sms", deliveryStatus="Delivered"))
    assert (receipt.kind, receipt.state, receipt.via) == ("unrecognised", Status.DELIVERED, Via.SMS)


@pytest.mark.parametrize("code", [code for where, code in CODES if where is Where.RECEIPT])
def test_every_receipt_code_of_the_table_moves_to_its_state(code: str) -> None:
    receipt = only(told(code=code, deliveryStatus="a word that means nothing"))
    assert receipt.kind != "unrecognised"
    assert receipt.state is CODES[Where.RECEIPT, code].state


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-03T15:20:09.873Z", datetime(2026, 11, 3, 15, 20, 9, 873_000, UTC)),
        ("2026-11-03T15:20:09.873", datetime(2026, 11, 3, 15, 20, 9, 873_000, UTC)),
        ("2026-11-03T15:20:09.8731234Z", datetime(2026, 11, 3, 15, 20, 9, 873_123, UTC)),
        ("2026-11-03T15:20:09.873123", datetime(2026, 11, 3, 15, 20, 9, 873_123, UTC)),
        ("2026-11-03T17:20:09.873+02:00", datetime(2026, 11, 3, 15, 20, 9, 873_000, UTC)),
        ("2026-11-03T10:20:09-0500", datetime(2026, 11, 3, 15, 20, 9, 0, UTC)),
        ("2026-11-03 15:20:09 Z", datetime(2026, 11, 3, 15, 20, 9, 0, UTC)),
        ("yesterday", None),
        ("2026-13-45T99:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("1793719207", None),
        ("", None),
    ],
)
def test_times_are_read_tolerantly_and_kept_as_written(text: str, at: datetime | None) -> None:
    receipt = only(told(timeStamp=text))
    assert (receipt.at, receipt.at_text) == (at, text)


@pytest.mark.parametrize("value", [None, 1.5, [], {}, True])
def test_a_time_of_the_wrong_type_is_no_time(value: object) -> None:
    assert only(told(timeStamp=value)).at is None


def test_a_list_of_notifications_gives_several(payload: Payload) -> None:
    names = ["receipt-7501-submitted", "receipt-7500-delivered", "inbound-mms"]
    found = client.receipts(json.dumps([payload(name) for name in names]).encode())
    assert [type(one) for one in found] == [Receipt, Receipt, Inbound]


def test_an_inbound_message_gives_its_files_without_the_layout(raw: Raw) -> None:
    assert client.receipts(raw("inbound-mms")) == [
        Inbound(
            sender="+14165550142",
            recipient="70707",
            text="",
            media_urls=("https://inbound.example.net/70707/3e11/photo.jpg",),
            provider_ref="0f6c2b1e-77d4-4a55-8f0b-6f6b2d0f9a10",
            at=datetime(2026, 11, 3, 16, 2, 55, 300_000, UTC),
        )
    ]


@pytest.mark.parametrize("text", ["STOP", "42", '"STOP"', "[1]", "two\nlines", ""])
def test_an_inbound_message_that_lists_no_files_is_plain_text(payload: Payload, text: str) -> None:
    [inbound] = client.receipts(json.dumps({**payload("inbound-mms"), "message": text}).encode())
    assert isinstance(inbound, Inbound)
    assert (inbound.text, inbound.media_urls) == (text, ())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"{}",
        b"[]",
        b"[{}]",
        b"7500",
        b'"7500"',
        b"{",
        b"\xff\xfe{}",
        b"[" * 100_000,
        b'{"deliveryInfoNotification":null}',
        b'{"deliveryInfoNotification":{}}',
        b'{"deliveryInfoNotification":{"deliveryInfo":[]}}',
        b'{"deliveryInfoNotification":{"deliveryInfo":{}}}',
        b'{"deliveryInfo":{"code":"7500"}}',
        b'{"oa":"14165550142"}',
        b'{"oa":"","da":""}',
        b'{"oa":"14165550142","da":"70707","message":[]}',
    ],
)
def test_a_body_without_sense_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        client.receipts(body)


@pytest.mark.parametrize("field", ["code", "deliveryStatus", "destination", "Description", "sentAs"])
@pytest.mark.parametrize("value", [[], {}, 1.5, True])
def test_a_member_of_the_wrong_type_is_unreadable(field: str, value: object) -> None:
    with pytest.raises(Unreadable):
        client.receipts(told(**{field: value}))


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["7500", "7525", "null"])
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=6
)
FIELDS = ("code", "deliveryStatus", "Description", "timeStamp", "destination", "sentAs", "deliveryChannel")
INFO = st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, VALUES))
NOTIFICATION = st.fixed_dictionaries(
    {"deliveryInfo": INFO | VALUES}, optional={"correlationid": VALUES, "transid": VALUES}
)
HOSTILE = (
    VALUES
    | st.builds(lambda value: {"deliveryInfoNotification": value}, NOTIFICATION | VALUES)
    | st.fixed_dictionaries({"oa": VALUES, "da": VALUES}, optional={"message": VALUES, "tid": VALUES, "ts": VALUES})
)


@given(value=HOSTILE | st.lists(HOSTILE, max_size=3))
def test_any_json_is_read_or_called_unreadable(value: Any) -> None:
    try:
        found = client.receipts(json.dumps(value).encode())
    except Unreadable:
        return
    for one in found:
        if isinstance(one, Receipt):
            assert one.at is None or one.at.tzinfo is UTC
            assert one.recipient.isascii()
            assert one.recipient == "" or one.recipient.isdigit()
            assert len(one.text) <= 300
            text = one.text + one.client_ref + one.provider_ref + one.code + one.detail + one.at_text
        else:
            text = one.sender + one.recipient + one.text + one.provider_ref + "".join(one.media_urls)
        text.encode()
        assert "\x00" not in text


def signed(body: bytes, secret: str = "made-up-hub-secret", method: str = "sha256") -> dict[str, str]:
    return {"X-Hub-Signature": f"{method}={hmac.new(secret.encode(), body, method).hexdigest()}"}


def test_the_vectors_signature_verifies(payload: Payload) -> None:
    vector = payload("auth-vectors")["hub_signature"]
    name, value = vector["http_header"].split(": ")
    client.verify(replace(ACCOUNT, webhook_keys=(vector["secret"],)), {name: value}, vector["body"].encode())


@pytest.mark.parametrize("method", ["sha256", "sha512"])
def test_both_hashes_verify(method: str) -> None:
    client.verify(ACCOUNT, signed(b'{"a":1}', method=method), b'{"a":1}')


@pytest.mark.parametrize("body", [b' {"a":1}\n', b'{\n  "a": 1\n}', '{"a": "é"}'.encode()])
def test_a_signature_of_the_compact_form_verifies(body: bytes) -> None:
    compact = json.dumps(json.loads(body), separators=(",", ":"), ensure_ascii=False).encode()
    client.verify(ACCOUNT, signed(compact), body)


def test_either_key_verifies_during_a_rotation() -> None:
    account = replace(ACCOUNT, webhook_keys=("new-made-up-secret", "made-up-hub-secret"))
    client.verify(account, signed(b"{}"), b"{}")


@pytest.mark.parametrize("keys", [(), ("made-up-hub-secret",)])
def test_a_call_without_a_signature_passes(keys: tuple[str, ...]) -> None:
    client.verify(replace(ACCOUNT, webhook_keys=keys), {"x-wx-gtrid": "1"}, b"{}")


@pytest.mark.parametrize(
    "header",
    [
        signed(b"{}", "another-secret")["X-Hub-Signature"],
        signed(b"{ }x")["X-Hub-Signature"],
        "sha256=",
        "sha256=é",
        "sha1=" + hashlib.sha1(b"{}").hexdigest(),
        "nonsense",
    ],
)
def test_a_wrong_signature_is_forged(header: str) -> None:
    with pytest.raises(Forged):
        client.verify(ACCOUNT, {"x-hub-signature": header}, b"{}")
