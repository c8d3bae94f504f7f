"""Every rule against Webex Connect's limits: a content that just passes, one that just fails, and the code for it."""

import tracemalloc
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.content import Content, FallbackSms, Part, Slide
from messaging.providers.webex.profile import LIMIT, PROFILE
from messaging.slide_rules import Finding, Severity, blocking, check

TYPES = {
    "image": "image/png",
    "audio": "audio/mp3",
    "video": "video/mp4",
    "contact": "text/vcard",
    "calendar": "text/calendar",
    "pdf": "application/pdf",
    "passbook": "application/vnd.apple.pkpass",
}


def part(kind: str = "image", **more: object) -> Part:
    return Part(kind, asset="f-1", **{"mime_type": TYPES[kind], "size": 1000, **more})  # type: ignore[arg-type]


def slide(*kinds: str, **more: object) -> Slide:
    return Slide(**{"text": "Hi", "parts": tuple(part(kind) for kind in kinds), **more})  # type: ignore[arg-type]


GOOD = Content("Autumn", "Offer", (slide("image"),), FallbackSms("Hello"))


def with_slides(*slides: Slide) -> Content:
    return replace(GOOD, slides=slides)


def with_part(**more: object) -> Content:
    return with_slides(Slide("Hi", parts=(replace(part(), **more),)))  # type: ignore[arg-type]


def findings(content: Content, code: str) -> list[Finding]:
    return [finding for finding in check(content, [PROFILE]) if finding.code == code]


