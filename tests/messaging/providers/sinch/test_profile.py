"""What may go: the table of what shares a slide, the limits, and the code that Sinch itself would have answered."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from itertools import combinations

import pytest

from messaging.content import Content, FallbackSms, Part, Slide
from messaging.gateway import serving
from messaging.gateway.codes import Where
from messaging.gateway.contract import Account, OutboundMessage
from messaging.gateway.serving import Call, Rejected
from messaging.providers.sinch import client
from messaging.providers.sinch.codes import CODES
from messaging.providers.sinch.profile import PROFILE
from messaging.slide_rules import blocking, check
from tests.messaging.providers.desks import MadeDesk

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
server = serving.server("sinch")
ACCOUNT = Account(
    "a", "sinch", "https://api.example.org/ep/v2", {"api_key": "sandbox-api-key", "service_id": "SVC-SANDBOX"}
)
KINDS = ("image", "audio", "video", "contact", "calendar", "pdf")
TYPES = {
    "image": "image/jpeg",
    "audio": "audio/mpeg",
    "video": "video/mp4",
    "contact": "text/vcard",
    "calendar": "text/calendar",
    "pdf": "application/pdf",
}


def part(kind: str, **more: object) -> Part:
    return Part(kind, url=f"https://media.example.org/{kind}", mime_type=TYPES[kind], **more)


def content(*slides: Slide, **more: object) -> Content:
    return Content(
        "n", "Offer", slides or (Slide("x", parts=(part("image"),)),), **{"fallback": FallbackSms("Hi"), **more}
    )


def answered(made: Content, *, sender: str = "34343") -> str:
    """The code of Sinch's own refusal, "" when it takes the content."""
    request = client.build(ACCOUNT, OutboundMessage("c", sender, "+12065550142", made), now=NOW)
    call = Call("POST", "/ep/v2", dict(request.headers), request.body, "127.0.0.1")
    try:
        server.read(call, server.DEMO, MadeDesk(), now=NOW)
    except Rejected as rejected:
        return json.loads(rejected.answer.body)["error-code"]
    return ""


def codes(made: Content) -> set[str]:
    return {finding.provider_codes.get("sinch", "") for finding in blocking(check(made, [PROFILE], now=NOW))}


@pytest.mark.parametrize(("one", "other"), [*combinations(KINDS, 2)])
def test_what_may_share_a_slide_is_what_the_provider_takes(one: str, other: str) -> None:
    """sinch.md, section 5.1; contact, calendar and PDF together are refused by code E223."""
    shared = content(Slide("x", parts=(part(one), part(other))))
    refused = answered(shared)
    assert bool(refused) is ({one, other} != {"image", "audio"})
    assert codes(shared) == ({refused} if refused else set())


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (content(), ""),
        (content(*[Slide("x")] * 8), ""),
        (content(*[Slide("x")] * 9), "E225"),
        (content(Slide("")), "E313"),
        (content(Slide("x" * 5000)), ""),
        (content(Slide("x" * 5001)), "E334"),
        (replace(content(), subject="x" * 80), ""),
        (replace(content(), subject="x" * 81), "E228"),
        (content(fallback=FallbackSms("")), "E622"),
        (content(fallback=FallbackSms(disabled=True)), ""),
        (Content("n", "Offer", (), FallbackSms("Hi")), "E312"),
        (content(fallback=FallbackSms("Hi", link=True, link_expires_at="2026-11-20T08:00:00Z")), "E617"),
        (content(fallback=FallbackSms("Hi", link=True, link_expires_at="2027-11-20T08:00:00Z")), ""),
    ],
)
def test_a_finding_names_the_code_that_the_provider_answers_with(made: Content, expected: str) -> None:
    assert answered(made) == expected
    assert codes(made) == ({expected} if expected else set())


@pytest.mark.parametrize(
    ("kind", "limit", "expected"),
    [
        ("audio", 740_000, "E332"),
        ("video", 740_000, "E333"),
        ("contact", 100_000, "E335"),
        ("calendar", 100_000, "E336"),
        ("pdf", 740_000, "E337"),
    ],
)
def test_each_kind_has_its_own_limit_and_code(kind: str, limit: int, expected: str) -> None:
    assert codes(content(Slide(parts=(part(kind, size=limit),)))) == set()
    assert codes(content(Slide(parts=(part(kind, size=limit + 1),)))) == {expected}
    assert server.MEDIA.part_bytes[kind] >= limit


def test_no_message_is_larger_than_the_provider_fetches() -> None:
    assert codes(content(Slide(parts=(part("image", size=750_000),)))) == set()
    assert "E331" in codes(content(Slide(parts=(part("image", size=750_001),))))
    assert server.MEDIA.total_bytes >= PROFILE.total_bytes
    assert all(PROFILE.types[kind] <= server.MEDIA.types[kind] for kind in KINDS)


def test_every_code_it_names_has_its_row() -> None:
    assert all((Where.ANSWER, code) in CODES for code in PROFILE.codes.values())
