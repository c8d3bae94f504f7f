"""What Sinch takes, says and posts, against sinch.md and the payloads of the contract."""

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from messaging.content import Content, FallbackSms, Part, Slide
from messaging.gateway.serving import Event, MediaFault, Medium, ReceivedMessage, Refusal, SavedContent, Tenant
from tests.messaging.providers.desks import MadeDesk
from tests.messaging.providers.sinch.calls import (
    NOW,
    TENANT,
    Change,
    answered,
    changed,
    code,
    payload,
    post,
    read,
    refused,
    said,
    server,
    setting,
    slides,
)


class TestMessage:
    def test_a_message_reads_as_its_content(self) -> None:
        message = read(payload("request-sendmms-multi-slide"))
        assert [(one.recipient, one.client_ref) for one in message.destinations] == [("12065550142", "msg-0001f3aa")]
        assert message.content == Content(
            "",
            "Autumn open day",
            (
                Slide(
                    "Come and see us!",
                    parts=(
                        Part("image", url="https://media.example.com/a/11c0/poster.png", host="caller"),
                        Part("audio", url="https://media.example.com/a/11c1/jingle.mp3", host="caller"),
                    ),
                ),
                Slide(
                    "A short tour.",
                    parts=(Part("video", url="https://media.example.com/a/11c2/tour.mp4", host="caller"),),
                ),
                Slide(
                    "Save the date.",
                    parts=(Part("calendar", url="https://media.example.com/a/11c3/openday.ics", host="caller"),),
                ),
                Slide(
                    "Our front desk.",
                    parts=(Part("contact", url="https://media.example.com/a/11c4/desk.vcf", host="caller"),),
                ),
                Slide(parts=(Part("pdf", url="https://media.example.com/a/11c5/map.pdf", host="caller"),)),
                Slide("See you there.\nThe team"),
            ),
            FallbackSms("You are invited to our open day.", link=True),
        )
        assert [(medium.kind, medium.slide) for medium in message.media] == [
            ("image", 1),
            ("audio", 1),
            ("video", 2),
            ("calendar", 3),
            ("contact", 4),
            ("pdf", 5),
        ]

    def test_the_seeds_request_is_taken_once_its_placeholders_are_filled(self) -> None:
        request = payload("seed-request-sendmms") | {
            "to": "17743199144",
            "from": "18445550117",
            "fallback-sms-link-expiration": "2027-01-01T00:00:00Z",
            "mms-expiry-timestamp": "2026-11-21T00:00:00Z",
        }
        for slide in request["slide"]:
            for kind in slide.keys() - {"message-text"}:
                slide[kind]["url"] = f"https://media.example.org/{kind}"
        message = answered(post(request, **{"content-type": "application/json", "x-api-key": "YOUR_API_KEY_HERE"}))
        assert [medium.kind for medium in message.media] == ["image", "audio", "video", "contact", "calendar", "pdf"]
        assert message.content.slides[0].text == "{Slide message text}"
        assert message.parsed == request

    def test_the_seeds_request_as_printed_has_no_number(self) -> None:
        assert code(refused(payload("seed-request-sendmms"))) == "E110"

    @pytest.mark.parametrize("number", payload("seed-number-format")["valid"])
    def test_the_seeds_right_numbers(self, number: str) -> None:
        assert read(changed(setting("to", number))).destinations[0].recipient == number

    @pytest.mark.parametrize("number", payload("seed-number-format")["invalid"])
    def test_the_seeds_wrong_numbers(self, number: str) -> None:
        assert code(refused(changed(setting("to", number)))) == "E110"

    def test_a_sender_without_mms_is_taken_and_rejected_later(self) -> None:
        assert read(changed(setting("from", "99999"))).fate is Event.REJECTED

    def test_acceptance_has_the_members_of_the_contract(self) -> None:
        ref, answer = server.accept(read(changed()), now=NOW)
        assert said(answer) == payload("response-success-sendmms") | {"tracking-id": ref}
        assert server.accept(read(changed()), now=NOW)[0] != ref
        assert list(said(answer)) == list(payload("seed-response-success"))