# What fails, where, the provider's own code ("" for rules it has no code for), and what just passes.
BLOCKING = [
    ("slides_missing", with_slides(), "/content/slides", "7004", GOOD),
    ("too_many_slides", with_slides(*[slide()] * 10), "/content/slides", "7004", with_slides(*[slide()] * 9)),
    (
        "slide_empty",
        with_slides(slide(), slide(text=" ")),
        "/content/slides/1",
        "7004",
        with_slides(slide("image", text="")),
    ),
    (
        "image_with_video",
        with_slides(slide("image", "video")),
        "/content/slides/0/video",
        "7229",
        with_slides(slide("image"), slide("video")),
    ),
    (
        "audio_with_video",
        with_slides(slide("audio", "video")),
        "/content/slides/0/video",
        "7228",
        with_slides(slide("video")),
    ),
    (
        "object_with_media",
        with_slides(slide("image", "pdf")),
        "/content/slides/0/pdf",
        "7226",
        with_slides(slide("pdf")),
    ),
    (
        "object_with_media",
        with_slides(slide("audio", "contact")),
        "/content/slides/0/contact",
        "7226",
        with_slides(slide("contact")),
    ),
    (
        "object_with_media",
        with_slides(slide("video", "calendar")),
        "/content/slides/0/calendar",
        "7226",
        with_slides(slide("calendar")),
    ),
    (
        "several_objects",
        with_slides(slide("contact", "calendar")),
        "/content/slides/0/calendar",
        "7225",
        with_slides(slide("contact"), slide("calendar")),
    ),
    (
        "too_many_media",
        with_slides(slide("image", "audio")),
        "/content/slides/0/audio",
        "",
        with_slides(slide("image"), slide("audio")),
    ),
    (
        "same_type_twice",
        with_slides(slide("image", "image")),
        "/content/slides/0/image",
        "7225",
        with_slides(slide("image"), slide("image")),
    ),
    (
        "kind_not_supported",
        with_slides(slide("passbook")),
        "/content/slides/0/passbook",
        "7126",
        with_slides(slide("pdf")),
    ),
    (
        "type_not_supported",
        with_part(mime_type="image/webp"),
        "/content/slides/0/image",
        "7554",
        with_part(mime_type="image/gif"),
    ),
    (
        "part_too_large",
        with_part(size=LIMIT + 1),
        "/content/slides/0/image",
        "7554",
        with_slides(Slide(parts=(part(size=LIMIT),))),
    ),
    (
        "message_too_large",
        with_slides(Slide("Hi", parts=(part(size=LIMIT - 1),))),
        "/content/slides",
        "7554",
        with_slides(Slide("Hi", parts=(part(size=LIMIT - 2),))),
    ),
    (
        "media_url_not_public",
        with_part(url="media.example.org/a.png"),
        "/content/slides/0/image/url",
        "7004",
        with_part(url="http://media.example.org/a.png"),
    ),
    ("media_url_not_public", with_part(url="https://[::1/a.png"), "/content/slides/0/image/url", "7004", GOOD),
    ("media_url_not_public", with_part(url="ftp://media.example.org/a"), "/content/slides/0/image/url", "7004", GOOD),
    (
        "duration_out_of_range",
        with_slides(slide(duration=0)),
        "/content/slides/0/duration",
        "7232",
        with_slides(slide(duration=1)),
    ),
    (
        "duration_out_of_range",
        with_slides(slide(duration=61)),
        "/content/slides/0/duration",
        "7232",
        with_slides(slide(duration=60)),
    ),
    (
        "text_too_long",
        with_slides(slide(text="x" * 5001)),
        "/content/slides/0/text",
        "7107",
        with_slides(slide(text="x" * 5000)),
    ),
    ("subject_too_long", replace(GOOD, subject="x" * 81), "/content/subject", "7107", replace(GOOD, subject="x" * 80)),
    ("subject_control_characters", replace(GOOD, subject="a\nb"), "/content/subject", "", replace(GOOD, subject="a b")),
    ("subject_control_characters", replace(GOOD, subject="a\u202eb"), "/content/subject", "", GOOD),
    ("name_too_long", replace(GOOD, name="x" * 201), "/content/name", "", replace(GOOD, name="x" * 200)),
    (
        "fallback_missing",
        replace(GOOD, fallback=FallbackSms(" ")),
        "/content/fallback/text",
        "7259",
        GOOD,
    ),
    (
        "fallback_cannot_be_disabled",
        replace(GOOD, fallback=FallbackSms("Hello", disabled=True)),
        "/content/fallback/disabled",
        "7259",
        GOOD,
    ),
    (
        "fallback_too_long",
        replace(GOOD, fallback=FallbackSms("x" * 1025)),
        "/content/fallback/text",
        "",
        replace(GOOD, fallback=FallbackSms("x" * 1024)),
    ),
]
ADVISING = [
    ("text_long", with_slides(slide(text="x" * 4097)), "/content/slides/0/text", with_slides(slide(text="x" * 4096))),
    ("subject_long", replace(GOOD, subject="x" * 41), "/content/subject", replace(GOOD, subject="x" * 40)),
    ("subject_missing", replace(GOOD, subject=" "), "/content/subject", GOOD),
    (
        "fallback_long",
        replace(GOOD, fallback=FallbackSms("x" * 111)),
        "/content/fallback/text",
        replace(GOOD, fallback=FallbackSms("x" * 110)),
    ),
    (
        "media_url_query",
        with_part(url="https://a.example/b.png?c=1", host="caller"),
        "/content/slides/0/image/url",
        with_part(url="https://a.example/b.png?c=1"),
    ),
]


def test_a_good_content_has_no_findings() -> None:
    assert check(GOOD, [PROFILE]) == []


@pytest.mark.parametrize(("code", "bad", "pointer", "provider_code", "good"), BLOCKING)
def test_a_blocking_rule_holds_at_its_limit(
    code: str, bad: Content, pointer: str, provider_code: str, good: Content
) -> None:
    [finding] = findings(bad, code)
    assert finding.severity is Severity.BLOCKS
    assert finding.pointer == pointer
    assert finding.provider_codes == ({"webex": provider_code} if provider_code else {})
    assert finding.message
    assert finding.fix
    assert blocking(check(good, [PROFILE])) == []


@pytest.mark.parametrize(("code", "bad", "pointer", "good"), ADVISING)
def test_an_advising_rule_never_blocks(code: str, bad: Content, pointer: str, good: Content) -> None:
    [finding] = findings(bad, code)
    assert (finding.severity, finding.pointer) == (Severity.ADVISES, pointer)
    assert blocking(check(bad, [PROFILE])) == []
    assert findings(good, code) == []


