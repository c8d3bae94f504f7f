"""Reading: only one's own, in pages, by known filters (reliability, section 5, rows 15 and 22)."""

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from messaging.models import Message, Sender, Slide, Template, Transaction, issue_key

pytestmark = pytest.mark.django_db
LISTS = ["messages", "transactions", "senders", "templates", "codes"]
NOWHERE = "01890000-0000-7000-8000-000000000000"


@pytest.fixture
def three(send) -> list[str]:
    """Three messages to two recipients each; their ids, oldest first."""
    return [send(to=[f"+1647555010{number}", "+16475550199"]).json()["id"] for number in range(3)]


@pytest.fixture
def stranger(sender) -> APIClient:
    client = APIClient()
    _key, whole, _secret = issue_key(name="Stranger", scopes=["messages:send", "messages:read"])
    client.credentials(HTTP_KEY=whole)
    return client


def test_a_transaction_has_the_promised_shape(client, message) -> None:
    row = message.transactions.get()
    answer = client.get(f"/api/v1/transactions/{row.pk}").json()
    assert answer["id"] == str(row.pk)
    assert answer["message"] == str(message.pk)
    assert (answer["to"], answer["status"], answer["provider"]) == ("+16475550142", "queued", "webex")
    assert (answer["via"], answer["reason"], answer["provider_ref"]) == (None, None, "")
    (first,) = answer["timeline"]
    assert set(first) == {"at", "kind", "source", "code", "text"}
    assert (first["kind"], first["source"]) == ("queued", "portal")
    assert first["at"].endswith("Z")


def test_a_failed_transaction_says_why_and_what_to_do(client, message) -> None:
    row = message.transactions.get()
    Transaction.objects.filter(pk=row.pk).update(
        status="failed", reason_code="7004", reason_text="Invalid", next_attempt_at=None
    )
    reason = client.get(f"/api/v1/transactions/{row.pk}").json()["reason"]
    assert reason["code"] == "7004"
    assert reason["text"]
    assert reason["next_step"]


def test_a_message_shows_its_counts_and_its_content(client, message) -> None:
    answer = client.get(f"/api/v1/messages/{message.pk}").json()
    assert (answer["from"], answer["total"], answer["counts"]) == ("34343", 1, {"queued": 1})
    assert answer["content"]["slides"][0]["text"] == "Hello there"


def test_pages_follow_one_another_without_gap_or_repeat(client, three) -> None:
    seen, address = [], "/api/v1/transactions?limit=4"
    while address:
        answer = client.get(address).json()
        seen += [row["message"] for row in answer["results"]]
        address = answer["next"]
    assert seen == [message for message in reversed(three) for _ in range(2)]


def test_what_arrives_between_two_pages_shifts_nothing(client, three, send) -> None:
    first = client.get("/api/v1/messages?limit=2").json()
    send()
    second = client.get(first["next"]).json()
    assert [row["id"] for row in first["results"] + second["results"]] == three[::-1]
    assert second["next"] is None


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("status=queued", 6),
        ("status=delivered", 0),
        ("sender=34343", 6),
        ("sender=99999", 0),
        ("to=%2B16475550199", 3),
        ("to=16475550199", 3),
        ("to=%2B16475550101&status=queued", 1),
        ("created_after=2020-01-01T00:00:00Z", 6),
        ("created_after=2020-01-01T00:00:00%2B01:00", 6),
        ("created_before=2020-01-01T00:00:00Z", 0),
        (f"message={NOWHERE}", 0),
    ],
)
def test_transactions_are_filtered(client, three, query, count) -> None:
    assert len(client.get(f"/api/v1/transactions?{query}").json()["results"]) == count


def test_messages_are_filtered_by_their_transactions(client, three) -> None:
    def found(query: str) -> list[str]:
        return [row["id"] for row in client.get(f"/api/v1/messages?{query}").json()["results"]]

    assert found("to=%2B16475550199&status=queued") == three[::-1]
    assert found("to=%2B16475550100") == [three[0]]
    assert found("status=read") == []
    assert found("sender=34343&created_before=2020-01-01T00:00:00Z") == []


def test_transactions_of_one_message(client, three) -> None:
    rows = client.get("/api/v1/transactions", {"message": three[1]}).json()["results"]
    assert {row["message"] for row in rows} == {three[1]}
    assert len(rows) == 2


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(
    "query",
    [
        "offset=-1",
        "ordering=password",
        "client__secret__startswith=a",
        "page=2",
        "format=xml",
        "limit=10&limit=20",
    ],
)
def test_unknown_and_doubled_parameters_are_refused(client, refused, name, query) -> None:
    (error,) = refused(client.get(f"/api/v1/{name}?{query}"), 400)
    assert error["pointer"] == query.split("=")[0]


@pytest.mark.parametrize("name", ["messages", "transactions", "senders", "templates"])
@pytest.mark.parametrize(
    "query",
    [
        "limit=1000000",
        "limit=201",
        "limit=0",
        "limit=-1",
        "limit=1.0",
        "limit=١",
        "limit=" + "9" * 150,
        "cursor=",
        "cursor=x",
        "cursor=%00",
        "cursor=" + "A" * 100,
        "cursor=é",
    ],
)
def test_odd_limits_and_cursors_are_refused(client, sender, refused, name, query) -> None:
    (error,) = refused(client.get(f"/api/v1/{name}?{query}"), 400)
    assert error["pointer"] == query.split("=")[0]


