"""Telesign from the provider's chair: who may call, each check in its order, and what it understands."""

import hmac
import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from messaging.content import Content, FallbackSms, Part, Slide
from messaging.gateway import serving
from messaging.gateway.codes import OutcomeClass, Where
from messaging.gateway.contract import Account, HttpAnswer, HttpRequest, Verdict
from messaging.gateway.errors import BY_CLASS, SendError
from messaging.gateway.serving import (
    Call,
    Event,
    Lookup,
    MediaFault,
    Medium,
    ReceivedMessage,
    Refusal,
    Rejected,
    Tenant,
)
from messaging.providers.telesign import client, probe, query
from messaging.providers.telesign.codes import CODES
from tests.messaging.providers.desks import MadeDesk
from tests.messaging.providers.telesign.made import CUSTOMER, KEY, NOW, message, of_payload

server = serving.server("telesign")
TENANT = server.DEMO
ACCOUNT = Account(
    "a-1",
    "telesign",
    "https://rest-ww.telesign.com",
    {name: values[0] for name, values in TENANT.credentials.items()},
)
VECTORS = replace(TENANT, credentials={"customer_id": (CUSTOMER,), "api_key": (KEY,)})
REF = "7A10C3E25B9F4D0891F6A2B3C4D5E6F7"
Change = Callable[[dict[str, Any]], object]


def call_of(request: HttpRequest) -> Call:
    path = request.url.removeprefix(ACCOUNT.base_url)
    return Call(request.method, path, dict(request.headers), request.body, "127.0.0.1")


def post(request: object) -> Call:
    body = request if isinstance(request, bytes) else json.dumps(request).encode()
    return Call("POST", "/v1/omnichannel", {}, body, "127.0.0.1")


def read(request: object, tenant: Tenant = TENANT, *, room: bool = True) -> ReceivedMessage:
    return server.read(post(request), tenant, MadeDesk(room=room), now=NOW)


def answer_of(work: Callable[[], object]) -> HttpAnswer:
    with pytest.raises(Rejected) as caught:
        work()
    return caught.value.answer


def refused(request: object, tenant: Tenant = TENANT, *, room: bool = True) -> tuple[int, dict[str, Any]]:
    answer = answer_of(lambda: read(request, tenant, room=room))
    return answer.status, json.loads(answer.body)


def code_of(request: object, tenant: Tenant = TENANT, *, room: bool = True) -> int:
    code: int = refused(request, tenant, room=room)[1]["status"]["code"]
    return code


@pytest.fixture
def changed(payload) -> Callable[..., dict[str, Any]]:
    def change(**members: object) -> dict[str, Any]:
        request = payload("request-image") | members
        return {name: value for name, value in request.items() if value is not ...}

    return change


class TestPath:
    def test_a_message_is_posted(self) -> None:
        assert server.route(post({})) is None

    def test_a_message_is_asked_for_by_its_reference(self) -> None:
        assert server.route(Call("GET", f"/v1/omnichannel/{REF.lower()}", {})) == Lookup(REF)

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("GET", "/v1/omnichannel", 405),
            ("HEAD", "/v1/omnichannel", 405),
            ("POST", f"/v1/omnichannel/{REF}", 405),
            ("POST", "/v1/messaging", 404),
            ("POST", "/v1/omnichannel/", 404),
        ],
    )
    def test_another_path_or_verb_is_refused_without_a_body(self, method: str, path: str, status: int) -> None:
        answer = answer_of(lambda: server.route(Call(method, path, {})))
        assert (answer.status, answer.body) == (status, b"")


def entering(call: Call, tenant: Tenant = VECTORS, desk: MadeDesk | None = None, **later: float) -> int:
    """The code that a call is turned away with; 0 when it is let in."""
    try:
        server.authenticate(call, tenant, desk or MadeDesk(), now=NOW + timedelta(**later))
    except Rejected as rejected:
        answer = rejected.answer
    else:
        return 0
    assert answer.status == 401
    return int(json.loads(answer.body)["status"]["code"])


