"""Files of recipients as any program writes them, and as nobody should."""

import csv
import io
import zipfile

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from messaging.lists import tables, workbooks
from messaging.lists.judging import judge
from messaging.lists.tables import BROKEN, LONGEST_CELL, table_rows
from messaging.lists.troubles import Unreadable
from tests.messaging.lists.books import book, cell, row

PEOPLE = [["Mobile", "Town"], ["+16475550142", "Zürich"], ["+16475550143", "Paris, FR"]]


def read(data: bytes) -> list[list[str]]:
    return list(table_rows(io.BytesIO(data), len(data)))


def read_or_refused(data: bytes) -> list[list[str]]:
    """The rows, or none when the file is refused with words of its own; anything else it raises fails the test."""
    try:
        return read(data)
    except Unreadable as refused:
        return [] if refused.message else [["refused without a word"]]


def written(rows, delimiter: str = ",", **more) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter, **more).writerows(rows)
    return buffer.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_alphabet_and_delimiter_reads_the_same(encoding, delimiter):
    assert read(written(PEOPLE, delimiter).encode(encoding)) == PEOPLE


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("a;b\n\n1;2\n   ;  \n", [["a", "b"], ["1", "2"]]),
        ('name,number\n"two\nlines, one cell",1\n', [["name", "number"], ["two\nlines, one cell", "1"]]),
        ('n\r"x ""y"" z"\r', [["n"], ['x "y" z']]),
        ("sep=;\na;b,c\n", [["a", "b,c"]]),
        ("+16475550142\n+16475550143", [["+16475550142"], ["+16475550143"]]),
        ("=\"+16475550142\",'+1647,'tis\n", [["+16475550142", "+1647", "'tis"]]),
        ("a\0b,c\x07\n", [[f"a{BROKEN}b", f"c{BROKEN}"]]),
    ],
    ids=["blank lines", "quoted newline", "old Mac", "sep line", "one column", "spreadsheet text", "NUL"],
)
def test_what_programs_make_of_a_table_is_undone(text, rows):
    assert read(text.encode()) == rows


def test_a_quote_that_nobody_closed_costs_one_row():
    lines = ["name,number", '"open,1', *[f"Ann,{number}" for number in range(20_000)]]
    rows = read("\n".join(lines).encode())
    assert rows[1] == [BROKEN]
    assert rows[-1] == ["Ann", "19999"]


def test_a_cell_is_cut_one_past_the_limit_so_that_it_is_seen():
    assert len(read(b"x" * 5000 + b",1\n")[0][0]) == LONGEST_CELL + 1


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "file_old_excel"),
        (b"PK\x03\x04 no archive", "file_not_workbook"),
        (book(row("1"))[:-40], "file_not_workbook"),
        (book("<row><c t='s'><v>no number</v></c></row>"), "file_not_workbook"),
        (book("<row/>", workbook='<!DOCTYPE x [<!ENTITY a "aaaa">]>'), "file_not_workbook"),
    ],
    ids=["old Excel", "no archive", "cut off", "wrong index", "entities"],
)
def test_what_is_no_table_is_refused(data, code):
    with pytest.raises(Unreadable) as refused:
        read(data)
    assert refused.value.code == code
    assert refused.value.message


def test_a_file_over_the_limit_is_refused_unread():
    with pytest.raises(Unreadable) as refused:
        next(table_rows(io.BytesIO(b"a,b"), tables.LARGEST_FILE + 1))
    assert refused.value.message == "The file has 51 MB; at most 50 are read. Split it."


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch):
    monkeypatch.setattr(workbooks, "MOST_UNPACKED", 1_000_000)
    with pytest.raises(Unreadable) as refused:
        read(book(row("1"), **{"xl/media/zeros": b"\0" * 2_000_000}))
    assert refused.value.code == "file_expands"


def test_a_row_of_a_million_cells_does_not_fill_the_memory(monkeypatch):
    monkeypatch.setattr(workbooks, "MOST_HELD", 1_000)
    with pytest.raises(Unreadable):
        read(book("<row>" + "<c><v>1</v></c>" * 2_000 + "</row>"))


def test_a_workbook_gives_what_a_person_sees_in_it():
    strings = "<si><t>Mobile</t></si><si><r><t>To</t></r><r><t>wn</t></r><rPh><t>x</t></rPh></si>"
    styles = (
        '<numFmts><numFmt numFmtId="164" formatCode="[Red]0.0 &quot;days&quot;"/>'
        '<numFmt numFmtId="165" formatCode="d/m/yyyy"/></numFmts>'
        '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>'
        '<cellXfs><xf numFmtId="0"><alignment/></xf><xf numFmtId="14"/>'
        '<xf numFmtId="164"/><xf numFmtId="165"/></cellXfs>'
    )
    sheet = (
        f"<row>{cell('A1', '0', 's')}{cell('B1', '1', 's')}{cell('D1', 'When', 'str')}</row>"
        f"<row>{cell('A3', '1.6475550142E10')}{cell('D3', '46347', style=1)}</row>"
        f"<row>{cell('A4', '4.9000000000000004', style=2)}{cell('D4', '46347.5', style=3)}</row>"
    )
    assert read(book(sheet, strings=strings, styles=styles)) == [
        ["Mobile", "Town", "", "When"],
        ["16475550142", "", "", "2026-11-21"],
        ["4.9", "", "", "2026-11-21 12:00:00"],
    ]


def test_the_days_of_a_mac_count_from_1904():
    styles = '<cellXfs><xf numFmtId="14"/></cellXfs>'
    day = book(f"<row>{cell('A1', '44885')}</row>", styles=styles, workbook='<workbookPr date1904="1"/>')
    assert read(day) == [["2026-11-21"]]


def test_columns_far_to_the_right_show_that_they_are_too_many():
    rows = read(book(f"<row>{cell('A1', '1')}{cell('XFD1', '2')}</row>"))
    assert len(rows[0]) == tables.MOST_COLUMNS + 1


@given(st.one_of(st.binary(max_size=400), st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace"))))
@example(b'"')
@example(b"\xff\xfe\x00")
@example(b'a,b\r\r\n"\x00"\xff\n\'')
@example(b"\xef\xbb\xbfsep=\n")
def test_whatever_a_file_holds_each_row_is_good_or_says_why_not(data):
    for cells in read_or_refused(data):
        found = judge(cells, ["Number", "Name"], {"Number": "number", "Name": "$name"}, "US")
        assert all(problem["code"] and problem["message"] for problem in found.problems)
        assert found.problems or found.number.startswith("+")
        assert not any("\0" in cell for cell in cells)


@given(st.binary(max_size=300), st.integers(0, 600))
def test_no_damage_to_a_workbook_brings_the_reader_down(noise, at):
    whole = book(row("Mobile", "Town") + row("+16475550142", "Paris"))
    read_or_refused(whole[:at] + noise + whole[at + len(noise) :])


def test_an_entry_that_says_less_than_it_holds_is_refused():
    buffer = io.BytesIO(book(row("1")))
    with zipfile.ZipFile(buffer) as archive:
        sheet = archive.getinfo("xl/worksheets/sheet2.xml")
    data = bytearray(buffer.getvalue())
    directory = data.index(b"PK\x01\x02", data.rindex(b"sheet1.xml"))
    data[directory + 24 : directory + 28] = (sheet.file_size // 2).to_bytes(4, "little")
    with pytest.raises(Unreadable):
        read(bytes(data))
