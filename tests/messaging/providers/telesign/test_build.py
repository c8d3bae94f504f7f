"""The request: exactly the members of the seed, in its order; credentials in both ways the provider knows."""

from base64 import b64decode
from dataclasses import replace
from datetime import timedelta

import pytest
from telesign.rest import RestClient

from messaging.content import Content, FallbackSms, Part, Slide
from messaging.gateway.contract import Account
from messaging.gateway.errors import Misconfigured, Refused
from messaging.providers.telesign import client, signing
from tests.messaging.providers.telesign.made import (
    ACCOUNT,
    CUSTOMER,
    DIGEST,
    KEY,
    NOW,
    medium,
    message,
    of_payload,
    sent,
)

SEED_WAIT = replace(ACCOUNT, credentials={**ACCOUNT.credentials, "fallback_time": "600"})
NAMING = replace(
    ACCOUNT,
    webhook_url="https://mms.example.org/hooks/telesign/9be2",
    options={"send_callback_url": True, "send_sender_id": True},
)


@pytest.mark.parametrize(
    ("name", "account"),
    [
        ("seed-request", SEED_WAIT),
        ("request-image", ACCOUNT),
        ("request-video", ACCOUNT),
        ("request-audio", ACCOUNT),
        ("request-mms-only", ACCOUNT),
    ],
)
def test_a_sample_request_is_rebuilt_member_for_member(payload, name: str, account: Account) -> None:
    expected = payload(name)
    built = sent(of_payload(expected), account)
    assert built == expected
    assert list(built) == list(expected)
    assert [list(channel) for channel in built["channels"]] == [list(channel) for channel in expected["channels"]]
    assert list(built["message"]) == list(expected["message"])
    for channel, says in expected["message"].items():
        assert list(built["message"][channel]) == list(says)


def test_the_documented_extras_are_rebuilt_but_for_the_newer_home_of_the_number(payload) -> None:
    expected = payload("request-docs-optional-fields")
    built = sent(of_payload(expected), NAMING)
    assert built.pop("phone_number") == expected.pop("recipient")["phone_number"]
    assert built == expected


def test_neither_callback_nor_sender_is_named_unless_switched_on() -> None:
    plain = sent(message(), replace(NAMING, options={}))
    assert not {"callback_url", "sender_id"} & set(plain)


def test_the_request_goes_to_the_accounts_host_as_json() -> None:
    request = client.build(replace(ACCOUNT, base_url="https://rest-eu.example.org/"), message(), now=NOW)
    assert (request.method, request.url) == ("POST", "https://rest-eu.example.org/v1/omnichannel")
    assert request.headers["content-type"] == "application/json"


def test_numbers_take_the_spelling_of_the_wire() -> None:
    built = sent(message(recipient=" +1 206 555 0188", sender="+18885550199"), NAMING)
    assert (built["phone_number"], built["sender_id"]) == ("12065550188", "18885550199")


@pytest.mark.parametrize(("purpose", "kind"), [("marketing", "MKT"), ("transactional", "ARN")])
def test_the_purpose_makes_the_type(purpose: str, kind: str) -> None:
    assert sent(message(purpose=purpose))["message_type"] == kind


@pytest.mark.parametrize("fallback", [FallbackSms("Hello", disabled=True), FallbackSms(""), FallbackSms("  ")])
def test_without_a_fallback_there_is_one_channel_and_no_waiting(fallback: FallbackSms) -> None:
    built = sent(message(Content(slides=(Slide(parts=(medium(),)),), fallback=fallback)))
    assert built["channels"] == [{"channel": "mms"}]
    assert list(built["message"]) == ["mms"]


@pytest.mark.parametrize(
    ("given", "seconds"),
    [("", 300), ("30", 30), ("29", 30), ("0", 30), ("600", 600), ("3600", 3600), ("3601", 3600), ("9" * 40, 3600)],
)
def test_the_wait_before_the_sms_stays_within_the_providers_bounds(given: str, seconds: int) -> None:
    account = replace(ACCOUNT, credentials={**ACCOUNT.credentials, "fallback_time": given})
    assert sent(message(), account)["channels"] == [{"channel": "mms", "fallback_time": seconds}, {"channel": "sms"}]


@pytest.mark.parametrize(
    ("slides", "code"),
    [
        ((), "medium_missing"),
        ((Slide("Just words"),), "medium_missing"),
        ((Slide("Look", parts=(medium(),)),), "text_not_carried"),
        ((Slide(parts=(medium(), medium("audio"))),), "several_media"),
        ((Slide(parts=(medium(),)), Slide(parts=(medium(),))), "several_media"),
        ((Slide(parts=(medium(),)), Slide("Words")), "several_media"),
        ((Slide(parts=(medium("calendar"),)),), "kind_not_supported"),
        ((Slide(parts=(Part("image", asset="f-1"),)),), "media_url_missing"),
    ],
)
def test_what_the_dialect_cannot_say_is_refused(slides: tuple[Slide, ...], code: str) -> None:
    with pytest.raises(Refused) as caught:
        sent(message(Content("Autumn", slides=slides)))
    assert caught.value.code == code


