"""Callbacks: the message's own code, a step for each channel, both spellings of time, deaf to hostile bodies."""

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telesign.util import verify_telesign_callback_signature

from messaging.gateway.codes import Where
from messaging.gateway.contract import Account
from messaging.gateway.facts import Action, Forged, Inbound, Receipt, Unreadable
from messaging.providers.telesign import client
from messaging.providers.telesign.codes import CODES
from messaging.statuses import Status, Via
from tests.messaging.providers.telesign.made import ACCOUNT, KEY

Raw = Callable[[str], bytes]
Payload = Callable[[str], Any]
REF = "7A10C3E25B9F4D0891F6A2B3C4D5E6F7"
WRITTEN = "2026-11-03 15:20:31:402"
AT = datetime(2026, 11, 3, 15, 20, 31, 402_000, UTC)


def receipts(body: bytes) -> tuple[Receipt, list[Receipt]]:
    """The message's own receipt, and its steps."""
    whole, *steps = client.receipts(body)
    assert isinstance(whole, Receipt)
    return whole, [step for step in steps if isinstance(step, Receipt)]


def told(code: object, *channels: tuple[str, object], last: str = "mms", **more: Any) -> bytes:
    status = {"code": code, "description": "As it is", "last_channel": last, "updated_on": WRITTEN}
    entries = [{name: {"code": one, "description": "So", "updated_on": WRITTEN}} for name, one in channels]
    return json.dumps({"reference_id": REF, "status": status, "channel_status": entries, **more}).encode()


@pytest.mark.parametrize(
    ("name", "code", "state", "via", "steps"),
    [
        ("seed-callback", "3000", Status.DELIVERED, Via.SMS, [("mms", "3056"), ("sms", "3000")]),
        ("callback-3000-mms-delivered", "3000", Status.DELIVERED, Via.MMS, [("mms", "3000")]),
        ("callback-3000-sms-after-3056", "3000", Status.DELIVERED, Via.SMS, [("mms", "3056"), ("sms", "3000")]),
        ("callback-3000-sms-after-mms-rejected", "3000", Status.DELIVERED, Via.SMS, [("mms", "3061"), ("sms", "3000")]),
        ("callback-3002-gateway", "3002", Status.SUBMITTED, None, [("mms", "3002")]),
        ("callback-3003-all-failed", "3042", Status.FAILED, None, [("mms", "3062"), ("sms", "3042")]),
        ("callback-3003-bad-number", "3101", Status.FAILED, None, [("mms", "3101"), ("sms", "3101")]),
        ("callback-3004-unconfirmed", "3004", Status.UNCONFIRMED, None, [("mms", "3004")]),
        ("callback-3005-read", "3005", Status.READ, Via.MMS, [("mms", "3005")]),
        ("callback-3006-not-enabled", "3006", Status.FAILED, None, [("mms", "3200"), ("sms", "3200")]),
        ("callback-external-id-null-string", "3000", Status.DELIVERED, Via.MMS, [("mms", "3000")]),
        ("status-get-200", "3000", Status.DELIVERED, Via.SMS, [("mms", "3056"), ("sms", "3000")]),
    ],
)
def test_the_sample_callbacks_have_their_state_and_steps(
    raw: Raw, payload: Payload, name: str, code: str, state: Status, via: Via | None, steps: list[tuple[str, str]]
) -> None:
    whole, tried = receipts(raw(name))
    expected = payload(name)
    assert (whole.kind, whole.code, whole.state, whole.via) == ("receipt", code, state, via)
    assert whole.provider_ref == expected["reference_id"]
    assert whole.client_ref == expected["external_id"].replace("null", "")
    assert whole.at is not None
    assert [(step.detail, step.code) for step in tried] == steps
    assert all((step.kind, step.state, step.via) == ("step", None, None) for step in tried)
    assert {(step.provider_ref, step.client_ref) for step in tried} == {(whole.provider_ref, whole.client_ref)}
    assert all(step.at for step in tried)


def test_the_seed_callback_is_read_whole(raw: Raw) -> None:
    given_up = datetime(2020, 5, 4, 22, 5, 0, 325_000, UTC)
    delivered = datetime(2020, 5, 4, 22, 7, 1, 226_000, UTC)
    common: dict[str, Any] = {"client_ref": "", "provider_ref": "35C8B5D509BC10689196FED2AD551B8A", "recipient": ""}
    at = {"at": delivered, "at_text": delivered.isoformat()}
    assert client.receipts(raw("seed-callback")) == [
        Receipt("receipt", **common, state=Status.DELIVERED, code="3000", text="Delivered", **at, via=Via.SMS),
        Receipt(
            "step",
            **common,
            state=None,
            code="3056",
            text="MMS: Message failed to deliver in specified fallback time",
            at=given_up,
            at_text=given_up.isoformat(),
            detail="mms",
        ),
        Receipt("step", **common, state=None, code="3000", text="SMS: Delivered", **at, detail="sms"),
    ]


