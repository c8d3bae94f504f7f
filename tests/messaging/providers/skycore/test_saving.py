"""Contents stored at Skycore: when it is worth it, how they are stored, and when they are ready."""

from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qs
from xml.etree.ElementTree import fromstring

import pytest

from messaging.content import Content, FallbackSms, Part, Slide
from messaging.gateway.contract import Account, HttpAnswer, OutboundMessage, Saved
from messaging.gateway.errors import Misconfigured, Refused, Unclear
from messaging.providers.skycore import saving
from tests.messaging.providers.skycore.asking import BASE, KINDS, account_of, members_of, message_of, plain, slides_of

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
ACCOUNT = Account("a-1", "skycore", BASE, {"api_key": "made-up-key"})


def message(kind: str = "image", text: str = "Look", **more: object) -> OutboundMessage:
    slides = (Slide(text, parts=(Part(kind, url=f"https://media.example.org/{kind}"),)),)
    content = Content("Autumn", "Offer", slides, FallbackSms("Hello", link=True))
    return replace(OutboundMessage("01J9Z6Q2M40001EXAMPLE00000", "34343", "+12065550142", content), **more)


def ending(made: OutboundMessage, at: str) -> OutboundMessage:
    fallback = replace(made.content.fallback, link_expires_at=at)
    return replace(made, content=replace(made.content, fallback=fallback))


@pytest.mark.parametrize(
    ("made", "wanted"),
    [
        (message(), False),
        (message(recipients=49), False),
        (message(recipients=50), True),
        (message("video"), True),
        (message("audio"), False),
        (message("video", personal=True), False),
        (message(recipients=5000, personal=True), False),
        (message("video", text="Hello {$name|there}"), False),
        (ending(message(recipients=50), "2026-12-15T00:00:00Z"), False),
    ],
)
def test_many_people_and_video_are_worth_it(made: OutboundMessage, wanted: bool) -> None:
    assert saving.wanted(ACCOUNT, made) is wanted
    assert saving.wanted(replace(ACCOUNT, options={"save_first": False}), made) is False


def test_the_sample_is_rebuilt(tree) -> None:
    expected = tree("request-savemms")
    members = members_of(expected)
    made = message_of(members, slides_of(expected))
    request = saving.build_save(account_of(members), made, now=NOW)
    built = fromstring(parse_qs(request.body.decode())["xml"][0].encode())
    # The sample has its slide last, the seed's outline of the same members has the fallback last.
    assert sorted(plain(built)[1]) == sorted(plain(expected)[1])


def test_a_content_is_stored_without_anybody_it_goes_to() -> None:
    account = replace(ACCOUNT, credentials={**ACCOUNT.credentials, "campaign_ref": "C1", "from_mask": "Example"})
    body = parse_qs(saving.build_save(account, message(), now=NOW).body.decode())["xml"][0]
    names = {child.tag for child in fromstring(body.encode())}
    assert names == {"ACTION", "API_KEY", "SUBJECT", "NAME", "SLIDE", "FALLBACKSMSTEXT"}


@pytest.mark.parametrize(("kind", "ready"), [(kind, kind not in ("audio", "video")) for kind in KINDS.values()])
def test_what_has_to_be_encoded_is_not_ready_yet(raw, kind: str, ready: bool) -> None:
    answer = HttpAnswer(200, {}, raw("response-success-savemms"))
    assert saving.read_save(answer, message(kind)) == Saved("884213", ready=ready)


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        (b"<RESPONSE><STATUS>Success</STATUS></RESPONSE>", Unclear, "answer_unreadable"),
        (b"", Unclear, "answer_unreadable"),
        (b"<RESPONSE><STATUS>Failure</STATUS><ERRORCODE>E104</ERRORCODE></RESPONSE>", Misconfigured, "E104"),
        (b"<RESPONSE><STATUS>Failure</STATUS><ERRORCODE>E333</ERRORCODE></RESPONSE>", Refused, "E333"),
    ],
)
def test_other_answers_have_their_class(body: bytes, kind: type[Exception], code: str) -> None:
    with pytest.raises(kind) as caught:
        saving.read_save(HttpAnswer(200, {}, body), message())
    assert caught.value.code == code  # type: ignore[attr-defined]
