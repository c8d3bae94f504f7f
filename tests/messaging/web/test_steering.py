"""The page of a message steers it: exact counts, what holds it, and a draft for those it did not reach."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from messaging import steering, timeline
from messaging.delivery.claiming import claim
from messaging.delivery.marking import mark_wire
from messaging.models import Draft, Message, SendAttempt, Transaction
from messaging.plans import Plan
from messaging.queueing import RecipientOrder, queue
from messaging.web import resending

pytestmark = pytest.mark.django_db
NUMBERS = [f"+1647555{n:04d}" for n in range(100, 110)]


@pytest.fixture
def page(client, composer):
    client.force_login(composer)
    return client


def at(message: Message, name: str = "message") -> str:
    return reverse(f"web:{name}", args=[message.pk])


def figures(page, message: Message) -> dict[str, int]:
    return {figure.name: figure.count for figure in page.get(at(message)).context["figures"]}


def holds(page, message: Message) -> list[str]:
    return [hold.kind for hold in page.get(at(message)).context["holds"]]


def test_pausing_and_resuming_are_one_click_each(page, account, queued):
    message = queued(*NUMBERS)
    mark_wire(claim(account, 4))
    page.post(at(message, "message-pause"))
    assert figures(page, message) == {"held": 6, "left": 4}
    assert holds(page, message) == ["paused"]
    assert "Paused by mira" in page.get(at(message)).content.decode()

    page.post(at(message, "message-resume"))
    assert figures(page, message) == {"waiting": 6, "left": 4}
    assert holds(page, message) == []


def test_stopping_says_exactly_how_many(page, account, queued):
    message = queued(*NUMBERS)
    mark_wire(claim(account, 3))
    claim(account, 2)

    question = page.get(at(message, "message-stop"))
    assert (question.context["waiting"], question.context["left"]) == (7, 3)
    answer = page.post(at(message, "message-stop"), follow=True)

    assert "Stopped: 7 recipients will not get it." in answer.content.decode()
    assert figures(page, message) == {"left": 3, "cancelled": 7}
    assert sum(figures(page, message).values()) == message.total
    assert SendAttempt.objects.filter(wire_at__isnull=False).count() == 3


def test_what_was_called_back_is_a_draft_again_with_its_recipients_and_values(page, order):
    people = [RecipientOrder(number, substitutions={"name": f'Lee, "{n}"\nJr'}) for n, number in enumerate(NUMBERS)]
    message = queue(replace(order(undo_seconds=60), recipients=people), now=timezone.now())
    assert holds(page, message) == ["undo"]

    answer = page.post(at(message, "message-undo"))

    draft = Draft.objects.get()
    assert answer.url == f"/compose/?draft={draft.pk}"
    assert draft.recipients.splitlines()[0] == f"{NUMBERS[0]} name=\"Lee, '0' Jr\""
    assert len(draft.recipients.splitlines()) == 10
    assert timeline.counts(message) == {"cancelled": 10}
    assert not SendAttempt.objects.exists()
    # A browser that died before it saw the draft finds the way to it on the page.
    assert "Open as a draft again" in page.get(at(message)).content.decode()
    page.post(at(message, "message-undo"))
    assert Draft.objects.count() == 2


def test_many_who_are_sent_to_again_become_a_list(page, queued, monkeypatch):
    monkeypatch.setattr(resending, "MOST_TYPED", 9)
    message = queued(*NUMBERS, undo_seconds=60)

    page.post(at(message, "message-undo"))

    draft = Draft.objects.get()
    assert (draft.recipients, draft.recipient_list.total) == ("", 10)
    assert list(draft.recipient_list.rows.values_list("number", flat=True)) == NUMBERS


def test_too_late_to_undo_is_said_and_changes_nothing(page, queued):
    message = queued(*NUMBERS, undo_seconds=60)
    Message.objects.update(undo_until=timezone.now() - timedelta(seconds=1))

    answer = page.post(at(message, "message-undo"), follow=True)

    assert "Too late to call it back" in answer.content.decode()
    assert figures(page, message) == {"waiting": 10}
    assert not Draft.objects.exists()


def test_the_rest_is_let_go_after_a_look_at_the_first(page, account, queued):
    message = queued(*NUMBERS, canary=3)
    mark_wire(claim(account, 10))
    assert figures(page, message) == {"held": 7, "left": 3}
    assert holds(page, message) == ["canary"]
    question = page.get(at(message, "message-rest")).content.decode()
    assert "Send to the other 7" in question
    assert "Of the 3 that went first" in question

    page.post(at(message, "message-rest"))

    assert figures(page, message) == {"waiting": 7, "left": 3}
    assert page.get(at(message, "message-rest")).url == at(message)


def test_a_page_hears_of_a_pause_though_no_transaction_moved(page, queued, composer):
    message = queued(*NUMBERS)
    seen = page.get(at(message)).context["pulse"].version
    assert page.get(at(message, "message-live"), {"seen": seen}).status_code == 204
    Transaction.objects.update(held=False)
    steering.pause(message, composer)

    assert page.get(at(message, "message-live"), {"seen": seen}).status_code == 200


def test_a_long_queue_has_an_estimated_end(page, account, queued):
    account.calls_per_second = 1
    account.save()
    queued(*(f"+1647556{n:04d}" for n in range(100, 140)))
    message = queued(*NUMBERS)

    finish = page.get(at(message)).context["finish"]

    assert timedelta(seconds=45) < finish - timezone.now() < timedelta(seconds=51)


@pytest.mark.parametrize(("posted", "numbers"), [({}, ["02", "03"]), ({"unclear": "on"}, ["01", "02", "03"])])
def test_only_the_failed_get_it_again_unless_the_unclear_are_asked_for(page, make_message, posted, numbers):
    message = make_message(["delivered", "unknown", "failed", "expired", "queued", "cancelled"])
    question = page.get(at(message, "message-resend"))
    assert (question.context["failed"], question.context["unclear"]) == (2, 1)
    assert "may get the message twice" in question.content.decode()

    page.post(at(message, "message-resend"), posted)

    draft = Draft.objects.get()
    assert draft.recipients.splitlines() == [f"+164755501{number}" for number in numbers]
    assert Plan.from_json(draft.plan).resend_of == str(message.pk)


def test_where_nobody_failed_nothing_is_sent_again(page, make_message):
    message = make_message(["delivered", "queued"])

    assert page.post(at(message, "message-resend")).url == at(message)
    assert not Draft.objects.exists()


def test_a_repetition_and_its_first_name_one_another(page, make_message):
    first = make_message(["failed"], name="First try")
    second = make_message(["delivered"], name="Second try", resend_of=first)

    assert at(second) in page.get(at(first)).content.decode()
    assert "First try" in page.get(at(second)).content.decode()
    assert at(second) in page.get(at(first, "message-resend")).content.decode()