def test_a_fault_of_several_recipients_is_told_once_with_the_worst_figure() -> None:
    content = replace(GOOD, subject="$(s)")
    people = [{"s": "x" * 90}, {"s": "x" * 100}, {"s": "ok"}]
    [finding] = blocking(check(content, [PROFILE], recipients=people))
    assert (finding.code, finding.actual) == ("subject_too_long", 100)


def test_a_placeholder_without_a_value_names_its_recipients() -> None:
    content = replace(GOOD, subject="Hi $(first)")
    [finding] = blocking(check(content, [PROFILE], recipients=[{"first": "Amara"}, {}]))
    assert (finding.code, finding.pointer) == ("substitution_missing", "/content/subject")
    assert "recipient 2" in finding.message


def test_a_shared_value_fills_a_placeholder() -> None:
    content = replace(GOOD, subject="Hi $(first)")
    assert check(content, [PROFILE], shared={"first": "you"}, recipients=[{}, {}]) == []


def test_what_blocks_comes_first() -> None:
    found = check(replace(GOOD, subject="", slides=()), [PROFILE])
    assert [finding.severity for finding in found] == [Severity.BLOCKS, Severity.ADVISES]


@given(
    subject=st.text(max_size=100),
    text=st.text(max_size=50),
    url=st.text(max_size=50),
    duration=st.integers(),
    size=st.integers(),
)
def test_any_content_gets_findings_and_no_exception(
    subject: str, text: str, url: str, duration: int, size: int
) -> None:
    odd = Slide(text, duration, (part(url=url, size=size), part("video", url=f"https://{url}", host="caller")))
    assert blocking(check(Content("", subject, (odd,)), [PROFILE]))


def test_a_short_text_that_would_swell_to_gigabytes_is_measured_but_never_filled_in() -> None:
    content = replace(GOOD, slides=(Slide("$(x)" * 200, 5),))
    people = [{"x": f"{number}" + "y" * 1_000_000} for number in range(100)]
    tracemalloc.start()
    [finding] = blocking(check(content, [PROFILE], recipients=people))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (finding.code, finding.pointer) == ("texts_too_long", "/content/slides")
    assert finding.limit == 60_000
    assert finding.actual > 200 * 1_000_000
    assert peak < 10_000_000


def test_no_text_is_filled_in_however_many_recipients_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    filled = []
    plain = Content.substituted
    monkeypatch.setattr(Content, "substituted", lambda self, values: filled.append(values) or plain(self, values))
    content = replace(GOOD, subject="Hi $(first) $(last)")
    people = [{"first": "x" * (n % 50), "last": "y" * (n % 49)} for n in range(5_000)]
    [finding] = blocking(check(content, [PROFILE], recipients=people))
    assert finding.actual == len("Hi  ") + max(n % 50 + n % 49 for n in range(5_000))
    assert filled == []


def test_thousands_of_placeholders_are_refused_before_they_are_filled_in(monkeypatch: pytest.MonkeyPatch) -> None:
    filled = []
    plain = Content.substituted
    monkeypatch.setattr(Content, "substituted", lambda self, values: filled.append(values) or plain(self, values))
    content = replace(GOOD, slides=(Slide("$(x)" * 1_000, 5),) * 9)

    [finding] = blocking(check(content, [PROFILE], recipients=[{"x": str(n)} for n in range(1_000)]))

    assert (finding.code, finding.limit, finding.actual) == ("too_many_placeholders", 200, 9_000)
    assert filled == []


@pytest.mark.parametrize(("length", "fix"), [(81, "Cut 1 character."), (82, "Cut 2 characters.")])
def test_what_to_cut_is_counted_in_plain_english(length, fix):
    findings = check(replace(GOOD, subject="x" * length), [PROFILE])
    assert fix in [finding.fix for finding in findings]