def signed(vector: dict[str, Any], **changes: str) -> Call:
    headers = {name.lower(): value for name, value in vector["headers"].items()} | changes
    body = vector.get("body", "").encode()
    return Call("POST" if body else "GET", vector.get("path", "/v1/omnichannel"), headers, body, "127.0.0.1")


class TestCredentials:
    @pytest.mark.parametrize("form", ["http_header", "literal_form_as_printed_in_seed"])
    def test_basic_opens_in_base64_and_as_the_seed_prints_it(self, payload, form: str) -> None:
        header = payload("auth-vectors")["basic"][form].removeprefix("Authorization: ")
        assert entering(Call("POST", "/v1/omnichannel", {"authorization": header})) == 0

    def test_the_seeds_own_header_is_its_own_tenants(self) -> None:
        seed = replace(
            TENANT,
            credentials={
                "customer_id": ("12345678-9ABC-DEF0-1234-56789ABCDEF0",),
                "api_key": ("vjE/ZDfPvDkuGNsuqCFFO4neYIs=",),
            },
        )
        header = "Basic 12345678-9ABC-DEF0-1234-56789ABCDEF0:vjE/ZDfPvDkuGNsuqCFFO4neYIs="
        assert entering(Call("POST", "/v1/omnichannel", {"authorization": header}), seed) == 0

    @pytest.mark.parametrize(
        ("header", "code"),
        [
            (None, 3405),
            ("", 3405),
            ("Bearer x", 3412),
            ("Basic", 3412),
            ("Basic !!!", 3412),
            (f"Basic {b64encode(b'no colon').decode()}", 3412),
            (f"Basic {b64encode(bytes([255, 254])).decode()}", 3412),
            ("Basic another:key", 3410),
            (f"Basic {CUSTOMER}:another", 3411),
            (f"Basic {CUSTOMER}:é", 3411),
            (f"Basic {CUSTOMER}:\udcff", 3411),
            ("Basic \udcff:key", 3410),
            ("TSA nothing", 3412),
            ("TSA another:signature", 3410),
        ],
    )
    def test_each_fault_of_the_header_has_its_code(self, header: str | None, code: int) -> None:
        headers = {} if header is None else {"authorization": header}
        assert entering(Call("POST", "/v1/omnichannel", headers)) == code

    @pytest.mark.parametrize("vector", ["digest_post", "digest_get"])
    def test_digest_opens_with_the_vectors_signature(self, payload, vector: str) -> None:
        assert entering(signed(payload("auth-vectors")[vector])) == 0

    @pytest.mark.parametrize(
        "change",
        [
            {"authorization": f"TSA {CUSTOMER}:AAAA"},
            {"authorization": f"TSA {CUSTOMER}:é"},
            {"authorization": f"TSA {CUSTOMER}:\udcff"},
            {"content-type": "\udcff"},
            {"x-ts-auth-method": "HMAC-SHA1"},
            {"x-ts-nonce": "short"},
            {"x-ts-nonce": "x" * 65},
            {"x-ts-nonce": ""},
            {"date": ""},
            {"date": "soon"},
            {"date": "Tue, 03 Nov 2026 15:20:08 GMT"},
            {"content-type": "text/plain"},
        ],
    )
    def test_a_digest_that_does_not_hold_is_not_authorised(self, payload, change: dict[str, str]) -> None:
        assert entering(signed(payload("auth-vectors")["digest_post"], **change)) == 3400

    def test_a_tampered_body_or_path_is_not_authorised(self, payload) -> None:
        call = signed(payload("auth-vectors")["digest_post"])
        assert entering(replace(call, body=call.body.replace(b"12065550188", b"12065550189"))) == 3400
        assert entering(replace(call, body=b"")) == 3400
        call = signed(payload("auth-vectors")["digest_get"])
        assert entering(replace(call, path=f"/v1/omnichannel/{'0' * 32}")) == 3400

    @pytest.mark.parametrize(("minutes", "code"), [(14.9, 0), (15.1, 3400), (-14.9, 0), (-15.1, 3400)])
    def test_a_date_holds_for_a_quarter_of_an_hour(self, payload, minutes: float, code: int) -> None:
        assert entering(signed(payload("auth-vectors")["digest_post"]), minutes=minutes) == code

    def test_a_nonce_opens_once_and_only_its_owner_can_use_it_up(self, payload) -> None:
        desk, call = MadeDesk(), signed(payload("auth-vectors")["digest_post"])
        assert entering(signed(payload("auth-vectors")["digest_post"], authorization=f"TSA {CUSTOMER}:AAAA"), desk=desk)
        assert entering(call, desk=desk) == 0
        assert entering(call, desk=desk) == 3400

    def test_the_date_may_stand_in_a_header_of_the_vendors_own(self) -> None:
        """telesign.md, section 2: the third line is then empty, and one more stands before the nonce."""
        date = "Tue, 03 Nov 2026 15:20:07 GMT"
        lines = [
            "GET",
            "",
            "",
            "x-ts-auth-method:HMAC-SHA256",
            f"x-ts-date:{date}",
            "x-ts-nonce:a-fresh-nonce",
            "/v1/omnichannel/" + REF,
        ]
        signature = b64encode(
            hmac.digest(b"made-up telesign api key, 40 bytes long!!", "\n".join(lines).encode(), sha256)
        ).decode()
        headers = {
            "authorization": f"TSA {CUSTOMER}:{signature}",
            "x-ts-date": date,
            "x-ts-auth-method": "HMAC-SHA256",
            "x-ts-nonce": "a-fresh-nonce",
        }
        assert entering(Call("GET", "/v1/omnichannel/" + REF, headers)) == 0

    @pytest.mark.parametrize(("source", "code"), [("127.0.0.1", 0), ("192.0.2.1", 3409), ("", 3409)])
    def test_a_list_of_sources_keeps_others_out(self, payload, source: str, code: int) -> None:
        walled = replace(VECTORS, sources=("127.0.0.0/8",))
        assert entering(replace(signed(payload("auth-vectors")["digest_post"]), source=source), walled) == code

    def test_a_tenant_without_a_customer_id_is_known_by_its_key(self) -> None:
        tenant = replace(TENANT, credentials={"api_key": ("a key that is no base64",)})
        header = f"Basic {b64encode(b'anyone:a key that is no base64').decode()}"
        assert entering(Call("POST", "/v1/omnichannel", {"authorization": header}), tenant) == 0
        assert entering(Call("POST", "/v1/omnichannel", {"authorization": "TSA anyone:AAAA"}), tenant) == 3400

    def test_a_reference_that_can_be_none_is_told_only_to_those_let_in(self) -> None:
        asked = Call("GET", "/v1/omnichannel/7A10", {"authorization": f"Basic {CUSTOMER}:{KEY}"})
        answer = answer_of(lambda: server.authenticate(asked, VECTORS, MadeDesk(), now=NOW))
        assert (answer.status, json.loads(answer.body)["status"]["code"]) == (400, 3311)
        assert entering(replace(asked, headers={})) == 3405

    def test_no_credentials_has_the_shape_of_the_contract(self, payload) -> None:
        answer = answer_of(
            lambda: server.authenticate(Call("POST", "/v1/omnichannel", {}), TENANT, MadeDesk(), now=NOW)
        )
        assert list(json.loads(answer.body)) == list(payload("error-401-3400"))


