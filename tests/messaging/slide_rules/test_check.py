"""What `check` makes of the rules: each fault once, what blocks first, and no content that it cannot answer."""

import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.content import Content, FallbackSms, Slide
from messaging.gateway import registry
from messaging.slide_rules import Finding, Severity, blocking, check, merged
from tests.messaging.slide_rules.table import ONE, PROVIDERS, part, picture, slides

NOW = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
PROFILE = registry.provider("webex").profile
GOOD = Content("Autumn", "Offer", (Slide("Hi", parts=(part(),)),), FallbackSms("Hello"))


def found(content: Content, provider: str) -> dict[str, Finding]:
    return {finding.code: finding for finding in check(content, [registry.provider(provider).profile], now=NOW)}


def test_a_good_content_has_no_findings() -> None:
    assert check(GOOD, [PROFILE]) == []


@pytest.mark.parametrize("provider", PROVIDERS)
def test_one_picture_is_taken_by_everybody(provider: str) -> None:
    assert blocking(found(ONE, provider).values()) == []


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_code_that_a_profile_names_is_one_of_the_providers_own(provider: str) -> None:
    known = {code for _where, code in registry.provider(provider).codes}
    assert set(registry.provider(provider).profile.codes.values()) <= known


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
    profiles = [registry.provider(name).profile for name in PROVIDERS]
    content = slides(*[picture()] * 9)
    shared = [one for one in check(content, profiles, now=NOW) if one.code == "too_many_slides"]
    assert [(one.limit, set(one.providers)) for one in shared] == [(8, {"sinch", "skycore"}), (1, {"telesign"})]
    assert merged([*shared, *shared]) == shared