def test_a_failed_message_says_what_its_last_channel_said(raw: Raw) -> None:
    assert (
        receipts(raw("callback-3003-all-failed"))[0].text == "Delivery error; SMS: Carrier rejected - permanent error"
    )


def test_a_callback_and_a_status_query_tell_the_same_facts(raw: Raw) -> None:
    """The same moments in two spellings: told twice, they must stand on the timeline once."""
    assert client.receipts(raw("callback-3000-sms-after-3056")) == client.receipts(raw("status-get-200"))


@pytest.mark.parametrize(
    "code", [code for where, code in CODES if where is Where.RECEIPT and code not in {"3056", "1500"}]
)
def test_every_code_of_the_table_moves_a_message_to_its_state(code: str) -> None:
    for spelling in (code, int(code)):
        whole, _ = receipts(told(spelling))
        assert (whole.kind, whole.code, whole.state) == ("receipt", code, CODES[Where.RECEIPT, code].state)


@pytest.mark.parametrize("code", [code for where, code in CODES if where is Where.RECEIPT and code != "1500"])
def test_no_code_of_a_channel_moves_the_message(code: str) -> None:
    whole, [step] = receipts(told(3001, ("mms", int(code))))
    assert whole.state is Status.ACCEPTED
    assert (step.kind, step.code, step.state, step.detail) == ("step", code, None, "mms")


@pytest.mark.parametrize(
    ("channels", "code", "state"),
    [
        ([("mms", 3033), ("sms", 3033)], "3033", Status.EXPIRED),
        ([("mms", 3033), ("sms", 3042)], "3042", Status.FAILED),
        ([("mms", 3056)], "3056", Status.FAILED),
        ([("mms", 3003)], "3003", Status.FAILED),
        ([("mms", 3000)], "3003", Status.FAILED),
        ([("mms", 3999)], "3003", Status.FAILED),
        ([], "3003", Status.FAILED),
    ],
)
def test_a_failure_takes_its_reason_from_the_last_channel(
    channels: list[tuple[str, object]], code: str, state: Status
) -> None:
    whole, _ = receipts(told(3003, *channels))
    assert (whole.code, whole.state) == (code, state)


@pytest.mark.parametrize(("last", "state"), [("mms", None), ("sms", Status.FAILED), ("", Status.FAILED)])
def test_a_channel_that_gave_up_is_no_failure_while_another_follows(last: str, state: Status | None) -> None:
    whole, _ = receipts(told(3056, last=last))
    assert (whole.code, whole.state) == ("3056", state)


@pytest.mark.parametrize(
    ("body", "whole", "steps"),
    [
        (told(3046), True, []),
        (told(3003, ("mms", 3046)), True, [True]),
        (told(3003, ("mms", 3046), ("sms", 3042)), False, [True, False]),
        (told(3000, ("mms", 3046), ("sms", 3000), last="sms"), False, [True, False]),
        (told(3003, ("mms", 3052), ("sms", 3053)), False, [False, False]),
    ],
)
def test_a_recipient_who_wants_no_more_is_told(body: bytes, whole: bool, steps: list[bool]) -> None:
    message, tried = receipts(body)
    assert (message.opted_out, [step.opted_out for step in tried]) == (whole, steps)


@pytest.mark.parametrize("code", [3999, 9, "whatever"])
def test_a_code_nobody_knows_says_so(code: object) -> None:
    whole, [step] = receipts(told(code, ("mms", code)))
    assert (whole.kind, whole.code, whole.state) == ("unrecognised", str(code), None)
    assert (step.kind, step.code, step.detail) == ("unrecognised", str(code), "mms")


@pytest.mark.parametrize("absent", ["", "null", "NULL", None])
def test_an_absent_reference_is_empty(absent: str | None) -> None:
    assert receipts(told(3000, external_id=absent))[0].client_ref == ""


@pytest.mark.parametrize(
    "entries", [None, {}, "mms", [None], [[]], [{"mms": None}], [{"mms": {}}], [{"mms": {"code": {}}}]]
)
def test_an_odd_channel_list_costs_no_receipt(entries: object) -> None:
    whole, tried = receipts(told(3000, channel_status=entries))
    assert (whole.state, tried) == (Status.DELIVERED, [])


