"""Texts are cut where a reader would cut them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.mending.cuts import first_sentence, pieces, shortened, width

FAMILY, FLAGS, ACCENT = "👨‍👩‍👧‍👦", "🇨🇦🇺🇸", "e\u0301"
TEXT = st.lists(
    st.sampled_from(["a", "b ", ". ", "\n", "word ", "$(name)", "$(x)", "$(", FAMILY, "🇨🇦", ACCENT, "👍🏽", "。"])
).map("".join)
VALUES = {"name": "Maximiliane"}


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("One. Two three.", 15, ["One. Two three."]),
        ("One here. Two three four.", 15, ["One here.", "Two three four."]),
        ("One two three four", 9, ["One two", "three", "four"]),
        ("First\nsecond third fourth", 12, ["First", "second third", "fourth"]),
        ("abcdefgh", 3, ["abc", "def", "gh"]),
        ("Hi $(name) there", 12, ["Hi", "$(name)", "there"]),
        ("$(name)$(name)", 5, ["$(name)", "$(name)"]),
        (f"{FAMILY}{FAMILY}", 12, [FAMILY, FAMILY]),
        (FLAGS, 3, ["🇨🇦", "🇺🇸"]),
        (ACCENT * 3, 4, [ACCENT * 2, ACCENT]),
        ("", 5, []),
        (" \n ", 1, []),
    ],
)
def test_a_text_is_split_at_the_best_place_that_fits(text, limit, expected):
    assert pieces(text, limit, VALUES) == expected


@given(TEXT, st.integers(14, 60))
def test_pieces_fit_and_lose_nothing_but_blanks(text, limit):
    found = pieces(text, limit, VALUES)

    assert all(0 < width(piece, VALUES) <= limit for piece in found)
    assert "".join("".join(found).split()) == "".join(text.split())
    # Whatever belongs together stays together: nothing begins with what modifies the letter before it.
    assert not any(piece[0] in "\u0301\u200d🏽" for piece in found)


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("Short", 10, "Short"),
        ("Tulips from 4.90. Roses too", 20, "Tulips from 4.90."),
        ("Tulips, roses and lilies", 15, "Tulips, roses…"),
        ("Tulips and $(name) too", 20, "Tulips and…"),
        ("abcdefgh", 4, "abc…"),
        (f"ab{FAMILY}", 4, "ab…"),
        ("abc", 0, ""),
    ],
)
def test_a_shortened_text_says_that_it_goes_on_unless_a_sentence_ended(text, limit, expected):
    assert shortened(text, limit, VALUES) == expected


@given(TEXT, st.integers(0, 60))
def test_a_shortened_text_fits_and_is_a_beginning(text, limit):
    short = shortened(text, limit, VALUES)

    assert width(short, VALUES) <= limit
    assert text.strip().startswith(short.removesuffix("…"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Hi there. More", "Hi there."), ("One\nTwo", "One"), ("4.90 each", "4.90 each"), ("", ""), ("A! B", "A!")],
)
def test_a_text_has_a_first_sentence(text, expected):
    assert first_sentence(text) == expected
