"""Webex Connect from the provider's chair, against webex.md and the payloads of the contract."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from messaging.gateway import serving
from messaging.gateway.codes import Where
from messaging.gateway.registry import provider
from messaging.gateway.serving import Call, Event, Lookup, MediaFault, Refusal, Rejected, Tenant
from tests.messaging.providers.desks import MadeDesk

PAYLOADS = Path(__file__).parent / "payloads"
NOW = datetime(2026, 11, 3, 15, 20, 7, 412000, tzinfo=UTC)
server = serving.server("webex")
TENANT = server.DEMO
Change = Callable[[dict[str, Any]], object]


def payload(name: str) -> Any:
    return json.loads((PAYLOADS / f"{name}.json").read_text())


def post(request: object, *, source: str = "127.0.0.1") -> Call:
    body = request if isinstance(request, bytes) else json.dumps(request).encode()
    return Call("POST", "/v2/messages", {"key": "sandbox-service-key"}, body, source)


def read(request: object, tenant: Tenant = TENANT, *, room: bool = True, source: str = "127.0.0.1"):
    call, desk = post(request, source=source), MadeDesk(room)
    server.authenticate(call, tenant, desk, now=NOW)
    return server.read(call, tenant, desk, now=NOW)


def refused(request: object, tenant: Tenant = TENANT, **more: Any) -> tuple[int, dict[str, str]]:
    with pytest.raises(Rejected) as caught:
        read(request, tenant, **more)
    return caught.value.answer.status, json.loads(caught.value.answer.body)


def changed(*changes: Change) -> dict[str, Any]:
    request = payload("request")
    for change in changes:
        change(request)
    return request


def setting(path: str, value: object) -> Change:
    """A change that puts `value` at a dotted path, or takes the member away when the value is `...`."""
    *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]

    def change(request: dict[str, Any]) -> None:
        for step in way:
            request = request[step]
        if value is ...:
            del request[last]
        else:
            request[last] = value

    return change


class TestPath:
    def test_a_message_is_posted_to_v2_messages(self) -> None:
        assert server.route(post({})) is None

    def test_a_message_is_asked_for_by_its_id(self) -> None:
        assert server.route(Call("GET", "/v2/messages/5b0e", {})) == Lookup("5b0e")

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("GET", "/v2/messages", 405),
            ("POST", "/v2/messages/5b0e", 405),
            ("POST", "/v1/messages", 404),
            ("POST", "/v2/messages/", 404),
        ],
    )
    def test_another_path_or_verb_is_refused_without_a_body(self, method: str, path: str, status: int) -> None:
        with pytest.raises(Rejected) as caught:
            server.route(Call(method, path, {}))
        assert (caught.value.answer.status, caught.value.answer.body) == (status, b"")


def token(*, secret: bytes, now: datetime = NOW, header: object = None, **claims: object) -> str:
    def part(value: object) -> str:
        raw = value if isinstance(value, bytes) else json.dumps(value).encode()
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    members = {"iss": "SVC-SANDBOX", "iat": int(now.timestamp()), **claims}
    head = f"{part(header or {'alg': 'HS256'})}.{part(members)}"
    return f"{head}.{part(hmac.digest(secret, head.encode(), hashlib.sha256))}"


SECRET = base64.b64decode(TENANT.credentials["service_secret"][0])


def known(headers: dict[str, str], tenant: Tenant = TENANT, now: datetime = NOW) -> bool:
    try:
        server.authenticate(Call("POST", "/v2/messages", headers), tenant, MadeDesk(), now=now)
    except Rejected as rejected:
        return (rejected.answer.status, rejected.answer.body) != (401, b"")
    return True


class TestCredentials:
    def test_the_service_key_opens(self) -> None:
        assert known({"key": "sandbox-service-key"})

    @pytest.mark.parametrize("headers", [{}, {"key": ""}, {"key": "another"}, {"key": "sandbox-service-kéy"}])
    def test_no_key_or_another_one_does_not(self, headers: dict[str, str]) -> None:
        assert not known(headers)

    def test_the_contract_token_opens_with_the_decoded_secret(self) -> None:
        vectors = payload("auth-vectors")["jwt"]
        tenant = replace(
            TENANT,
            credentials={
                "service_id": (vectors["service_id"],),
                "service_secret": (vectors["service_secret_base64"],),
            },
        )
        issued = datetime.fromtimestamp(json.loads(vectors["claims_json"])["iat"], UTC)
        assert known({"authorization": f"Bearer {vectors['token']}"}, tenant, issued)

    def test_a_bad_token_beside_a_good_key_is_refused(self) -> None:
        bad = token(secret=b"another")
        assert not known({"authorization": f"Bearer {bad}", "key": "sandbox-service-key"})

    def test_a_good_token_beside_a_bad_key_opens(self) -> None:
        assert known({"authorization": f"Bearer {token(secret=SECRET)}", "key": "another"})

    @pytest.mark.parametrize(
        ("age", "opens"),
        [
            (timedelta(hours=23, minutes=59), True),
            (timedelta(hours=24, minutes=1), False),
            (timedelta(minutes=-4), True),
            (timedelta(minutes=-6), False),
        ],
    )
    def test_a_token_is_good_for_a_day_and_five_minutes_ahead(self, age: timedelta, opens: bool) -> None:
        assert known({"authorization": f"Bearer {token(secret=SECRET, now=NOW - age)}"}) is opens

    @pytest.mark.parametrize(
        "bad",
        [
            token(secret=SECRET, iss="SVC-OTHER"),
            token(secret=SECRET, iss=["SVC-SANDBOX"]),
            token(secret=SECRET, iat="now"),
            token(secret=SECRET, iat=True),
            token(secret=SECRET, header={"alg": "none"}),
            token(secret=base64.b64encode(SECRET)),
            "a.b",
            "e30.e30.",
            "....",
            "é.é.é",
            "",
        ],
    )
    def test_a_token_with_another_issuer_algorithm_or_shape_is_refused(self, bad: str) -> None:
        assert not known({"authorization": f"Bearer {bad}"})

    def test_another_scheme_is_refused(self) -> None:
        assert not known({"authorization": "Basic c2FuZGJveA==", "key": "sandbox-service-key"})


REQUIRED = [
    ("channel", "channel"),
    ("from", "from"),
    ("to", "to"),
    ("to.0.msisdn", "to.msisdn"),
    ("content", "content"),
    ("content.attachments", "content.attachments"),
]
WRONG = [
    ("channel", "sms", "channel"),
    ("channel", "MMS", "channel"),
    ("from", 34343, "from"),
    ("to", "+14165550142", "to"),
    ("to", ["+14165550142"], "to"),
    ("to.0.msisdn", "+14165550142", "to.msisdn"),
    ("to.0.msisdn", [14165550142], "to.msisdn"),
    ("to.0.correlationId", 7, "correlationId"),
    ("to.0.substitutions", {"first": 1}, "substitutions"),
    ("substitutions", ["a"], "substitutions"),
    ("callbackData", {}, "callbackData"),
    ("options", [], "options"),
    ("requestedReceipts", ["DELIVRD"], "requestedReceipts"),
    ("requestedReceipts", ["delivered"], "requestedReceipts"),
    ("requestedReceipts", [[]], "requestedReceipts"),
    ("requestedReceipts", "DELIVERED", "requestedReceipts"),
    ("notifyUrl", "http://mms.example.org/hook", "notifyUrl"),
    ("notifyUrl", " https://mms.example.org/hook", "notifyUrl"),
    ("notifyUrl", "https://mms.example.org/hook ", "notifyUrl"),
    ("notifyUrl", "https://", "notifyUrl"),
    ("notifyUrl", "https://[", "notifyUrl"),
    ("template", {"id": "t1"}, "template"),
    ("sendAt", "tomorrow", "sendAt"),
    ("sendAt", "2026-11-11T15:20:07Z", "sendAt"),
    ("expireAt", "2026-11-11T15:20:07Z", "expireAt"),
    ("validity", "soon", "validity"),
    ("validity", True, "validity"),
    ("contactPolicy", {"channelCheckConsent": True}, "contactPolicyGroup"),
    ("contactPolicy", {"channelCheckConsent": "yes"}, "contactPolicy"),
    ("content", [], "content"),
    ("content.subject", 5, "subject"),
    ("content.attachments", {}, "attachments"),
    ("content.attachments", ["image"], "attachments"),
    ("content.attachments", [], "attachments"),
    ("content.attachments.0.messageText", 5, "messageText"),
    ("content.attachments.0.mediaUrl", "banner.jpg", "mediaUrl"),
    ("content.attachments.0.mediaUrl", "ftp://media.example.org/a.jpg", "mediaUrl"),
    ("content.attachments.0.duration", 0, "duration"),
    ("content.attachments.0.duration", 61, "duration"),
    ("content.attachments.0.duration", "5", "duration"),
    ("content.attachments", [{"type": "text"}], "attachments"),
    ("content.attachments", [{"type": "text", "messageText": "x"}] * 10, "attachments"),
]


class TestChecks:
    @pytest.mark.parametrize(("path", "named"), REQUIRED)
    @pytest.mark.parametrize("value", [..., None])
    def test_a_missing_member_is_7003_with_its_name(self, path: str, named: str, value: object) -> None:
        status, body = refused(changed(setting(path, value)))
        assert (status, body) == (400, {"code": "7003", "message": f"Mandatory parameter missing: {named}"})

    @pytest.mark.parametrize(("path", "value", "named"), WRONG)
    def test_a_wrong_type_or_value_is_7004_with_its_name(self, path: str, value: object, named: str) -> None:
        status, body = refused(changed(setting(path, value)))
        assert (status, body) == (400, {"code": "7004", "message": f"Invalid parameter: {named}"})

    def test_both_expiry_and_validity_is_7004(self) -> None:
        both = changed(setting("expireAt", "2026-11-04T00:00:00Z"), setting("validity", 3600))
        assert refused(both)[1]["message"] == "Invalid parameter: expireAt"

    @pytest.mark.parametrize(
        ("sample", "request_body", "tenant", "room"),
        [
            ("error-400-7000", b'{"channel": "mms"', TENANT, True),
            ("error-400-7003", changed(setting("from", ...)), TENANT, True),
            ("error-400-7004", changed(setting("requestedReceipts", ["ALL"])), TENANT, True),
            ("error-400-7009", changed(setting("to.0.msisdn", ["+14165550142"] * 1001)), TENANT, True),
            ("error-400-7022", b" " * (256 * 1024 + 1), TENANT, True),
            ("error-400-7101", changed(setting("from", "55555")), TENANT, True),
            ("error-400-7102", changed(setting("to.0.msisdn", ["+1647XXXXXXX"])), TENANT, True),
            ("error-400-7107", changed(setting("content.subject", "x" * 81)), TENANT, True),
            ("error-400-7126", changed(setting("content.attachments.0.type", "gif")), TENANT, True),
            ("error-400-7127", changed(), replace(TENANT, sources=("192.0.2.0/24",)), True),
            ("error-429-7020", changed(), TENANT, False),
        ],
    )
    def test_the_answers_are_those_of_the_contract(
        self, sample: str, request_body: object, tenant: Tenant, room: bool
    ) -> None:
        status, body = refused(request_body, tenant, room=room)
        assert body == payload(sample)
        assert status == int(sample.split("-")[1])

    @pytest.mark.parametrize(
        "body",
        [b"", b"[]", b'"mms"', b"\xff\xfe", b'{"a": NaN}', b"[" * 100_000, b'{"a": ' + b"9" * 5000 + b"}", b"\x00"],
    )
    def test_what_is_no_json_object_is_7000(self, body: bytes) -> None:
        assert refused(body)[1]["code"] == "7000"

    def test_256_kib_still_fit(self) -> None:
        body = json.dumps(changed()).encode()
        assert read(body + b" " * (256 * 1024 - len(body))).sender == "70707"

    @pytest.mark.parametrize(
        ("path", "value", "code"),
        [
            ("content.subject", "x" * 80, None),
            ("content.attachments.0.messageText", "x" * 5000, None),
            ("content.attachments.0.messageText", "x" * 5001, "7107"),
            ("callbackData", "x" * 2000, None),
            ("callbackData", "x" * 2001, "7107"),
            ("content.subject", ..., None),
            ("content.attachments", [{"type": "text", "messageText": "x"}] * 9, None),
            ("to.0.msisdn", ["  +14165550142 "], None),
            ("to.0.msisdn", ["14165550142"], "7102"),
            ("to.0.msisdn", ["+04165550142"], "7102"),
            ("to.0.msisdn", ["+141655"], "7102"),
            ("to.0.msisdn", ["+14165550142", "+1416"], "7102"),
            ("to.0.msisdn", ["+1416555\u0660142"], "7102"),
            ("from", "+16475550100", "7101"),
            ("notifyUrl", "http://127.0.0.1:8000/webhooks/webex/x", None),
            ("notifyUrl", "", None),
            ("requestedReceipts", ["SENT"], None),
            ("validity", "3600", None),
            ("sendAt", "2026-11-09T15:20:07", None),
            ("madeUp", 1, None),
        ],
    )
    def test_the_limits_hold_to_the_unit(self, path: str, value: object, code: str | None) -> None:
        request = changed(setting(path, value))
        if code is None:
            read(request)
        else:
            assert refused(request)[1]["code"] == code

    def test_older_tenants_take_numbers_without_a_plus(self) -> None:
        older = replace(TENANT, options={"strict_plus": False})
        assert read(changed(setting("to.0.msisdn", ["14165550142"])), older).destinations[0].recipient == "14165550142"

    def test_plain_http_to_this_machine_is_the_sandbox_tenants_own_liberty(self) -> None:
        strict = replace(TENANT, options={})
        request = changed(setting("notifyUrl", "http://127.0.0.1:8000/x"))
        assert refused(request, strict)[1]["message"] == "Invalid parameter: notifyUrl"

    def test_a_template_stands_instead_of_the_content(self) -> None:
        request = changed(setting("content", ...), setting("template", {"id": "t1"}))
        assert refused(request)[1] == {"code": "7108", "message": "Invalid template ID"}
        assert read(request, replace(TENANT, templates=("t1",))).content.name == "t1"

    def test_destinations_are_bounded_by_the_rate_too(self) -> None:
        slow = replace(TENANT, tps=2)
        assert refused(payload("request-multi"), slow)[1]["code"] == "7009"
        assert len(read(payload("request-multi"), replace(TENANT, tps=3)).destinations) == 3

    def test_the_source_list_lets_its_own_networks_in(self) -> None:
        assert read(changed(), replace(TENANT, sources=("127.0.0.0/8",))).sender == "70707"


FAULTS: list[tuple[str, Change]] = [
    ("7003", setting("from", "")),
    ("7004", setting("requestedReceipts", ["ALL"])),
    ("7101", setting("from", "55555")),
    ("7009", setting("to.0.msisdn", ["x"] * 1001)),
    ("7102", setting("to.0.msisdn.0", "x")),
    ("7107", setting("content.subject", "x" * 81)),
]


@pytest.mark.parametrize("first", range(len(FAULTS) - 1))
def test_the_earlier_check_answers_first(first: int) -> None:
    """Of two faults in one request the one whose check comes first is told (webex.md, order of checks)."""
    (code, one), (_, other) = FAULTS[first], FAULTS[first + 1]
    request = changed(other, one)
    assert refused(request, room=False)[1]["code"] == code


def test_lengths_come_before_the_number_of_slides() -> None:
    too_many = [{"type": "text", "messageText": "x"}] * 10
    request = changed(setting("content.attachments", too_many), setting("content.subject", "x" * 81))
    assert refused(request)[1]["code"] == "7107"


def test_the_source_comes_before_the_size() -> None:
    walled = replace(TENANT, sources=("192.0.2.0/24",))
    assert refused(b" " * 300_000, walled)[1]["code"] == "7127"


class TestMessage:
    def test_the_seed_request_reads_as_its_content(self) -> None:
        request = payload("seed-request")
        request["to"][0]["msisdn"] = [" +16475550142"]
        message = read(request)
        assert [(entry.recipient, entry.client_ref) for entry in message.destinations] == [("16475550142", "")]
        assert message.content.fallback.text == "fallback $(offerName)text as SMS"
        assert [medium.kind for medium in message.media] == ["image", "calendar", "pdf", "video", "audio", "contact"]
        assert message.content.slides[0].text == "Sample image file"
        assert message.parsed == request

    def test_the_seed_request_as_printed_has_no_number(self) -> None:
        assert refused(payload("seed-request"))[1]["code"] == "7102"

    def test_every_number_carries_the_reference_of_its_own_object(self) -> None:
        message = read(payload("request-multi"))
        assert [(entry.recipient, entry.client_ref) for entry in message.destinations] == [
            ("14165550142", "grp-a-0009"),
            ("14165550143", "grp-a-0009"),
            ("12065550177", "grp-b-0010"),
        ]

    def test_a_sender_without_mms_is_taken_and_rejected_later(self) -> None:
        assert read(changed(setting("from", "99999"))).fate is Event.REJECTED

    def test_acceptance_has_the_four_members_of_the_contract(self) -> None:
        ref, answer = server.accept(read(payload("request")), now=NOW)
        assert answer.status == 201
        assert json.loads(answer.body) == payload("response-success-201") | {"messageId": ref}


class TestReceipts:
    @pytest.fixture
    def message(self):
        return read(changed(setting("requestedReceipts", [])))

    @pytest.mark.parametrize(
        ("event", "sample"),
        [
            (Event.SUBMITTED, "receipt-7501-submitted"),
            (Event.DELIVERED, "receipt-7500-delivered"),
            (Event.READ, "receipt-7524-read"),
            (Event.CLICKED, "receipt-7525-clicked"),
            (Event.EXPIRED, "receipt-7208-expired"),
            (Event.ADDRESS_NOT_FOUND, "receipt-7553-failed"),
            (Event.CONTENT_REFUSED, "receipt-7554-failed"),
            (Event.MEDIA_NOT_FETCHED, "receipt-7554-failed"),
            (Event.MEDIA_TOO_BIG, "receipt-7554-failed"),
            (Event.REJECTED, "receipt-7556-failed"),
        ],
    )
    def test_receipts_are_those_of_the_contract(self, message, event: Event, sample: str) -> None:
        expected = payload(sample)
        at = datetime.fromisoformat(expected["deliveryInfoNotification"]["deliveryInfo"]["timeStamp"])
        plain = replace(TENANT, options={"delivered_says_submitted": False})
        ref = expected["deliveryInfoNotification"]["transid"]
        notice = server.report(message, message.destinations[0], ref, event, plain, at=at)
        assert notice is not None
        assert json.loads(notice.body) == expected
        assert notice.headers["content-type"] == "application/json"
        assert "x-wx-gtrid" in notice.headers

    def said(self, message, event: Event, tenant: Tenant = TENANT) -> dict[str, str]:
        notice = server.report(message, message.destinations[0], "r", event, tenant, at=NOW)
        return json.loads(notice.body)["deliveryInfoNotification"]["deliveryInfo"]

    def test_delivered_calls_itself_submitted_as_in_the_seed(self, message) -> None:
        info = self.said(message, Event.DELIVERED)
        assert (info["code"], info["Description"], info["deliveryStatus"]) == ("7500", "Delivered", "Submitted")

    def test_a_fallback_sms_says_what_it_was_sent_as(self, message) -> None:
        info = self.said(message, Event.DELIVERED_AS_SMS)
        assert (info["code"], info["sentAs"]) == ("7500", "SMS")

    def test_the_unknown_code_is_in_no_table(self, message) -> None:
        assert self.said(message, Event.UNKNOWN_CODE)["code"] == "7999"

    def test_the_malformed_receipt_is_no_json(self, message) -> None:
        notice = server.report(message, message.destinations[0], "r", Event.MALFORMED, TENANT, at=NOW)
        with pytest.raises(ValueError):
            json.loads(notice.body)

    def test_there_is_no_word_for_carriers_without_reports(self, message) -> None:
        assert server.report(message, message.destinations[0], "r", Event.NO_REPORT, TENANT, at=NOW) is None

    @pytest.mark.parametrize(
        ("asked", "told"),
        [
            (["DELIVERED"], {Event.DELIVERED, Event.DELIVERED_AS_SMS}),
            (["SENT"], {Event.SUBMITTED, Event.UNKNOWN_CODE}),
            (["READ", "CLICKED"], {Event.READ, Event.CLICKED}),
            (
                ["FAILED"],
                {
                    Event.EXPIRED,
                    Event.ADDRESS_NOT_FOUND,
                    Event.CONTENT_REFUSED,
                    Event.MEDIA_NOT_FETCHED,
                    Event.MEDIA_TOO_BIG,
                    Event.RECIPIENT_BLOCKED,
                    Event.REJECTED,
                },
            ),
        ],
    )
    def test_only_the_receipts_asked_for_are_told(self, asked: list[str], told: set[Event]) -> None:
        message = read(changed(setting("requestedReceipts", asked)))
        heard = {
            event
            for event in Event
            if event is not Event.MALFORMED
            and server.report(message, message.destinations[0], "r", event, TENANT, at=NOW)
        }
        assert heard == told

    def test_the_tenants_own_webhook_is_signed_and_a_notify_url_is_not(self) -> None:
        vector = payload("auth-vectors")["hub_signature"]
        tenant = replace(TENANT, webhook_key=vector["secret"])
        own = read(changed(setting("notifyUrl", "")))
        notice = server.report(own, own.destinations[0], "r", Event.SUBMITTED, tenant, at=NOW)
        expected = hmac.new(vector["secret"].encode(), notice.body, hashlib.sha256).hexdigest()
        assert notice.headers["x-hub-signature"] == f"sha256={expected}"
        named = read(changed())
        notice = server.report(named, named.destinations[0], "r", Event.SUBMITTED, tenant, at=NOW)
        assert "x-hub-signature" not in notice.headers


class TestReceiptsByCode:
    def said(self, code: str) -> dict[str, Any]:
        message = read(payload("request"))
        notice = server.report_with(message, message.destinations[0], "ref-1", code, TENANT, at=NOW)
        assert notice is not None
        told = json.loads(notice.body)["deliveryInfoNotification"]
        assert (told["transid"], told["correlationid"]) == ("ref-1", message.destinations[0].client_ref)
        return told["deliveryInfo"]

    @pytest.mark.parametrize(
        "code", [code for where, code in provider("webex").codes if where is Where.RECEIPT and code != "7200"]
    )
    def test_every_code_of_the_table_can_be_told(self, code: str) -> None:
        info = self.said(code)
        words = {"7500": "Delivered", "7501": "Submitted", "7524": "Read", "7525": "Clicked", "7208": "Un-Delivered"}
        assert (info["code"], info["deliveryStatus"]) == (code, words.get(code, "Failed"))

    def test_a_click_names_the_link_and_the_reader(self) -> None:
        assert {"additionalInfo", "Description"} <= set(self.said("7525"))

    def test_no_receipt_carries_any_other_code(self) -> None:
        message = read(payload("request"))
        assert server.report_with(message, message.destinations[0], "r", "7999", TENANT, at=NOW) is None


class TestInbound:
    def inbound(self, **said: Any) -> dict[str, Any]:
        members = {"text": "", "files": [], **said}
        notice = server.inbound(TENANT, sender="14165550142", recipient="70707", at=NOW, **members)
        return json.loads(notice.body)

    def test_a_picture_is_a_list_inside_a_string(self) -> None:
        expected = payload("inbound-mms")
        files = [entry["file"] for entry in json.loads(expected["message"])]
        body = self.inbound(files=files)
        assert body == expected | {"tid": body["tid"], "ts": "2026-11-03T15:20:07.412Z"}

    def test_a_text_stands_as_it_is(self) -> None:
        assert self.inbound(text="STOP")["message"] == "STOP"


class TestOtherAnswers:
    @pytest.mark.parametrize(
        ("refusal", "status", "code"),
        [
            (Refusal.RECIPIENT, 400, "7102"),
            (Refusal.THROTTLED, 429, "7020"),
            (Refusal.CREDENTIALS, 401, None),
            (Refusal.INTERNAL, 500, None),
            (Refusal.NOT_FOUND, 404, None),
        ],
    )
    def test_each_refusal_has_its_answer(self, refusal: Refusal, status: int, code: str | None) -> None:
        answer = server.refuse(refusal)
        assert answer is not None
        assert answer.status == status
        assert (json.loads(answer.body)["code"] if answer.body else None) == code

    @pytest.mark.parametrize(
        ("code", "status", "body"),
        [
            ("7003", 400, {"code": "7003", "message": "Mandatory parameter missing: content"}),
            ("7016", 400, {"code": "7016", "message": "Unknown exception"}),
            ("7020", 429, {"code": "7020", "message": "You have reached the maximum transaction limit"}),
            ("http_401", 401, None),
            ("http_503", 503, None),
            ("http_200", None, None),
            ("7501", None, None),
            ("made up", None, None),
        ],
    )
    def test_a_code_can_be_asked_for(self, code: str, status: int | None, body: object) -> None:
        answer = server.answer_with(code, read(payload("request")))
        assert (answer.status if answer else None) == status
        assert (json.loads(answer.body) if answer and answer.body else None) == body

    def test_media_and_stored_contents_have_no_answers_of_their_own(self) -> None:
        message = read(payload("request"))
        assert server.refuse_medium(message, message.media[0], MediaFault.NOT_COPIED) is None
        assert server.report_saved(message, "r", TENANT, fault="", at=NOW) is None

    def test_a_blacklisted_recipient_is_told_in_a_receipt_only(self) -> None:
        assert server.refuse(Refusal.BLOCKED) is None

    def test_a_status_query_has_the_members_of_the_contract(self) -> None:
        message = read(changed(setting("requestedReceipts", []), setting("content", payload("request")["content"])))
        ref = "5b0e7d9c-3a41-4f6e-9c1d-2f7f0a6be3d1"
        answer = server.describe(message, message.destinations[0], ref, Event.SUBMITTED, accepted_at=NOW)
        body = json.loads(answer.body)
        assert body | {"content": {}} == payload("status-get-200")
        assert body["content"] == message.parsed["content"]
