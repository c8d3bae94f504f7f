"""A list of 10,000 out of a file: mended, previewed, scheduled, and stopped in flight, in a real browser."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from time import monotonic

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection
from django.utils import timezone
from playwright.sync_api import expect

from messaging import delivery
from messaging.drafts import start_draft
from messaging.gateway import registry
from messaging.models import Draft, Message, RecipientList, Transaction
from messaging.statuses import CANCELLABLE
from messaging.timeline import counts

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ROWS, BAD = 10_000, 37
PACE = 40


def people() -> str:
    """10,000 rows of whom 37 are bad: letters, too few digits, formulas."""
    faults = ["nobody{n}", "12", "+1 647", "=1+{n}"]
    numbers = [f"+1647{5_550_000 + n}" for n in range(ROWS)]
    for turn in range(BAD):
        numbers[100 + turn * 250] = faults[turn % 4].format(n=turn)
    return "Mobile,Town\n" + "\n".join(f"{number},Town {n}" for n, number in enumerate(numbers, start=1))


def file(name: str, text: str) -> dict[str, object]:
    return {"name": name, "mimeType": "text/csv", "buffer": text.encode()}


def choose(page, button, chosen: dict[str, object]) -> None:
    with page.expect_file_chooser() as chooser:
        button.click()
    chooser.value.set_files([chosen])


def faults(page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{fault['id']}: {fault['nodes'][0]['html'][:200]}" for fault in found]


@pytest.fixture
def page(browser_page, sign_in, composer, sender):
    """A message with a placeholder, open in the composer; nobody to send it to yet."""
    draft = start_draft(composer)
    content = {**draft.content, "subject": "Autumn in $(town)", "slides": [{"text": "Hello $(town)", "duration": 5}]}
    content["fallback"] = {"text": "Autumn in $(town)", "link": False}
    Draft.objects.update(sender=sender, content=content, version=2)
    browser_page.set_default_timeout(30_000)
    sign_in(composer, f"/compose/?draft={draft.pk}")
    return browser_page


@pytest.fixture
def worker(sandbox, account, monkeypatch) -> Iterator[threading.Event]:
    """A worker at an account of so many calls a second; it begins when the event is set."""
    type(account).objects.update(calls_per_second=PACE)
    # Some numbers never answer: nobody here need wait for them as long as for a provider.
    monkeypatch.setattr(registry.provider(account.provider).client, "CALL_SECONDS", 2.0)
    begin, end = threading.Event(), threading.Event()

    def work() -> None:
        try:
            begin.wait()
            while not end.wait(0.05):
                delivery.pump(once=True)
                # What a provider handed back after the stop.
                delivery.sweep()
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    yield begin
    begin.set()
    end.set()
    thread.join(30)


def test_ten_thousand_are_mended_previewed_scheduled_and_stopped_in_flight(worker, sandbox, page):
    imported_and_mended(page)
    previewed(page)
    scheduled(page)
    stopped_in_flight(page, worker, sandbox)


def imported_and_mended(page) -> None:
    choose(page, page.get_by_role("button", name="Import CSV or Excel"), file("people.csv", people()))
    expect(page.locator("#list-counts")).to_contain_text("9,963 good", timeout=60_000)
    expect(page.locator("#list-counts")).to_contain_text("37 to mend")
    expect(page.locator(".mending tbody tr.bad")).to_have_count(25)
    assert faults(page) == []

    # In place, by keyboard: first in vain, then rightly.
    first = page.locator("#row-101 [aria-invalid]")
    first.fill("13")
    first.press("Enter")
    expect(page.locator("#row-101 .why")).to_contain_text("too short")
    expect(page.locator("#list-said")).to_contain_text("Row 101 is still to mend")
    assert page.evaluate("document.activeElement.closest('tr').id") == "row-101"
    page.locator("#row-101 [aria-invalid]").fill("(416) 555-0990")
    page.keyboard.press("Enter")
    expect(page.locator("#row-101")).to_contain_text("Mended")
    expect(page.locator("#list-said")).to_have_text("Row 101 is mended, 36 left.")
    assert page.evaluate("document.activeElement.closest('tr').id") == "row-351"

    # The others in a spreadsheet, but for two, which are dropped.
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the rows to mend").click()
    heading, *lines = download.value.path().read_text("utf-8-sig").splitlines()
    mended = [f"{line.split(',')[0]},+1416555{n:04d},Lyon," for n, line in enumerate(lines[:-2])]
    choose(
        page,
        page.get_by_role("button", name="Import them mended"),
        file("mended.csv", "\n".join([heading, *mended, *lines[-2:]])),
    )
    expect(page.locator("#list-said")).to_have_text("34 rows were mended.")
    page.get_by_role("button", name="Drop 2 rows that cannot be sent to").click()
    expect(page.locator("#list-said")).to_have_text("2 rows were dropped.")
    page.fill("#list-name", "Spring")
    page.keyboard.press("Enter")
    expect(page.locator("#list-said")).to_have_text("Saved as “Spring”.")
    assert faults(page) == []
    page.keyboard.press("Escape")

    parent = RecipientList.objects.get()
    assert (parent.total, parent.bad, parent.repeated) == (9_998, 0, 0)
    expect(page.locator("#list-card")).to_contain_text("9,998 good")
    expect(page.locator("#summary")).to_have_text("Ready")


def previewed(page) -> None:
    page.fill("#as", "5")
    expect(page.locator("#preview figcaption")).to_contain_text("Hello Town 5")
    expect(page.locator("#as-who")).to_have_text("+1 647-555-0004")
    assert faults(page) == []


def scheduled(page) -> None:
    page.check("#when-later")
    page.fill("#f-zone", "America/Toronto")
    page.fill("#f-local", f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d}T09:00")
    expect(page.locator("#plan-said")).to_contain_text("America/Toronto")
    page.click("#send")
    expect(page.locator("#h-confirm")).to_contain_text("9998")
    expect(page.locator("#confirm")).to_contain_text("Autumn in Town 5")
    page.fill("#typed", "9998")
    page.locator("#confirm button.primary").click()
    page.wait_for_url("**/messages/*/", timeout=60_000)
    assert counts(Message.objects.get()) == {"scheduled": 9_998}
    row = Transaction.objects.get(position=4)
    assert (row.recipient, row.substitutions) == ("+16475550004", {"town": "Town 5"})


def stopped_in_flight(page, worker, sandbox) -> None:
    # The hour has come.
    Transaction.objects.update(next_attempt_at=timezone.now())
    worker.set()
    expect(page.locator('[data-figure="left"]')).not_to_have_text("9,998", timeout=30_000)
    page.get_by_role("link", name="Stop").click()
    page.get_by_role("button", name="Stop for").click()
    expect(page.locator("#steer-stop")).to_have_count(0)
    # What was on the wire comes to its end, and what was in hand is let go.
    ends = monotonic() + 20
    while Transaction.objects.filter(status__in=CANCELLABLE).exists() and monotonic() < ends:
        page.wait_for_timeout(100)

    left = [entry["client_ref"] for entry in sandbox.ledger(kind="accepted")]
    held = set(Transaction.objects.filter(status="cancelled").values_list("client_ref", flat=True))
    stopped = len(held)
    assert 0 < len(left) == len(set(left)) < 9_998
    assert not held & set(left)
    assert not Transaction.objects.filter(status__in=CANCELLABLE).exists()
    expect(page.locator('[data-figure="cancelled"]')).to_contain_text(f"{stopped:,}")
