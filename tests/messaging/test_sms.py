"""Segments of the fallback text, counted as a phone network counts them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.sms import GSM_BASIC, GSM_EXTENDED, segments


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
