"""Texts are measured for whom they are longest: by bounds, then person by person, or by what a summary tells."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.content import Content, FallbackSms, Part, Slide
from messaging.gateway import registry
from messaging.slide_rules import Finding, Summary, blocking, check, check_summary
from messaging.slide_rules.filled import of_recipients, of_summary

WEBEX, SKYCORE = (registry.provider(name).profile for name in ("webex", "skycore"))
GOOD = Content("Autumn", "Offer", (Slide("Hi"),), FallbackSms("Hello"))
NAMES = ("first", "area", "unused")
POINTERS = ("/name", "/subject", "/slides/0/text", "/fallback/text")

texts = st.lists(st.sampled_from(["$(first)", "$(area)", "$(nobody)", "x", " ", "é", "\n"]), max_size=6).map("".join)
people = st.lists(
    st.dictionaries(st.sampled_from(NAMES), st.text(st.sampled_from("ab é\x07"), max_size=5), max_size=3),
    min_size=1,
    max_size=6,
)
shares = st.dictionaries(st.sampled_from(NAMES), st.text(st.sampled_from("ab é"), max_size=5), max_size=2)
contents = st.builds(
    lambda name, subject, text, fallback: Content(name, subject, (Slide(text),), FallbackSms(fallback)),
    *[texts] * 4,
)


def codes(findings: Sequence[Finding]) -> list[str]:
    return [finding.code for finding in findings]


def summed_up(rows: Sequence[dict[str, str]]) -> dict[str, dict[str, object]]:
    summary = Summary()
    for row, values in enumerate(rows, start=1):
        summary.add(row, values)
    return summary.to_json()


@given(content=contents, shared=shares, recipients=people)
def test_measured_is_what_filling_in_gives(
    content: Content, shared: dict[str, str], recipients: list[dict[str, str]]
) -> None:
    filled = of_recipients(content, shared, recipients)
    versions = [dict(content.substituted({**shared, **own}).texts()) for own in recipients]
    for pointer in POINTERS:
        said = [version[pointer] for version in versions]
        assert filled.length(pointer, limit=-1) == max(map(len, said))
        assert filled.said(pointer) == any(text.strip() for text in said)
        assert filled.blank(pointer) == any(not text.strip() for text in said)
        assert bool(filled.odd(pointer)) == any("\x07" in text or "\n" in text for text in said)
    assert filled.length(*POINTERS, limit=-1) == max(sum(map(len, version.values())) for version in versions)
    assert filled.weight(-1) == max(len(version["/slides/0/text"].encode()) for version in versions)
    both = any(not (version["/subject"] + version["/fallback/text"]).strip() for version in versions)
    assert filled.blank("/subject", "/fallback/text") == both


@given(content=contents, shared=shares, recipients=people)
def test_a_summary_is_never_milder_than_its_rows(
    content: Content, shared: dict[str, str], recipients: list[dict[str, str]]
) -> None:
    rows = of_recipients(content, shared, recipients)
    whole = of_summary(content, shared, summed_up(recipients), len(recipients))
    for pointer in POINTERS:
        assert whole.length(pointer, limit=-1) >= rows.length(pointer, limit=-1)
        assert whole.blank(pointer) or not rows.blank(pointer)
        assert whole.said(pointer) or not rows.said(pointer)
        assert bool(whole.odd(pointer)) >= bool(rows.odd(pointer))
    assert whole.weight(-1) >= rows.weight(-1)
    assert {name: spread.lacking for name, spread in whole.spreads.items()} == {
        name: spread.lacking for name, spread in rows.spreads.items()
    }


def test_a_bound_that_no_person_reaches_is_not_held_against_them() -> None:
    content = replace(GOOD, subject="$(a)$(b)")
    rows = [{"a": "x" * 60, "b": "y"}, {"a": "x", "b": "y" * 60}]
    assert blocking(check(content, [WEBEX], recipients=rows)) == []
    [finding] = blocking(check_summary(content, [WEBEX], summed_up(rows), total=2))
    assert (finding.code, finding.actual) == ("subject_too_long", 120)


def test_a_summary_names_the_rows_that_lack_a_value() -> None:
    rows = [{"a": "x"}, *[{} for _row in range(7)], {"b": "late"}]
    content = replace(GOOD, subject="$(a) $(b) $(c)")
    lacking = blocking(check_summary(content, [WEBEX], summed_up(rows), total=9))
    said = {finding.values["name"]: finding for finding in lacking}
    assert said["a"].message == "$(a) has no value for recipient 2, 3, 4, 5, 6 …."
    assert (said["b"].message, said["b"].actual) == ("$(b) has no value for recipient 1, 2, 3, 4, 5 ….", 8)
    assert (said["c"].message, said["c"].actual) == ("$(c) has no value for any recipient.", 9)


def test_a_short_summary_will_do() -> None:
    content = replace(GOOD, subject="Hi $(a)")
    assert blocking(check_summary(content, [WEBEX], {"a": {"longest": "x" * 77}}, total=9)) == []
    assert codes(blocking(check_summary(content, [WEBEX], {"a": {"longest": "x" * 78}}, total=9))) == [
        "subject_too_long"
    ]


def test_a_shared_value_stands_in_for_rows_without_one() -> None:
    content, rows = replace(GOOD, subject="Hi $(a)"), [{"a": "x"}, {}]
    assert blocking(check_summary(content, [WEBEX], summed_up(rows), total=2, shared={"a": "you"})) == []
    [finding] = blocking(check_summary(content, [WEBEX], summed_up(rows), total=2, shared={"a": "y" * 90}))
    assert (finding.code, finding.actual) == ("subject_too_long", 93)


@pytest.mark.parametrize(("value", "expected"), [(" ", ["slide_empty"]), ("Hi", [])])
def test_a_slide_that_one_recipient_gets_empty_is_found_beforehand(value: str, expected: list[str]) -> None:
    content = replace(GOOD, slides=(Slide("$(greeting)"),))
    found = blocking(check(content, [WEBEX], recipients=[{"greeting": "Hi"}, {"greeting": value}]))
    assert codes(found) == expected
    assert all("a recipient" in finding.message for finding in found)


def test_a_subject_that_one_recipient_gets_blank_does_not_stand_in_for_the_fallback() -> None:
    content = replace(GOOD, subject="$(a)", fallback=FallbackSms("$(b)"))
    assert blocking(check(content, [SKYCORE], recipients=[{"a": "", "b": "x"}, {"a": "x", "b": ""}])) == []
    found = blocking(check(content, [SKYCORE], recipients=[{"a": "x", "b": "x"}, {"a": "", "b": " "}]))
    assert codes(found) == ["fallback_missing"]


def test_texts_weigh_what_the_heaviest_recipient_makes_of_them() -> None:
    big = Slide("$(a)", parts=(Part("image", asset="f", mime_type="image/png", size=749_990),))
    content = replace(GOOD, slides=(big,))
    assert blocking(check(content, [WEBEX], recipients=[{"a": "x" * 10}, {"a": "x"}])) == []
    [finding] = blocking(check(content, [WEBEX], recipients=[{"a": "x" * 9}, {"a": "é" * 6}]))
    assert (finding.code, finding.actual) == ("message_too_large", 750_002)


def test_values_of_ones_own_keep_a_large_video_from_being_shrunk_at_the_provider() -> None:
    sinch = registry.provider("sinch").profile_for({"transcoding": True})
    video = Slide("$(a)", parts=(Part("video", asset="f", mime_type="video/mp4", size=8_000_000),))
    content = replace(GOOD, slides=(video,))
    assert blocking(check(content, [sinch], shared={"a": "x"}, recipients=[{}, {}])) == []
    found = blocking(check(content, [sinch], recipients=[{"a": "x"}, {"a": "x"}]))
    assert codes(found) == ["message_too_large", "part_too_large"]


def test_what_no_single_row_reaches_blocks_nobody_once_the_rows_are_seen() -> None:
    content = replace(GOOD, subject="$(first)$(area)")
    rows = [{"first": "x" * 60, "area": "y"}, {"first": "x", "area": "y" * 60}]
    summary = summed_up(rows)

    assert codes(blocking(check_summary(content, [WEBEX], summary, total=2))) == ["subject_too_long"]
    assert codes(blocking(check_summary(content, [WEBEX], summary, total=2, rows=lambda: rows))) == []
    [advice] = [
        one
        for one in check_summary(content, [WEBEX], summary, total=2, rows=lambda: rows)
        if one.code == "subject_long"
    ]
    assert advice.actual == 61
    rows.append({"first": "x" * 60, "area": "y" * 60})
    [finding] = blocking(check_summary(content, [WEBEX], summed_up(rows), total=3, rows=lambda: rows))
    assert (finding.code, finding.actual) == ("subject_too_long", 120)