@pytest.mark.parametrize(
    "query",
    [
        "status=gone",
        "to=nobody",
        "created_after=yesterday",
        "created_before=2020-01-01",
        "message=1",
        "sender=%00",
        "to=",
    ],
)
def test_odd_filters_are_refused(client, refused, query) -> None:
    (error,) = refused(client.get(f"/api/v1/transactions?{query}"), 400)
    assert error["pointer"] == query.split("=")[0]


def test_things_of_another_integration_do_not_exist(stranger, message, refused) -> None:
    row = message.transactions.get()
    for path in (f"messages/{message.pk}", f"transactions/{row.pk}"):
        foreign, absent = stranger.get(f"/api/v1/{path}"), stranger.get(f"/api/v1/{path[:-36]}{NOWHERE}")
        refused(foreign, 404)
        assert foreign.json() == absent.json()
    refused(stranger.post(f"/api/v1/messages/{message.pk}/cancel"), 404)
    assert stranger.get("/api/v1/messages").json()["results"] == []
    assert stranger.get("/api/v1/transactions", {"message": message.pk}).json()["results"] == []
    assert Transaction.objects.get(pk=row.pk).status == "queued"


@pytest.mark.parametrize("path", ["nothing", "messages/x", "messages/1/cancel", "transactions/%00", "messages/"])
def test_unknown_addresses_are_problems_too(client, refused, path) -> None:
    refused(client.get(f"/api/v1/{path}"), 404)


def test_cancelling_withdraws_what_waits(client, send) -> None:
    later = (timezone.now() + timedelta(hours=1)).isoformat()
    sent = send(to=["+16475550142", "+16475550143"], send_at=later).json()
    answer = client.post(f"/api/v1/messages/{sent['id']}/cancel")
    assert answer.status_code == 200, answer.content
    assert answer.json() == {"id": sent["id"], "cancelled": 2, "counts": {"cancelled": 2}}
    again = client.post(f"/api/v1/messages/{sent['id']}/cancel", {}, format="json")
    assert (again.status_code, again.json()["cancelled"]) == (200, 0)


def test_what_has_left_cannot_be_withdrawn(client, message, refused) -> None:
    message.transactions.update(status="delivered", next_attempt_at=None)
    refused(client.post(f"/api/v1/messages/{message.pk}/cancel"), 409, "nothing_to_cancel")
    refused(client.post(f"/api/v1/messages/{message.pk}/cancel", {"now": True}, format="json"), 400)


def test_a_key_sees_the_senders_it_may_use(client, key, sender, account) -> None:
    Sender.objects.create(address="55555", kind="short_code", account=account)
    key.senders.add(sender)
    (row,) = client.get("/api/v1/senders").json()["results"]
    assert row == {
        "id": str(sender.pk),
        "address": "34343",
        "kind": "short_code",
        "country": "US",
        "provider": "webex",
        "account": "Webex US",
        "mms_enabled": True,
    }


def test_templates_are_listed_with_their_slides(client) -> None:
    template = Template.objects.create(name="Spring", subject="Spring")
    Slide.objects.create(template=template, position=0, text="Hello", duration=7)
    (row,) = client.get("/api/v1/templates").json()["results"]
    assert (row["id"], row["name"], row["slides"]) == (str(template.pk), "Spring", [{"text": "Hello", "duration": 7}])


def test_every_code_is_explained(client) -> None:
    rows = client.get("/api/v1/codes").json()["results"]
    members = {"provider", "code", "where", "meaning", "whose", "next_step", "class", "effect", "retry", "mapped"}
    assert members == set(rows[0])
    by_code = {(row["provider"], row["where"], row["code"]): row for row in rows}
    assert by_code["webex", "receipt", "7500"]["class"] == "delivered"
    assert by_code["webex", "answer", "7004"]["class"] == "failed"
    assert all(row["meaning"] and row["next_step"] for row in rows)
    receipts = client.get("/api/v1/codes", {"where": "receipt", "provider": "webex"}).json()["results"]
    assert {(row["provider"], row["where"]) for row in receipts} == {("webex", "receipt")}


@pytest.mark.parametrize("query", ["provider=nobody", "where=elsewhere", "limit=1000"])
def test_odd_code_filters_are_refused(client, refused, query) -> None:
    refused(client.get(f"/api/v1/codes?{query}"), 400)


@pytest.mark.parametrize(
    ("path", "queries"),
    [
        ("messages", 3),  # key, page, counts
        ("transactions", 2),  # key, page with accounts
        ("senders", 3),  # key, whether it lists senders, page with accounts
        ("templates", 4),  # key, page, slides, parts
        ("codes", 1),  # key
    ],
)
def test_a_list_costs_the_same_however_long_it_is(
    client, three, account, django_assert_num_queries, path, queries
) -> None:
    for number in range(5):
        Sender.objects.create(address=f"6000{number}", kind="short_code", account=account)
        template = Template.objects.create(name=f"Spring {number}")
        Slide.objects.create(template=template, position=0, text="Hello")
    client.get("/api/v1/codes")
    with django_assert_num_queries(queries):
        assert len(client.get(f"/api/v1/{path}").json()["results"]) > 2


def test_details_cost_few_queries(client, message, django_assert_num_queries) -> None:
    row = message.transactions.get()
    client.get("/api/v1/codes")
    with django_assert_num_queries(9):  # key, transaction with account, timeline; six about what it waits for
        client.get(f"/api/v1/transactions/{row.pk}")
    with django_assert_num_queries(3):  # key, message with sender, counts
        client.get(f"/api/v1/messages/{message.pk}")


def test_a_send_to_hundreds_is_written_in_batches(send, django_assert_max_num_queries) -> None:
    with django_assert_max_num_queries(40):
        assert send(to=[f"+1647555{number:04}" for number in range(500)]).status_code == 201
    assert Message.objects.get().total == 500
