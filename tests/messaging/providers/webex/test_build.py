"""The request: exactly the members of the seed, in its order, and nothing a provider could substitute twice."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest

from messaging.content import Content, FallbackSms, Part, Slide
from messaging.gateway.contract import Account, OutboundMessage
from messaging.gateway.errors import Misconfigured, Refused
from messaging.providers.webex import client

NOW = datetime.fromtimestamp(1793719207, UTC)
ACCOUNT = Account("a-1", "webex", "https://api.us.webexconnect.io", {"service_key": "made-up-key"})
KINDS = {"image": "image", "ical": "calendar", "pdf": "pdf", "video": "video", "audio": "audio", "vcard": "contact"}


def slide(kind: str = "image", **more: Any) -> Slide:
    return Slide(text="Look", parts=(Part(kind, url=f"https://media.example.org/{kind}"),), **more)


def message(content: Content | None = None, **more: Any) -> OutboundMessage:
    content = content or Content("Autumn", "Offer", (slide(),), FallbackSms("Hello"))
    return OutboundMessage("01J9Z6Q2M40001EXAMPLE00000", "34343", "+16475550142", content, **more)


def sent(made: OutboundMessage, account: Account = ACCOUNT) -> Any:
    return json.loads(client.build(account, made, now=NOW).body)


def from_payload(value: dict[str, Any], recipient: str) -> OutboundMessage:
    to, content = value["to"][0], value["content"]
    values = {**value["substitutions"], **to["substitutions"]}
    composed = Content(
        content["name"],
        content["subject"],
        tuple(
            Slide(one["messageText"], one["duration"], (Part(KINDS[one["type"]], url=one["mediaUrl"]),))
            for one in content["attachments"]
        ),
        FallbackSms(content["fallbacktext"]),
    )
    return OutboundMessage(
        to["correlationId"],
        value["from"],
        recipient,
        composed.substituted(values),
        to["substitutions"],
        value["substitutions"],
        value["callbackData"],
        tuple(value["requestedReceipts"]),
    )


@pytest.mark.parametrize("name", ["seed-request", "request"])
def test_a_sample_request_is_rebuilt_with_its_texts_filled_in(payload, name: str) -> None:
    expected = payload(name)
    recipient = "+16475550142"
    account = replace(ACCOUNT, webhook_url=expected["notifyUrl"])
    built = sent(from_payload(expected, recipient), account)
    values = {**expected["substitutions"], **expected["to"][0]["substitutions"]}
    filled = json.dumps(expected)
    for key, value in values.items():
        filled = filled.replace(f"$({key})", value)
    expected = json.loads(filled)
    expected["to"][0]["msisdn"] = [recipient]
    assert built == expected
    assert list(built) == list(expected)
    assert list(built["content"]) == list(expected["content"])
    assert list(built["to"][0]) == list(expected["to"][0])
    assert list(built["content"]["attachments"][0]) == ["type", "messageText", "mediaUrl", "duration"]


def test_the_seeds_own_substitution_leaves_no_blank(payload) -> None:
    built = sent(from_payload(payload("seed-request"), "+16475550142"))
    assert built["content"]["fallbacktext"] == "fallback By1_Get1text as SMS"


def test_the_request_goes_to_the_accounts_host_as_json() -> None:
    request = client.build(replace(ACCOUNT, base_url="https://api.ca.webexconnect.io/"), message(), now=NOW)
    assert (request.method, request.url) == ("POST", "https://api.ca.webexconnect.io/v2/messages")
    assert request.headers == {"content-type": "application/json", "key": "made-up-key"}


def test_texts_that_still_look_like_placeholders_are_not_substituted_again() -> None:
    odd = Content("Autumn", "Offer", (Slide("Costs $(price) today"),), FallbackSms("Hello"))
    built = sent(message(odd, substitutions={"price": "5"}, shared_substitutions={"price": "6"}))
    assert built["substitutions"] == {}
    assert built["to"][0]["substitutions"] == {}
    assert built["content"]["attachments"][0]["messageText"] == "Costs $(price) today"


def test_final_texts_keep_their_substitutions_beside_them() -> None:
    built = sent(message(substitutions={"first": "Amara"}, shared_substitutions={"code": "FALL25"}))
    assert built["to"][0]["substitutions"] == {"first": "Amara"}
    assert built["substitutions"] == {"code": "FALL25"}


def test_numbers_take_the_spelling_of_the_wire() -> None:
    built = sent(replace(message(), sender="+18885550199", recipient=" +1 647 555 0142"))
    assert built["from"] == "18885550199"
    assert built["to"][0]["msisdn"] == ["+16475550142"]


def test_a_slide_of_text_alone_carries_no_address() -> None:
    built = sent(message(Content("Autumn", "Offer", (Slide("Just words", 7),), FallbackSms("Hello"))))
    assert built["content"]["attachments"] == [{"type": "text", "messageText": "Just words", "duration": 7}]


@pytest.mark.parametrize(("subject", "name"), [("Offer", "Offer"), ("", "MMS")])
def test_a_nameless_message_is_named(subject: str, name: str) -> None:
    assert sent(message(Content("", subject, (slide(),), FallbackSms("Hello"))))["content"]["name"] == name


def test_no_fallback_text_is_an_empty_one() -> None:
    assert sent(message(Content("Autumn", "Offer", (slide(),), FallbackSms(""))))["content"]["fallbacktext"] == ""


def test_a_fallback_switched_off_cannot_be_said() -> None:
    with pytest.raises(Refused) as caught:
        sent(message(Content("Autumn", "Offer", (slide(),), FallbackSms("Hello", disabled=True))))
    assert caught.value.code == "fallback_cannot_be_disabled"


@pytest.mark.parametrize(("asked", "given"), [(3600, 3600), (30 * 24 * 3600, 604_800)])
def test_validity_is_given_only_when_set_and_within_a_week(asked: int, given: int) -> None:
    assert "validity" not in sent(message())
    assert sent(message(validity=asked))["validity"] == given


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (
            Slide("x", parts=(Part("image", url="https://a.example/i"), Part("audio", url="https://a.example/a"))),
            "several_media",
        ),
        (slide("passbook"), "kind_not_supported"),
        (Slide("x", parts=(Part("image", asset="f-1"),)), "media_url_missing"),
        (Slide("half a \ud83d"), "text_not_unicode"),
    ],
)
def test_what_the_dialect_cannot_say_is_refused(bad: Slide, code: str) -> None:
    with pytest.raises(Refused) as caught:
        sent(message(Content("Autumn", "Offer", (bad,), FallbackSms("Hello"))))
    assert caught.value.code == code


def test_a_token_is_the_one_of_the_vector(payload) -> None:
    vector = payload("auth-vectors")["jwt"]
    account = replace(
        ACCOUNT,
        credentials={"service_id": vector["service_id"], "service_secret": vector["service_secret_base64"]},
    )
    headers = client.build(account, message(), now=NOW).headers
    assert f"Authorization: {headers['authorization']}" == vector["http_header"]
    assert "key" not in headers


def test_a_token_wins_over_a_key() -> None:
    secret = base64.b64encode(b"short").decode()
    both = {"service_key": "made-up-key", "service_id": "SVC-1", "service_secret": secret}
    headers = client.build(replace(ACCOUNT, credentials=both), message(), now=NOW).headers
    assert "key" not in headers
    token = headers["authorization"].removeprefix("Bearer ")
    assert jwt.get_unverified_header(token) == {"alg": "HS256"}
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims == {"iss": "SVC-1", "iat": 1793719207}


def test_a_key_alone_is_the_vectors_header(payload) -> None:
    expected = payload("auth-vectors")["service_key"]["http_header"]
    account = replace(ACCOUNT, credentials={"service_key": expected.removeprefix("key: ")})
    assert f"key: {client.build(account, message(), now=NOW).headers['key']}" == expected


@pytest.mark.parametrize(
    ("credentials", "code"),
    [
        ({}, "credentials_missing"),
        ({"service_id": "SVC-1"}, "credentials_missing"),
        ({"service_id": "SVC-1", "service_secret": "not base64!"}, "service_secret_malformed"),
        ({"service_id": "SVC-1", "service_secret": "abc"}, "service_secret_malformed"),
        ({"service_id": "SVC-1", "service_secret": "é"}, "service_secret_malformed"),
        ({"service_key": "a\r\nx-injected: 1"}, "service_key_malformed"),
        ({"service_key": "clé"}, "service_key_malformed"),
    ],
)
def test_credentials_that_cannot_be_used_are_a_matter_of_configuration(credentials: dict[str, str], code: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        client.build(replace(ACCOUNT, credentials=credentials), message(), now=NOW)
    assert caught.value.code == code


def test_secrets_stay_out_of_reprs() -> None:
    request = client.build(ACCOUNT, message(callback_data="secret-data"), now=NOW)
    assert "made-up-key" not in repr(request) + repr(ACCOUNT)
    assert "secret-data" not in repr(request)
