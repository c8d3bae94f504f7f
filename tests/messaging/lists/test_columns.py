"""What the columns of a file are taken for, and what a person may choose instead."""

import pytest

from messaging.lists.columns import checked, guess, headings, placeholder
from messaging.lists.troubles import Unreadable

NUMBERS = ["+16475550142", "(647) 555-0143"]


@pytest.mark.parametrize(
    ("columns", "rows", "mapping"),
    [
        (["Mobile", "Town"], [[NUMBERS[0], "Paris"]], {"Mobile": "number", "Town": "$town"}),
        (
            ["Order ID", "First name", "Phone"],
            [["1881", "Ann", NUMBERS[1]]],
            {"Phone": "number", "Order ID": "correlation_id", "First name": "$first_name"},
        ),
        # Neither is a number; the heading decides.
        (["Name", "MobileNumber"], [["Ann", "none"]], {"MobileNumber": "number", "Name": "$name"}),
        # Both are; the first stays the number, and its twin a value.
        (["Work phone", "Home phone"], [NUMBERS], {"Work phone": "number", "Home phone": "$home_phone"}),
        (["Zürich!", "Tel", "名前"], [["x", NUMBERS[0], "y"]], {"Tel": "number", "Zürich!": "$zurich"}),
        (["A b", "a-b", "to"], [["x", "y", NUMBERS[0]]], {"to": "number", "A b": "$a_b"}),
    ],
)
def test_columns_are_guessed_by_their_cells_and_headings(columns, rows, mapping):
    assert guess(columns, rows, "US") == mapping


@pytest.mark.parametrize(
    ("rows", "names", "given"),
    [
        ([["Mobile", "", "Mobile"], ["1", "2", "3"]], ["Mobile", "Column 2", "Mobile (3)"], True),
        ([[NUMBERS[0], "Ann"]], ["Column 1", "Column 2"], False),
        ([["Mobile"], [NUMBERS[0], "extra"]], ["Mobile", "Column 2"], True),
    ],
)
def test_a_first_row_without_a_number_holds_the_headings(rows, names, given):
    assert headings(rows, "US") == (names, given)


@pytest.mark.parametrize(
    ("mapping", "code"),
    [
        ({"a": "$x"}, "columns_no_number"),
        ({"a": "number", "b": "number"}, "columns_two_numbers"),
        ({"a": "number", "b": "correlation_id", "c": "correlation_id"}, "columns_two_references"),
        ({"a": "number", "b": "$first name"}, "columns_name"),
        ({"a": "number", "b": "$"}, "columns_name"),
        ({"a": "number", "b": "$x", "c": "$x"}, "columns_name_twice"),
        ({"a": "number", "b": "street"}, "columns_name"),
    ],
)
def test_a_choice_that_makes_no_sense_is_refused(mapping, code):
    with pytest.raises(Unreadable) as refused:
        checked(mapping)
    assert refused.value.code == code
    assert refused.value.message


def test_columns_to_ignore_are_left_out():
    assert checked({"a": "number", "b": "", "c": "$x"}) == {"a": "number", "c": "$x"}
    assert placeholder("  --  ") == ""