class TestChecks:
    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"channels": ...}, 3300),
            ({"channels": None}, 3300),
            ({"channels": []}, 3300),
            ({"channels": [{}]}, 3301),
            ({"channels": [{"channel": ""}]}, 3301),
            ({"channels": [{"channel": "mms"}, {"fallback_time": 300}]}, 3301),
            ({"channels": {"channel": "mms"}}, 3113),
            ({"channels": ["mms"]}, 3113),
            ({"channels": [{"channel": "mms"}, {"channel": "mms"}]}, 3113),
            ({"channels": [{"channel": 7}]}, 3113),
            ({"channels": [{"channel": "mms", "fallback_time": "300"}]}, 3113),
            ({"channels": [{"channel": "mms", "fallback_time": 29}]}, 3113),
            ({"channels": [{"channel": "mms", "fallback_time": 3601}]}, 3113),
            ({"channels": [{"channel": "mms", "fallback_time": True}]}, 3113),
            ({"phone_number": ...}, 3302),
            ({"phone_number": ""}, 3302),
            ({"phone_number": 12065550188}, 3302),
            ({"phone_number": ..., "recipient": {}}, 3302),
            ({"phone_number": ..., "recipient": "12065550188"}, 3302),
            ({"message": ...}, 3303),
            ({"message": {}}, 3303),
            ({"message": "Hello"}, 3303),
            ({"message_type": ...}, 3304),
            ({"message_type": ""}, 3304),
            ({"message_type": "PROMO"}, 3102),
            ({"message_type": ["MKT"]}, 3102),
            ({"external_id": "café"}, 3103),
            ({"external_id": "x" * 101}, 3103),
            ({"external_id": 7}, 3103),
            ({"account_lifecycle_event": "born"}, 3104),
            ({"account_lifecycle_event": ["create"]}, 3104),
            ({"originating_ip": "here"}, 3105),
            ({"originating_ip": 7}, 3105),
            ({"callback_url": ""}, 3106),
            ({"callback_url": "mms.example.org"}, 3106),
            ({"callback_url": 7}, 3106),
        ],
    )
    def test_each_fault_has_its_code(self, changed, change: dict[str, object], code: int) -> None:
        status, body = refused(changed(**change))
        assert (status, body["status"]["code"]) == (400, code)
        assert set(body) == {"status", "reference_id", "external_id"}

    @pytest.mark.parametrize(
        "change",
        [
            {"external_id": ...},
            {"external_id": None},
            {"external_id": "x" * 100},
            {"phone_number": ..., "recipient": {"phone_number": "12065550188"}},
            {"message_type": "OTP"},
            {"account_lifecycle_event": "sign-in"},
            {"originating_ip": "2001:db8::1"},
            {"callback_url": "https://mms.example.org/hook"},
            {"made_up": 1},
            {"channels": [{"channel": "mms", "fallback_time": 30}, {"channel": "sms", "fallback_time": 3600}]},
        ],
    )
    def test_the_limits_hold_to_the_unit(self, changed, change: dict[str, object]) -> None:
        assert read(changed(**change)).fate is None

    def test_the_answers_are_those_of_the_contract(self, payload, changed) -> None:
        duplicate = [{"channel": "mms"}, {"channel": "mms"}]
        shut = replace(TENANT, options={})
        for sample, change, tenant, room in (
            ("error-400-3102", {"message_type": "PROMO"}, TENANT, True),
            ("error-400-3106", {"callback_url": ""}, TENANT, True),
            ("error-400-3113", {"channels": duplicate}, TENANT, True),
            ("error-400-3116", {"extra": "x" * 10_240}, TENANT, True),
            ("error-400-3300", {"channels": ...}, TENANT, True),
            ("error-400-3301", {"channels": [{}]}, TENANT, True),
            ("error-400-3302", {"phone_number": ...}, TENANT, True),
            ("error-400-3303", {"message": ...}, TENANT, True),
            ("error-400-3304", {"message_type": ...}, TENANT, True),
            ("error-429-3203", {"callback_url": "https://mms.example.org/hook"}, shut, True),
            ("error-429-3204", {}, TENANT, False),
        ):
            status, body = refused(changed(**change), tenant, room=room)
            expected = payload(sample)
            assert body | {"reference_id": ""} == expected | {"reference_id": ""}, sample
            assert ("reference_id" in body) is ("reference_id" in expected), sample
            assert status == int(sample.split("-")[1]), sample

    def test_an_odd_reference_is_named_and_echoed(self, payload, changed) -> None:
        _, body = refused(changed(external_id="café"))
        assert body["status"] == payload("error-400-3103")["status"]

    @pytest.mark.parametrize(
        "body",
        [b"", b"[]", b'"mms"', b"\xff\xfe", b'{"a": NaN}', b"[" * 9_000, b'{"a": ' + b"9" * 5000 + b"}", b"\x00"],
    )
    def test_what_is_no_json_object_is_invalid(self, payload, body: bytes) -> None:
        _, said = refused(body)
        assert said | {"reference_id": REF} == payload("error-400-3110")

    def test_ten_kilobytes_still_fit(self, changed) -> None:
        body = json.dumps(changed()).encode()
        full = body + b" " * (10_240 - len(body))
        assert read(full).fate is None
        assert code_of(full + b" ") == 3116

    @pytest.mark.parametrize("first", range(9))
    def test_the_earlier_check_answers_first(self, changed, first: int) -> None:
        """Of two faults the one whose check comes first is told (telesign.md, section 7, order of checks)."""
        faults: list[tuple[int, dict[str, Any]]] = [
            (3116, {"extra": "x" * 10_240}),
            (3300, {"channels": []}),
            (3302, {"phone_number": ""}),
            (3303, {"message": None}),
            (3304, {"message_type": None}),
            (3103, {"external_id": "é"}),
            (3104, {"account_lifecycle_event": "born"}),
            (3105, {"originating_ip": "here"}),
            (3106, {"callback_url": ""}),
        ]
        later = {name: value for _, change in faults[first:] for name, value in change.items()}
        assert code_of(changed(**later)) == faults[first][0]
        assert code_of(changed(**later), room=False) == 3204

    def test_within_the_channels_too(self, changed) -> None:
        names = [{"channel": "mms"}, {"channel": "mms"}, {}]
        assert code_of(changed(channels=names, phone_number="")) == 3301
        assert code_of(changed(channels=names[:2], phone_number="")) == 3113

    def test_a_wrong_type_comes_before_a_missing_one(self, changed) -> None:
        assert code_of(changed(message_type="PROMO", external_id="é")) == 3102

    def test_a_callback_address_must_be_one_before_it_may_be_named(self, changed) -> None:
        shut = replace(TENANT, options={})
        assert code_of(changed(callback_url=""), shut) == 3106
        assert code_of(changed(callback_url="https://mms.example.org/hook"), shut) == 3203


