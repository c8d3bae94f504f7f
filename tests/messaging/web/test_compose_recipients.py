"""The recipients box, entry by entry."""

import pytest

from messaging.web.recipients import _entry, read_recipients, tidied


@pytest.mark.parametrize(
    "written",
    ["+16475550142", "(647) 555-0142", "647.555.0142", "+1 647 555 0142", "1-647-555-0142", "00 1 647 555 0142"],
)
def test_usual_spellings_come_to_the_same_entry(written):
    assert [entry.number for entry in read_recipients(written)] == ["+16475550142"]


def test_lines_commas_semicolons_and_tabs_part_entries():
    text = "6475550141, 6475550142;6475550143\t6475550144\n\n6475550145"

    assert [entry.number[-1] for entry in read_recipients(text)] == ["1", "2", "3", "4", "5"]


def test_values_follow_the_entry_and_may_hold_blanks():
    (entry,) = read_recipients("+16475550142 area=EC1M 4BH name=Ann")

    assert entry.values == {"area": "EC1M 4BH", "name": "Ann"}


def test_a_quoted_value_may_hold_a_separator():
    (entry,) = read_recipients('6475550142 name="Lee, Ann; Dr" area=EC1M')

    assert entry.values == {"name": "Lee, Ann; Dr", "area": "EC1M"}


def test_an_equals_sign_within_a_value_starts_no_new_name():
    (entry,) = read_recipients("6475550142 link=https://example.org/?a=b")

    assert entry.values == {"link": "https://example.org/?a=b"}


def test_an_unreadable_entry_says_why_and_stays_as_written():
    (entry,) = read_recipients("Ann Lee")

    assert entry.written == "Ann Lee"
    assert "digits only" in entry.error
    assert not entry.usable


def test_a_repeat_is_marked_in_whatever_spelling():
    first, second = read_recipients("+16475550142\n(647) 555-0142")

    assert first.usable
    assert second.repeated


def test_an_endless_value_is_refused():
    (entry,) = read_recipients("6475550142 name=" + "x" * 1001)

    assert "1000 characters" in entry.trouble


def test_tidying_writes_one_normal_entry_a_line_and_keeps_what_it_cannot_read():
    text = '(647) 555-0142 name="Lee, Ann", nobody\n6475550142'

    assert tidied(read_recipients(text)) == '+16475550142 name="Lee, Ann"\nnobody'


def test_tidied_text_reads_back_the_same():
    entries = read_recipients('(647) 555-0142 name="Lee, Ann" area=EC1M 4BH; 6475550143')
    again = read_recipients(tidied(entries))

    assert [(e.number, e.values) for e in again] == [(e.number, e.values) for e in entries]


@pytest.mark.parametrize(
    "text", ["=", "a=", "=b", '"', 'x="', ",,;;\n\t", "\x00", "=" * 5000, "+1 =x", '6475550142 a="']
)
def test_nothing_typed_raises(text):
    read_recipients(text)


def test_what_is_far_too_long_for_a_number_is_refused_and_not_remembered():
    _entry.cache_clear()
    [entry] = read_recipients("6475550142" + "x" * 100_000)
    assert entry.error
    assert _entry.cache_info().currsize == 0
