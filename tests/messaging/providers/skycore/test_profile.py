"""What the rules stop for Skycore is what Skycore would refuse, with the very code that the finding names."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from messaging.content import Content, FallbackSms, Part, Slide
from messaging.gateway.contract import Account, OutboundMessage
from messaging.gateway.serving import Call, Rejected
from messaging.providers.skycore import client, server
from messaging.providers.skycore.profile import PROFILE
from messaging.slide_rules import blocking, check
from tests.messaging.providers.skycore.asking import BASE, KINDS
from tests.messaging.providers.skycore.desk import OpenDesk

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
ACCOUNT = Account("a-1", "skycore", BASE, {"api_key": "sandbox-api-key"})


def slide(*kinds: str, text: str = "Look", **more: Any) -> Slide:
    return Slide(text, parts=tuple(Part(kind, url=f"https://media.example.org/{kind}") for kind in kinds), **more)


def content(*slides: Slide, **more: Any) -> Content:
    return Content("Autumn", "Offer", slides, **{"fallback": FallbackSms("Hello", link=True), **more})


def refusal(made: Content) -> str:
    """The code that Skycore answers with; "" when it takes the message."""
    message = OutboundMessage("01J9Z6Q2M40001EXAMPLE00000", "34343", "+12065550142", made)
    request = client.build(ACCOUNT, message, now=NOW)
    try:
        server.read(Call("POST", server.BASE_PATH, request.headers, request.body), server.DEMO, OpenDesk(), now=NOW)
    except Rejected as rejected:
        return rejected.answer.body.decode().partition("<ERRORCODE>")[2][:4]
    return ""


@pytest.mark.parametrize(
    ("made", "finding", "code"),
    [
        (content(), "slides_missing", "E312"),
        (content(*[slide()] * 9), "too_many_slides", "E225"),
        (content(slide(text="")), "slide_empty", "E313"),
        (content(slide("audio", "video")), "audio_with_video", "E226"),
        (content(slide("image", "video")), "image_with_video", "E227"),
        (content(slide("image", "pdf")), "object_with_media", "E224"),
        (content(slide("video", "passbook")), "object_with_media", "E224"),
        (content(slide("calendar", "passbook")), "several_objects", "E223"),
        (content(slide(text="a" * 5001)), "text_too_long", "E334"),
        (replace(content(slide()), subject="a" * 81), "subject_too_long", "E228"),
        (replace(content(slide()), subject="", fallback=FallbackSms(link=True)), "fallback_missing", "E622"),
    ],
)
def test_what_the_rules_stop_is_refused_with_the_code_they_name(made: Content, finding: str, code: str) -> None:
    stopping = {found.code: found.provider_codes.get("skycore") for found in blocking(check(made, [PROFILE]))}
    assert (stopping.get(finding), refusal(made)) == (code, code)


@pytest.mark.parametrize(
    "made",
    [
        content(*[slide()] * 8),
        *(content(slide(kind)) for kind in KINDS.values()),
        content(slide("image", "audio")),
        content(slide(text="a" * 5000)),
        replace(content(slide()), subject="a" * 80),
        # A subject stands in for the fallback text.
        content(slide(), fallback=FallbackSms(link=True)),
        content(slide(duration=1), slide(duration=30)),
    ],
)
def test_what_the_rules_let_pass_is_taken(made: Content) -> None:
    assert blocking(check(made, [PROFILE])) == []
    assert refusal(made) == ""


LAST_DIGITS = list(zip(KINDS.values(), "1235678", strict=True))


@pytest.mark.parametrize(("kind", "last"), LAST_DIGITS)
def test_a_file_too_large_is_stopped_with_the_code_of_its_kind(kind: str, last: str) -> None:
    limit = PROFILE.part_bytes[kind]
    fits, large = (
        content(Slide("", parts=(Part(kind, url=f"https://media.example.org/{kind}", size=size),)))
        for size in (limit, limit + 1)
    )
    codes = [found.provider_codes for found in blocking(check(large, [PROFILE])) if found.code == "part_too_large"]
    assert codes == [{"skycore": f"E33{last}"}]
    assert blocking(check(fits, [PROFILE])) == []


@pytest.mark.parametrize("duration", [0, 31])
def test_a_duration_out_of_range_is_stopped(duration: int) -> None:
    [found] = blocking(check(content(slide(duration=duration)), [PROFILE]))
    assert found.provider_codes == {"skycore": "E230"}


def test_the_fallback_cannot_be_switched_off() -> None:
    made = content(slide(), fallback=FallbackSms("Hello", disabled=True))
    assert blocking(check(made, [PROFILE]))


def test_the_server_takes_every_type_that_the_profile_promises() -> None:
    for kind, types in PROFILE.types.items():
        assert types <= server.MEDIA.types[kind]
        assert PROFILE.part_bytes[kind] <= server.MEDIA.part_bytes[kind]
    assert PROFILE.total_bytes <= server.MEDIA.total_bytes
    assert PROFILE.drops_query == server.MEDIA.drops_query