class TestChannels:
    """Faults of one channel are none of the request: the other takes over, or the callback tells."""

    @pytest.mark.parametrize(
        ("mms", "fate"),
        [
            (..., Event.DELIVERED_AS_SMS),
            ("image", Event.DELIVERED_AS_SMS),
            ({"template": "text", "parameters": {"text": "x"}}, Event.DELIVERED_AS_SMS),
            ({"template": ["image"]}, Event.DELIVERED_AS_SMS),
            ({"template": "image"}, Event.DELIVERED_AS_SMS),
            ({"template": "image", "parameters": {"url": ""}}, Event.DELIVERED_AS_SMS),
            ({"template": "image", "parameters": {"url": "banner.jpg"}}, Event.DELIVERED_AS_SMS),
            ({"template": "image", "parameters": {"url": "https://a.example/b.jpg"}}, None),
        ],
    )
    def test_an_mms_that_cannot_be_made_leaves_the_sms(self, changed, mms: object, fate: Event | None) -> None:
        says = {"mms": mms, "sms": {"template": "text", "parameters": {"text": "Hello"}}}
        message = read(changed(message={name: value for name, value in says.items() if value is not ...}))
        assert message.fate is fate
        assert bool(message.media) is (fate is None)
        assert message.content.fallback.text == "Hello"

    @pytest.mark.parametrize(
        ("change", "fate"),
        [
            ({"phone_number": "1206"}, Event.ADDRESS_NOT_FOUND),
            ({"phone_number": "+12065550188"}, Event.ADDRESS_NOT_FOUND),
            ({"phone_number": "1206555\u06600188"}, Event.ADDRESS_NOT_FOUND),
            ({"message": {"other": {}}}, Event.REJECTED),
            ({"channels": [{"channel": "rcs"}, {"channel": "fax"}]}, Event.REJECTED),
        ],
    )
    def test_when_no_channel_is_left_the_message_fails(self, changed, change: dict[str, Any], fate: Event) -> None:
        assert read(changed(**change)).fate is fate

    def test_the_default_message_serves_a_channel_without_its_own(self, changed) -> None:
        message = read(changed(message={"default": {"template": "text", "parameters": {"text": "Hi"}}}))
        assert (message.fate, message.content.fallback.text) == (Event.DELIVERED_AS_SMS, "Hi")

    def test_without_a_sender_that_may_there_is_no_mms(self, changed) -> None:
        assert read(changed(), replace(TENANT, senders={"99999": False})).fate is Event.DELIVERED_AS_SMS

    @pytest.mark.parametrize(
        ("sender", "used"), [("70707", "70707"), ("99999", "34343"), ("1", "34343"), (None, "34343"), ([], "34343")]
    )
    def test_a_sender_that_is_not_allow_listed_is_silently_another(self, changed, sender: object, used: str) -> None:
        assert read(changed(sender_id=sender)).sender == used


