"""The rules in which the four providers differ: for each content, who takes it, who does not, and who only advises."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from messaging.content import Content, FallbackSms, Part, Slide
from messaging.gateway import registry
from messaging.slide_rules import Finding, Severity, blocking, check, merged

ALL = {"webex", "telesign", "sinch", "skycore"}
NOW = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
TYPES = {
    "image": "image/png",
    "audio": "audio/mp3",
    "video": "video/mp4",
    "contact": "text/vcard",
    "passbook": "application/vnd.apple.pkpass",
}


def part(kind: str = "image", **more: object) -> Part:
    return Part(kind, asset="f-1", **{"mime_type": TYPES[kind], "size": 1000, **more})  # type: ignore[arg-type]


def picture(*kinds: str, **more: object) -> Slide:
    return Slide(**{"parts": tuple(part(kind) for kind in kinds or ("image",)), **more})  # type: ignore[arg-type]


# One picture and nothing else: what all of them take.
ONE = Content("Autumn", "", (picture(),), FallbackSms("Hello"))


def slides(*these: Slide) -> Content:
    return replace(ONE, slides=these)


def linked(hosted: str, kind: str = "image") -> Content:
    return slides(Slide(parts=(replace(part(kind), asset="", url=hosted, host="caller"),)))


def expiring(moment: datetime | str) -> Content:
    written = moment if isinstance(moment, str) else moment.isoformat()
    return replace(ONE, fallback=FallbackSms("Hello", link=True, link_expires_at=written))


def found(content: Content, provider: str) -> dict[str, Finding]:
    return {finding.code: finding for finding in check(content, [registry.provider(provider).profile], now=NOW)}


YEAR = timedelta(days=365)
# The finding, the content, where it points, whom it stops, and whom it only advises.
CASES = [
    ("too_many_slides", slides(*[picture()] * 9), "/slides", {"telesign", "sinch", "skycore"}, set()),
    ("too_many_slides", slides(*[picture()] * 8), "/slides", {"telesign"}, set()),
    (
        "too_many_media_in_message",
        slides(picture(), picture("video")),
        "/slides/1/video",
        {"telesign"},
        set(),
    ),
    ("medium_missing", slides(Slide("Hello")), "/slides", {"telesign"}, set()),
    ("text_not_carried", slides(picture(text="Hello")), "/slides/0/text", {"telesign"}, set()),
    ("subject_not_carried", replace(ONE, subject="Hello"), "/subject", set(), {"telesign"}),
    ("subject_missing", ONE, "/subject", set(), {"webex", "sinch", "skycore"}),
    ("too_many_media", slides(picture("image", "audio")), "/slides/0/audio", {"webex", "telesign"}, set()),
    ("kind_not_supported", slides(picture("contact")), "/slides/0/contact", {"telesign"}, set()),
    (
        "kind_not_supported",
        slides(picture("passbook")),
        "/slides/0/passbook",
        {"webex", "telesign", "sinch"},
        set(),
    ),
    (
        "fallback_missing",
        replace(ONE, fallback=FallbackSms("")),
        "/fallback/text",
        {"webex", "sinch", "skycore"},
        set(),
    ),
    (
        "fallback_missing",
        replace(ONE, subject="Hello", fallback=FallbackSms("")),
        "/fallback/text",
        {"webex", "sinch"},
        set(),
    ),
    (
        "fallback_cannot_be_disabled",
        replace(ONE, fallback=FallbackSms("", disabled=True)),
        "/fallback/disabled",
        {"skycore", "webex"},
        set(),
    ),
    ("fallback_missing", replace(ONE, fallback=FallbackSms("", disabled=True)), "/fallback/text", set(), set()),
    ("duration_out_of_range", slides(picture(duration=31)), "/slides/0/duration", {"skycore"}, set()),
    ("link_expires_late", expiring(NOW + YEAR), "/fallback/link_expires_at", set(), set()),
    (
        "link_expires_late",
        expiring(NOW + YEAR + timedelta(seconds=1)),
        "/fallback/link_expires_at",
        {"sinch", "skycore"},
        set(),
    ),
    ("link_expires_wrong", expiring(NOW), "/fallback/link_expires_at", {"sinch", "skycore"}, set()),
    ("link_expires_wrong", expiring("soon"), "/fallback/link_expires_at", {"sinch", "skycore"}, set()),
    ("link_expires_wrong", expiring(""), "/fallback/link_expires_at", set(), set()),
    (
        "media_url_query",
        linked("https://media.example.org/a.mp4?token=1", "video"),
        "/slides/0/video/url",
        {"skycore"},
        {"webex", "telesign", "sinch"},
    ),
    (
        "media_url_query",
        linked("https://media.example.org/a.mp3?token=1", "audio"),
        "/slides/0/audio/url",
        {"skycore"},
        {"webex", "telesign", "sinch"},
    ),
    ("media_url_query", linked("https://media.example.org/a.png?token=1"), "/slides/0/image/url", set(), ALL),
    ("media_url_query", linked("https://media.example.org/a.mp4", "video"), "/slides/0/video/url", set(), set()),
]


def test_the_table_speaks_of_every_provider_there_is() -> None:
    assert set(registry.names()) == ALL


@pytest.mark.parametrize("provider", sorted(ALL))
def test_one_picture_is_taken_by_everybody(provider: str) -> None:
    assert blocking(found(ONE, provider).values()) == []


@pytest.mark.parametrize("provider", sorted(ALL))
@pytest.mark.parametrize(("code", "content", "pointer", "stops", "advises"), CASES)
def test_a_rule_stops_whom_it_should(
    code: str, content: Content, pointer: str, stops: set[str], advises: set[str], provider: str
) -> None:
    finding = found(content, provider).get(code)

    if provider not in stops | advises:
        assert finding is None
        return
    assert finding is not None
    assert finding.pointer == f"/content{pointer}"
    assert finding.severity is (Severity.BLOCKS if provider in stops else Severity.ADVISES)
    assert finding.fix
    told = registry.provider(provider).profile.codes.get(code)
    assert finding.provider_codes == ({provider: told} if told else {})


@pytest.mark.parametrize("provider", sorted(ALL))
def test_every_code_that_a_profile_names_is_one_of_the_providers_own(provider: str) -> None:
    known = {code for _where, code in registry.provider(provider).codes}
    assert set(registry.provider(provider).profile.codes.values()) <= known


def test_the_fix_names_the_ways_out_that_there_are() -> None:
    bare = replace(ONE, fallback=FallbackSms(""))
    assert found(bare, "sinch")["fallback_missing"].fix == "Write a short SMS, or switch the fallback off."
    assert found(bare, "webex")["fallback_missing"].fix == "Write a short SMS."
    assert found(bare, "skycore")["fallback_missing"].fix == "Write a short SMS, or give the message a subject."


def test_a_text_that_only_some_recipients_have_is_still_a_text() -> None:
    content = slides(picture(text="$(greeting)"))
    profile = registry.provider("telesign").profile
    assert blocking(check(content, [profile], recipients=[{"greeting": ""}, {"greeting": " "}])) == []
    people = [{"greeting": ""}, {"greeting": "Hi"}]
    assert [one.code for one in blocking(check(content, [profile], recipients=people))] == ["text_not_carried"]


def test_a_fault_that_providers_share_is_told_once_and_names_them() -> None:
    profiles = [registry.provider(name).profile for name in sorted(ALL)]
    content = slides(*[picture()] * 9)
    shared = [one for one in check(content, profiles, now=NOW) if one.code == "too_many_slides"]
    assert [(one.limit, set(one.providers)) for one in shared] == [(8, {"sinch", "skycore"}), (1, {"telesign"})]
    assert merged([*shared, *shared]) == shared
