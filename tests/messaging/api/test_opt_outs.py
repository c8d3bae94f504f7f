"""Opt-outs over REST: a key sees what holds its senders, enters what it was told, and lifts only what it entered."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from messaging import consent
from messaging.addresses import SenderKind
from messaging.models import OptOut, ProviderAccount, Sender, issue_key

pytestmark = pytest.mark.django_db
URL = "/api/v1/opt-outs"
NUMBER = "+16475550142"
ENTRY = {"number": NUMBER, "sender": "34343", "evidence": "By telephone on 3 November."}
SCOPES = ["opt_outs:read", "opt_outs:write", "messages:send"]


@pytest.fixture
def other(account) -> Sender:
    return Sender.objects.create(address="55555", kind=SenderKind.SHORT_CODE, account=account)


@pytest.fixture
def limited(sender) -> APIClient:
    """The client of a key that may use one sender only."""
    client = APIClient()
    client.credentials(HTTP_KEY=issue_key(name="Limited", scopes=SCOPES, senders=[sender])[1])
    return client


def told(number: str, sender: Sender | None, source: str = "handset") -> OptOut:
    row = consent.opt_out(number, sender, source=source, evidence="STOP", now=timezone.now())
    assert row is not None
    return row


def test_what_is_entered_holds_back_the_next_message(client, key, send):
    answer = client.post(URL, {**ENTRY, "number": "(647) 555-0142"}, format="json")

    assert answer.status_code == 201
    row = answer.json()
    assert (row["number"], row["sender"], row["source"], row["lifted_at"]) == (NUMBER, "34343", "api", None)
    assert OptOut.objects.get().api_key == key
    assert send().status_code == 422
    assert client.get(f"{URL}/{row['id']}").json() == row


def test_the_same_again_is_answered_and_makes_no_second(client, sender):
    first = client.post(URL, ENTRY, format="json")
    again = client.post(URL, {**ENTRY, "evidence": "Once more."}, format="json")

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()


def test_what_the_same_address_of_another_account_was_told_stands_already(client, sender):
    # The handset sees one short code, whoever carries it.
    account = ProviderAccount.objects.create(name="Sinch US", provider="sinch", base_url="http://127.0.0.1:9/sinch")
    twin = Sender.objects.create(address="34343", kind=SenderKind.SHORT_CODE, account=account)
    stop = told(NUMBER, twin)

    assert client.post(URL, ENTRY, format="json").json()["id"] == str(stop.pk)


def test_without_a_sender_it_holds_for_all(client, send):
    answer = client.post(URL, {"number": NUMBER, "evidence": "By letter."}, format="json")

    assert (answer.status_code, answer.json()["sender"]) == (201, None)
    assert send().status_code == 422


@pytest.mark.parametrize(
    ("members", "pointer", "code"),
    [
        ({"number": "12"}, "/number", None),
        ({"number": None}, "/number", "missing"),
        ({"number": 16475550142}, "/number", "wrong_type"),
        ({"evidence": ""}, "/evidence", "missing"),
        ({"evidence": "x" * 301}, "/evidence", "too_long"),
        ({"sender": ""}, "/sender", "missing"),
        ({"source": "handset"}, "/source", "unknown_field"),
    ],
)
def test_a_bad_entry_says_which_member(client, sender, refused, members, pointer, code):
    errors = refused(client.post(URL, {**ENTRY, **members}, format="json"), 400, code)

    assert [error["pointer"] for error in errors] == [pointer]


def test_a_key_with_few_senders_sees_and_enters_only_theirs(limited, client, sender, other, refused):
    own, foreign, everywhere = told(NUMBER, sender), told(NUMBER, other), told("+16475550143", None)

    assert [row["id"] for row in limited.get(URL).json()["results"]] == [str(own.pk)]
    assert len(client.get(URL).json()["results"]) == 3
    refused(limited.get(f"{URL}/{foreign.pk}"), 404)
    refused(limited.get(f"{URL}/{everywhere.pk}"), 404)
    refused(limited.post(f"{URL}/{foreign.pk}/lift", {"evidence": "x"}, format="json"), 404)
    refused(limited.post(URL, {**ENTRY, "sender": "55555"}, format="json"), 403, "sender_not_allowed")
    refused(limited.post(URL, {"number": NUMBER, "evidence": "x"}, format="json"), 403, "sender_not_allowed")


def test_a_key_lifts_what_it_entered_on_the_recipients_word(client, send):
    row = client.post(URL, ENTRY, format="json").json()

    lifted = client.post(f"{URL}/{row['id']}/lift", {"evidence": "Web form, 9 November."}, format="json")
    again = client.post(f"{URL}/{row['id']}/lift", {"evidence": "Another reason."}, format="json")

    assert lifted.json()["lifted_why"] == again.json()["lifted_why"] == "Web form, 9 November."
    assert lifted.json()["lifted_at"]
    assert send().status_code == 201


@pytest.mark.parametrize("source", ["handset", "provider", "person"])
def test_what_others_said_is_not_a_keys_to_lift(client, sender, refused, source):
    row = told(NUMBER, sender, source)

    refused(client.post(f"{URL}/{row.pk}/lift", {"evidence": "Please."}, format="json"), 403, "lift_not_allowed")
    assert OptOut.objects.get().lifted_at is None


@pytest.mark.parametrize("everywhere", [True, False])
@pytest.mark.parametrize("source", ["handset", "provider", "person"])
def test_nor_is_what_others_said_after_a_key_had_entered_it(client, sender, send, refused, source, everywhere):
    entry = {name: value for name, value in ENTRY.items() if not (everywhere and name == "sender")}
    row = client.post(URL, entry, format="json").json()
    stop = told(NUMBER, None if everywhere else sender, source)

    assert client.post(URL, entry, format="json").json()["id"] == str(stop.pk)
    client.post(f"{URL}/{row['id']}/lift", {"evidence": "Web form."}, format="json")
    refused(client.post(f"{URL}/{stop.pk}/lift", {"evidence": "Web form."}, format="json"), 403, "lift_not_allowed")
    assert send().status_code == 422
    assert consent.opt_out(NUMBER, stop.sender, source=source, evidence="STOP", now=timezone.now()) is None
    assert OptOut.objects.get(lifted_at=None) == stop


def test_nor_is_what_another_key_entered(client, limited, sender, refused):
    row = client.post(URL, ENTRY, format="json").json()

    refused(limited.post(f"{URL}/{row['id']}/lift", {"evidence": "Please."}, format="json"), 403, "lift_not_allowed")


def test_the_list_is_filtered(client, sender, other):
    standing, lifted = told(NUMBER, sender), told("+16475550143", other)
    everywhere = told("+16475550144", None)
    consent.lift(OptOut.objects.filter(pk=lifted.pk), why="START", now=timezone.now())

    def found(query: str) -> set[str]:
        return {row["id"] for row in client.get(f"{URL}?{query}").json()["results"]}

    assert found("standing=true") == {str(standing.pk), str(everywhere.pk)}
    assert found("standing=false") == {str(lifted.pk)}
    assert found("number=%2B16475550142") == {str(standing.pk)}
    # What holds a sender is also what holds for all.
    assert found("sender=34343") == {str(standing.pk), str(everywhere.pk)}
    assert found("created_after=2999-01-01T00:00:00Z") == set()


@pytest.mark.parametrize("query", ["standing=yes", "number=12", "nothing=1", "fields=secret", "created_before=soon"])
def test_an_odd_filter_is_refused(client, refused, query):
    refused(client.get(f"{URL}?{query}"), 400)


def test_reading_and_writing_are_two_scopes(sender, refused):
    reader = APIClient()
    reader.credentials(HTTP_KEY=issue_key(name="Reader", scopes=["opt_outs:read"])[1])

    assert reader.get(URL).status_code == 200
    refused(reader.post(URL, ENTRY, format="json"), 403, "scope_missing")


def test_a_test_key_silences_nobody_in_earnest(sender, account, refused, send, settings):
    settings.ALLOW_PRIVATE_TARGETS = frozenset({"127.0.0.1:9"})
    trying = APIClient()
    trying.credentials(HTTP_KEY=issue_key(name="Trying out", scopes=SCOPES, test=True)[1])
    everywhere = {"number": "+16475550143", "evidence": "x"}

    assert trying.post(URL, {**ENTRY, "number": "+16475550144"}, format="json").status_code == 201
    assert trying.post(URL, everywhere, format="json").status_code == 201
    real = ProviderAccount.objects.create(name="Real", provider="sinch", base_url="https://api.provider.example.com")
    Sender.objects.create(address="34343", kind=SenderKind.SHORT_CODE, account=real)
    for entry in (ENTRY, {**everywhere, "number": NUMBER}):
        (error,) = refused(trying.post(URL, entry, format="json"), 403, "test_key_real_account")
        assert error["pointer"] == "/sender"
    assert send().status_code == 201


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_make_one(issued_key, sender):
    def enter(_turn: int) -> tuple[int, str]:
        client = APIClient()
        client.credentials(HTTP_KEY=issued_key[1])
        try:
            answer = client.post(URL, ENTRY, format="json")
        finally:
            connection.close()
        return answer.status_code, answer.json()["id"]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(enter, range(20)))

    assert sorted(status for status, _id in answers) == [200] * 19 + [201]
    assert len({row for _status, row in answers}) == 1