class TestRoundTrip:
    @pytest.mark.parametrize(
        "name", ["seed-request", "request-image", "request-video", "request-audio", "request-mms-only"]
    )
    def test_what_the_client_wrote_is_understood(self, payload, name: str) -> None:
        made = of_payload(payload(name))
        call = call_of(client.build(ACCOUNT, made, now=NOW))
        server.authenticate(call, TENANT, MadeDesk(), now=NOW)
        assert server.route(call) is None
        message = server.read(call, TENANT, MadeDesk(), now=NOW)
        [destination] = message.destinations
        assert (destination.recipient, destination.client_ref) == (made.recipient.lstrip("+"), made.client_ref)
        assert message.content == self.heard(made.content)
        part = made.content.slides[0].parts[0]
        assert message.media == (Medium(part.kind, part.url),)

    def heard(self, content: Content) -> Content:
        """A content as it arrives: without its name, its file in the caller's hands."""
        slides = tuple(
            Slide(parts=tuple(Part(part.kind, url=part.url, host="caller") for part in slide.parts))
            for slide in content.slides
        )
        return Content(slides=slides, fallback=content.fallback)

    @pytest.mark.parametrize(
        "name", ["seed-request", "request-image", "request-docs-optional-fields", "request-mms-only"]
    )
    def test_a_sample_request_reads_as_its_content(self, payload, name: str) -> None:
        message = read(payload(name))
        assert message.content == self.heard(of_payload(payload(name)).content)
        assert message.parsed == payload(name)
        assert message.notify_url == payload(name).get("callback_url", "")

    @pytest.mark.parametrize("fallback", [FallbackSms("Say “hi”\n\U0001f600"), FallbackSms(disabled=True)])
    @pytest.mark.parametrize("options", [{}, {"digest": True, "send_callback_url": True, "send_sender_id": True}])
    def test_every_option_is_understood(self, fallback: FallbackSms, options: dict[str, bool]) -> None:
        account = replace(ACCOUNT, options=options, webhook_url="http://127.0.0.1:8000/webhooks/telesign/x")
        part = Part("video", url="https://media.example.org/tour.mp4?v=2")
        made = message(Content(slides=(Slide(parts=(part,)),), fallback=fallback), sender="70707")
        call = call_of(client.build(account, made, now=NOW))
        server.authenticate(call, TENANT, MadeDesk(), now=NOW)
        received = server.read(call, TENANT, MadeDesk(), now=NOW)
        assert received.content == self.heard(made.content)
        assert received.notify_url == (account.webhook_url if options else "")
        assert received.sender == ("70707" if options else "34343")

    def test_acceptance_is_understood(self, payload) -> None:
        ref, answer = server.accept(read(payload("request-image")), now=NOW)
        assert json.loads(answer.body) == payload("response-success-200") | {"reference_id": ref}
        assert list(json.loads(answer.body)) == list(payload("seed-response"))
        assert answer.headers["allow"] == "GET,POST,HEAD"
        assert client.read(answer).provider_ref == ref
        assert len(ref) == 32
        assert ref == ref.upper()

    def test_without_a_reference_of_the_caller_there_is_none_to_echo(self, payload) -> None:
        ref, answer = server.accept(read(payload("seed-request")), now=NOW)
        assert json.loads(answer.body) == payload("seed-response") | {"reference_id": ref}