@pytest.mark.parametrize(("text", "code"), [("half a \ud83d", "text_not_unicode"), ("é" * 5000, "request_too_long")])
def test_texts_the_provider_cannot_take_are_refused(text: str, code: str) -> None:
    with pytest.raises(Refused) as caught:
        sent(message(Content(slides=(Slide(parts=(medium(),)),), fallback=FallbackSms(text))))
    assert caught.value.code == code


def test_ten_kilobytes_still_fit() -> None:
    def build(length: int) -> bytes:
        content = Content(slides=(Slide(parts=(medium(),)),), fallback=FallbackSms("x" * length))
        return client.build(ACCOUNT, message(content), now=NOW).body

    room = 10_240 - len(build(1)) + 1
    assert len(build(room)) == 10_240
    with pytest.raises(Refused):
        build(room + 1)


class TestCredentials:
    def test_basic_is_the_vectors_header(self, payload) -> None:
        expected = payload("auth-vectors")["basic"]["http_header"]
        assert f"Authorization: {client.build(ACCOUNT, message(), now=NOW).headers['authorization']}" == expected

    @pytest.mark.parametrize("vector", ["digest_post", "digest_get"])
    def test_digest_signs_the_vectors_string(self, payload, vector: str) -> None:
        expected = payload("auth-vectors")[vector]
        headers, body = expected["headers"], expected.get("body", "").encode()
        signed = signing.string_to_sign(
            "POST" if body else "GET",
            headers.get("Content-Type", ""),
            headers["Date"],
            headers["x-ts-nonce"],
            body,
            expected.get("path", "/v1/omnichannel"),
        )
        assert signed.decode() == expected["string_to_sign"]
        assert headers["Authorization"] == f"TSA {CUSTOMER}:{signing.signature(b64decode(KEY), signed)}"

    def test_a_digest_is_the_one_the_vendors_sdk_makes_of_the_same_body(self) -> None:
        request = client.build(DIGEST, message(), now=NOW)
        theirs = RestClient.generate_telesign_headers(
            CUSTOMER,
            KEY,
            "POST",
            "/v1/omnichannel",
            request.body.decode(),
            date_rfc2616="Tue, 03 Nov 2026 15:20:07 GMT",
            nonce=request.headers["x-ts-nonce"],
            content_type="application/json",
        )
        assert request.headers == {name.lower(): value for name, value in theirs.items()}

    def test_the_vectors_own_body_is_what_is_sent(self, payload) -> None:
        vector = payload("auth-vectors")["digest_post"]
        assert client.build(DIGEST, message(), now=NOW).body.decode() == vector["body"]

    def test_every_nonce_is_fresh(self) -> None:
        nonces = {client.build(DIGEST, message(), now=NOW + timedelta(0)).headers["x-ts-nonce"] for _ in range(20)}
        assert len(nonces) == 20

    @pytest.mark.parametrize(
        ("credentials", "options", "code"),
        [
            ({}, {}, "credentials_missing"),
            ({"customer_id": CUSTOMER}, {}, "credentials_missing"),
            ({"api_key": KEY}, {}, "credentials_missing"),
            ({"customer_id": "a:b", "api_key": KEY}, {}, "credentials_malformed"),
            ({"customer_id": CUSTOMER, "api_key": "a\r\nx: 1"}, {}, "credentials_malformed"),
            ({"customer_id": CUSTOMER, "api_key": "clé"}, {}, "credentials_malformed"),
            ({"customer_id": CUSTOMER, "api_key": "not base64!"}, {"digest": True}, "api_key_malformed"),
            ({"customer_id": CUSTOMER, "api_key": KEY, "fallback_time": "soon"}, {}, "fallback_time_malformed"),
            ({"customer_id": CUSTOMER, "api_key": KEY, "fallback_time": "-5"}, {}, "fallback_time_malformed"),
        ],
    )
    def test_what_cannot_be_used_is_a_matter_of_configuration(
        self, credentials: dict[str, str], options: dict[str, bool], code: str
    ) -> None:
        with pytest.raises(Misconfigured) as caught:
            client.build(replace(ACCOUNT, credentials=credentials, options=options), message(), now=NOW)
        assert caught.value.code == code

    def test_secrets_stay_out_of_reprs(self) -> None:
        request = client.build(ACCOUNT, message(), now=NOW)
        assert KEY not in repr(request) + repr(ACCOUNT)
        assert "FALL25" not in repr(request)
