"""The doors of recipient lists, by Django's client."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.utils import timezone

from messaging import lists
from messaging.consent import opt_out
from messaging.models import Draft, RecipientList
from tests.messaging.lists.books import book, row
from tests.messaging.lists.conftest import PEOPLE

pytestmark = pytest.mark.django_db
NOBODY = "01900000-0000-7000-8000-000000000000"


@pytest.fixture
def page(client, composer):
    client.force_login(composer)
    return client


@pytest.fixture
def draft(composer, sender) -> Draft:
    return Draft.objects.create(owner=composer, sender=sender, recipients="+16475550142 name=Ann\n+16475550199\nnobody")


@pytest.fixture
def imported(page, draft) -> RecipientList:
    imports(page, draft=draft.pk)
    return RecipientList.objects.get()


def imports(page, data: bytes = PEOPLE.encode(), name: str = "people.csv", **more):
    return page.post("/lists/import/", {"file": SimpleUploadedFile(name, data), **more})


def text(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_a_file_becomes_a_panel_with_its_counts_and_its_bad_cells(page, draft):
    answer = imports(page, draft=draft.pk)
    assert answer.status_code == 200
    said = text(answer)
    for words in ("4 good", "2 to mend", "1 repeated", "1 out of reach", "7 rows were read", "This is a formula"):
        assert words in said
    assert answer.content.decode().count('aria-invalid="true"') == 2
    assert answer.headers["HX-Trigger"] == "list-changed"


def test_a_workbook_and_a_file_on_disk_are_read_as_well(page):
    assert imports(page, book(row("Mobile") + row("+16475550142")), "people.xlsx").status_code == 200
    large = TemporaryUploadedFile("people.csv", "text/csv", 0, "utf-8")
    large.write(b"Mobile\n" + b"+16475550142," + b"x" * 3_000_000)
    large.seek(0)
    assert page.post("/lists/import/", {"file": large}).status_code == 200
    assert list(RecipientList.objects.order_by("pk").values_list("total", "bad")) == [(1, 0), (1, 1)]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "No file arrived"),
        (b"Mobile\n", "headings and no row"),
        (b"PK\x03\x04", "packed like an Excel file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "file of an old Excel"),
    ],
)
def test_what_is_no_list_is_refused_with_the_way_out(page, data, words):
    answer = imports(page, data)
    assert answer.status_code == 422
    assert words in text(answer) or (not data and "Nothing stands" in text(answer))
    assert not RecipientList.objects.exists()


def test_a_row_is_mended_in_place(page, imported):
    door = f"/lists/{imported.pk}/rows/3/"
    still = page.post(door, {"column": ["Mobile"], "cell": ["12"]})
    assert "too short" in text(still)
    assert 'aria-invalid="true"' in still.content.decode()
    mended = page.post(door, {"column": ["Mobile"], "cell": ["647 555 0190"]})
    assert "Row 3 is mended, 1 left." in text(mended)
    assert mended.headers["HX-Trigger"] == "list-changed"
    assert imported.rows.get(position=3).cells == ["647 555 0190", "Bath", "A3"]


def test_pages_of_rows_go_on_where_the_last_one_ended(page, draft):
    imports(page, ("Mobile\n+16475550142\n" + "\n".join(f"x{n}" for n in range(60))).encode())
    parent, seen, after = RecipientList.objects.get(), [], ""
    for _page in range(3):
        html = page.get(f"/lists/{parent.pk}/?show=bad&after={after}").content.decode()
        seen += re.findall(r'id="row-(\d+)"', html)
        after = (re.findall(r"after=(\d+)", html) or [""])[0]
    assert seen == [str(position) for position in range(2, 62)]
    assert not after


def test_rows_out_of_reach_and_opted_out_are_shown_apart_and_dropped(page, imported, draft, sender):
    opt_out("+16475550145", sender, source="person", evidence="asked", now=timezone.now())
    panel = f"/lists/{imported.pk}/?draft={draft.pk}"
    assert "1 opted out" in text(page.get(panel))
    assert "647-555-0145" in text(page.get(f"{panel}&show=silent"))
    assert "+44" in text(page.get(f"{panel}&show=abroad"))
    answer = page.post(f"/lists/{imported.pk}/drop/", {"draft": draft.pk, "which": "abroad"})
    assert "1 row was dropped." in text(answer)
    assert "2 rows were dropped." in text(page.post(f"/lists/{imported.pk}/drop/", {}))
    imported.refresh_from_db()
    assert (imported.total, imported.bad) == (4, 0)


def test_columns_are_chosen_anew_and_nonsense_is_told(page, imported):
    door, names = f"/lists/{imported.pk}/columns/", ["mobile", "area", "order"]
    answer = page.post(door, {"role": ["number", "value", ""], "name": names, "region": "CA"})
    assert "read anew" in text(answer)
    imported.refresh_from_db()
    assert imported.mapping == {"Mobile": "number", "Town": "$area"}
    for roles, region, words in (
        (["", "value", ""], "CA", "No column holds the phone numbers"),
        (["number", "value", "value"], "CA", "Two columns fill"),
        (["number", "", ""], "XX", "is no country"),
    ):
        twice = ["mobile", "area", "area"]
        refused = page.post(door, {"role": roles, "name": twice, "region": region})
        assert refused.status_code == 422
        assert words in text(refused)


def test_the_rows_to_mend_are_downloaded_and_come_back(page, imported):
    answer = page.get(f"/lists/{imported.pk}/rows-to-mend.csv")
    data = b"".join(answer.streaming_content)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    mended = data.replace(b"nobody", b"'+16475550190").replace(b"'=1+1", b"Lyon")
    back = page.post(f"/lists/{imported.pk}/mended/", {"file": SimpleUploadedFile("mended.csv", mended)})
    assert "2 rows were mended." in text(back)
    assert "No row has to be mended." in text(back)
    other = page.post(f"/lists/{imported.pk}/mended/", {"file": SimpleUploadedFile("x.csv", b"a,b\n1,2\n")})
    assert other.status_code == 422
    assert "other columns" in text(other)


def test_a_list_is_kept_found_used_by_others_and_deleted(page, imported, client, make_user):
    assert "Saved as “Spring”." in text(page.post(f"/lists/{imported.pk}/keep/", {"name": "Spring", "shared": "on"}))
    assert page.post(f"/lists/{imported.pk}/keep/", {"name": " "}).status_code == 422
    assert "Spring" in text(page.get("/lists/?q=spr"))
    assert "No list is called so." in text(page.get("/lists/?q=%00autumn"))
    client.force_login(make_user("olga", "Composer"))
    assert "kept by mira" in text(client.get("/lists/"))
    panel = client.get(f"/lists/{imported.pk}/")
    assert "mira keeps this list" in text(panel)
    assert "nobody" not in text(panel)
    assert client.post(f"/lists/{imported.pk}/forget/").status_code == 404


def test_typed_numbers_become_a_list(page, draft):
    assert "2 good" in text(page.post("/lists/typed/", {"draft": draft.pk}))
    assert [number for number, *_ in lists.people(RecipientList.objects.get())] == ["+16475550142", "+16475550199"]


DOORS = ["", "rows/3/", "columns/", "drop/", "mended/", "rows-to-mend.csv", "keep/", "forget/"]


@pytest.mark.parametrize("door", DOORS)
def test_other_peoples_lists_do_not_exist(imported, client, make_user, door):
    client.force_login(make_user("olga", "Composer"))
    ask = client.get if door in {"", "rows-to-mend.csv"} else client.post
    answers = [ask(f"/lists/{pk}/{door}", {"name": "x"}) for pk in (imported.pk, NOBODY)]
    assert [answer.status_code for answer in answers] == [404, 404]


def test_whoever_may_not_compose_sees_no_list(imported, client, viewer):
    client.force_login(viewer)
    assert client.get(f"/lists/{imported.pk}/").status_code == 403
    client.logout()
    assert client.post("/lists/import/").headers["HX-Refresh"] == "true"


@pytest.mark.parametrize("query", ["?draft=x", f"?draft={NOBODY}", "?show=x&after=9999999999", "?after=-1"])
def test_odd_questions_are_answered(page, imported, query):
    assert page.get(f"/lists/{imported.pk}/{query}").status_code in {200, 404}
