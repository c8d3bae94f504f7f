"""Sending and steering from the pages, in a real browser."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from messaging.delivery.claiming import claim
from messaging.delivery.marking import mark_wire
from messaging.drafts import start_draft
from messaging.models import Draft, Message, SendAttempt, Transaction
from messaging.timeline import counts

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NUMBERS = [f"+1647555{n:04d}" for n in range(100, 106)]


@pytest.fixture
def page(browser_page, sign_in, composer, sender, settings):
    """A message to six that nothing speaks against, open in the composer."""
    settings.UNDO_SECONDS = 60
    draft = start_draft(composer)
    content = {**draft.content, "subject": "Offer", "slides": [{"text": "Hi $(name)", "duration": 5}]}
    content["fallback"] = {"text": "Tulips", "link": False}
    recipients = "\n".join(f"{number} name=Ann" for number in NUMBERS)
    Draft.objects.update(sender=sender, content=content, recipients=recipients, version=2)
    sign_in(composer, f"/compose/?draft={draft.pk}")
    expect(browser_page.locator("#summary")).not_to_contain_text("to fix")
    return browser_page


def faults(page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{fault['id']}: {fault['nodes'][0]['html'][:200]}" for fault in found]


def confirm(page):
    page.click("#send")
    expect(page.locator("#confirm")).to_be_visible()
    return page.locator("#confirm")


def test_a_time_is_chosen_in_a_zone_confirmed_and_kept(page):
    page.check("#when-later")
    assert page.input_value("#f-zone") == page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone")
    assert page.evaluate("document.activeElement.id") == "f-local"
    day = f"{datetime.now(UTC) + timedelta(days=2):%Y-%m-%d}"
    page.fill("#f-zone", "Asia/Kathmandu")
    page.fill("#f-local", "2020-01-01T09:00")
    expect(page.locator("#checks")).to_contain_text("lies in the past")
    page.fill("#f-local", f"{day}T09:00")
    expect(page.locator("#plan-said")).to_contain_text(f"{day} 09:00 Asia/Kathmandu (UTC+5:45)")
    expect(page.locator("#plan-said")).to_contain_text("on your clock")
    page.click("#plan-more summary")
    page.check("#canary-on")
    page.fill("#f-canary", "2")
    expect(page.locator("#f-canary")).to_be_visible()
    assert faults(page) == []

    dialog = confirm(page)
    expect(dialog).to_contain_text("Asia/Kathmandu")
    expect(dialog).to_contain_text("2 of them go first")
    assert faults(page) == []
    dialog.get_by_role("button", name="Send to 6").click()

    expect(page.locator('[data-hold="scheduled"]')).to_contain_text("on your clock")
    expect(page.locator('[data-hold="canary"]')).to_contain_text("4 recipients wait")
    assert Message.objects.get().send_at.isoformat() == f"{day}T03:15:00+00:00"
    assert faults(page) == []


def test_called_back_within_the_minute_it_is_a_draft_again(page):
    confirm(page).get_by_role("button", name="Send to 6").click()
    expect(page.locator("[data-until]")).to_have_text(re.compile(r"^[1-5]?\d seconds left$"))
    assert faults(page) == []
    page.get_by_role("button", name="Undo").click()

    expect(page.locator("#f-recipients")).to_have_value(re.compile("name=Ann"))
    assert counts(Message.objects.get()) == {"cancelled": 6}
    assert not SendAttempt.objects.exists()


def test_paused_resumed_and_stopped_with_exact_counts(page, account):
    page.check('[name="purpose"][value="transactional"]')
    page.click("#plan-more summary")
    page.check("#canary-on")
    page.fill("#f-canary", "2")
    confirm(page).get_by_role("button", name="Send to 6").click()
    expect(page.locator('[data-hold="canary"]')).to_be_visible()
    mark_wire(claim(account, 6))
    page.get_by_role("link", name="Send the rest").click()
    expect(page.locator("section.card")).to_contain_text("2 are still open")
    assert faults(page) == []
    page.get_by_role("button", name="Send to the other 4").click()
    mark_wire(claim(account, 1))

    page.get_by_role("button", name="Pause").click()
    expect(page.locator('[data-hold="paused"]')).to_contain_text("Paused by mira")
    expect(page.locator('[data-figure="held"]')).to_contain_text("3")
    expect(page.locator('[data-figure="left"]')).to_contain_text("3")
    assert faults(page) == []
    page.get_by_role("button", name="Resume").click()
    expect(page.locator('[data-hold="paused"]')).to_have_count(0)
    page.get_by_role("link", name="Stop").click()
    expect(page.locator("section.card")).to_contain_text("3 of 6 recipients still wait here")
    assert faults(page) == []
    page.get_by_role("button", name="Stop for 3 recipients").click()

    expect(page.locator('[data-figure="cancelled"]')).to_contain_text("3")
    expect(page.locator("#steer-stop")).to_have_count(0)
    assert Transaction.objects.filter(status="cancelled").count() == 3


@pytest.mark.parametrize("browser_page", [{"width": 390, "height": 844, "dark": True}], indirect=True)
def test_a_test_to_ones_own_number_by_keyboard_on_a_dark_phone(page):
    page.get_by_role("button", name="Send a test").focus()
    page.keyboard.press("Enter")
    page.locator("#own-number").press_sequentially("(647) 555-0177")
    assert faults(page) == []
    page.locator("#send-test").press("Enter")

    expect(page.locator("#trial-result")).to_contain_text("Queued")
    Transaction.objects.update(status="delivered", via="mms", next_attempt_at=None)
    expect(page.locator("#trial-result")).to_contain_text("Delivered as MMS")
    assert Transaction.objects.get().recipient == "+16475550177"
    page.keyboard.press("Escape")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
