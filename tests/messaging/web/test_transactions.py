"""The timeline page: what it tells, to whom, and how it follows what happens."""

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from media.words import kept
from messaging import timeline
from messaging.models import ReceiptInbox, SendAttempt, Transaction
from messaging.web.live import LONGEST_PAUSE, Pulse


def at(transaction, name: str = "transaction") -> str:
    return reverse(f"web:{name}", args=[transaction.pk])


def of(message, position: int = 0) -> Transaction:
    return message.transactions.get(position=position)


@pytest.fixture
def attempt(message) -> SendAttempt:
    now = timezone.now()
    return SendAttempt.objects.create(
        transaction=of(message),
        number=1,
        sender=message.sender,
        phase="done",
        outcome="A",
        http_status=200,
        request={"to": "+16475550100", "service_key": "[redacted]"},
        answer='{"msisdn": "16475550100"}',
        started_at=now,
        wire_at=now,
        finished_at=now + timedelta(seconds=0.5),
    )


@pytest.mark.parametrize("name", ["transaction", "transaction-live"])
def test_staff_without_the_right_are_refused(client, make_user, message, name) -> None:
    client.force_login(make_user("nobody"))
    assert client.get(at(of(message), name)).status_code == 403


@pytest.mark.parametrize("name", ["transaction", "transaction-live"])
def test_an_unknown_transaction_is_not_found(client, composer, name) -> None:
    client.force_login(composer)
    assert client.get(reverse(f"web:{name}", args=[uuid4()])).status_code == 404


@pytest.mark.parametrize(
    ("position", "words"), [(0, "Delivered as MMS"), (1, "Delivered as SMS"), (5, "Read as MMS"), (4, "Queued")]
)
def test_the_status_says_what_was_delivered(client, composer, message, position, words) -> None:
    client.force_login(composer)
    assert client.get(at(of(message, position))).context["look"].label == words


def test_the_story_is_told_newest_first_with_codes_and_sources(client, composer, message) -> None:
    client.force_login(composer)
    answer = client.get(at(of(message)))
    titles = [moment.title for moment in answer.context["moments"]]
    assert titles[0] == "Delivered"
    assert titles[-1] == "Queued"
    text = answer.content.decode()
    assert re.search(r"class=\"tag\"[^>]*>7500</", text)
    assert "UTC" in text


def test_facts_name_references_tries_and_the_time_to_the_handset(client, composer, message) -> None:
    transaction = of(message)
    client.force_login(composer)
    answer = client.get(at(transaction))
    assert answer.context["took"] == 2.0
    for words in (transaction.client_ref, transaction.provider_ref, "order-1881", "+1 647-555-0100", "34343"):
        assert words in answer.content.decode()


@pytest.mark.parametrize(("position", "code"), [(2, "7552"), (3, "")])
def test_trouble_is_explained_with_a_next_step(client, composer, message, position, code) -> None:
    client.force_login(composer)
    reason = client.get(at(of(message, position))).context["reason"]
    assert reason.code == code
    assert reason.text
    assert reason.next_step


def test_contradicting_receipts_are_flagged(client, composer, make_message) -> None:
    transaction = of(make_message(["conflict"]))
    client.force_login(composer)
    text = client.get(at(transaction)).content.decode()
    assert "Conflicting receipts" in text
    assert "Delivered as MMS" in text


def test_a_fact_that_came_out_of_order_is_marked_late(client, composer, make_message) -> None:
    transaction = of(make_message(["delivered"]))
    early = timeline.entry(transaction, "clicked", now=transaction.created_at, source="provider", key="early")
    early.received_at = timezone.now()
    timeline.append([early])
    client.force_login(composer)
    assert "Arrived late" in client.get(at(transaction)).content.decode()


@pytest.mark.parametrize(("show", "count"), [("all", 5), ("provider", 2), ("faults", 1), ("nonsense", 5)])
def test_the_story_can_be_narrowed(client, composer, message, show, count) -> None:
    client.force_login(composer)
    answer = client.get(at(of(message, 2)), {"show": show})
    assert len(answer.context["moments"]) == count


def test_raw_details_are_there_for_those_who_look(client, composer, attempt) -> None:
    client.force_login(composer)
    text = client.get(at(attempt.transaction)).content.decode()
    assert "Try 1" in text
    assert "[redacted]" in text
    assert "16475550100" in text


def test_a_viewer_sees_no_whole_number_anywhere(client, viewer, attempt) -> None:
    client.force_login(viewer)
    text = client.get(at(attempt.transaction)).content.decode()
    assert "+1647***0100" in text
    assert "16475550100" not in text
    assert "555-0100" not in text


def test_raw_receipts_are_linked_only_for_those_who_may_open_them(client, composer, sender_admin, message) -> None:
    transaction = of(message)
    receipt = ReceiptInbox.objects.create(
        account=transaction.account,
        received_at=timezone.now(),
        method="POST",
        body=b"{}",
        digest="d",
        state="done",
        transaction=transaction,
    )
    link = reverse("admin:messaging_receiptinbox_change", args=[receipt.pk])
    client.force_login(composer)
    assert link not in client.get(at(transaction)).content.decode()
    client.force_login(sender_admin)
    assert link in client.get(at(transaction)).content.decode()


