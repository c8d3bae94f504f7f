"""The switches for sending in a real browser: read on a phone, in French, and turned without a mouse."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from messaging import pauses
from messaging.models import ProviderAccount, Sender, SendingPause
from messaging.queueing import queue
from tests.journeys.keys import focus_is_at, tab_to

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WHY = "A wrong price went out with the winter sale; marketing is checking it."
PHONE = {"width": 390, "height": 844}
LOOKS = [{}, {"dark": True}, PHONE, {**PHONE, "dark": True}]


@pytest.fixture
def waiting(sender, order) -> str:
    """The page of somebody who waits, behind a slow account."""
    ProviderAccount.objects.update(calls_per_second=1)
    row = queue(order(), now=timezone.now()).transactions.get()
    return reverse("web:transaction", args=[row.pk])


@pytest.fixture
def stopped(waiting, admin_user, account, sender) -> str:
    """The same while everything is paused: all sending, and a second account and a second sender by themselves."""
    pauses.pause_all(admin_user, "An earlier one.")
    pauses.resume_all(admin_user)
    pauses.pause_all(admin_user, WHY)
    ProviderAccount.objects.create(
        name="Telesign, long name of an account", provider="telesign", base_url="http://127.0.0.1:9/",
        paused_at=timezone.now(), paused_reason=f"Paused by sam. {WHY}",
    )  # fmt: skip
    Sender.objects.create(
        address="+16475550100", kind="10dlc", label="Campaigns", account=account, paused_at=timezone.now(),
        paused_reason="Paused by sam.",
    )  # fmt: skip
    now = timezone.now()
    ProviderAccount.objects.filter(pk=account.pk).update(slowed_to=0.5, slowed_at=now + timedelta(minutes=5))
    return waiting


def faults(page) -> list[str]:
    """What axe finds serious, and every control that a reader of this width cannot reach by scrolling down."""
    found = [one for one in Axe().run(page).response["violations"] if one["impact"] in ("serious", "critical")]
    cut = page.evaluate(
        """() => [...document.querySelectorAll("#main .p :is(a, button, input)")].filter((one) => {
            const { left, right, width } = one.getBoundingClientRect();
            return width && (left < 0 || right > document.documentElement.clientWidth);
        }).map((one) => one.outerHTML)"""
    )
    return [*(f"{one['id']}: {one['nodes'][0]['html']}" for one in found), *cut]


@pytest.mark.parametrize("browser_page", LOOKS, indirect=True)
def test_while_all_is_paused_every_page_says_so_and_fits(browser_page, sign_in, live_server, admin_user, stopped):
    sign_in(admin_user)
    for address in (reverse("web:sending"), reverse("web:providers"), reverse("web:dashboard"), stopped):
        browser_page.goto(live_server.url + address)
        expect(browser_page.locator("[data-sending-paused]")).to_contain_text(WHY)
        assert faults(browser_page) == [], address
        assert browser_page.evaluate("document.documentElement.scrollWidth") <= browser_page.viewport_size["width"]


def test_all_sending_is_paused_and_resumed_without_a_mouse(browser_page, sign_in, live_server, admin_user, waiting):
    page = browser_page
    sign_in(admin_user, reverse("web:sending"))
    tab_to(page, "#id_reason")
    page.keyboard.type(WHY)
    page.keyboard.press("Tab")
    assert focus_is_at(page, "button.danger")
    page.keyboard.press("Enter")
    expect(page.locator("[data-sending-paused]")).to_contain_text(WHY)
    page.goto(live_server.url + waiting)
    expect(page.locator('[data-wait="sending_paused"]')).to_contain_text(WHY)
    tab_to(page, "[data-sending-paused] a")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{reverse('web:sending')}")
    tab_to(page, "[aria-labelledby=h-all] button")
    page.keyboard.press("Enter")
    expect(page.locator("[data-sending-paused]")).to_have_count(0)
    assert not SendingPause.running().exists()


def test_one_sender_is_paused_and_the_keyboard_goes_on_at_its_line(browser_page, sign_in, admin_user, sender):
    page = browser_page
    sign_in(admin_user, reverse("web:sending"))
    line = f"#sender-{sender.pk}"
    tab_to(page, f"{line} button")
    page.keyboard.press("Enter")
    expect(page.locator(line)).to_contain_text("Paused")
    page.keyboard.press("Tab")
    assert focus_is_at(page, f"{line} button")
    page.keyboard.press("Enter")
    expect(page.locator(line)).to_contain_text("Active")
    assert not Sender.objects.exclude(paused_at=None).exists()


@pytest.mark.parametrize("browser_page", [PHONE], indirect=True)
def test_the_menu_of_a_phone_takes_the_focus_and_gives_it_back(browser_page, sign_in, admin_user):
    page = browser_page
    sign_in(admin_user, reverse("web:dashboard"))
    opener, entry = "#header-inner [role=button]", f"#nav-sidebar-inner a[href='{reverse('web:sending')}']"
    tab_to(page, opener)
    page.keyboard.press("Enter")
    tab_to(page, entry)
    page.keyboard.press("Escape")
    expect(page.locator(entry)).not_to_be_visible()
    assert focus_is_at(page, opener)
    page.keyboard.press("Enter")
    tab_to(page, entry)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{reverse('web:sending')}")
