"""Who may send a message: one sender, several in the order of preference, or any that suits it."""

import pytest
from django.utils import timezone

from messaging import consent
from messaging.gateway import registry
from messaging.models import Message, OptOut, ProviderAccount, Sender, Transaction

pytestmark = pytest.mark.django_db


@pytest.fixture
def spare(sender) -> Sender:
    account = ProviderAccount.objects.create(name="Webex CA", provider="webex", base_url="http://127.0.0.1:9/webex")
    return Sender.objects.create(address="55555", kind="short_code", account=account)


def silence(number: str, sender: Sender) -> None:
    consent.opt_out(number, sender, source=OptOut.Source.HANDSET, evidence="STOP", now=timezone.now())


def test_the_first_of_a_list_sends_and_the_others_stand_by(send, sender, spare) -> None:
    answer = send(**{"from": ["55555", "34343"]}).json()

    message = Message.objects.get(pk=answer["id"])
    assert (message.sender, message.alternatives) == (spare, [str(sender.pk)])
    assert [row["sender"] for row in answer["transactions"]] == ["55555"]
    assert [(way["sender"], way["eligible"], way["recipients"]) for way in answer["routing"]] == [
        ("55555", True, 1),
        ("34343", True, 0),
    ]
    assert all(way["reasons"] for way in answer["routing"])


def test_a_paused_sender_is_passed_over_and_stands_by(send, sender, spare) -> None:
    Sender.objects.filter(pk=sender.pk).update(paused_at=timezone.now())

    answer = send(**{"from": ["34343", "55555"]}).json()

    assert [row["sender"] for row in answer["transactions"]] == ["55555"]
    assert answer["findings"] == []
    assert "paused" in " ".join(answer["routing"][0]["reasons"])
    assert Message.objects.get().alternatives == [str(sender.pk)]


def test_what_stops_one_sender_only_stands_in_its_route(send, sender, spare) -> None:
    Sender.objects.filter(pk=sender.pk).update(mms_enabled=False)

    answer = send(dry_run=True, **{"from": ["34343", "55555"]}).json()

    assert (answer["ok"], answer["findings"]) == (True, [])
    assert [way["eligible"] for way in answer["routing"]] == [False, True]
    assert answer["routing"][0]["reasons"] == ["34343 is not enabled for MMS."]


def test_any_is_every_sender_of_the_key(send, sender, spare, key) -> None:
    key.senders.add(spare)
    assert send(**{"from": "any"}).json()["transactions"][0]["sender"] == "55555"

    key.senders.set([sender, spare])
    Sender.objects.filter(pk=spare.pk).update(mms_enabled=False)
    answer = send(**{"from": "any"}).json()
    assert answer["transactions"][0]["sender"] == "34343"
    assert {way["sender"] for way in answer["routing"]} == {"34343", "55555"}


def test_any_of_none_is_refused(send, sender, refused) -> None:
    Sender.objects.all().delete()
    (error,) = refused(send(**{"from": "any"}), 403, "sender_not_allowed")
    assert error["pointer"] == "/from"


def test_an_id_names_one_of_two_senders_with_the_same_address(send, sender, spare) -> None:
    twin = Sender.objects.create(address=sender.address, kind="short_code", account=spare.account)

    both = send().json()
    one = send(**{"from": str(twin.pk)}).json()

    assert len(both["routing"]) == 2
    assert [way["account"] for way in one["routing"]] == ["Webex CA"]
    assert Transaction.objects.get(pk=one["transactions"][0]["id"]).sender == twin


@pytest.mark.parametrize(
    ("given", "status", "code", "pointer"),
    [
        ([], 400, "sender_count", "/from"),
        (["34343"] * 21, 400, "sender_count", "/from"),
        (["34343", "34343"], 400, "repeated", "/from"),
        (["34343", 5], 400, "wrong_type", "/from"),
        (["34343", ""], 400, "wrong_type", "/from"),
        ({"any": True}, 400, "wrong_type", "/from"),
        ("x" * 37, 400, "too_long", "/from"),
        (["34343", "99999"], 403, "sender_not_allowed", "/from/1"),
        ("ANY", 403, "sender_not_allowed", "/from"),
    ],
)
def test_a_choice_that_cannot_be_read_is_refused_at_its_place(send, refused, given, status, code, pointer) -> None:
    errors = refused(send(**{"from": given}), status, code)
    assert pointer in [error["pointer"] for error in errors]


def test_who_has_opted_out_is_held_back_with_a_transaction_that_says_so(send, sender) -> None:
    silence("+16475550143", sender)

    examined = send(dry_run=True, to=["+16475550142", "+16475550143"]).json()
    answer = send(to=["+16475550142", "+16475550143"]).json()

    assert examined["recipients"] == {"accepted": 1, "held_back": [{"pointer": "/to/1", "code": "opted_out"}]}
    assert [(row["to"], row["status"]) for row in answer["transactions"]] == [
        ("+16475550142", "queued"),
        ("+16475550143", "blocked"),
    ]
    assert answer["transactions"][1]["reason"]["code"] == "opted_out"
    assert [(one["code"], one["pointer"]) for one in answer["findings"]] == [("opted_out", "/to/1")]


def test_a_message_for_nobody_but_those_who_opted_out_is_refused(send, sender, refused) -> None:
    silence("+16475550142", sender)
    refused(send(), 422, "recipients_opted_out")
    assert not Message.objects.exists()


def test_the_transactions_of_a_sender_are_those_it_carries(client, send, sender, spare) -> None:
    send(**{"from": ["55555", "34343"]})
    assert len(client.get("/api/v1/transactions?sender=55555").json()["results"]) == 1
    assert client.get("/api/v1/transactions?sender=34343").json()["results"] == []


def test_every_provider_says_why_or_why_not(send, sender) -> None:
    names = registry.names()
    for name in names:
        account = ProviderAccount.objects.create(name=f"{name} 2", provider=name, base_url="http://127.0.0.1:9")
        Sender.objects.create(address="77777", kind="short_code", account=account)

    three = [{"text": f"Slide {number}"} for number in range(3)]
    answer = send(
        dry_run=True, content={"subject": "Hi", "slides": three, "fallback": {"text": "Hi"}}, **{"from": "any"}
    ).json()

    assert answer["ok"] is True
    assert {way["provider"] for way in answer["routing"]} == set(names)
    assert all(way["reasons"] for way in answer["routing"])
    assert all(way["eligible"] is (way["provider"] != "telesign") for way in answer["routing"])


@pytest.mark.parametrize("wanted", ["any", ["34343", "55555"]])
def test_a_sender_whose_provider_is_gone_does_not_exist(send, sender, spare, client, wanted) -> None:
    ProviderAccount.objects.filter(pk=spare.account_id).update(provider="gone")

    answer = send(dry_run=True, **{"from": wanted})

    assert answer.status_code == (200 if wanted == "any" else 403)
    assert [row["address"] for row in client.get("/api/v1/senders").json()["results"]] == ["34343"]
