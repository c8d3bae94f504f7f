"""The request: exactly the members of the seed, as XML in a form or as a query; texts that survive both."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit
from xml.etree.ElementTree import Element, fromstring

import pytest

from messaging.content import Content, FallbackSms, Part, Slide
from messaging.gateway.contract import Account, HttpRequest, OutboundMessage
from messaging.gateway.errors import Misconfigured, Refused
from messaging.providers.skycore import client
from tests.messaging.providers.skycore.asking import (
    BASE,
    KINDS,
    account_of,
    from_query,
    members_of,
    message_of,
    plain,
    slides_of,
)

NOW = datetime(2026, 11, 20, 9, 0, 0, 250_000, UTC)
ACCOUNT = Account("a-1", "skycore", BASE, {"api_key": "made-up-key"})
# The contract's samples show a duration beside sound, which we leave to the provider, and leave out the default.
DURATION = frozenset({"DURATION"})


def slide(kind: str = "image", **more: Any) -> Slide:
    return Slide(text="Look", parts=(Part(kind, url=f"https://media.example.org/{kind}"),), **more)


def content(*slides: Slide, **more: Any) -> Content:
    return Content("Autumn", "Offer", slides or (slide(),), **{"fallback": FallbackSms("Hello", link=True), **more})


def message(made: Content | None = None, **more: Any) -> OutboundMessage:
    return OutboundMessage("01J9Z6Q2M40001EXAMPLE00000", "34343", "+12065550142", made or content(), **more)


def sent(made: OutboundMessage, account: Account = ACCOUNT) -> Element:
    return document(client.build(account, made, now=NOW))


def document(request: HttpRequest) -> Element:
    assert (request.method, request.headers) == ("POST", {"content-type": "application/x-www-form-urlencoded"})
    return fromstring(parse_qs(request.body.decode("ascii"), strict_parsing=True)["xml"][0].encode())


def words(root: Element, *names: str) -> list[str | None]:
    return [root.findtext(name) for name in names]


def query(request: HttpRequest) -> dict[str, str]:
    assert (request.method, request.body) == ("GET", b"")
    return dict(parse_qsl(urlsplit(request.url).query, keep_blank_values=True, strict_parsing=True))


def test_the_seeds_example_is_rebuilt_member_by_member(tree) -> None:
    expected = tree("seed-request-sendmms")
    members = members_of(expected)
    account = account_of(members)
    assert plain(sent(message_of(members, slides_of(expected)), account)) == plain(expected)


@pytest.mark.parametrize("name", ["request-sendmms-image", "request-sendmms-multi-slide"])
def test_a_sample_request_is_rebuilt(tree, name: str) -> None:
    expected = tree(name)
    members = members_of(expected)
    built = sent(message_of(members, slides_of(expected)), account_of(members))
    # These samples name the campaign before the subject; the seed's example has it behind.
    assert sorted(plain(built, without=DURATION)[1][:9]) == sorted(plain(expected, without=DURATION)[1][:9])
    assert [plain(one, without=DURATION) for one in built.findall("SLIDE")] == [
        plain(one, without=DURATION) for one in expected.findall("SLIDE")
    ]
    assert members_of(built) == members


def test_the_sample_form_carries_the_sample_document(raw, tree) -> None:
    expected = tree("request-sendmms-image")
    members = members_of(expected)
    request = client.build(account_of(members), message_of(members, slides_of(expected)), now=NOW)
    sample = fromstring(parse_qs(raw("request-sendmms-post-form.txt").decode().strip())["xml"][0].encode())
    assert plain(document(request)) == plain(sample)


def test_every_member_of_the_seeds_outline_can_be_said(tree) -> None:
    outline = tree("seed-request-sendmms-template")
    members = members_of(outline) | {
        "TO": "642111111",
        "FROM": "34343",
        "DISABLEFALLBACKSMSLINK": "yes",
        "FROM_MASK": "Example",
    }
    linked = members | {"DISABLEFALLBACKSMSLINK": "", "MMSLINK_EXPIRATION_DATE": "2026-12-15T00:00:00Z"}
    # The outline lists all parts in one slide, which no message may hold.
    slides = [Slide("Plain Text", 5, (Part(kind, url="URL"),)) for kind in KINDS.values()]
    account = account_of(members)
    said = {
        *paths(sent(message_of(members, slides), account)),
        *paths(sent(message_of(linked, slides), account)),
    }
    assert said == paths(outline)


def paths(element: Element, above: str = "") -> set[str]:
    here = f"{above}/{element.tag}"
    return {here}.union(*(paths(child, here) for child in element))


@pytest.mark.parametrize(
    "name", ["seed-request-sendmms-get", "request-sendmms-image-get", "request-sendmms-two-slides-get"]
)
def test_a_sample_query_is_rebuilt(raw, name: str) -> None:
    address = raw(f"{name}.txt").decode().strip()
    members, slides = from_query(address)
    request = client.build(account_of(members, use_get=True), message_of(members, slides), now=NOW)
    expected = dict(parse_qsl(urlsplit(address).query))
    built = query(request)
    assert request.url.partition("?")[0] == address.partition("?")[0]
    if name != "request-sendmms-two-slides-get":
        assert built == expected
    assert {one: built[one] for one in built if "duration" not in one} == {
        one: expected[one] for one in expected if "duration" not in one
    }


def test_every_name_of_the_seeds_query_outline_can_be_said(raw) -> None:
    outline = dict(parse_qsl(raw("seed-request-sendmms-get-template.txt").decode().partition("?")[2].strip()))
    credentials = {"api_key": "k", "campaign_ref": "C", "operator_id": "0001890", "from_mask": "Example"}
    account = replace(ACCOUNT, credentials=credentials, options={"use_get": True, "send_operator": True})
    slides = [slide(kind) for kind in KINDS.values()]
    said: set[str] = set()
    for fallback in (FallbackSms("Hello"), FallbackSms("Hello", link=True, link_expires_at="2026-12-15T00:00:00Z")):
        abroad = replace(message(content(*slides, fallback=fallback)), recipient="+642111111")
        built = query(client.build(account, abroad, now=NOW))
        said |= {f"{name.rpartition('_')[0]}_#" if name.startswith("slide_") else name for name in built}
    assert said == set(outline)


def test_a_query_too_long_goes_by_post() -> None:
    account = replace(ACCOUNT, options={"use_get": True})
    short = client.build(account, message(content(Slide("a" * 3000))), now=NOW)
    long = client.build(account, message(content(Slide("a" * 4000))), now=NOW)
    assert (short.method, len(short.url) <= 4000, long.method, long.url) == ("GET", True, "POST", BASE)
    assert document(long).findtext("SLIDE/TEXT") == "a" * 4000


def test_slides_of_a_query_count_from_nought() -> None:
    account = replace(ACCOUNT, options={"use_get": True})
    built = query(client.build(account, message(content(Slide("one"), Slide("two"))), now=NOW))
    assert {built["slide_text_value_0"], built["slide_text_value_1"]} == {"one", "two"}


def test_numbers_are_digits_alone() -> None:
    built = sent(replace(message(), sender="+12065550199", recipient="+1 206 555 0142"))
    assert words(built, "TO", "FROM") == ["12065550142", "12065550199"]


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("a\nb", r"a\nb"),
        ("a\r\nb\rc", r"a\nb\nc"),
        ("a\u2028b\x0bc\x85d", r"a\nb\nc\nd"),
        ("Shelf 12 & <locker> 3 \"]]>'", "Shelf 12 & <locker> 3 \"]]>'"),
        ("Grüße 🎉 مرحبا", "Grüße 🎉 مرحبا"),
        (r"C:\new", r"C:\new"),
    ],
)
def test_a_slides_text_is_spelled_on_one_line(text: str, spelled: str) -> None:
    made = message(content(Slide(text)))
    by_get = client.build(replace(ACCOUNT, options={"use_get": True}), made, now=NOW)
    assert sent(made).findtext("SLIDE/TEXT") == spelled
    assert query(by_get)["slide_text_value_0"] == spelled


def test_a_fallback_keeps_its_lines_and_a_subject_has_one() -> None:
    built = sent(message(content(fallback=FallbackSms("Hello\r\nthere")).substituted({}), callback_data="x"))
    assert built.findtext("FALLBACKSMSTEXT") == "Hello\nthere"
    assert sent(message(replace(content(), subject="a\nb"))).findtext("SUBJECT") == "a b"


@pytest.mark.parametrize(
    ("duration", "spelled"), [(-5, "1"), (0, "1"), (1, "1"), (5, "5"), (30, "30"), (31, "30"), (60, "30")]
)
def test_a_duration_is_kept_within_the_providers_bounds(duration: int, spelled: str) -> None:
    assert sent(message(content(slide(duration=duration)))).findtext("SLIDE/DURATION") == spelled


@pytest.mark.parametrize(("kind", "timed"), [(kind, kind in ("audio", "video")) for kind in KINDS.values()])
def test_sound_and_video_time_themselves(kind: str, timed: bool) -> None:
    built = sent(message(content(slide(kind))))
    assert (built.find("SLIDE/DURATION") is None) is timed


@pytest.mark.parametrize(
    ("name", "subject", "named"), [("Autumn", "Offer", "Autumn"), ("", "Offer", "Offer"), ("", "", "MMS")]
)
def test_a_message_always_has_a_name(name: str, subject: str, named: str) -> None:
    assert sent(message(replace(content(), name=name, subject=subject))).findtext("NAME") == named


@pytest.mark.parametrize(
    ("fallback", "told"),
    [
        (FallbackSms("Hi", link=True), ("Hi", None, None)),
        (FallbackSms("Hi"), ("Hi", "yes", None)),
        (FallbackSms("", link=True), (None, None, None)),
        (FallbackSms("Hi", link=True, link_expires_at="2026-12-15"), ("Hi", None, "2026-12-15T00:00:00Z")),
        (
            FallbackSms("Hi", link=True, link_expires_at="2026-12-15T01:30:00+02:00"),
            ("Hi", None, "2026-12-14T23:30:00Z"),
        ),
        # Beyond the 365 days that hold anyway there is nothing to say.
        (FallbackSms("Hi", link=True, link_expires_at="2028-01-01T00:00:00Z"), ("Hi", None, None)),
        # A link that is not sent needs no end.
        (FallbackSms("Hi", link_expires_at="2026-12-15T00:00:00Z"), ("Hi", "yes", None)),
    ],
)
def test_the_fallback_is_told_with_its_link(fallback: FallbackSms, told: tuple[str | None, ...]) -> None:
    built = sent(message(content(fallback=fallback)))
    assert tuple(words(built, "FALLBACKSMSTEXT", "DISABLEFALLBACKSMSLINK", "MMSLINK_EXPIRATION_DATE")) == told


def test_the_accounts_own_settings_are_sent_where_they_are_wanted() -> None:
    given = {
        "api_key": "k",
        "campaign_ref": " Campaign123 ",
        "operator_id": "0001890",
        "from_mask": "A long name indeed",
    }
    account = replace(ACCOUNT, credentials=given)
    names = ("CAMPAIGNREF", "OPERATORID", "FROM_MASK")
    assert words(sent(message()), *names) == [None, None, None]
    abroad = replace(message(), recipient="+642111111")
    assert words(sent(abroad, account), *names) == ["Campaign123", None, "A long name"]
    # The United States carry no mask.
    assert words(sent(message(), account), *names) == ["Campaign123", None, None]
    demanded = replace(account, options={"send_operator": True})
    assert words(sent(message(), demanded), "OPERATORID") == ["0001890"]


def test_an_operator_to_be_named_that_is_not_known_is_a_matter_of_configuration() -> None:
    with pytest.raises(Misconfigured) as caught:
        client.build(replace(ACCOUNT, options={"send_operator": True}), message(), now=NOW)
    assert caught.value.code == "operator_missing"


def test_a_stored_content_is_sent_by_its_number() -> None:
    account = replace(ACCOUNT, credentials={"api_key": "k", "campaign_ref": "C1"})
    built = sent(message(saved_ref="884213"), account)
    assert plain(built) == (
        "REQUEST",
        [
            ("ACTION", "sendSavedMMS"),
            ("API_KEY", "k"),
            ("MMSID", "884213"),
            ("TO", "12065550142"),
            ("FROM", "34343"),
            ("CAMPAIGNREF", "C1"),
            ("FALLBACKSMSTEXT", "Hello"),
        ],
    )


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (content(Slide("x", parts=(Part("image", asset="f-1"),))), "media_url_missing"),
        (content(Slide("half a \ud83d")), "text_not_unicode"),
        (content(Slide("bell \x07")), "text_not_plain"),
        (content(fallback=FallbackSms("Hi", disabled=True)), "fallback_cannot_be_disabled"),
        (content(fallback=FallbackSms("Hi", link=True, link_expires_at="soon")), "link_expiry_not_valid"),
    ],
)
@pytest.mark.parametrize("use_get", [False, True])
def test_what_the_dialect_cannot_say_is_refused(bad: Content, code: str, use_get: bool) -> None:
    with pytest.raises(Refused) as caught:
        client.build(replace(ACCOUNT, options={"use_get": use_get}), message(bad), now=NOW)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("credentials", "code"),
    [
        ({}, "credentials_missing"),
        ({"api_key": "  "}, "credentials_missing"),
        ({"api_key": "clé"}, "api_key_malformed"),
        ({"api_key": "a\x00b"}, "api_key_malformed"),
    ],
)
def test_credentials_that_cannot_be_used_are_a_matter_of_configuration(credentials: dict[str, str], code: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        client.build(replace(ACCOUNT, credentials=credentials), message(), now=NOW)
    assert caught.value.code == code


@pytest.mark.parametrize("use_get", [False, True])
def test_secrets_stay_out_of_reprs(use_get: bool) -> None:
    request = client.build(replace(ACCOUNT, options={"use_get": use_get}), message(), now=NOW)
    assert "made-up-key" in request.url + request.body.decode()
    assert "made-up-key" not in repr(request) + repr(ACCOUNT)
