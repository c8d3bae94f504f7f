"""Dashboard, lists, timelines and admin in a real browser: accessible, on a phone, within the policy, and live."""

import importlib.util
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from messaging import consent, timeline
from messaging.consent import keyword
from messaging.models import InboundMessage, Message, OptOut, Transaction
from messaging.statuses import Status, Via

playwright = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]

_place = Path(__file__).parent.parent / "messaging" / "web" / "conftest.py"
_spec = importlib.util.spec_from_file_location("web_rows", _place)
assert _spec
assert _spec.loader
rows = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(rows)


@pytest.fixture
def chief(db) -> User:
    return User.objects.create_superuser("root", "root@example.com", "correct horse battery")


@pytest.fixture
def message(sender, chief) -> Message:
    outcomes = ["submitted", "delivered", "sms", "failed", "unknown", "queued", "conflict"]
    message = rows.write_message(sender, outcomes, at=datetime.now(UTC) - timedelta(seconds=15), created_by=chief)
    answer(message)
    return message


def answer(message: Message) -> None:
    """The first recipient sends a picture, then STOP."""
    number, sender, now = message.transactions.get(position=0).recipient, message.sender, timezone.now()
    said = {"account": sender.account, "sender": sender, "address": sender.address, "number": number, "at": now}
    picture = ["https://files.example.net/70707/3e11/photo-of-the-sea-from-the-balcony-of-the-hotel-at-sunset.jpg"]
    for text, urls in (("Look " * 40, picture), ("STOP", [])):
        InboundMessage.objects.create(
            **said, kind="mms", text=text, media_urls=urls, received_at=now, dedupe_key=text[:9], action=keyword(text)
        )
    consent.opt_out(number, sender, source=OptOut.Source.HANDSET, evidence="STOP", now=now)


@pytest.fixture
def open_page(browser, live_server, client, chief):
    """Opens pages as a signed-in superuser; complaints of the browser (policy, scripts) fail the test at its end."""
    client.force_login(chief)
    contexts, complaints = [], []

    def open_at(path: str, *, width: int = 1440, dark: bool = False, signed_in: bool = True):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light", base_url=live_server.url
        )
        contexts.append(context)
        if signed_in:
            cookie = client.cookies["session"]
            context.add_cookies([{"name": "session", "value": cookie.value, "url": live_server.url}])
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path)
        page.wait_for_timeout(300)
        return page

    yield open_at
    for context in contexts:
        context.close()
    assert complaints == []


def serious(page, within: str = "body") -> list[str]:
    found = axe.Axe().run(page, context=within).response["violations"]
    return [
        f"{fault['id']}: {fault['nodes'][0]['html']}" for fault in found if fault["impact"] in ("serious", "critical")
    ]


def address(name: str, message: Message) -> str:
    match name:
        case "message" | "message-stop" | "message-resend":
            return reverse(f"web:{name}", args=[message.pk])
        case "transaction":
            return reverse("web:transaction", args=[message.transactions.get(position=3).pk])
        case "waiting":
            return reverse("web:transaction", args=[message.transactions.get(position=5).pk])
        case "conversation":
            return reverse("web:conversation", args=[InboundMessage.objects.latest("at").pk])
        case "opt-out":
            return reverse("admin:messaging_optout_change", args=[OptOut.objects.latest("created_at").pk])
        case _:
            return reverse(name)


PAGES = [
    "web:dashboard",
    "web:messages",
    "message",
    "message-stop",
    "message-resend",
    "transaction",
    "waiting",
    "web:sending",
    "web:providers",
    "web:conversations",
    "conversation",
    "admin:messaging_optout_changelist",
    "admin:messaging_optout_add",
    "opt-out",
    "web:codes",
    "admin:index",
    "admin:messaging_sender_changelist",
    "admin:messaging_receiptinbox_changelist",
    "admin:messaging_apikey_add",
    "admin:messaging_callback_changelist",
    "admin:messaging_callbackendpoint_changelist",
    "admin:messaging_callbackendpoint_add",
]


@pytest.mark.parametrize("dark", [False, True])
def test_no_page_has_a_serious_barrier(open_page, message, dark) -> None:
    page = open_page(address(PAGES[0], message), dark=dark)
    for name in PAGES:
        page.goto(address(name, message))
        page.wait_for_timeout(200)
        assert serious(page) == [], name


@pytest.mark.parametrize("dark", [False, True])
def test_the_login_has_no_serious_barrier(open_page, dark) -> None:
    assert serious(open_page(reverse("admin:login"), dark=dark, signed_in=False)) == []