class TestStored:
    def saved(self, *changes: Change, **more: Any) -> MadeDesk:
        message = read(changed(*changes, name="request-savemms"))
        return MadeDesk(contents={"884213": SavedContent("884213", message, **more)})

    def test_a_content_is_stored_and_goes_to_nobody(self) -> None:
        message = read(payload("request-savemms"))
        assert (message.save, message.destinations, message.sender) == (True, (), "")
        assert (message.content.name, message.media) == (
            "winter-launch-v3",
            (Medium("video", "https://media.example.com/t/77/launch.mp4", 1),),
        )
        ref, answer = server.accept(message, now=NOW)
        members = said(answer)
        assert members == payload("response-success-savemms") | {"mms-id": ref, "tracking-id": members["tracking-id"]}

    @pytest.mark.parametrize("name", [..., "", " ", 7])
    def test_a_content_without_a_name_is_e311(self, name: object) -> None:
        assert code(refused(changed(setting("name", name), name="request-savemms"))) == "E311"

    def test_a_stored_content_is_sent_with_its_own_subject_and_fallback(self) -> None:
        message = read(payload("request-sendsavedmms"), desk=self.saved())
        assert (message.saved_ref, message.save) == ("884213", False)
        assert message.content.slides[0].text == "The new range."
        assert message.content.subject == "Winter launch, Dana"
        assert message.content.fallback == FallbackSms("Dana, see the winter range.", link=True)
        assert [medium.kind for medium in message.media] == ["video"]
        ref, answer = server.accept(message, now=NOW)
        assert said(answer) == payload("response-success-sendsavedmms") | {"tracking-id": ref}
        assert list(said(answer)) == list(payload("response-success-sendsavedmms"))

    def test_what_is_left_out_is_as_it_was_stored(self) -> None:
        request = {
            name: payload("request-sendsavedmms")[name] for name in ("action", "service-id", "mms-id", "to", "from")
        }
        desk = self.saved(setting("disable-fallback-sms-link", True))
        message = read(request, desk=desk)
        assert message.content.subject == "Winter launch"
        assert message.content.fallback == FallbackSms("See the winter range.", link=False)

    @pytest.mark.parametrize(
        ("change", "more", "expected"),
        [
            (setting("mms-id", ...), {}, "E620"),
            (setting("mms-id", ""), {}, "E620"),
            (setting("mms-id", "1"), {}, "E241"),
            (setting("mms-id", ["884213"]), {}, "E100"),
            (setting("to", "x"), {}, "E110"),
            (setting("from", "x"), {}, "E111"),
            (setting("action", "sendSavedMMS"), {"failed": True}, "E241"),
            (setting("action", "sendSavedMMS"), {"ready": False}, "E626"),
        ],
    )
    def test_what_can_be_wrong_with_it(self, change: Change, more: dict[str, bool], expected: str) -> None:
        request = changed(change, name="request-sendsavedmms")
        assert code(refused(request, desk=self.saved(**more))) == expected

    def test_a_content_still_encoding_is_told_as_in_the_contract(self) -> None:
        answer = refused(payload("request-sendsavedmms"), desk=self.saved(ready=False))
        assert answer == payload("response-failure-e626-encoding")

    @pytest.mark.parametrize(
        ("fault", "sample"),
        [
            ("", "postback-n003-template-ready"),
            ("video", "postback-e003-template-video"),
            ("image", "postback-e004-template-image"),
        ],
    )
    def test_news_of_it_are_those_of_the_contract(self, fault: str, sample: str) -> None:
        expected = payload(sample)
        message = read(payload("request-savemms"))
        at = datetime.fromisoformat(expected["timestamp"])
        notice = server.report_saved(message, "884213", TENANT, fault=fault, at=at)
        body = json.loads(notice.body)
        assert body == expected | ({"tracking-id": "884213"} if "tracking-id" in body else {})

    def test_an_audio_that_failed_is_named(self) -> None:
        expected = payload("postback-e002-template-audio")
        request = changed(slides({"audio": {"url": expected["audio-name"]}}), name="request-savemms")
        at = datetime.fromisoformat(expected["timestamp"])
        assert json.loads(server.report_saved(read(request), "884213", TENANT, fault="audio", at=at).body) == expected


