"""Downloads of recipients: who may have them, what stands in them, and that they are complete."""

import csv
import io

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.urls import reverse

from messaging.models import RecipientList, Transaction
from messaging.web import exporting, messages

LIST = reverse("web:messages-export")


def rows(answer) -> list[dict[str, str]]:
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))


def of(message) -> str:
    return reverse("web:message-export", args=[message.pk])


def test_only_those_who_may_download(client, viewer, message) -> None:
    client.force_login(viewer)
    assert client.get(of(message)).status_code == client.get(LIST).status_code == 403
    assert b"Recipients as CSV" not in client.get(reverse("web:message", args=[message.pk])).content
    assert not LogEntry.objects.exists()


def test_recipients_come_with_their_outcome_and_it_is_written_down(client, composer, message) -> None:
    client.force_login(composer)
    found = rows(client.get(of(message)))
    assert len(found) == message.total
    assert found[0]["Number"] == "'+16475550100"
    assert (found[0]["Status"], found[0]["By"], found[0]["Message"]) == ("Delivered", "MMS", message.name)
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id, entry.change_message) == (composer, str(message.pk), "Downloaded recipients")
    assert b"Recipients as CSV" in client.get(reverse("web:message", args=[message.pk])).content


def test_numbers_are_masked_for_those_who_may_not_see_them(client, viewer, message) -> None:
    viewer.user_permissions.add(Permission.objects.get(codename="export_message"))
    Transaction.objects.update(correlation_id="+16475550100")
    client.force_login(viewer)
    text = client.get(of(message)).getvalue().decode()
    assert "+1647***0100" in text
    assert "16475550100" not in text


def test_cells_are_no_formulas(client, composer, make_message) -> None:
    message = make_message(["delivered"], name="=HYPERLINK(1)")
    Transaction.objects.update(correlation_id='@SUM("a,b")')
    client.force_login(composer)
    (found,) = rows(client.get(of(message)))
    assert (found["Message"], found["Correlation ID"]) == ("'=HYPERLINK(1)", '\'@SUM("a,b")')


@pytest.mark.parametrize(
    ("query", "expected"),
    [({}, 5), ({"status": "failed"}, 1), ({"q": "0101"}, 1), ({"q": "0101", "status": "failed"}, 0)],
)
def test_filters_of_the_page_hold_for_the_download(client, composer, make_message, query, expected) -> None:
    message = make_message(["delivered", "delivered", "failed", "queued", "delivered"])
    client.force_login(composer)
    assert len(rows(client.get(of(message), query))) == expected


@pytest.mark.parametrize("stretch", [1, 2, 3, 100])
def test_the_list_is_whole_however_it_is_cut(client, composer, make_message, monkeypatch, stretch) -> None:
    monkeypatch.setattr(exporting, "AT_ONCE", stretch)
    monkeypatch.setattr(messages, "WINDOW", 2)
    for size in (1, 4, 2, 1, 3):
        make_message(["delivered"] * (size - 1) + ["failed"], name=f"Of {size}")
    client.force_login(composer)
    everything = rows(client.get(LIST))
    assert len({row["Transaction"] for row in everything}) == len(everything) == 11
    assert [row["Message"] for row in everything][:4] == ["Of 3", "Of 3", "Of 3", "Of 1"]
    failed = rows(client.get(LIST, {"status": "failed"}))
    assert [row["Status"] for row in failed] == ["Failed"] * 5


def test_a_stretch_more_is_a_query_more_and_no_transaction_stays_open(
    client, composer, make_message, monkeypatch, django_assert_max_num_queries
) -> None:
    monkeypatch.setattr(exporting, "AT_ONCE", 10)
    message = make_message(["delivered"] * 30)
    client.force_login(composer)
    with django_assert_max_num_queries(14):
        assert len(rows(client.get(of(message)))) == 30


def test_words_are_those_of_the_reader(client, composer, message) -> None:
    client.force_login(composer)
    client.cookies["language"] = "fr"
    (first, *_rest) = rows(client.get(of(message)))
    assert "Number" not in first
    assert "Distribué" in first.values() or "Livré" in first.values() or "Remis" in first.values()


def test_a_whole_list_of_ones_own_can_be_downloaded(client, composer, make_user) -> None:
    parent = RecipientList.objects.create(owner=composer, columns=["Mobile", "Town"], total=3)
    for position, cells in enumerate([["+16475550100", "Ely"], ["no number", "=1"], ["+16475550101"]], 1):
        parent.rows.create(position=position, cells=cells)
    address = reverse("web:list-rows", args=[parent.pk])
    client.force_login(composer)
    assert [list(row.values()) for row in rows(client.get(address))] == [
        ["'+16475550100", "Ely"],
        ["no number", "'=1"],
        ["'+16475550101", ""],
    ]
    client.force_login(make_user("other", "Composer"))
    assert client.get(address).status_code == 404
