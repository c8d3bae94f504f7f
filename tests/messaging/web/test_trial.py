"""A test message to one's own number: as the draft stands, at once, once, and shown where it was asked for."""

import pytest
from django.urls import reverse

from messaging.drafts import start_draft
from messaging.models import Draft, Message, OwnNumber
from messaging.timeline import counts

pytestmark = pytest.mark.django_db
CHECK = "/compose/check/"


@pytest.fixture
def page(client, composer):
    client.force_login(composer)
    return client


@pytest.fixture
def form(composer, sender) -> dict[str, object]:
    return {
        "draft": str(start_draft(composer).pk),
        "version": "1",
        "sender": str(sender.pk),
        "recipients": "+16475550142 name=Ann",
        "subject": "Offer",
        "slide": ["a"],
        "text-a": "Hi $(name), tulips for $(price)",
        "duration-a": "5",
        "fallback_on": "on",
        "fallback": "Tulips",
        "when": "later",
        "local": "2020-01-01T09:00",
        "zone": "UTC",
        "want": "trial",
        "own_number": "(647) 555-0177",
        "trial_token": "01900000-0000-7000-8000-000000000001",
    }


def test_the_draft_goes_at_once_to_ones_own_number_as_the_first_recipient_reads_it(page, form, composer, settings):
    settings.UNDO_SECONDS = 60
    answer = page.post(CHECK, form).content.decode()

    message, row = Message.objects.get(), Message.objects.get().transactions.get()
    assert (row.recipient, row.status) == ("+16475550177", "queued")
    assert row.substitutions == {"name": "Ann", "price": "[price]"}
    assert (message.test, message.purpose, message.undo_until, message.send_at) == (True, "transactional", None, None)
    assert reverse("web:transaction", args=[row.pk]) in answer
    assert OwnNumber.objects.get().number == "+16475550177"
    assert Draft.objects.get().pk == message.created_by.drafts.get().pk
    assert 'value="+16475550177"' in page.get(f"/compose/?draft={form['draft']}").content.decode()


def test_a_second_press_of_the_button_sends_nothing_more(page, form):
    page.post(CHECK, form)
    page.post(CHECK, {**form, "version": "2"})
    assert Message.objects.count() == 1

    page.post(CHECK, {**form, "version": "2", "trial_token": "01900000-0000-7000-8000-000000000002"})
    assert Message.objects.count() == 2


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"own_number": "abc"}, "note err"),
        ({"own_number": ""}, "note err"),
        ({"sender": ""}, "Choose a sender first."),
        ({"text-a": "x" * 6000}, "5000"),
    ],
)
def test_what_cannot_be_tested_says_why(page, form, changed, words):
    answer = page.post(CHECK, {**form, **changed}).content.decode()

    assert words in answer.partition('id="trial-answer"')[2]
    assert not Message.objects.exists()


def test_who_may_not_send_may_not_test(client, make_user, form):
    user = make_user("otto")
    client.force_login(user)

    assert client.post(CHECK, form).status_code == 403
    assert not Message.objects.exists()


def test_the_result_is_followed_until_it_is_settled(page, form, make_user, client):
    page.post(CHECK, form)
    message = Message.objects.get()
    at = reverse("web:trial", args=[message.pk])
    assert "hx-get" in page.get(at).content.decode()

    message.transactions.update(status="delivered", via="mms")
    settled = page.get(at).content.decode()
    assert "hx-get" not in settled
    assert "Delivered as MMS" in settled
    assert counts(message) == {"delivered": 1}

    client.force_login(make_user("otto", "Composer"))
    assert client.get(at).status_code == 404
