"""The request: the members of the seed, names and order; numbers, times and switches spelled as the wire wants them."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from messaging.content import Content, FallbackSms, Part, Slide
from messaging.gateway.contract import Account, OutboundMessage
from messaging.gateway.errors import Misconfigured, Refused
from messaging.providers.sinch import client, saving

NOW = datetime(2026, 11, 20, 9, 0, 0, 250_000, UTC)
KEY = {"api_key": "made-up-key", "service_id": "SVC-4471"}
ACCOUNT = Account("a-1", "sinch", "https://api.ci.mblox.com/ep/v2", KEY)
KINDS = ("image", "audio", "video", "contact", "calendar", "pdf")


def slide(kind: str = "image", **more: Any) -> Slide:
    return Slide("Look", parts=(Part(kind, url=f"https://media.example.org/{kind}"),), **more)


def content(*slides: Slide, **more: Any) -> Content:
    return Content("autumn-v1", "Offer", slides or (slide(),), **{"fallback": FallbackSms("Hello"), **more})


def message(made: Content | None = None, **more: Any) -> OutboundMessage:
    return OutboundMessage("01J9Z6Q2M40001EXAMPLE00000", "34343", "+12065550142", made or content(), **more)


def sent(made: OutboundMessage, account: Account = ACCOUNT) -> dict[str, Any]:
    return json.loads(client.build(account, made, now=NOW).body)


def stored(made: OutboundMessage, account: Account = ACCOUNT) -> dict[str, Any]:
    return json.loads(saving.build_save(account, made, now=NOW).body)


def composed(value: dict[str, Any]) -> Content:
    """The content that a payload says, as a person would have composed it."""
    return Content(
        value.get("name", ""),
        value.get("message-subject", ""),
        tuple(
            Slide(
                one.get("message-text", ""),
                parts=tuple(Part(kind, url=one[kind]["url"]) for kind in one if kind in KINDS),
            )
            for one in value.get("slide", ())
        ),
        FallbackSms(
            value.get("fallback-sms-text", ""),
            link=not value.get("disable-fallback-sms-link", True),
            link_expires_at=value.get("fallback-sms-link-expiration", ""),
            disabled=value["disable-fallback-sms"],
        ),
    )


def from_payload(value: dict[str, Any]) -> OutboundMessage:
    ends = value.get("mms-expiry-timestamp")
    return OutboundMessage(
        client_ref=value["client-reference"],
        sender=f"+{value['from']}" if len(value.get("from", "")) > 6 else value.get("from", ""),
        recipient=f"+{value.get('to', '')}",
        content=composed(value),
        validity=int((datetime.fromisoformat(ends) - NOW.replace(microsecond=0)).total_seconds()) if ends else None,
        saved_ref=value.get("mms-id", ""),
    )


def account_for(value: dict[str, Any]) -> Account:
    credentials = {"api_key": "made-up-key", "service_id": value["service-id"], "from_mask": value.get("from-mask", "")}
    return replace(ACCOUNT, credentials=credentials, options={"cache_content": value.get("cache-content", False)})


SAMPLES = [
    "request-sendmms-image",
    "request-sendmms-multi-slide",
    "request-sendmms-no-fallback",
    "request-sendsavedmms",
]


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_request_is_rebuilt(payload, name: str) -> None:
    expected = payload(name)
    if "mms-expiry-timestamp" in expected:
        expected["mms-expiry-timestamp"] = "2026-11-22T09:00:00Z"
    assert sent(from_payload(expected), account_for(expected)) == expected


def test_a_sample_content_is_stored(payload) -> None:
    expected = payload("request-savemms")
    assert stored(from_payload(expected), account_for(expected)) == expected


def test_the_seeds_request_is_rebuilt_member_for_member_with_its_placeholders_filled(payload) -> None:
    expected = payload("seed-request-sendmms") | {
        "to": payload("seed-number-format")["valid"][0],
        "from": "18445550117",
        "fallback-sms-link-expiration": "2026-12-15T00:00:00Z",
        "mms-expiry-timestamp": "2026-11-22T09:00:00Z",
    }
    built = sent(from_payload(expected), account_for(expected))
    assert built == expected
    assert list(built) == list(expected)
    assert [list(one) for one in built["slide"]] == [list(one) for one in expected["slide"]]


def test_the_seeds_numbers_lose_their_plus(payload) -> None:
    given = payload("seed-number-format")
    for number in given["valid"]:
        assert sent(replace(message(), recipient=f"+{number}"))["to"] == number
    formatted = given["formatting"]
    assert sent(replace(message(), recipient="+1 (774)-319-9144"))["to"] == formatted["wire"]


@pytest.mark.parametrize("base", ["https://api.ci.mblox.com/ep/v2", "https://api.ci.mblox.com/ep/v2/"])
def test_the_request_goes_to_the_accounts_address_as_it_is(base: str) -> None:
    for request in (
        client.build(replace(ACCOUNT, base_url=base), message(), now=NOW),
        saving.build_save(replace(ACCOUNT, base_url=base), message(), now=NOW),
    ):
        assert (request.method, request.url) == ("POST", base)
        assert request.headers == {"content-type": "application/json; charset=utf-8", "x-api-key": "made-up-key"}


def test_an_account_without_a_service_id_names_none() -> None:
    bare = replace(ACCOUNT, credentials={"api_key": "made-up-key"})
    assert "service-id" not in sent(message(), bare)
    assert "service-id" not in stored(message(), bare)


@pytest.mark.parametrize(
    ("recipient", "masked"), [("+642111111", True), ("+447400123456", True), ("+12065550142", False)]
)
def test_a_mask_is_never_sent_to_the_united_states(recipient: str, masked: bool) -> None:
    account = replace(ACCOUNT, credentials={**KEY, "from_mask": "Shop"})
    built = sent(replace(message(), recipient=recipient), account)
    assert built.get("from-mask") == ("Shop" if masked else None)


def test_a_mask_too_long_is_a_matter_of_configuration() -> None:
    abroad = replace(message(), recipient="+642111111")
    assert sent(abroad, replace(ACCOUNT, credentials={**KEY, "from_mask": "x" * 50}))["from-mask"] == "x" * 50
    with pytest.raises(Misconfigured) as caught:
        sent(abroad, replace(ACCOUNT, credentials={**KEY, "from_mask": "x" * 51}))
    assert caught.value.code == "from_mask_too_long"


def test_the_sender_is_spelled_without_its_plus() -> None:
    assert sent(replace(message(), sender="+18445550117"))["from"] == "18445550117"


@pytest.mark.parametrize(
    ("options", "cached"), [({}, True), ({"cache_content": True}, True), ({"cache_content": False}, None)]
)
def test_fetched_media_are_reused_unless_the_account_says_no(options: dict[str, bool], cached: bool | None) -> None:
    assert sent(message(), replace(ACCOUNT, options=options)).get("cache-content") is cached


@pytest.mark.parametrize(
    ("validity", "ends"),
    [
        (None, None),
        (3600, "2026-11-20T10:00:00Z"),
        (3 * 24 * 3600 - 60, "2026-11-23T08:59:00Z"),
        (3 * 24 * 3600, "2026-11-23T08:59:00Z"),
        (10**12, "2026-11-23T08:59:00Z"),
    ],
)
def test_validity_ends_within_three_days_with_a_minute_for_the_clocks(validity: int | None, ends: str | None) -> None:
    assert sent(message(validity=validity)).get("mms-expiry-timestamp") == ends


@pytest.mark.parametrize(
    ("fallback", "members"),
    [
        (FallbackSms("Hi", link=False), ("Hi", True, False, None)),
        (FallbackSms("Hi", link=False, link_expires_at="2026-12-15T00:00:00Z"), ("Hi", True, False, None)),
        (FallbackSms("Hi", link=True), ("Hi", False, False, None)),
        (FallbackSms("Hi", link=True, link_expires_at="2026-12-15"), ("Hi", False, False, "2026-12-15T00:00:00Z")),
        (
            FallbackSms("Hi", link=True, link_expires_at="2026-12-15T02:00:00+02:00"),
            ("Hi", False, False, "2026-12-15T00:00:00Z"),
        ),
        (
            FallbackSms("Hi", link=True, link_expires_at="2030-01-01T00:00:00Z"),
            ("Hi", False, False, "2027-11-20T08:59:00Z"),
        ),
        (FallbackSms("", link=False), ("", True, False, None)),
        (FallbackSms("Hi", link=True, disabled=True), (None, None, True, None)),
    ],
)
@pytest.mark.parametrize("call", [sent, stored])
def test_the_fallback_and_its_switches(fallback: FallbackSms, members: tuple[Any, ...], call: Any) -> None:
    built = call(message(content(fallback=fallback)))
    names = (
        "fallback-sms-text",
        "disable-fallback-sms-link",
        "disable-fallback-sms",
        "fallback-sms-link-expiration",
    )
    assert tuple(built.get(name) for name in names) == members


def test_a_link_never_outlives_a_year_in_a_leap_year_either() -> None:
    leap = datetime(2028, 2, 29, 12, 0, tzinfo=UTC)
    made = message(content(fallback=FallbackSms("Hi", link=True, link_expires_at="2040-01-01T00:00:00Z")))
    built = json.loads(client.build(ACCOUNT, made, now=leap).body)
    assert datetime.fromisoformat(built["fallback-sms-link-expiration"]) <= leap + timedelta(days=365)


def test_durations_stay_at_home() -> None:
    assert sent(message(content(slide(duration=30))))["slide"] == [
        {"image": {"url": "https://media.example.org/image"}, "message-text": "Look"}
    ]


@pytest.mark.parametrize(("name", "subject", "given"), [("a", "b", "a"), ("", "b", "b"), ("", "", "MMS")])
def test_a_stored_content_is_always_named(name: str, subject: str, given: str) -> None:
    assert stored(message(Content(name, subject, (slide(),), FallbackSms("Hi"))))["name"] == given


def test_a_stored_content_is_sent_by_its_id_alone() -> None:
    built = sent(message(saved_ref="884213", validity=3600))
    assert (built["action"], built["mms-id"]) == ("sendsavedmms", "884213")
    assert not {"slide", "cache-content", "name"} & built.keys()


VIDEO = content(slide("video"))


@pytest.mark.parametrize(
    ("made", "more", "options", "wanted"),
    [
        (content(), {"recipients": 49}, {}, False),
        (content(), {"recipients": 50}, {}, True),
        (content(), {"recipients": 50, "personal": True}, {}, False),
        (content(), {"recipients": 50}, {"save_first": False}, False),
        (VIDEO, {"recipients": 1}, {}, True),
        (VIDEO, {"recipients": 1, "personal": True}, {}, False),
        (VIDEO, {"recipients": 1}, {"save_first": False}, False),
        (content(slide("audio")), {"recipients": 1}, {}, False),
    ],
)
def test_content_for_many_and_video_are_stored_first(
    made: Content, more: dict[str, Any], options: dict[str, bool], wanted: bool
) -> None:
    assert saving.wanted(replace(ACCOUNT, options=options), message(made, **more)) is wanted


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (slide("passbook"), "kind_not_supported"),
        (Slide("x", parts=(Part("image", asset="f-1"),)), "media_url_missing"),
        (
            Slide("x", parts=(Part("image", url="https://a.example/1"), Part("image", url="https://a.example/2"))),
            "several_media",
        ),
        (Slide("half a \ud83d"), "text_not_unicode"),
    ],
)
@pytest.mark.parametrize("call", [sent, stored])
def test_what_the_dialect_cannot_say_is_refused(bad: Slide, code: str, call: Any) -> None:
    with pytest.raises(Refused) as caught:
        call(message(content(bad)))
    assert caught.value.code == code


@pytest.mark.parametrize("written", ["soon", "2026-13-45", "0001-01-01T00:00:00+14:00"])
def test_a_link_expiry_that_is_no_time_is_refused(written: str) -> None:
    with pytest.raises(Refused) as caught:
        sent(message(content(fallback=FallbackSms("Hi", link=True, link_expires_at=written))))
    assert caught.value.code == "link_expiry_malformed"


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("", "credentials_missing"),
        ("  ", "credentials_missing"),
        ("a\r\nx-injected: 1", "api_key_malformed"),
        ("clé", "api_key_malformed"),
    ],
)
def test_a_key_that_cannot_be_used_is_a_matter_of_configuration(key: str, code: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        sent(message(), replace(ACCOUNT, credentials={"api_key": key}))
    assert caught.value.code == code


def test_secrets_stay_out_of_reprs() -> None:
    request = client.build(ACCOUNT, message(), now=NOW)
    assert "made-up-key" not in repr(request) + repr(ACCOUNT)
    assert "12065550142" not in repr(request) + repr(message())
