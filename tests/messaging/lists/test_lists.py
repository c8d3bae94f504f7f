"""Lists in the database: read, mended in three ways, named, counted, cleared away."""

import io
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from messaging import lists
from messaging.consent import opt_out
from messaging.lists import importing, tally
from messaging.lists.exporting import shielded
from messaging.lists.tables import table_rows
from messaging.lists.troubles import Unreadable
from messaging.models import Draft, RecipientList, RecipientRow
from messaging.slide_rules import Summary

pytestmark = pytest.mark.django_db


def counts(parent: RecipientList) -> tuple[int, int, int]:
    parent.refresh_from_db()
    return parent.total, parent.bad, parent.repeated


def is_true(parent: RecipientList) -> bool:
    """Whether the counts kept by the way are those of the rows, and the summary says what the rules would gather."""
    parent.refresh_from_db()
    kept = counts(parent), dict(parent.countries), {name: dict(known) for name, known in parent.summary.items()}
    tally.begin(parent)
    gathered = Summary()
    for row in parent.rows.order_by("position"):
        tally.add(parent, row)
        if not row.bad and not row.repeated:
            gathered.add(row.position, row.values)
    counted = (parent.total, parent.bad, parent.repeated), parent.countries, parent.summary
    return kept == counted and all(parent.summary[name] == known for name, known in gathered.to_json().items())


def test_a_file_becomes_a_list_with_its_faults_named(read):
    parent = read()
    assert parent.status == "ready"
    assert parent.mapping == {"Mobile": "number", "Town": "$town", "Order": "correlation_id"}
    assert counts(parent) == (7, 2, 1)
    assert parent.countries == {"CA": 3, "GB": 1}
    assert [(row.position, row.problems[0]["column"], row.problems[0]["code"]) for row in lists.bad_rows(parent)] == [
        (3, "Mobile", "number_has_letters"),
        (7, "Town", "cell_formula"),
    ]
    assert parent.summary["town"]["rows"] == [5]
    second = parent.rows.get(position=2)
    assert (second.number, second.correlation_id, second.values) == ("+16475550143", "A2", {"town": "Leeds"})
    assert is_true(parent)


@pytest.mark.parametrize(
    ("text", "code"), [("", "file_empty"), (" \n;;\n", "file_empty"), ("Mobile,Town\n", "file_no_rows")]
)
def test_a_file_without_rows_is_refused(read, text, code):
    with pytest.raises(Unreadable) as refused:
        read(text)
    assert refused.value.code == code
    assert not RecipientList.objects.exists()


def test_more_rows_than_a_list_holds_are_refused_and_leave_nothing(read, monkeypatch):
    monkeypatch.setattr(importing, "MOST_ROWS", 3)
    monkeypatch.setattr(importing, "BATCH", 2)
    with pytest.raises(Unreadable) as refused:
        read()
    assert "more than 3 rows" in refused.value.message
    assert not RecipientList.objects.exists()
    assert not RecipientRow.objects.exists()


def test_numbers_without_a_country_belong_to_the_region(read):
    assert read("07400 123456\n07400 123457\n", region="GB").countries == {"GB": 2}
    with pytest.raises(Unreadable):
        read(region="XX")


def test_a_cell_mended_in_place_counts_at_once(read, composer):
    parent = read()
    parent, row = lists.mend(parent.pk, composer, 3, ["647 555 0190", "Bath", "A3"])
    assert (row.bad, row.number) == (False, "+16475550190")
    assert counts(parent) == (7, 1, 1)
    parent, row = lists.mend(parent.pk, composer, 7, ["+16475550142", "x" * 40, "A7"])
    assert row.repeated
    assert counts(parent) == (7, 0, 2)
    assert is_true(parent)
    assert parent.version == 3


def test_a_cell_that_is_still_wrong_says_so_and_a_good_row_stays(read, composer):
    parent = read()
    _parent, row = lists.mend(parent.pk, composer, 3, ["12", "x" * 1001, "A3"])
    assert [problem["code"] for problem in row.problems] == ["number_too_short", "cell_too_long"]
    _parent, row = lists.mend(parent.pk, composer, 1, ["+16475550199"])
    assert row.number == "+16475550142"
    assert counts(parent) == (7, 2, 1)


def test_bad_rows_and_rows_of_a_country_are_dropped(read, composer):
    parent = read()
    assert lists.drop(parent.pk, composer)[1] == 2
    assert counts(parent) == (5, 0, 1)
    assert lists.drop(parent.pk, composer, countries=["GB"])[1] == 1
    assert counts(parent) == (4, 0, 1)
    assert is_true(parent)


def test_the_download_is_no_formula_and_comes_back_mended(read, composer):
    parent = read(PEOPLE_WITH_FORMULAS)
    data = b"".join(lists.bad_rows_csv(parent))
    assert b"\"'=HYPERLINK" in data or b"'=HYPERLINK" in data
    rows = list(table_rows(io.BytesIO(data), len(data)))
    assert rows[0] == ["Row", "Mobile", "Town", "What is wrong"]
    assert [row[0] for row in rows[1:]] == ["2", "3"]

    # Somebody was quicker with row 3.
    lists.mend(parent.pk, composer, 3, ["+16475550147", "Hull"])
    mended = data.replace(b"'=HYPERLINK(1)", b"Leeds").replace(b"nobody", b"'+16475550199")
    parent, done = lists.mend_from(parent.pk, composer, io.BytesIO(mended), size=len(mended))
    assert done == 1
    assert parent.rows.get(position=2).values == {"town": "Leeds"}
    assert parent.rows.get(position=3).number == "+16475550147"
    assert counts(parent) == (3, 0, 0)
    assert is_true(parent)


