"""What Telesign's chair tells: callbacks as in the samples, signed, understood by the client with the right state."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from messaging.gateway import serving
from messaging.gateway.codes import Where
from messaging.gateway.contract import Account
from messaging.gateway.facts import Action, Inbound, Receipt, Unreadable
from messaging.gateway.serving import Call, Event, Notice, ReceivedMessage
from messaging.providers.telesign import client
from messaging.providers.telesign.codes import CODES
from messaging.providers.telesign.server.notices import notice as signed_notice
from messaging.statuses import Status, Via
from tests.messaging.providers.desks import MadeDesk
from tests.messaging.providers.telesign.made import NOW

server = serving.server("telesign")
TENANT = server.DEMO
ACCOUNT = Account("a-1", "telesign", "", {name: values[0] for name, values in TENANT.credentials.items()})
REF = "7A10C3E25B9F4D0891F6A2B3C4D5E6F7"
MMS_ONLY = "request-mms-only"
Reading = Callable[..., ReceivedMessage]


@pytest.fixture
def reading(payload) -> Reading:
    def read(name: str = "request-image", **members: object) -> ReceivedMessage:
        body = json.dumps(payload(name) | members).encode()
        return server.read(Call("POST", "/v1/omnichannel", {}, body), TENANT, MadeDesk(), now=NOW)

    return read


def reported(message: ReceivedMessage, event: Event, **more: Any) -> Notice | None:
    return server.report(
        message, message.destinations[0], REF, event, more.pop("tenant", TENANT), at=more.pop("at", NOW)
    )


def heard(notice: Notice | None) -> tuple[Receipt, list[tuple[str, str]]]:
    """What the client makes of a callback: the message's receipt, then channel and code of each step."""
    assert notice is not None
    client.verify(ACCOUNT, notice.headers, notice.body)
    whole, *steps = client.receipts(notice.body)
    assert isinstance(whole, Receipt)
    return whole, [(step.detail, step.code) for step in steps if isinstance(step, Receipt)]


@pytest.mark.parametrize(
    ("event", "sample"),
    [
        (Event.SUBMITTED, "callback-3002-gateway"),
        (Event.DELIVERED, "callback-3000-mms-delivered"),
        (Event.DELIVERED_AS_SMS, "callback-3000-sms-after-3056"),
        (Event.READ, "callback-3005-read"),
        (Event.NO_REPORT, "callback-3004-unconfirmed"),
    ],
)
def test_callbacks_are_those_of_the_contract(reading: Reading, payload, event: Event, sample: str) -> None:
    notice = reported(reading(), event)
    assert notice is not None
    body, expected = json.loads(notice.body), payload(sample)
    for told in (body, expected):
        assert told["status"].pop("updated_on")
        for entry in told["channel_status"]:
            [said] = entry.values()
            assert len(said.pop("reference_id")) == 32
            assert said.pop("updated_on")
    assert body == expected
    assert list(body) == list(expected)


def test_the_seed_callback_is_told_in_its_own_spellings(reading: Reading, payload) -> None:
    """Milliseconds behind a colon and behind a point, and "null" for a reference that was never given."""
    expected = payload("seed-callback")
    notice = reported(reading("seed-request"), Event.DELIVERED_AS_SMS, at=NOW + timedelta(milliseconds=226))
    assert notice is not None
    body = json.loads(notice.body)
    assert body["external_id"] == expected["external_id"] == "null"
    assert body["status"]["updated_on"] == "2026-11-03 15:20:07:226"
    mms, sms = (next(iter(entry.values())) for entry in body["channel_status"])
    assert (mms["updated_on"], sms["updated_on"]) == ("2026-11-03 15:20:06.226", "2026-11-03 15:20:07:226")
    assert len({body["reference_id"], mms["reference_id"], sms["reference_id"]}) == 3