class TestOtherAnswers:
    @pytest.mark.parametrize(
        ("refusal", "sample", "status"),
        [
            (Refusal.THROTTLED, "error-429-3204", 429),
            (Refusal.CREDENTIALS, "error-401-3400", 401),
            (Refusal.INTERNAL, "error-503-3500", 503),
            (Refusal.NOT_FOUND, "status-get-404-expired", 404),
        ],
    )
    def test_each_refusal_has_its_answer(self, payload, refusal: Refusal, sample: str, status: int) -> None:
        answer = server.refuse(refusal, read(payload("request-image")))
        assert answer is not None
        assert (answer.status, json.loads(answer.body)) == (status, payload(sample))
        assert server.refuse(refusal) is not None

    @pytest.mark.parametrize("refusal", [Refusal.RECIPIENT, Refusal.BLOCKED])
    def test_what_is_wrong_with_a_number_is_told_in_a_callback_only(self, payload, refusal: Refusal) -> None:
        assert server.refuse(refusal, read(payload("request-image"))) is None

    @pytest.mark.parametrize("fault", MediaFault)
    def test_files_are_fetched_after_acceptance(self, payload, fault: MediaFault) -> None:
        message = read(payload("request-image"))
        assert server.refuse_medium(message, message.media[0], fault) is None

    @pytest.mark.parametrize("code", [code for where, code in CODES if where is Where.ANSWER])
    def test_every_code_can_be_answered_and_is_understood(self, payload, code: str) -> None:
        answer = server.answer_with(code, read(payload("request-image")))
        outcome = CODES[Where.ANSWER, code].outcome
        assert answer is not None
        assert outcome is not None
        if outcome is OutcomeClass.ACCEPTED:
            assert client.read(answer).code == code
            return
        with pytest.raises(SendError) as caught:
            client.read(answer)
        assert (type(caught.value), caught.value.code) == (BY_CLASS[outcome], code)

    @pytest.mark.parametrize("code", ["", "9999", "http_200", "http_x", "http_99999", "N101"])
    def test_what_is_no_code_has_no_answer(self, payload, code: str) -> None:
        assert server.answer_with(code, read(payload("request-image"))) is None

    @pytest.mark.parametrize("event", [None, Event.SUBMITTED, Event.DELIVERED, Event.DELIVERED_AS_SMS, Event.EXPIRED])
    def test_a_status_query_is_understood_as_the_callback_would_be(self, payload, event: Event | None) -> None:
        message = read(payload("request-image"))
        answer = server.describe(message, message.destinations[0], REF, event, accepted_at=NOW)
        whole, *steps = query.read_query(answer)
        notice = event and server.report(message, message.destinations[0], REF, event, TENANT, at=NOW)
        if notice:
            expected, *tried = client.receipts(notice.body)
            assert (whole.code, whole.state, whole.via) == (expected.code, expected.state, expected.via)
            assert [(step.detail, step.code) for step in steps] == [(step.detail, step.code) for step in tried]
        else:
            assert (whole.code, steps) == ("3001", [])

    def test_a_status_query_has_the_members_of_the_contract(self, payload) -> None:
        message, expected = read(payload("request-image")), payload("status-get-200")
        answer = server.describe(message, message.destinations[0], REF, Event.DELIVERED_AS_SMS, accepted_at=NOW)
        body = json.loads(answer.body)
        assert list(body) == list(expected)
        assert body["status"] == expected["status"] | {"updated_on": "2026-11-03T15:20:07.000000Z"}

    def test_nothing_is_stored(self, payload) -> None:
        message = read(payload("request-image"))
        assert server.report_saved(message, REF, TENANT, fault="", at=NOW) is None


