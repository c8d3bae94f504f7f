"""Many rows written at once arrive as one by one."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import DataError, IntegrityError, connection
from django.db.transaction import atomic
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from uuid6 import uuid7

from messaging import timeline
from messaging.models import ReceiptInbox, SendAttempt, Sender, TimelineEntry, Transaction, client_ref, rows
from messaging.models.loading import ask, columns, listed, loaded
from messaging.models.rows import insert, save_fields, together, update
from messaging.statuses import Status

pytestmark = pytest.mark.django_db


def test_named_fields_are_saved_and_others_are_not(queued):
    rows = list(queued("+14165550100", "+14165550101").transactions.order_by("position"))
    until = timezone.now() + timedelta(minutes=1)
    for number, row in enumerate(rows):
        row.status, row.lease_token, row.lease_until = "sending", uuid4(), until
        row.provider_ref, row.conflict, row.clicks = f"ref-{number}", True, 99

    save_fields(rows, ["status", "lease_token", "lease_until", "provider_ref", "conflict", "status"])

    for row in rows:
        saved = Transaction.objects.get(pk=row.pk)
        assert (saved.status, saved.lease_token, saved.lease_until) == ("sending", row.lease_token, until)
        assert (saved.provider_ref, saved.conflict, saved.clicks) == (row.provider_ref, True, 0)


def test_json_and_nothing_survive(transaction):
    attempt = SendAttempt.objects.create(
        transaction=transaction, number=1, sender=transaction.sender, started_at=timezone.now()
    )
    attempt.request, attempt.http_status = {"body": "“quoted” \\ 'text'"}, None

    save_fields([attempt], ["request", "http_status"])

    attempt.refresh_from_db()
    assert (attempt.request, attempt.http_status) == ({"body": "“quoted” \\ 'text'"}, None)


def test_no_rows_are_no_statement(django_assert_num_queries):
    with django_assert_num_queries(0):
        save_fields([], ["status"])


# How a statement takes its rows, on PostgreSQL and on SQLite.
WAYS = ("jsonb_to_recordset", "jsonb_populate_recordset", "json_each")
ODD = "“quoted” \\ 'text' 100 % $(a) \U0001f600\x7f"


@pytest.fixture
def inserted(queued):
    """Rows that came in by one statement, beside one that was saved as an object."""

    def make(**more):
        message = queued()
        ids = [uuid7(), uuid7()]
        rows = [
            {
                "id": pk.hex,
                "client_ref": client_ref(pk),
                "recipient": f"+1416555012{position}",
                "position": position,
                "substitutions": {"a": ODD, "b": ""},
                "held": position > 1,
            }
            for position, pk in enumerate(ids, start=1)
        ]
        at = timezone.now()
        same = {"next_attempt_at": at, "expires_at": at + timedelta(hours=1), "created_at": at, "updated_at": at}
        sender = message.sender
        given = {"message": message.pk, "sender": sender.pk, "account": sender.account_id, "status": "queued"}
        insert(Transaction, rows, **{**same, **given, **more})
        return [Transaction.objects.get(pk=pk) for pk in ids], at

    return make


def test_inserted_rows_are_as_saved_ones(inserted):
    (first, second), at = inserted(correlation_id=ODD)

    assert (first.recipient, first.position, first.held, second.held) == ("+14165550121", 1, False, True)
    assert (first.substitutions, first.correlation_id) == ({"a": ODD, "b": ""}, ODD)
    assert (first.next_attempt_at, first.expires_at) == (at, at + timedelta(hours=1))
    assert (first.via, first.attempt_no, first.lease_token, first.clicks) == ("", 0, None, 0)
    assert first.client_ref == client_ref(first.pk)
    again = Transaction.objects.get(pk=first.pk)
    again.pk, again.client_ref, again.recipient = uuid7(), "x", "+14165550129"
    again.save(force_insert=True)
    assert Transaction.objects.filter(substitutions=first.substitutions, created_at=at).count() == 3


def test_what_the_table_forbids_is_not_inserted(inserted):
    with pytest.raises(IntegrityError), atomic():
        inserted(status="queued", next_attempt_at=None)


@pytest.mark.skipif(not rows.POSTGRES, reason="SQLite knows no length")
def test_what_is_too_long_is_refused_and_not_cut_off(inserted):
    with pytest.raises(DataError), atomic():
        inserted(correlation_id="x" * 101)


def test_a_reference_is_the_number_of_the_row():
    assert client_ref(UUID("01a22945-47d8-7a5f-aa92-ec8de78b7da5")) == "01M8MMAHYRF9FTN4QCHQKRPZD5"
    assert client_ref(UUID(int=2**128 - 1)) == "7" + 25 * "Z"


def test_facts_about_all_rows_are_as_single_ones(inserted):
    rows, at = inserted()
    every = Transaction.objects.filter(pk__in=[row.pk for row in rows])

    together(list(timeline.beginnings([row.pk for row in rows], Status.QUEUED, now=at)))
    timeline.append_all(every, "fitting", now=at)
    timeline.append([timeline.entry(row, kind, now=at) for row in rows for kind in ("queued", "fitting")])

    first, fitting = TimelineEntry.objects.filter(transaction=rows[0])
    assert (first.kind, first.state, first.dedupe_key, first.data) == ("queued", "queued", "queued:0", {})
    assert (fitting.kind, fitting.state, fitting.source) == ("fitting", "", "portal")
    assert (first.at, first.received_at) == (at, at)


def test_very_many_rows_are_several_statements(inserted, monkeypatch):
    monkeypatch.setattr(rows, "AT_ONCE", 1)

    with CaptureQueriesContext(connection) as asked:
        (first, second), _at = inserted()

    assert (first.position, second.position) == (1, 2)
    # The message of the fixture is one statement, or three where that must do.
    of_message = 1 if rows.POSTGRES else 3
    written = [one["sql"] for one in asked.captured_queries if "INSERT" in one["sql"]]
    assert sum(any(way in sql for way in WAYS) for sql in written) == 2 + of_message


def test_what_was_not_read_of_a_row_is_read_when_it_is_asked_for(sender, django_assert_num_queries):
    only = ("id", "address")
    statement = f"SELECT {columns(Sender, 'one', only)} FROM messaging_sender AS one WHERE id {{among}}"
    (values,) = ask(statement, [listed([sender.pk])])
    row = loaded(Sender, values, only)

    with django_assert_num_queries(0):
        assert (row.pk, row.address) == (sender.pk, sender.address)
    with django_assert_num_queries(1):
        assert row.kind == sender.kind


def test_no_rows_are_no_insert(django_assert_num_queries):
    with django_assert_num_queries(0):
        insert(Transaction, [])


@pytest.fixture
def facts(transaction):
    """Facts as rows to be written, told apart by their key."""

    def make(*keys, **more):
        at = timezone.now()
        told = {"transaction": transaction.pk, "at": at, "received_at": at, "source": "provider", "kind": "receipt"}
        return [{**told, "dedupe_key": key, "text": ODD, "data": {"detail": ODD}, **more} for key in keys]

    return make


def test_an_id_that_is_a_number_is_the_databases_own(facts, transaction):
    given = facts("a", "b")

    assert insert(TimelineEntry, given) == 2

    first, second = TimelineEntry.objects.filter(kind="receipt").order_by("id")
    assert (first.dedupe_key, first.text, first.data, first.code) == ("a", ODD, {"detail": ODD}, "")
    assert (first.at, first.transaction, first.pk < second.pk) == (given[0]["at"], transaction, True)


def test_what_is_known_is_left_out_where_that_is_asked_for(facts):
    insert(TimelineEntry, facts("a"))

    assert insert(TimelineEntry, facts("a", "b", "b", text="new"), ignore=True) == 1

    assert list(TimelineEntry.objects.filter(kind="receipt").values_list("dedupe_key", "text")) == [
        ("a", ODD),
        ("b", "new"),
    ]
    with pytest.raises(IntegrityError), atomic():
        insert(TimelineEntry, facts("a"))


@pytest.mark.skipif(not rows.POSTGRES, reason="SQLite takes no bytes out of JSON")
@pytest.mark.parametrize("number", [1, 2])
def test_bytes_come_as_they_are(account, number):
    at, body = timezone.now(), bytes(range(256))
    told = {"account": account.pk, "received_at": at, "method": "POST", "headers": {}, "body": body}
    given = [{**told, "digest": str(n), "state": "new", "next_attempt_at": at} for n in range(number)]

    assert insert(ReceiptInbox, given) == number

    assert {bytes(row.body) for row in ReceiptInbox.objects.all()} == {body}


def test_rows_are_changed_by_one_statement_as_if_saved(queued, django_assert_num_queries):
    first, second, other = queued("+14165550100", "+14165550101", "+14165550102").transactions.order_by("position")
    until = timezone.now() + timedelta(minutes=1)
    given = [
        {
            "id": row.pk,
            "lease_token": uuid4(),
            "lease_until": until,
            "status": "sending",
            "conflict": row is second,
            "substitutions": {"a": ODD},
            "next_attempt_at": None,
            "news": number,
        }
        for number, row in enumerate((first, second))
    ]

    with django_assert_num_queries(1):
        assert update(Transaction, given, reason_text=ODD, updated_at=until) == 2

    for row, wanted in zip((first, second), given, strict=True):
        row.refresh_from_db()
        assert {name: getattr(row, name) for name in wanted} == wanted
        assert (row.reason_text, row.updated_at) == (ODD, until)
        assert Transaction.objects.filter(substitutions={"a": ODD}, lease_token=row.lease_token).get() == row
    before = other.updated_at
    other.refresh_from_db()
    assert (other.status, other.updated_at) == ("queued", before)


def test_only_rows_that_fit_in_all_that_is_named_are_changed(account):
    token, at = uuid4(), timezone.now()
    ours, theirs = (
        ReceiptInbox.objects.create(
            account=account, received_at=at, method="POST", body=b"", digest=name, next_attempt_at=at, lease_token=lease
        )
        for name, lease in (("a", token), ("b", uuid4()))
    )
    given = [{"id": row.pk, "lease_token": token, "note": "read"} for row in (ours, theirs)]

    assert update(ReceiptInbox, given, by=("id", "lease_token"), state="done") == 1

    assert list(ReceiptInbox.objects.order_by("id").values_list("note", "state")) == [("read", "done"), ("", "new")]


def test_very_many_rows_are_changed_by_several_statements(queued, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(rows, "AT_ONCE", 1)
    message = queued("+14165550100", "+14165550101")
    given = [{"id": row.pk, "clicks": 3} for row in message.transactions.all()]

    with django_assert_num_queries(2):
        assert update(Transaction, given) == 2

    assert set(message.transactions.values_list("clicks", flat=True)) == {3}
    with django_assert_num_queries(0):
        assert update(Transaction, []) == 0
