"""When and how, from the composer's form to the message: kept, judged, confirmed, and never sent at another time."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from messaging.drafts import start_draft
from messaging.models import Draft, Message, ProviderAccount, Sender, Transaction
from messaging.pauses import pause_all
from messaging.plans import Plan
from messaging.web.plan_form import read_plan
from messaging.web.posted import UnreadableForm

pytestmark = pytest.mark.django_db
CHECK, SEND = "/compose/check/", "/compose/send/"


@pytest.fixture
def page(client, composer):
    client.force_login(composer)
    return client


@pytest.fixture
def form(composer, sender) -> dict[str, object]:
    """A message to three that nothing speaks against, as the page posts it."""
    return {
        "draft": str(start_draft(composer).pk),
        "version": "1",
        "sender": str(sender.pk),
        "name": "Spring",
        "recipients": "+16475550142\n+16475550143\n+16475550144",
        "subject": "Offer",
        "slide": ["a"],
        "text-a": "Tulips from 4.90",
        "duration-a": "5",
        "fallback_on": "on",
        "fallback": "Tulips from 4.90",
        "purpose": "marketing",
        "when": "now",
    }


def tomorrow() -> dict[str, str]:
    local = datetime.now(UTC) + timedelta(days=1)
    return {"when": "later", "local": f"{local:%Y-%m-%d}T09:00", "zone": "Asia/Kathmandu"}


def send(page, form):
    checked = page.post(CHECK, {**form, "want": "confirm"})
    draft = Draft.objects.get()
    return checked.content.decode(), page.post(SEND, {"draft": str(draft.pk), "version": str(draft.version)})


def test_a_time_is_kept_as_it_was_said_and_sent_then(page, form):
    said, _answer = send(page, {**form, **tomorrow(), "valid": "60", "purpose": "transactional"})

    message = Message.objects.get()
    assert (message.send_at.hour, message.send_at.minute) == (3, 15)
    assert message.expire_at - message.send_at == timedelta(hours=1)
    assert message.send_at_said.endswith("09:00 Asia/Kathmandu (UTC+5:45)")
    assert message.send_at_said in said
    assert message.purpose == "transactional"
    assert set(Transaction.objects.values_list("status", "next_attempt_at")) == {("scheduled", message.send_at)}


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"local": "2020-01-01T09:00"}, "lies in the past"),
        ({"local": "2199-01-01T09:00"}, "7 days at most"),
        ({"local": ""}, "No time to send at is chosen"),
        ({"zone": "Mars/Base"}, "is no time zone that is known here"),
        ({"local": "now"}, "is no time"),
        ({"valid": "20000"}, "A message is tried for"),
        ({"canary_on": "on", "canary": "0"}, "recipients go first, not 0"),
    ],
)
def test_a_plan_that_cannot_be_kept_is_never_sent_now_instead(page, form, chosen, words):
    said, answer = send(page, {**form, **tomorrow(), **chosen})

    assert words in said
    assert answer.status_code == 422
    assert not Message.objects.exists()


def test_a_time_is_not_promised_for_a_sender_that_is_paused(page, form, account):
    account.paused_at = timezone.now()
    account.save()

    said, answer = send(page, {**form, **tomorrow()})
    assert "nobody can promise" in said
    assert answer.status_code == 422

    Draft.objects.all().delete()
    assert not Message.objects.exists()


def test_a_time_that_has_passed_since_the_confirmation_is_refused(page, form):
    page.post(CHECK, {**form, **tomorrow()})
    draft = Draft.objects.get()
    Draft.objects.update(plan={**draft.plan, "local": "2020-01-01T09:00"})

    assert page.post(SEND, {"draft": str(draft.pk), "version": str(draft.version)}).status_code == 422
    assert not Message.objects.exists()


def test_bulk_can_be_called_back_and_the_confirmation_says_so(page, form, settings):
    settings.UNDO_SECONDS = 60
    before = timezone.now()
    said, _answer = send(page, form)

    message = Message.objects.get()
    assert "In 60 seconds: until then you can call it back" in said
    assert message.undo_until >= before + timedelta(seconds=60)
    assert set(Transaction.objects.values_list("next_attempt_at", flat=True)) == {message.undo_until}


def test_one_message_to_one_person_goes_at_once(page, form, settings):
    settings.UNDO_SECONDS = 60
    send(page, {**form, "recipients": "+16475550142"})

    assert Message.objects.get().undo_until is None


def test_a_canary_and_what_it_waits_for_come_from_the_form(page, form):
    said, _answer = send(page, {**form, "canary_on": "on", "canary": "2", "canary_watch": "on", "canary_minutes": "30"})

    message = Message.objects.get()
    assert (message.canary, message.canary_last, message.canary_minutes) == (2, 1, 30)
    assert "2 of them go first" in said
    assert list(message.transactions.order_by("position").values_list("held", flat=True)) == [False, False, True]


def test_the_confirmation_says_how_long_it_takes_and_who_is_too_late(page, form, account, queued):
    account.calls_per_second = 1
    account.save()
    # Small sends like this one: a bulk send would let it pass.
    for start in range(100, 700, 10):
        queued(*(f"+1647556{n:04d}" for n in range(start, start + 10)))

    said, _answer = send(page, {**form, "valid": "5"})

    assert "about 10 minutes" in said
    assert "About 1 recipient would be too late" in said or "About 2 recipients would be too late" in said


@pytest.mark.parametrize("everybody", [True, False])
def test_while_sending_is_paused_no_time_is_promised_for_what_would_go_at_once(page, form, everybody):
    if everybody:
        pause_all(None, "Trying the brake")
    else:
        ProviderAccount.objects.update(paused_at=timezone.now())

    said, _answer = send(page, form)

    assert ("Once sending is resumed" in said, "Once its sender is resumed" in said) == (everybody, not everybody)
    assert "Takes" not in said
    assert "the last leaves at" not in said


def test_of_two_carriers_the_confirmation_says_who_waits_for_the_paused_one(page, form, account):
    abroad = Sender.objects.create(address="84433", kind="short_code", country="GB", account=account)
    Sender.objects.filter(pk=abroad.pk).update(paused_at=timezone.now())

    said, _answer = send(page, {**form, "sender": "any", "recipients": f"{form['recipients']}\n+447400123456"})

    assert "sender paused" in said
    assert "<dd>1 recipient <small>" in said
    assert "the last leaves at" in said
    assert "<dd>Once " not in said


def test_nobody_is_too_late_while_all_wait_for_a_pause(page, form, settings):
    settings.UNDO_SECONDS = 600
    ProviderAccount.objects.update(paused_at=timezone.now())

    said, _answer = send(page, {**form, "valid": "5"})

    assert "sender paused" in said
    assert "too late" not in said


@pytest.mark.parametrize("purpose", ["marketing", "transactional"])
def test_what_is_urgent_is_not_told_the_time_of_the_rest(page, form, account, queued, purpose):
    account.calls_per_second = 1
    account.save()
    for start in range(100, 400, 10):
        queued(*(f"+1647556{n:04d}" for n in range(start, start + 10)))

    said, _answer = send(page, {**form, "purpose": purpose})

    assert ("about 1 minute" in said) == (purpose == "transactional")


def test_a_repetition_remembers_what_it_repeats(page, form, queued):
    first = queued("+16475550199")
    send(page, {**form, "resend_of": str(first.pk)})

    assert Message.objects.exclude(pk=first.pk).get().resend_of == first


def test_the_page_shows_the_plan_as_it_was_chosen(page, form):
    page.post(CHECK, {**form, **tomorrow(), "canary_on": "on", "canary": "7", "valid": "90"})
    shown = page.get(f"/compose/?draft={form['draft']}").content.decode()

    assert 'value="Asia/Kathmandu"' in shown
    assert 'id="when-later" checked' in shown
    assert 'name="canary" min="1" max="1000" value="7"' in shown
    assert '<option value="90" selected>' in shown


@pytest.mark.parametrize(
    "posted",
    [{"purpose": "fun"}, {"when": "soon"}, {"turn": "third"}, {"valid": "an hour"}, {"resend_of": "../etc"}],
)
def test_what_no_page_of_ours_posts_is_unreadable(posted):
    with pytest.raises(UnreadableForm):
        read_plan(posted)


def test_a_form_without_a_plan_is_an_untouched_one():
    assert read_plan({}) == Plan()