class TestMedia:
    @pytest.fixture
    def message(self) -> ReceivedMessage:
        return read(payload("request-sendmms-multi-slide"))

    @pytest.mark.parametrize(
        ("kind", "fault", "expected"),
        [
            *(
                (kind, MediaFault.NOT_COPIED, wanted)
                for kind, wanted in {
                    "image": "E351",
                    "audio": "E352",
                    "video": "E353",
                    "contact": "E355",
                    "calendar": "E356",
                    "pdf": "E357",
                }.items()
            ),
            *(
                (kind, MediaFault.TOO_BIG, wanted)
                for kind, wanted in {
                    "image": "E331",
                    "audio": "E332",
                    "video": "E333",
                    "contact": "E335",
                    "calendar": "E336",
                    "pdf": "E337",
                }.items()
            ),
            ("image", MediaFault.CORRUPT, "E341"),
            ("video", MediaFault.CORRUPT, "E343"),
            ("pdf", MediaFault.CORRUPT, "E629"),
            ("image", MediaFault.TYPE, "E629"),
            ("audio", MediaFault.TYPE, "E629"),
        ],
    )
    def test_each_fault_of_a_file_has_its_code(
        self, message: ReceivedMessage, kind: str, fault: MediaFault, expected: str
    ) -> None:
        medium = next(one for one in message.media if one.kind == kind)
        assert code(said(server.refuse_medium(message, medium, fault))) == expected

    @pytest.mark.parametrize(
        ("fault", "sample"),
        [
            (MediaFault.NOT_COPIED, "response-failure-e351-could-not-copy"),
            (MediaFault.TOO_BIG, "response-failure-e331-image-too-big"),
        ],
    )
    def test_the_answers_are_those_of_the_contract(
        self, message: ReceivedMessage, fault: MediaFault, sample: str
    ) -> None:
        assert said(server.refuse_medium(message, message.media[0], fault)) == payload(sample)

    def test_some_accounts_are_told_by_a_receipt_instead(self) -> None:
        message = read(changed(), replace(TENANT, options={"media_by_receipt": True}))
        assert server.refuse_medium(message, message.media[0], MediaFault.NOT_COPIED) is None
        notice = server.report(message, message.destinations[0], "t", Event.MEDIA_NOT_FETCHED, TENANT, at=NOW)
        assert json.loads(notice.body)["code"] == "E011"

    def test_media_are_fetched_while_the_call_is_open_and_need_their_length(self) -> None:
        assert server.MEDIA.at_once
        assert server.MEDIA.needs_length
        assert not server.MEDIA.drops_query
        assert set(server.MEDIA.types) == set(server.MEDIA.part_bytes)


class TestReceipts:
    @pytest.fixture
    def message(self) -> ReceivedMessage:
        return read(changed())

    def body(
        self, message: ReceivedMessage, event: Event, tenant: Tenant = TENANT, at: datetime = NOW
    ) -> dict[str, str]:
        notice = server.report(message, message.destinations[0], "7Qm2-Xk41-ZPD", event, tenant, at=at)
        assert notice.method == "POST"
        return json.loads(notice.body)

    @pytest.mark.parametrize(
        ("event", "sample"),
        [
            (Event.SUBMITTED, "postback-n101-sent"),
            (Event.DELIVERED, "postback-n102-delivered"),
            (Event.DELIVERED_AS_SMS, "postback-n102-delivered-as-sms"),
            (Event.EXPIRED, "postback-n103-expired"),
            (Event.ADDRESS_NOT_FOUND, "postback-e102-unrecognised"),
            (Event.REJECTED, "postback-e102-rejected"),
            (Event.RECIPIENT_BLOCKED, "postback-e102-rejected"),
            (Event.CONTENT_REFUSED, "postback-e011-content-validation"),
            (Event.MEDIA_NOT_FETCHED, "postback-e011-content-validation"),
        ],
    )
    def test_receipts_are_those_of_the_contract(self, message: ReceivedMessage, event: Event, sample: str) -> None:
        expected = payload(sample)
        assert self.body(message, event, at=datetime.fromisoformat(expected["timestamp"])) == expected

    @pytest.mark.parametrize(
        ("key", "sample"),
        [
            ("N013", "postback-n013-transcoded-sending"),
            ("N202", "postback-n202-fallback-delivered"),
            ("E101", "postback-e101-failed"),
            ("E102 Rejected", "postback-e102-rejected"),
            ("E202 Failed", "postback-e202-fallback-failed"),
            ("E999", "postback-e999-queue-error"),
        ],
    )
    def test_receipts_on_demand_are_those_of_the_contract(
        self, message: ReceivedMessage, key: str, sample: str
    ) -> None:
        expected = payload(sample)
        at = datetime.fromisoformat(expected["timestamp"])
        notice = server.report_with(message, message.destinations[0], "7Qm2-Xk41-ZPD", key, TENANT, at=at)
        assert json.loads(notice.body) == expected

    @pytest.mark.parametrize("key", ["E104", "E503", "N777", "N102 Maybe", ""])
    def test_a_code_that_no_receipt_carries(self, message: ReceivedMessage, key: str) -> None:
        assert server.report_with(message, message.destinations[0], "t", key, TENANT, at=NOW) is None

    @pytest.mark.parametrize(
        ("kind", "sample"), [("audio", "postback-e012-audio-transcode"), ("video", "postback-e013-video-transcode")]
    )
    def test_a_receipt_names_the_file_that_failed(self, kind: str, sample: str) -> None:
        expected = payload(sample)
        message = read(changed(slides({kind: {"url": expected[f"{kind}-name"]}})))
        at = datetime.fromisoformat(expected["timestamp"])
        notice = server.report_with(message, message.destinations[0], "7Qm2-Xk41-ZPD", expected["code"], TENANT, at=at)
        assert json.loads(notice.body) == expected

    def test_the_older_dialect(self, message: ReceivedMessage) -> None:
        old = replace(TENANT, options={"old_dialect": True, "trackingid_spelling": True})
        body = self.body(message, Event.DELIVERED, old)
        assert body["status"] == payload("postback-n102-old-status-text")["status"]
        assert body["timestamp"] == "2026-11-20T04:00:00-05:00"
        assert (body["trackingid"], "tracking-id" in body) == ("7Qm2-Xk41-ZPD", False)

    def test_a_fallback_may_be_told_by_its_own_code(self, message: ReceivedMessage) -> None:
        body = self.body(message, Event.DELIVERED_AS_SMS, replace(TENANT, options={"fallback_as_n202": True}))
        assert (body["code"], body["sent-as"], body["status"]) == ("N202", "SMS", "Delivered")

    @pytest.mark.parametrize("event", [Event.READ, Event.CLICKED, Event.NO_REPORT])
    def test_what_sinch_has_no_word_for(self, message: ReceivedMessage, event: Event) -> None:
        assert server.report(message, message.destinations[0], "t", event, TENANT, at=NOW) is None

    def test_the_unknown_code_is_in_no_table(self, message: ReceivedMessage) -> None:
        assert self.body(message, Event.UNKNOWN_CODE)["code"] == "N777"

    def test_the_malformed_receipt_is_no_json(self, message: ReceivedMessage) -> None:
        notice = server.report(message, message.destinations[0], "t", Event.MALFORMED, TENANT, at=NOW)
        with pytest.raises(ValueError):
            json.loads(notice.body)

    def test_a_message_without_a_reference_is_told_without_one(self) -> None:
        message = read(changed(setting("client-reference", ...)))
        assert "client-reference" not in self.body(message, Event.SUBMITTED)

    def test_only_200_ends_the_five_tries(self) -> None:
        rules = server.POSTING
        assert (rules.timeout, rules.good, rules.hopeless) == (10, frozenset({200}), frozenset())
        assert rules.retries == (300, 300, 300, 300, 300)