class TestTrial:
    def tried(self, account: Account = ACCOUNT, tenant: Tenant = TENANT) -> HttpAnswer:
        call = call_of(probe.build_probe(account, "34343", now=NOW))
        assert server.route(call) == Lookup("0" * 32)
        try:
            server.authenticate(call, tenant, MadeDesk(), now=NOW)
        except Rejected as rejected:
            return rejected.answer
        answer = server.refuse(Refusal.NOT_FOUND)
        assert answer is not None
        return answer

    @pytest.mark.parametrize("digest", [False, True])
    def test_good_credentials_are_seen(self, digest: bool) -> None:
        trial = probe.read_probe(self.tried(replace(ACCOUNT, options={"digest": digest})))
        assert (trial.credentials, trial.sender, trial.code) == (Verdict.GOOD, Verdict.UNKNOWN, "-10004")

    @pytest.mark.parametrize(("digest", "code"), [(False, "3411"), (True, "3400")])
    def test_bad_ones_too(self, digest: bool, code: str) -> None:
        wrong = replace(ACCOUNT, credentials={**ACCOUNT.credentials, "api_key": KEY}, options={"digest": digest})
        trial = probe.read_probe(self.tried(wrong))
        assert (trial.credentials, trial.sender, trial.code) == (Verdict.BAD, Verdict.UNKNOWN, code)

    def test_a_closed_door_proves_nothing(self) -> None:
        trial = probe.read_probe(self.tried(tenant=replace(TENANT, sources=("192.0.2.0/24",))))
        assert (trial.credentials, trial.code) == (Verdict.UNKNOWN, "3409")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
MEMBERS = st.sampled_from(
    ["channels", "phone_number", "recipient", "message", "message_type", "external_id", "callback_url", "sender_id"]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    change=st.dictionaries(MEMBERS, ANYTHING, max_size=3),
    says=st.dictionaries(st.sampled_from(["mms", "sms"]), ANYTHING),
)
def test_any_request_is_understood_or_refused(payload, change: dict[str, object], says: dict[str, object]) -> None:
    request = payload("request-image") | {"message": payload("request-image")["message"] | says} | change
    try:
        message = read(request)
    except Rejected as rejected:
        refusal = rejected.answer
    else:
        notice = server.report(message, message.destinations[0], REF, message.fate or Event.DELIVERED, TENANT, at=NOW)
        assert client.receipts(notice.body)
        return
    assert refusal.status in {400, 429}


@given(
    headers=st.dictionaries(st.sampled_from(["authorization", "x-ts-nonce", "date", "x-ts-date"]), st.text(max_size=60))
)
def test_any_credentials_hold_or_are_refused(headers: dict[str, str]) -> None:
    assert entering(Call("POST", "/v1/omnichannel", {"x-ts-auth-method": "HMAC-SHA256", **headers})) >= 3400
