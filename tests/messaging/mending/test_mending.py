"""Each mend does what its button says, and nothing besides."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from messaging.content import Content, FallbackSms, Part, Slide
from messaging.gateway import registry
from messaging.mending import CHANGES, Terms, mended
from messaging.slide_rules import Mend

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
IMAGE = Part("image", asset="f-1", mime_type="image/png", size=1000)
AUDIO = Part("audio", asset="f-2", mime_type="audio/mpeg", size=1000)
PDF = Part("pdf", asset="f-3", mime_type="application/pdf", size=1000, alt="Price list")
HI = Content("Spring", "Offer", (Slide("Hi $(name)", 5, (IMAGE,)),), FallbackSms("Tulips"))


def after(action: str, where: str, content: Content, *providers: str, **args: int | str) -> Content:
    profiles = [registry.provider(name).profile for name in providers]
    terms = Terms(NOW, values={"name": "Maximiliane"}, profiles=profiles)
    return mended(content, Mend(action, f"/content{where}", "Mend", args), terms)


def with_slides(*slides: Slide) -> Content:
    return replace(HI, slides=slides)


def with_fallback(**fallback: object) -> Content:
    return replace(HI, fallback=replace(HI.fallback, **fallback))


# The action, where, its arguments, before and after.
TABLE = [
    (
        "split_text", "/slides/0/text", {"limit": 8},
        with_slides(Slide("One two three", 3, (IMAGE,)), Slide("End")),
        with_slides(Slide("One two", 3, (IMAGE,)), Slide("three", 3), Slide("End")),
    ),
    (
        "move_part", "/slides/0/pdf", {},
        with_slides(Slide("Hi", 3, (IMAGE, PDF)), Slide("End")),
        with_slides(Slide("Hi", 3, (IMAGE,)), Slide("", 3, (PDF,)), Slide("End")),
    ),
    ("remove_part", "/slides/0/image", {}, HI, with_slides(Slide("Hi $(name)"))),
    ("remove_part", "/slides/1/pdf", {}, with_slides(*HI.slides, Slide("", 5, (PDF,))), HI),
    ("remove_part", "/slides/0/pdf", {}, with_slides(Slide("", 5, (PDF,))), with_slides(Slide())),
    ("remove_slide", "/slides/0", {}, with_slides(Slide(), *HI.slides), HI),
    ("remove_slide", "/slides/0", {}, HI, with_slides(Slide())),
    (
        "text_to_fallback", "/slides/0/text", {},
        with_slides(Slide("from 4.90", 5, (IMAGE,))),
        replace(HI, slides=(Slide("", 5, (IMAGE,)),), fallback=FallbackSms("Tulips from 4.90")),
    ),
    (
        "text_to_fallback", "/slides/0/text", {},
        with_slides(Slide("Tulips", 5, (IMAGE,))),
        with_slides(Slide("", 5, (IMAGE,))),
    ),
    ("set_duration", "/slides/0/duration", {"seconds": 30}, HI, with_slides(replace(HI.slides[0], duration=30))),
    ("shorten", "/subject", {"limit": 8}, replace(HI, subject="Offer for you"), replace(HI, subject="Offer…")),
    ("shorten", "/fallback/text", {"limit": 10}, with_fallback(text="Tulips for you"), with_fallback(text="Tulips...")),
    ("clear_field", "/subject", {}, HI, replace(HI, subject="")),
    ("clear_field", "/name", {}, HI, replace(HI, name="")),
    ("clean_text", "/subject", {}, replace(HI, subject="Of\u202efer\nnow\x07"), replace(HI, subject="Offer now")),
    ("clean_text", "/slides/0/text", {}, with_slides(Slide("a\x07\nb\u2066c")), with_slides(Slide("a\nbc"))),
    ("drop_placeholder", "/slides/0/text", {"name": "name"}, HI, with_slides(replace(HI.slides[0], text="Hi"))),
    (
        "drop_placeholder", "/slides/0/text", {"name": "name"},
        with_slides(Slide("$(name), look ($(name)), $(names)")), with_slides(Slide("look, $(names)")),
    ),
    (
        "write_fallback", "/fallback/text", {"limit": 40}, with_fallback(text="", disabled=True),
        with_fallback(text="Offer: Hi $(name)"),
    ),
    (
        "write_fallback", "/fallback/text", {"limit": 14},
        replace(with_slides(Slide("“Come” in. We’re open")), subject=""),
        replace(with_slides(Slide("“Come” in. We’re open")), subject="", fallback=FallbackSms('"Come" in.')),
    ),
    (
        "write_fallback", "/fallback/text", {"limit": 40},
        replace(with_slides(Slide("", 5, (PDF,))), subject="", name="internal"),
        replace(with_slides(Slide("", 5, (PDF,))), subject="", name="internal", fallback=FallbackSms("Price list")),
    ),
    (
        "write_subject", "/subject", {"limit": 40},
        replace(with_slides(Slide("Tulips from 4.90. Come in")), subject=""),
        replace(with_slides(Slide("Tulips from 4.90. Come in")), subject="Tulips from 4.90"),
    ),
    ("fallback_on", "/fallback/disabled", {}, with_fallback(disabled=True), HI),
    ("fallback_off", "/fallback/disabled", {}, HI, with_fallback(disabled=True)),
    ("drop_link", "/fallback/link", {}, with_fallback(link=True, link_expires_at="2027-01-01T00:00:00Z"), HI),
    (
        "set_link_expiry", "/fallback/link_expires_at", {"days": 3},
        with_fallback(link=True), with_fallback(link=True, link_expires_at="2026-11-24T12:00:00Z"),
    ),
    (
        "clear_link_expiry", "/fallback/link_expires_at", {},
        with_fallback(link=True, link_expires_at="2027-01-01T00:00:00Z"), with_fallback(link=True),
    ),
    (
        "merge_slides", "/slides", {"most": 2},
        with_slides(Slide("One", 3), Slide("Two", 5), Slide("A very long text of its own")),
        with_slides(Slide("One\nTwo", 5), Slide("A very long text of its own")),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("action", "where", "args", "before", "expected"), TABLE)
def test_a_mend_changes_what_its_button_says(action, where, args, before, expected):
    assert after(action, where, before, **args) == expected


def test_every_mend_stands_in_the_table():
    assert {row[0] for row in TABLE} == set(CHANGES)


@pytest.mark.parametrize("action", CHANGES)
@pytest.mark.parametrize("where", ["/slides/7/text", "/slides/7/image", "/slides/x", "/nothing"])
def test_a_place_that_is_gone_breaks_nothing(action, where):
    content = replace(HI, slides=())
    args = {"limit": 10, "seconds": 5, "days": 1, "most": 1, "name": "name"}

    assert len(after(action, where, content, **args).slides) == 0


@pytest.mark.parametrize(
    ("providers", "slides", "most", "left"),
    [
        # An image may have sound under it at Sinch, not at Webex Connect.
        (["sinch"], [Slide("", 5, (IMAGE,)), Slide("", 5, (AUDIO,))], 1, 1),
        (["webex"], [Slide("", 5, (IMAGE,)), Slide("", 5, (AUDIO,))], 1, 2),
        (["sinch"], [Slide("", 5, (IMAGE,)), Slide("", 5, (PDF,))], 1, 2),
        (["sinch"], [Slide("", 5, (IMAGE,)), Slide("", 5, (IMAGE,))], 1, 2),
        (["webex"], [Slide("", 5, (IMAGE,)), Slide("Text")], 1, 1),
        (["webex"], [Slide("x" * 3000), Slide("y" * 3000), Slide("z")], 1, 2),
    ],
)
def test_only_slides_that_may_share_are_joined(providers, slides, most, left):
    joined = after("merge_slides", "/slides", with_slides(*slides), *providers, most=most)

    assert len(joined.slides) == left
    assert sorted(part.asset for _where, part in joined.parts()) == sorted(
        part.asset for slide in slides for part in slide.parts
    )


def test_media_meet_last():
    slides = [Slide("", 5, (IMAGE,)), Slide("", 5, (AUDIO,)), Slide("a"), Slide("b")]

    joined = after("merge_slides", "/slides", with_slides(*slides), "sinch", most=3)

    assert [len(slide.parts) for slide in joined.slides] == [1, 1, 0]
    assert [slide.text for slide in joined.slides] == ["", "a", "b"]