def test_the_other_recipients_stand_beside_it_limited(client, composer, make_message) -> None:
    message = make_message(["delivered"] * 60)
    client.force_login(composer)
    beside = client.get(at(of(message, 30))).context["recipients"]
    assert [row.transaction.position for row in beside] == list(range(10, 60))


def test_the_number_of_queries_is_fixed(client, composer, make_message, django_assert_max_num_queries) -> None:
    transaction = of(make_message(["conflict"] * 30))
    client.force_login(composer)
    with django_assert_max_num_queries(13):
        client.get(at(transaction))


def test_an_unchanged_story_is_not_sent_again(client, composer, make_message, django_assert_max_num_queries) -> None:
    transaction = of(make_message(["submitted"], at=datetime.now(UTC)))
    client.force_login(composer)
    version = client.get(at(transaction)).context["pulse"].version
    with django_assert_max_num_queries(6):
        answer = client.get(at(transaction, "transaction-live"), {"seen": version, "show": "all"})
    assert answer.status_code == 204


def test_a_new_fact_is_sent_as_a_fragment(client, composer, make_message) -> None:
    transaction = of(make_message(["submitted"], at=datetime.now(UTC)))
    client.force_login(composer)
    version = client.get(at(transaction)).context["pulse"].version
    timeline.append([timeline.entry(transaction, "clicked", now=timezone.now(), key="x", source="provider")])
    answer = client.get(at(transaction, "transaction-live"), {"seen": version})
    assert answer.status_code == 200
    assert "Link opened" in answer.content.decode()
    assert "<html" not in answer.content.decode()


def test_a_story_that_has_ended_stops_the_page(client, composer, message) -> None:
    client.force_login(composer)
    answer = client.get(at(of(message), "transaction-live"), {"seen": "older"})
    assert answer.status_code == 286
    assert b'data-pause="0"' in answer.content


@pytest.mark.parametrize(
    ("quiet", "settled", "pause"),
    [(5, False, 2), (60, False, 5), (600, False, 15), (7200, False, LONGEST_PAUSE), (60, True, 5), (301, True, 0)],
)
def test_the_pause_grows_while_nothing_happens(quiet, settled, pause) -> None:
    now = datetime.now(UTC)
    assert Pulse("v", now - timedelta(seconds=quiet), settled, now).pause == pause


@pytest.mark.parametrize("name", ["transaction", "transaction-live"])
def test_numbers_in_reasons_and_correlation_ids_are_masked_too(client, viewer, composer, make_message, name) -> None:
    row = of(make_message(["failed"]))
    said = {"reason_code": "", "reason_text": "No route to 16475550100 today", "correlation_id": "+16475550100"}
    Transaction.objects.filter(pk=row.pk).update(**said)
    client.force_login(viewer)
    text = client.get(at(row, name)).content.decode()
    assert "No route to 16475***0100 today" in text
    assert "6475550100" not in text
    client.force_login(composer)
    assert "No route to 16475550100 today" in client.get(at(row, name)).content.decode()


def test_why_this_way_tells_who_could_carry_it_and_who_does(client, viewer, make_message) -> None:
    ways = [
        {
            "account": "Telesign US",
            "provider": "telesign",
            "sender": "34343",
            "eligible": False,
            "told": [
                kept("{count} slides; {provider} takes {most}.", {"count": 3, "provider": "Telesign", "most": 1}),
                kept("+16475550142 is odd."),
            ],
            "recipients": 0,
        },
        {
            "account": "Webex US",
            "provider": "webex",
            "sender": "34343",
            "eligible": True,
            "told": [kept("It carries this message.")],
            "recipients": 1,
        },
    ]
    client.force_login(viewer)

    answer = client.get(at(of(make_message(routing=ways))))

    text = answer.content.decode()
    assert [(way.eligible, way.carries) for way in answer.context["ways"]] == [(False, False), (True, True)]
    assert "Why this way" in text
    assert "3 slides; Telesign takes 1." in text
    assert "+16475550142" not in text
    with override("fr"):
        french = client.get(at(answer.context["transaction"]), headers={"Accept-Language": "fr"}).content.decode()
    assert "Telesign en prend 1." in french
    assert "Il achemine ce message." in french


def test_a_transaction_that_changed_sides_says_when_and_why(client, composer, make_message) -> None:
    row = of(make_message(["queued"]))
    moved = timeline.entry(row, "rerouted", now=timezone.now(), text="Webex US refused the account.")
    timeline.append([moved])
    client.force_login(composer)

    answer = client.get(at(row))

    assert [moment.text for moment in answer.context["rerouted"]] == ["Webex US refused the account."]
    assert "Why this way" in answer.content.decode()


def test_without_anything_to_tell_there_is_no_why(client, composer, message) -> None:
    client.force_login(composer)
    assert "Why this way" not in client.get(at(of(message))).content.decode()


def test_a_message_of_before_has_its_reasons_in_english(client, viewer, make_message):
    way = {"account": "Webex US", "sender": "34343", "eligible": True, "reasons": ["It carries {this} message."]}
    client.force_login(viewer)

    answer = client.get(at(of(make_message(routing=[way]))))

    assert [way.reasons for way in answer.context["ways"]] == [["It carries {this} message."]]