class TestInbound:
    def body(self, **said: Any) -> dict[str, Any]:
        members = {"text": "", "files": [], **said}
        notice = server.inbound(TENANT, sender="12065550142", recipient="72404", at=NOW, **members)
        return json.loads(notice.body)

    def test_a_message_from_a_phone_has_the_members_of_the_contract(self) -> None:
        expected = payload("postback-n401-inbound-minimal")
        body = self.body(files=[entry["file"] for entry in expected["content"]])
        assert body == expected | {"tracking-id": body["tracking-id"], "timestamp": "2026-11-20T09:00:00Z"}
        assert self.body()["tracking-id"] != body["tracking-id"]

    @pytest.mark.parametrize(
        ("text", "keyword"), [("stop", "STOP"), (" Photo ", "PHOTO"), ("two words", None), ("", None)]
    )
    def test_a_single_word_is_the_keyword_it_matched(self, text: str, keyword: str | None) -> None:
        assert self.body(text=text).get("keyword") == keyword


class TestOtherAnswers:
    @pytest.mark.parametrize(
        ("refusal", "sample"),
        [
            (Refusal.RECIPIENT, "response-failure-e110-invalid-to"),
            (Refusal.BLOCKED, "response-failure-e114-blacklisted"),
            (Refusal.THROTTLED, "response-failure-e113-throttled"),
            (Refusal.CREDENTIALS, "response-failure-e104-auth"),
            (Refusal.INTERNAL, "response-failure-e503-internal"),
        ],
    )
    def test_each_refusal_has_its_answer(self, refusal: Refusal, sample: str) -> None:
        assert said(server.refuse(refusal, read(changed()))) == payload(sample)
        assert code(said(server.refuse(refusal))) == payload(sample)["error-code"]

    def test_what_is_not_there_is_not_there(self) -> None:
        message = read(changed())
        assert server.refuse(Refusal.NOT_FOUND).status == 404
        assert server.describe(message, message.destinations[0], "t", None, accepted_at=NOW).status == 404

    @pytest.mark.parametrize(
        "sample",
        ["response-failure-e618-carrier-lookup", "response-failure-e626-encoding", "response-failure-e104-auth"],
    )
    def test_answers_on_demand_are_those_of_the_contract(self, sample: str) -> None:
        expected = payload(sample)
        assert said(server.answer_with(expected["error-code"], read(changed()))) == expected

    @pytest.mark.parametrize("wanted", ["E101", "E102", "N101", "E777", "", "http_200", "http_x"])
    def test_a_code_that_no_answer_carries(self, wanted: str) -> None:
        assert server.answer_with(wanted, read(changed())) is None
