"""The whole walk: composed in a browser, sent to the sandbox, and watched to its end without reloading."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.files.storage import default_storage
from django.db import connection
from playwright.sync_api import expect

from messaging import delivery, receipts
from messaging.models import Message, Transaction
from tests.media import samples

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# The sandbox's numbers for these ends (docs/sandbox.md).
ENDS = {
    "+14165550100": "Delivered as MMS",
    "+14165550101": "Read as MMS",
    "+14165550105": "Failed",
    "+14165550104": "Expired",
}
FILES = {
    "image": {"name": "autumn.jpg", "mimeType": "image/jpeg", "buffer": samples.jpeg(640, 480)},
    "video": {"name": "tour.mp4", "mimeType": "video/mp4", "buffer": samples.film()},
    "contact": {"name": "shop.vcf", "mimeType": "text/vcard", "buffer": samples.vcard()},
}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@pytest.fixture(autouse=True)
def _files_here(tmp_path, settings, live_server) -> None:
    default_storage.location = str(tmp_path)
    settings.MEDIA_PUBLIC_BASE_URL = live_server.url


@pytest.fixture
def worker(sandbox) -> Iterator[threading.Event]:
    """A worker beside the browser; it begins when the event is set."""
    begin, end = threading.Event(), threading.Event()

    def work() -> None:
        try:
            begin.wait()
            while not end.wait(0.1):
                delivery.pump(once=True)
                receipts.drain()
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    yield begin
    begin.set()
    end.set()
    thread.join(30)


def add_file(page: Any, slide: int, kind: str, button: str) -> None:
    with page.expect_file_chooser() as chooser:
        page.locator(f".slide >> nth={slide}").get_by_role("button", name=button, exact=True).click()
    chooser.value.set_files([FILES[kind]])
    expect(page.locator(".mcard", has_text=str(FILES[kind]["name"]))).to_have_count(1, timeout=20_000)


def serious(page: Any) -> list[str]:
    faults = Axe().run(page, options={"runOnly": RULES}).response["violations"]
    return [
        f"{fault['id']}: {fault['nodes'][0]['target']}"
        for fault in faults
        if fault["impact"] in {"serious", "critical"}
    ]


def compose(page: Any) -> None:
    """Three slides to four numbers; image and video on one slide at first, which the check finds and we mend."""
    # Behind its name stands whether the message fits it.
    shop = page.locator("#f-sender option", has_text="34343, Shop").first
    page.select_option("#f-sender", shop.get_attribute("value"))
    page.fill("#f-name", "Autumn")
    page.fill("#f-subject", "Autumn at the shop")
    page.fill("#f-recipients", "\n".join(ENDS))
    page.fill("#f-fallback", "Autumn at the shop")
    page.fill(".slide textarea", "Our new pictures")
    add_file(page, 0, "image", "Image")
    add_file(page, 0, "video", "Video")
    expect(page.locator("#checks")).to_contain_text("cannot share a slide")
    expect(page.locator("#send")).to_have_attribute("aria-disabled", "true")
    page.get_by_role("button", name="Remove tour.mp4").click()
    page.click("[data-add-slide]")
    page.keyboard.type("A short tour")
    add_file(page, 1, "video", "Video")
    page.click("[data-add-slide]")
    page.keyboard.type("Save our number")
    add_file(page, 2, "contact", "vCard")
    expect(page.locator("#summary .err")).to_have_count(0)
    expect(page.locator("#send")).not_to_have_attribute("aria-disabled", "true")


def test_three_slides_to_four_numbers_and_four_ends(
    sandbox, worker, browser_page, sign_in, composer, sender, live_server
):
    sign_in(composer, "/compose/")
    page = browser_page
    compose(page)
    assert serious(page) == []

    page.click("#send")
    expect(page.locator("#h-confirm")).to_have_text("Send to 4 people?")
    page.locator("#confirm-body").get_by_role("button", name="Send to 4").click()
    page.wait_for_url("**/messages/*/")
    rows = {row.recipient: row for row in Transaction.objects.all()}
    assert set(rows) == set(ENDS)
    watched = {number: page.context.new_page() for number in ENDS}
    for number, tab in watched.items():
        tab.goto(f"{live_server.url}/transactions/{rows[number].pk}/")
        expect(tab.locator("h1 .pill >> nth=0")).to_have_text("Queued")
        # A reload would lose this.
        tab.evaluate("window.neverReloaded = true")
    worker.set()

    for number, tab in watched.items():
        tab.bring_to_front()
        expect(tab.locator("h1 .pill >> nth=0")).to_have_text(ENDS[number], timeout=30_000)
        assert tab.evaluate("window.neverReloaded")
        assert serious(tab) == []
    page.bring_to_front()
    expect(page.locator("#live")).to_contain_text("Delivered", timeout=30_000)
    assert Message.objects.get().total == 4
    sent = [entry["body"]["content"]["attachments"] for entry in sandbox.ledger(kind="accepted")]
    assert [[slide["type"] for slide in slides] for slides in sent] == [["image", "video", "vcard"]] * 4
    assert all(entry.get("ok", True) for entry in sandbox.ledger(kind="fetched"))