@pytest.mark.parametrize(
    ("event", "state", "code", "via", "steps"),
    [
        (Event.SUBMITTED, Status.SUBMITTED, "3002", None, "mms 3002"),
        (Event.DELIVERED, Status.DELIVERED, "3000", Via.MMS, "mms 3000"),
        (Event.DELIVERED_AS_SMS, Status.DELIVERED, "3000", Via.SMS, "mms 3056, sms 3000"),
        (Event.READ, Status.READ, "3005", Via.MMS, "mms 3005"),
        (Event.NO_REPORT, Status.UNCONFIRMED, "3004", None, "mms 3004"),
        (Event.EXPIRED, Status.EXPIRED, "3033", None, "mms 3033, sms 3033"),
        (Event.ADDRESS_NOT_FOUND, Status.FAILED, "3101", None, "mms 3101, sms 3101"),
        (Event.CONTENT_REFUSED, Status.FAILED, "3035", None, "mms 3035, sms 3035"),
        (Event.MEDIA_NOT_FETCHED, Status.DELIVERED, "3000", Via.SMS, "mms 3035, sms 3000"),
        (Event.MEDIA_TOO_BIG, Status.DELIVERED, "3000", Via.SMS, "mms 3061, sms 3000"),
        (Event.RECIPIENT_BLOCKED, Status.FAILED, "3052", None, "mms 3052, sms 3052"),
        (Event.REJECTED, Status.FAILED, "3042", None, "mms 3042, sms 3042"),
        (Event.UNKNOWN_CODE, None, "3999", None, "mms 3999"),
    ],
)
def test_every_event_is_understood(
    reading: Reading, event: Event, state: Status | None, code: str, via: Via | None, steps: str
) -> None:
    whole, tried = heard(reported(reading(), event))
    assert (whole.state, whole.code, whole.via) == (state, code, via)
    assert ", ".join(f"{channel} {step}" for channel, step in tried) == steps
    assert (whole.provider_ref, whole.client_ref) == (REF, "c-01J9Z6Q2M4-0001")
    assert whole.at == NOW
    assert (whole.kind == "unrecognised") is (event is Event.UNKNOWN_CODE)


@pytest.mark.parametrize(
    ("event", "code", "steps"),
    [
        (Event.DELIVERED, "3000", [("mms", "3000")]),
        (Event.DELIVERED_AS_SMS, "3056", [("mms", "3056")]),
        (Event.EXPIRED, "3033", [("mms", "3033")]),
        (Event.MEDIA_NOT_FETCHED, "3035", [("mms", "3035")]),
        (Event.MEDIA_TOO_BIG, "3061", [("mms", "3061")]),
    ],
)
def test_without_a_second_channel_only_the_first_is_tried(
    reading: Reading, event: Event, code: str, steps: list[tuple[str, str]]
) -> None:
    whole, tried = heard(reported(reading(MMS_ONLY), event))
    assert (whole.code, tried) == (code, steps)


def test_there_is_no_word_for_a_click(reading: Reading) -> None:
    assert reported(reading(), Event.CLICKED) is None


def test_the_malformed_callback_is_signed_and_makes_no_sense(reading: Reading) -> None:
    notice = reported(reading(), Event.MALFORMED)
    assert notice is not None
    client.verify(ACCOUNT, notice.headers, notice.body)
    with pytest.raises(Unreadable):
        client.receipts(notice.body)


SMS = {"sms": {"template": "text", "parameters": {"text": "Hello"}}}
IMAGE = {"mms": {"template": "image", "parameters": {"url": "https://a.example/b.jpg"}}}


@pytest.mark.parametrize(
    ("change", "event", "code", "steps"),
    [
        ({"message": SMS}, Event.DELIVERED_AS_SMS, "3000", "mms 3306, sms 3000"),
        ({"message": SMS | {"mms": {"template": "text"}}}, Event.DELIVERED_AS_SMS, "3000", "mms 3112, sms 3000"),
        ({"message": SMS | {"mms": {"template": "image"}}}, Event.DELIVERED_AS_SMS, "3000", "mms 3305, sms 3000"),
        (
            {"message": SMS | {"mms": {"template": "image", "parameters": {"url": "b.jpg"}}}},
            Event.DELIVERED_AS_SMS,
            "3000",
            "mms 3045, sms 3000",
        ),
        ({"message": IMAGE}, Event.DELIVERED, "3000", "mms 3000"),
        ({"message": IMAGE}, Event.EXPIRED, "3306", "mms 3033, sms 3306"),
        ({"phone_number": "1206"}, Event.ADDRESS_NOT_FOUND, "3101", "mms 3101, sms 3101"),
        ({"phone_number": "half \ud83d"}, Event.ADDRESS_NOT_FOUND, "3101", "mms 3101, sms 3101"),
        ({"channels": [{"channel": "fax"}]}, Event.REJECTED, "3100", "fax 3100"),
        ({"channels": [{"channel": "\ud83d"}]}, Event.REJECTED, "3100", "? 3100"),
        ({"channels": [{"channel": "rcs"}, {"channel": "viber"}]}, Event.REJECTED, "3006", "rcs 3200, viber 3200"),
        ({"channels": [{"channel": "rcs"}, {"channel": "mms"}]}, Event.DELIVERED, "3000", "rcs 3200, mms 3000"),
        ({"channels": [{"channel": "sms"}, {"channel": "mms"}]}, Event.DELIVERED_AS_SMS, "3000", "sms 3000"),
    ],
)
def test_what_is_wrong_with_a_channel_shows_in_the_callback(
    reading: Reading, change: dict[str, Any], event: Event, code: str, steps: str
) -> None:
    message = reading(**change)
    assert message.fate in (None, event)
    whole, tried = heard(reported(message, event))
    assert whole.code == code
    assert ", ".join(f"{channel} {step}" for channel, step in tried) == steps


