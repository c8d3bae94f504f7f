"""Content: its JSON form comes back equal, and a wrong one says where and what."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.content import (
    KINDS,
    Content,
    ContentError,
    FallbackSms,
    Part,
    Slide,
    missing,
    read_substitutions,
    substitute,
)

TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=("Cs",)), max_size=30)


def parts(kind: str) -> st.SearchStrategy[Part]:
    return st.builds(
        Part,
        kind=st.just(kind),
        asset=TEXT,
        url=TEXT.filter(bool),
        host=st.sampled_from(["ours", "caller"]),
        mime_type=TEXT,
        size=st.integers(0, 10**7),
        seconds=st.none() | st.floats(0, 600),
        name=TEXT,
        alt=TEXT,
        sha256=TEXT,
    )


SLIDES = st.builds(
    Slide,
    text=TEXT,
    duration=st.integers(-5, 100),
    parts=st.sets(st.sampled_from(KINDS), max_size=3).flatmap(
        lambda kinds: st.tuples(*(parts(kind) for kind in KINDS if kind in kinds))
    ),
)
CONTENTS = st.builds(
    Content,
    name=TEXT,
    subject=TEXT,
    slides=st.lists(SLIDES, max_size=3).map(tuple),
    fallback=st.builds(FallbackSms, text=TEXT, link=st.booleans(), link_expires_at=TEXT, disabled=st.booleans()),
)


@given(CONTENTS)
def test_the_json_form_comes_back_equal(content: Content) -> None:
    assert Content.from_json(json.loads(json.dumps(content.to_json())), stored=True) == content


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["slides", "name", "text", "image", "asset", "url", "fallback", "duration", "host", "a/b"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=10,
    )
)
def test_any_json_is_content_or_a_content_error(value: Any) -> None:
    try:
        content = Content.from_json(value)
    except ContentError as error:
        problem: ContentError | None = error
    else:
        problem = None
        json.dumps(content.to_json()).encode()
    assert problem is None or (problem.pointer.startswith("/content") and problem.message and problem.code)


@pytest.mark.parametrize(
    ("value", "pointer", "code"),
    [
        ([], "/content", "wrong_type"),
        ({"slide": []}, "/content/slide", "unknown_field"),
        ({"a/b~": 1}, "/content/a~1b~0", "unknown_field"),
        ({"x" * 5000: 1}, "/content/" + "x" * 80, "unknown_field"),
        ({"subject": 5}, "/content/subject", "wrong_type"),
        ({"subject": "a\x00b"}, "/content/subject", "text_not_valid"),
        ({"slides": {}}, "/content/slides", "wrong_type"),
        ({"slides": ["a"]}, "/content/slides/0", "wrong_type"),
        ({"slides": [{"text": "half \ud83d"}]}, "/content/slides/0/text", "text_not_valid"),
        ({"slides": [{"duration": "5"}]}, "/content/slides/0/duration", "wrong_type"),
        ({"slides": [{"duration": True}]}, "/content/slides/0/duration", "wrong_type"),
        ({"slides": [{"duration": 2.5}]}, "/content/slides/0/duration", "wrong_type"),
        ({"slides": [{}, {"image": {}}]}, "/content/slides/1/image", "media_missing"),
        ({"slides": [{"image": {"url": "u", "size": 1}}]}, "/content/slides/0/image/size", "unknown_field"),
        ({"slides": [{"image": {"url": "u", "host": "theirs"}}]}, "/content/slides/0/image/host", "wrong_value"),
        ({"slides": [{"gif": {"url": "u"}}]}, "/content/slides/0/gif", "unknown_field"),
        ({"fallback": "Hello"}, "/content/fallback", "wrong_type"),
        ({"fallback": {"disabled": "no"}}, "/content/fallback/disabled", "wrong_type"),
    ],
)
def test_a_wrong_member_is_named_with_its_place(value: Any, pointer: str, code: str) -> None:
    with pytest.raises(ContentError) as caught:
        Content.from_json(value)
    assert (caught.value.pointer, caught.value.code) == (pointer, code)


def test_absent_members_take_their_defaults() -> None:
    assert Content.from_json({"slides": [{"image": None, "text": None}]}) == Content(slides=(Slide(),))


def test_placeholders_are_found_with_their_first_place() -> None:
    content = Content("$(a)", "$(b)", (Slide("$(c) $(a) $(not ok) $()"),), FallbackSms("$(d)"))
    assert content.placeholders() == {"a": "/name", "b": "/subject", "c": "/slides/0/text", "d": "/fallback/text"}
    assert missing(content, {"a": "", "b": "x", "d": "y"}) == {"c": "/slides/0/text"}


def test_every_text_is_substituted() -> None:
    content = Content("$(a)", "$(a)", (Slide("$(a)"),), FallbackSms("$(a)"))
    assert {text for _, text in content.substituted({"a": "x"}).texts()} == {"x"}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("$(a)$(b)", "12"),
        ("$(A)", "$(A)"),
        ("$(c)", "$(a)"),
        ("$$(a)", "$1"),
        ("$(unknown)", "$(unknown)"),
        ("${a}", "${a}"),
    ],
)
def test_substitution_is_one_pass_over_known_names(text: str, filled: str) -> None:
    assert substitute(text, {"a": "1", "b": "2", "c": "$(a)"}) == filled


def test_substitutions_are_read_as_strings() -> None:
    assert read_substitutions({"area": "EC1M 4BH"}, "/substitutions") == {"area": "EC1M 4BH"}
    assert read_substitutions(None, "/substitutions") == {}


@pytest.mark.parametrize(
    ("value", "pointer", "code"),
    [
        ([], "/s", "wrong_type"),
        ({"a": 5}, "/s/a", "wrong_type"),
        ({"a b": "x"}, "/s", "substitution_name"),
        ({"": "x"}, "/s", "substitution_name"),
        ({"a\n": "x"}, "/s", "substitution_name"),
        ({"a": "\x00"}, "/s/a", "text_not_valid"),
    ],
)
def test_wrong_substitutions_are_named(value: Any, pointer: str, code: str) -> None:
    with pytest.raises(ContentError) as caught:
        read_substitutions(value, pointer="/s")
    assert (caught.value.pointer, caught.value.code) == (pointer, code)