def test_pages_fit_a_phone(open_page, message) -> None:
    page = open_page(address(PAGES[0], message), width=390)
    for name in PAGES:
        page.goto(address(name, message))
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, name


def test_the_menu_fits_a_laptop_and_a_lower_window_shows_where_one_is(open_page, message) -> None:
    page = open_page(reverse("admin:auth_group_changelist"))
    links = page.locator("#nav-sidebar-apps a")
    for link in (links.first, links.last):
        playwright.expect(link).to_be_in_viewport(ratio=1)
    page.set_viewport_size({"width": 1440, "height": 600})
    page.reload()
    playwright.expect(page.locator("#nav-sidebar-apps a.active")).to_be_in_viewport(ratio=0.9)


def test_the_documentation_of_the_api_is_in_the_menu_and_follows_the_theme(open_page) -> None:
    page = open_page(reverse("web:dashboard"), dark=True)
    page.click("#nav-sidebar-apps >> text=API documentation")
    page.get_by_text("/api/v1/senders").first.wait_for()
    playwright.expect(page.locator("html.dark-mode")).to_have_count(1)
    assert serious(page, ".guides") == []
    page.evaluate("localStorage.setItem('adminTheme', '\"light\"')")
    page.reload()
    playwright.expect(page.locator("html.dark-mode")).to_have_count(0)
    page.click("text=Back to the portal")
    page.wait_for_url("**/")


def deliver(transaction: Transaction) -> None:
    """What the reader of receipts does when the provider reports a delivery."""
    now = timezone.now()
    receipt = timeline.entry(transaction, "receipt", now=now, state=Status.DELIVERED, code="7500", key="later")
    receipt.source, receipt.via = "provider", Via.MMS
    timeline.append([receipt])
    timeline.settle([transaction], now=now)


def test_a_timeline_reaches_delivered_without_reloading(open_page, message) -> None:
    transaction = message.transactions.get(position=0)
    page = open_page(reverse("web:transaction", args=[transaction.pk]))
    page.evaluate("window.sameDocument = true")
    playwright.expect(page.locator("h1 .pill")).to_have_text("Submitted")
    deliver(transaction)
    playwright.expect(page.locator("h1 .pill")).to_have_text("Delivered as MMS", timeout=8000)
    playwright.expect(page.locator(".timeline li").first).to_contain_text("Delivered")
    playwright.expect(page.locator("#said")).to_have_text("Delivered as MMS")
    assert page.evaluate("window.sameDocument") is True


def test_a_message_page_counts_on_without_reloading(open_page, message) -> None:
    page = open_page(reverse("web:message", args=[message.pk]))
    page.fill("#narrow input[name=q]", "half typed")
    deliver(message.transactions.get(position=0))
    playwright.expect(page.locator(".legend li").first).to_have_text(re.compile(r"Delivered\s+4"), timeout=8000)
    assert page.input_value("#narrow input[name=q]") == "half typed"


def test_what_was_unfolded_stays_unfolded(open_page, message) -> None:
    transaction = message.transactions.get(position=0)
    timeline.append(
        [timeline.entry(transaction, "clicked", now=timezone.now(), key="a", source="provider", detail="x")]
    )
    page = open_page(reverse("web:transaction", args=[transaction.pk]))
    page.click("summary:has-text('Details')")
    deliver(transaction)
    playwright.expect(page.locator("h1 .pill")).to_have_text("Delivered as MMS", timeout=8000)
    assert page.locator("details[open]").count() == 1


def test_a_hidden_page_asks_nothing_and_asks_at_once_when_seen_again(open_page, message) -> None:
    transaction = message.transactions.get(position=0)
    page = open_page(reverse("web:transaction", args=[transaction.pk]))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/live/" in request.url else None)
    page.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    page.wait_for_timeout(4500)
    assert asked == []
    page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange', {bubbles: true}))")
    page.wait_for_timeout(600)
    assert len(asked) == 1


def test_the_story_is_narrowed_in_place(open_page, message) -> None:
    page = open_page(reverse("web:transaction", args=[message.transactions.get(position=3).pk]))
    page.select_option("#show", "faults")
    playwright.expect(page.locator(".timeline li")).to_have_count(1)
    assert page.url.endswith("?show=faults")


def test_what_waits_is_cancelled_by_keyboard_alone(open_page, message) -> None:
    page = open_page(reverse("web:message", args=[message.pk]))
    page.locator("a.danger").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/stop/")
    page.locator("button.danger").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{reverse('web:message', args=[message.pk])}")
    assert message.transactions.get(position=5).status == Status.CANCELLED