def test_a_list_without_end_is_cut() -> None:
    entries = [{f"c{place}": {"code": 3042} for place in range(100)}]
    assert len(receipts(told(3003, channel_status=entries))[1]) == 10


def test_channels_of_another_kind_are_steps_too() -> None:
    whole, [step] = receipts(told(3000, ("rcs", 3000), last="rcs"))
    assert (whole.via, step.detail) == (None, "rcs")


def test_an_invalid_number_is_not_repeated_whole(raw: Raw) -> None:
    body = raw("callback-3003-bad-number").replace(b": 1206", b": 12065550188")
    assert "12065550188" not in repr(client.receipts(body))


@pytest.mark.parametrize(
    ("text", "at"),
    [
        (WRITTEN, AT),
        ("2026-11-03 15:20:31.402", AT),
        ("2026-11-03T15:20:31.402000Z", AT),
        ("2026-11-03T15:20:31.402", AT),
        ("2026-11-03T17:20:31.402+02:00", AT),
        ("2026-11-03 15:20:31:402 Z", AT),
        ("2026-11-03 15:20:31", AT.replace(microsecond=0)),
        ("Tue, 03 Nov 2026 15:20:31 GMT", AT.replace(microsecond=0)),
        ("Tue, 03 Nov 2026 10:20:31 -0500", AT.replace(microsecond=0)),
        ("Tue, 03 Nov 2026 15:20:31", AT.replace(microsecond=0)),
    ],
)
def test_every_spelling_of_a_time_is_read_and_kept_as_one(text: str, at: datetime) -> None:
    body = json.loads(told(3000))
    body["status"]["updated_on"] = text
    whole, _ = receipts(json.dumps(body).encode())
    assert (whole.at, whole.at_text) == (at, at.isoformat())


@pytest.mark.parametrize(
    "text", ["yesterday", "2026-13-45 99:00:00:000", "0001-01-01T00:00:00+14:00", "1793719207", ""]
)
def test_a_time_that_cannot_be_read_is_kept_as_written(text: str) -> None:
    body = json.loads(told(3000))
    body["status"]["updated_on"] = text
    whole, _ = receipts(json.dumps(body).encode())
    assert (whole.at, whole.at_text) == (None, text)


class TestInbound:
    def test_an_mms_gives_its_text_and_files(self, raw: Raw) -> None:
        assert client.receipts(raw("inbound-mms")) == [
            Inbound(
                sender="+12065550188",
                recipient="",
                text="is this still on?",
                media_urls=("https://inbound.example.net/mo/3e11/photo.jpg",),
                provider_ref="7A10C3E25B9F4D0891F6A2B3C4D5E6AA",
                at=datetime(2026, 11, 3, 16, 2, 55, 300_130, UTC),
                subject="re: offer",
            )
        ]

    def test_an_sms_gives_what_the_provider_takes_it_for(self, raw: Raw) -> None:
        assert client.receipts(raw("inbound-sms-stop")) == [
            Inbound(
                sender="+12065550188",
                recipient="70707",
                text="Stop",
                media_urls=(),
                provider_ref="7A10C3E25B9F4D0891F6A2B3C4D5E6AB",
                at=datetime(2026, 11, 3, 16, 4, 59, 900_000, UTC),
                kind="sms",
                action=Action.STOP,
            )
        ]

    @pytest.mark.parametrize(
        ("action", "meaning"),
        [
            ("start", Action.START),
            ("STOP", Action.STOP),
            ("help", Action.HELP),
            ("generic", Action.NONE),
            (None, Action.NONE),
            ({}, Action.NONE),
        ],
    )
    def test_each_action_has_its_meaning(self, payload: Payload, action: object, meaning: Action) -> None:
        body = payload("inbound-sms-stop")
        body["user_response"]["action"] = action
        [inbound] = client.receipts(json.dumps(body).encode())
        assert isinstance(inbound, Inbound)
        assert inbound.action is meaning

    def test_numbered_parts_come_in_their_order(self, payload: Payload) -> None:
        body = payload("inbound-mms")
        numbered = [f"url_image_{n}" for n in (11, 2, 1)] + ["url_video_3", "url_audio_4"]
        body["content"] = {name: f"https://a.example/{name}" for name in numbered} | {"text_2": "b", "text_1": "a\nb"}
        [inbound] = client.receipts(json.dumps(body).encode())
        assert isinstance(inbound, Inbound)
        assert inbound.text == "a\nb\nb"
        assert [url.rpartition("_")[2] for url in inbound.media_urls] == ["1", "2", "3", "4", "11"]

    @pytest.mark.parametrize("clue", [{"sub_resource": "mo_mms"}, {"status": {"code": 1500}}])
    def test_either_clue_tells_it_from_a_callback(self, payload: Payload, clue: dict[str, Any]) -> None:
        body = {"sub_resource": "", "status": {"code": 3000}, **clue}
        assert isinstance(client.receipts(json.dumps(payload("inbound-mms") | body).encode())[0], Inbound)

    @pytest.mark.parametrize("lost", ["phone_number", "content"])
    def test_one_without_its_sender_or_content_is_unreadable(self, payload: Payload, lost: str) -> None:
        with pytest.raises(Unreadable):
            client.receipts(json.dumps({**payload("inbound-mms"), lost: None}).encode())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"{}",
        b"[]",
        b"3000",
        b'"3000"',
        b"{",
        b"\xff\xfe{}",
        b"[" * 100_000,
        b'{"status":null}',
        b'{"status":{}}',
        b'{"status":{"code":3000}}',
        b'{"status":{"code":true},"reference_id":"r"}',
        b'{"status":{"code":3000},"reference_id":{}}',
        b'{"status":{"code":' + b"9" * 4000 + b'},"reference_id":"r"}',
    ],
)
def test_what_makes_no_sense_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        client.receipts(body)