PEOPLE_WITH_FORMULAS = 'Mobile,Town\n+16475550142,Paris\n+16475550143,"=HYPERLINK(1)"\nnobody,Hull\n'


@pytest.mark.parametrize("cell", ["=1", "+1", "-2", "@SUM(A1)", "\tx", "\rx"])
def test_what_a_spreadsheet_would_run_is_shielded(cell):
    assert shielded(cell) == f"'{cell}"


def test_another_file_is_not_taken_for_the_mended_one(read, composer):
    parent = read()
    with pytest.raises(Unreadable) as refused:
        lists.mend_from(parent.pk, composer, io.BytesIO(b"Row,Town\n1,x\n"), size=13)
    assert refused.value.code == "file_other_columns"


def test_another_mapping_reads_every_row_anew(read, composer, monkeypatch):
    monkeypatch.setattr(importing, "BATCH", 3)
    parent = read()
    lists.rejudge(parent, mapping={"Mobile": "number", "Order": "$order"}, region="US")
    assert counts(parent) == (7, 1, 1)
    assert parent.summary["order"]["longest"] == "A1"
    assert is_true(parent)
    assert parent.rows.get(position=7).values == {"order": "A7"}


def test_only_the_owner_changes_a_list_and_the_others_see_it_when_shared(read, composer, make_user):
    other, parent = make_user("olga", "Composer"), read()
    assert not lists.visible(other).exists()
    with pytest.raises(RecipientList.DoesNotExist):
        lists.drop(parent.pk, other)
    lists.keep(parent.pk, composer, name=" Spring\x07 ", shared=True)
    assert [one.name for one in lists.kept(other)] == ["Spring"]
    for change in (lambda: lists.forget(parent.pk, other), lambda: lists.mend(parent.pk, other, 3, [])):
        with pytest.raises(RecipientList.DoesNotExist):
            change()


def test_a_name_is_given_once_an_owner(read, composer, make_user):
    first, second = read(), read()
    lists.keep(first.pk, composer, name="Spring", shared=False)
    with pytest.raises(Unreadable) as refused:
        lists.keep(second.pk, composer, name="Spring", shared=False)
    assert "“Spring”" in refused.value.message
    lists.keep(read(owner=(other := make_user("olga", "Composer"))).pk, other, name="Spring", shared=False)
    with pytest.raises(Unreadable):
        lists.keep(second.pk, composer, name=" ", shared=False)


def test_typed_numbers_become_a_list_with_their_values(composer):
    parent = lists.keep_typed([("+16475550142", {"number": "7"}), ("+16475550143", {})], composer)
    assert list(lists.people(parent)) == [("+16475550142", "", {"number": "7"}), ("+16475550143", "", {})]
    assert is_true(parent)


def test_the_outlook_counts_who_is_left_out(read, sender, django_assert_num_queries):
    parent = read()
    opt_out("+16475550143", None, source="person", evidence="asked", now=timezone.now())
    opt_out("+441134960999", sender, source="person", evidence="asked", now=timezone.now())
    with django_assert_num_queries(2):
        outlook = lists.look(parent, [sender], {"+16475550142", "+16475550143"})
    assert (outlook.sendable, outlook.silent, outlook.typed, outlook.accepted) == (4, 1, 2, 1)
    assert [row.number for row in lists.abroad_rows(parent, {"US", "CA"})] == ["+441134960999"]
    assert [row.number for row in lists.silent_rows(parent, [sender])] == ["+16475550143", "+441134960999"]


def test_lists_that_nobody_can_reach_are_cleared_away(read, composer):
    named, used, loose, half = read(), read(), read(), read()
    lists.keep(named.pk, composer, name="Spring", shared=False)
    Draft.objects.create(owner=composer, recipient_list=used)
    RecipientList.objects.filter(pk=half.pk).update(status="reading")
    now = timezone.now()
    assert lists.purge(now=now + timedelta(minutes=59)) == 0
    assert lists.purge(now=now + timedelta(hours=2)) == 1
    assert lists.purge(now=now + timedelta(days=8)) == 1
    assert set(RecipientList.objects.values_list("pk", flat=True)) == {named.pk, used.pk}
    assert not RecipientRow.objects.filter(parent__in=[loose.pk, half.pk]).exists()


@pytest.mark.django_db(transaction=True)
def test_two_who_mend_at_once_lose_nothing(read, composer):
    parent = read("Mobile\n+16475550100\n" + "\n".join(f"x{n}" for n in range(8)))

    def mend(positions: range) -> None:
        try:
            for position in positions:
                lists.mend(parent.pk, composer, position, [f"+1647555011{position % 10}"])
        finally:
            connection.close()

    workers = [threading.Thread(target=mend, args=[range(start, 10, 2)]) for start in (2, 3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert counts(parent) == (9, 0, 0)
    assert is_true(parent)
