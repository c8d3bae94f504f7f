"""Segments of the fallback text, counted as a phone network counts them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.sms import GSM_BASIC, GSM_EXTENDED, plain, runs, segments


def test_the_alphabet_is_the_one_of_the_standard() -> None:
    # 128 places less the escape character, and ten behind the escape.
    assert len(GSM_BASIC) == 127
    assert len(GSM_EXTENDED) == 10
    assert not GSM_BASIC & GSM_EXTENDED


@pytest.mark.parametrize(
    ("text", "encoding", "units", "count", "left"),
    [
        ("", "GSM-7", 0, 0, 160),
        ("a" * 160, "GSM-7", 160, 1, 0),
        ("a" * 161, "GSM-7", 161, 2, 145),
        ("a" * 306, "GSM-7", 306, 2, 0),
        ("a" * 307, "GSM-7", 307, 3, 152),
        ("€" * 80, "GSM-7", 160, 1, 0),
        ("€" * 81, "GSM-7", 162, 2, 143),
        ("a" * 152 + "€" + "a" * 10, "GSM-7", 164, 2, 141),
        ("ж" * 70, "UCS-2", 70, 1, 0),
        ("ж" * 71, "UCS-2", 71, 2, 63),
        ("😀" * 35, "UCS-2", 70, 1, 0),
        ("😀" * 36, "UCS-2", 72, 2, 61),
    ],
)
def test_texts_are_cut_where_a_network_cuts_them(text: str, encoding: str, units: int, count: int, left: int) -> None:
    cut = segments(text)
    assert (cut.encoding, cut.units, cut.segments, cut.left) == (encoding, units, count, left)


def test_the_characters_that_cost_are_named_once() -> None:
    assert segments("“Sale” – “now”").forcing == ("“", "”", "–")


@given(st.text(max_size=400))
def test_segments_always_hold_their_text(text: str) -> None:
    cut = segments(text)
    room = {"GSM-7": (160, 153), "UCS-2": (70, 67)}[cut.encoding]
    most = room[0] if cut.segments <= 1 else cut.segments * room[1]
    assert cut.units <= most
    assert 0 <= cut.left <= room[0]
    assert bool(cut.segments) is bool(text)


@pytest.mark.parametrize(
    ("text", "over"),
    [("", 0), ("a" * 160, 0), ("a" * 161, 1), ("a" * 307, 1), ("a" * 310, 4), ("ж" * 71, 1), ("ж" * 135, 1)],
)
def test_it_is_told_how_many_to_cut_to_save_a_segment(text: str, over: int) -> None:
    assert segments(text).over == over
    if over:
        assert segments(text[:-over]).segments == segments(text).segments - 1


def test_a_text_is_parted_by_what_its_characters_cost() -> None:
    assert [(run.text, run.cost) for run in runs("Now 5€ off – 😀")] == [
        ("Now 5", ""),
        ("€", "two"),
        (" off ", ""),
        ("–", "unicode"),
        (" ", ""),
        ("😀", "unicode"),
    ]


@given(st.text(max_size=200))
def test_no_character_is_lost_between_the_runs(text: str) -> None:
    assert "".join(run.text for run in runs(text)) == text


def test_plain_punctuation_is_what_a_typewriter_has() -> None:
    assert plain("“Ann’s” – 5\u00a0% off… now\u200b") == '"Ann\'s" - 5 % off... now'
    assert segments(plain("“Ann’s” – 5\u00a0% off…")).encoding == "GSM-7"