class TestSignatures:
    def test_the_vector_verifies_by_either_header(self, payload: Payload) -> None:
        vector = payload("auth-vectors")["callback"]
        for name, value in vector["headers"].items():
            client.verify(ACCOUNT, {name: value}, vector["body"].encode())

    @pytest.mark.parametrize("prefix", ["", "TSA 0F0E0D0C:", "TSA 0F0E0D0C-1111-4222-8333-ABCDEF012345:", " "])
    def test_it_stands_with_or_without_whose_it_is(self, payload: Payload, prefix: str) -> None:
        vector = payload("auth-vectors")["callback"]
        bare = vector["headers"]["X-TS-Authorization"]
        client.verify(ACCOUNT, {"x-ts-authorization": prefix + bare}, vector["body"].encode())

    def test_it_is_what_the_vendors_sdk_expects(self, payload: Payload) -> None:
        vector = payload("auth-vectors")["callback"]
        assert verify_telesign_callback_signature(KEY, vector["headers"]["X-TS-Authorization"], vector["body"])

    def test_a_key_of_the_rotation_verifies_too(self) -> None:
        old = b64encode(b"an older made-up key").decode()
        signed = b64encode(hmac.digest(b"an older made-up key", b"{}", hashlib.sha256)).decode()
        with pytest.raises(Forged):
            client.verify(ACCOUNT, {"authorization": f"TSA x:{signed}"}, b"{}")
        client.verify(replace(ACCOUNT, webhook_keys=(old,)), {"authorization": f"TSA x:{signed}"}, b"{}")

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"authorization": ""},
            {"authorization": "TSA x:"},
            {"x-ts-authorization": "é"},
            {"authorization": "Basic a"},
        ],
    )
    def test_without_a_signature_a_call_is_forged(self, payload: Payload, headers: dict[str, str]) -> None:
        with pytest.raises(Forged):
            client.verify(ACCOUNT, headers, payload("auth-vectors")["callback"]["body"].encode())

    @pytest.mark.parametrize(
        "account",
        [
            replace(ACCOUNT, credentials={"api_key": b64encode(b"another key").decode()}),
            replace(ACCOUNT, credentials={"api_key": "not base64!"}),
            replace(ACCOUNT, credentials={}),
            replace(ACCOUNT, credentials={}, webhook_keys=("", "=")),
        ],
    )
    def test_with_another_key_or_none_it_is_forged(self, payload: Payload, account: Account) -> None:
        vector = payload("auth-vectors")["callback"]
        with pytest.raises(Forged):
            client.verify(account, vector["headers"], vector["body"].encode())

    def test_one_byte_more_is_forged(self, payload: Payload) -> None:
        vector = payload("auth-vectors")["callback"]
        with pytest.raises(Forged):
            client.verify(ACCOUNT, vector["headers"], vector["body"].encode() + b" ")

    @given(body=st.binary(max_size=200))
    def test_any_body_verifies_with_its_own_signature(self, body: bytes) -> None:
        signed = b64encode(hmac.digest(b"made-up telesign api key, 40 bytes long!!", body, hashlib.sha256)).decode()
        client.verify(ACCOUNT, {"X-TS-Authorization": signed}, body)