def test_a_second_channel_may_not_be_part_of_the_contract(reading: Reading) -> None:
    single = replace(TENANT, options={"fallback_enabled": False})
    assert heard(reported(reading(), Event.REJECTED, tenant=single))[1] == [("mms", "3042"), ("sms", "3202")]


@pytest.mark.parametrize("code", [code for where, code in CODES if where is Where.RECEIPT and code != "1500"])
@pytest.mark.parametrize("name", ["request-image", MMS_ONLY])
def test_every_code_can_be_reported_and_is_understood(reading: Reading, code: str, name: str) -> None:
    message = reading(name)
    notice = server.report_with(message, message.destinations[0], REF, code, TENANT, at=NOW)
    assert notice is not None
    row = CODES[Where.RECEIPT, code]
    told = [fact for fact in client.receipts(notice.body) if isinstance(fact, Receipt) and fact.code == code]
    assert told
    assert told[0].state is row.state
    assert all(fact.kind in {"receipt", "step"} for fact in client.receipts(notice.body) if isinstance(fact, Receipt))


def test_the_code_of_an_inbound_message_brings_one(reading: Reading) -> None:
    message = reading()
    notice = server.report_with(message, message.destinations[0], REF, "1500", TENANT, at=NOW)
    assert notice is not None
    [inbound] = client.receipts(notice.body)
    assert isinstance(inbound, Inbound)
    assert (inbound.sender, inbound.recipient) == ("+12065550188", "34343")


@pytest.mark.parametrize("code", ["", "9999", "3300", "http_500", "-10004"])
def test_what_no_callback_carries_is_not_reported(reading: Reading, code: str) -> None:
    message = reading()
    assert server.report_with(message, message.destinations[0], REF, code, TENANT, at=NOW) is None


@pytest.mark.parametrize(("options", "method"), [({}, "GET"), ({"callback_by_get": False}, "POST")])
def test_callbacks_come_by_get_as_in_the_seed_or_by_post(
    reading: Reading, options: dict[str, bool], method: str
) -> None:
    notice = reported(reading(), Event.DELIVERED, tenant=replace(TENANT, options=options))
    assert notice is not None
    assert notice.method == method
    assert method in client.METHODS


def test_both_headers_carry_the_vectors_signature(payload) -> None:
    vectors = payload("auth-vectors")
    tenant = replace(
        TENANT, credentials={"customer_id": (vectors["customer_id"],), "api_key": (vectors["api_key_base64"],)}
    )
    made = signed_notice(vectors["callback"]["body"].encode(), tenant)
    expected = {name.lower(): value for name, value in vectors["callback"]["headers"].items()}
    assert made.headers == {"content-type": "application/json", **expected}


class TestInbound:
    def said(self, **more: Any) -> Notice:
        members = {"text": "", "files": [], **more}
        return server.inbound(TENANT, sender="12065550188", recipient="70707", at=NOW, **members)

    def test_a_picture_has_the_members_of_the_contract(self, payload) -> None:
        expected = payload("inbound-mms")
        url = expected["content"]["url_image_1"]
        body = json.loads(self.said(text="is this still on?", files=[url, "https://a.example/part.smil"]).body)
        assert list(body) == list(expected)
        assert body["content"] == expected["content"] | {"subject": ""}

    def test_a_text_has_the_members_of_the_contract(self, payload) -> None:
        expected = payload("inbound-sms-stop")
        body = json.loads(self.said(text="Stop").body)
        assert list(body) == list(expected)
        assert body["user_response"] == expected["user_response"]

    @pytest.mark.parametrize(
        ("text", "action"),
        [
            ("STOP", Action.STOP),
            ("start now", Action.START),
            ("Help", Action.HELP),
            ("Is it open?", Action.NONE),
            ("", Action.NONE),
        ],
    )
    def test_what_it_says_is_understood(self, text: str, action: Action) -> None:
        notice = self.said(text=text)
        client.verify(ACCOUNT, notice.headers, notice.body)
        [inbound] = client.receipts(notice.body)
        assert isinstance(inbound, Inbound)
        assert (inbound.text, inbound.action, inbound.sender, inbound.recipient) == (
            text,
            action,
            "+12065550188",
            "70707",
        )
        assert (notice.method, inbound.at) == ("POST", NOW)

    def test_files_are_understood(self) -> None:
        files = [f"https://a.example/{name}" for name in ("a.png", "b.smil", "c.mp4?x=1", "d.mp3", "e.bin")]
        [inbound] = client.receipts(self.said(text="Look", files=files).body)
        assert isinstance(inbound, Inbound)
        assert inbound.media_urls == (files[0], files[2], files[3])
        assert (inbound.kind, inbound.text) == ("mms", "Look")
