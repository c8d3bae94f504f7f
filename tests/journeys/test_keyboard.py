"""The whole journey without a mouse: composed, uploaded, mended, imported, planned, previewed, sent and called back."""

from base64 import b64encode

import pytest
from django.core.files.storage import default_storage
from playwright.sync_api import expect

from messaging.models import Draft, Message, Transaction
from messaging.timeline import counts
from messaging.web.shortcuts import SHORTCUTS
from tests.journeys.keys import MOST_TABS, focus_is_at, tab_to
from tests.media import samples

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# The window in which a file is chosen is the system's, not the page's: what would open it is held, then given a file.
NO_MOUSE = """
addEventListener("pointerdown", () => { throw new Error("That was the mouse."); }, true);
const click = HTMLInputElement.prototype.click;
HTMLInputElement.prototype.click = function () {
  if (this.type === "file") window.asked = this;
  else click.call(this);
};
"""
CHOSEN = """({ name, mimeType, buffer }) => {
  const files = new DataTransfer();
  files.items.add(new File([Uint8Array.from(atob(buffer), (sign) => sign.charCodeAt(0))], name, { type: mimeType }));
  window.asked.files = files.files;
  window.asked.dispatchEvent(new Event("change", { bubbles: true }));
  window.asked = null;
}"""
PICTURE = {"name": "tulips.jpg", "mimeType": "image/jpeg", "buffer": samples.jpeg(320, 240)}
PEOPLE = "Mobile,Name\n+16475550143,Bo\n12,Cy\n+16475550145,Di\n"
SHORTENED = "Tulips for $(name) and again and again and…"


@pytest.fixture
def page(browser_page, sign_in, composer, sender, settings, tmp_path):
    """The empty composer. Whatever clicks a mouse here fails the test."""
    default_storage.location = str(tmp_path)
    settings.UNDO_SECONDS = 60
    browser_page.add_init_script(NO_MOUSE)
    browser_page.set_default_timeout(30_000)
    sign_in(composer, "/compose/")
    return browser_page


def write_at(page, selector: str, text: str) -> None:
    tab_to(page, selector)
    page.keyboard.insert_text(text)


def choose_file(page, selector: str, file: dict[str, object]) -> None:
    # What was typed is checked, and its answers are there, before the next control is looked for.
    page.wait_for_timeout(500)
    expect(page.locator("#composer.htmx-request")).to_have_count(0)
    tab_to(page, selector)
    page.keyboard.press("Enter")
    page.wait_for_function("window.asked")
    page.evaluate(CHOSEN, {**file, "buffer": b64encode(file["buffer"]).decode()})


def texts(page) -> list[str]:
    return [field.input_value() for field in page.locator("#slides textarea").all()]


def test_the_whole_way_without_a_mouse(page, sender) -> None:
    tab_to(page, "#f-sender")
    page.keyboard.type("34343")
    write_at(page, "#f-recipients", "+16475550142 name=Ann")
    choose_file(page, "[data-choose-list]", {"name": "p.csv", "mimeType": "text/csv", "buffer": PEOPLE.encode()})
    mend_the_list(page)
    write_at(page, "#f-subject", "Tulips for $(name) " + "and again " * 5)
    choose_file(page, "[data-upload-kind^='.jpg']", PICTURE)
    expect(page.locator(".mcard", has_text="tulips.jpg")).to_be_visible()
    write_at(page, "#slides textarea", "Hi $(name)")
    write_at(page, "#f-fallback", "Tulips for $(name)")
    mend_the_subject(page)
    plan_and_preview(page)

    page.keyboard.press("Control+Enter")
    expect(page.locator("#confirm")).to_be_visible()
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/messages/*/")
    assert Transaction.objects.count() == 4
    tab_to(page, "#steer-undo")
    page.keyboard.press("Enter")
    expect(page.locator("#f-subject")).to_have_value(SHORTENED)
    assert counts(Message.objects.get()) == {"cancelled": 4}


def mend_the_list(page) -> None:
    """The import's one bad cell; the focus goes back to where the list was asked for."""
    tab_to(page, ".mending [aria-invalid]")
    page.keyboard.press("Control+a")
    page.keyboard.type("+16475550144")
    page.keyboard.press("Enter")
    expect(page.locator("#list-said")).to_have_text("Row 2 is mended, 0 left.")
    page.keyboard.press("Escape")
    expect(page.locator("#list-card")).to_be_focused()


def mend_the_subject(page) -> None:
    """What stands against the message is found with a key, and mended with the button that the checks offer."""
    expect(page.locator("#checks [data-field=f-subject]")).to_be_visible()
    for _ in range(MOST_TABS):
        page.keyboard.press("F8")
        if focus_is_at(page, "#f-subject"):
            break
    about = page.locator("#checks [data-field=f-subject]").first.get_attribute("id")
    assert about in (page.locator("#f-subject").get_attribute("aria-describedby") or "").split()
    tab_to(page, "[data-action=shorten]")
    page.keyboard.press("Enter")
    expect(page.locator("#f-subject")).to_be_focused()
    expect(page.locator("#f-subject")).to_have_value(SHORTENED)


def plan_and_preview(page) -> None:
    tab_to(page, "[name=purpose]")
    page.keyboard.press("ArrowDown")
    expect(page.locator("[name=purpose][value=transactional]")).to_be_checked()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Alt+Shift+P")
    expect(page.locator("[data-play]")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Alt+Shift+P")
    expect(page.locator("[data-play]")).to_have_attribute("aria-pressed", "false")
    tab_to(page, "[data-view=sms]")
    page.keyboard.press("Space")
    expect(page.locator("#sms-preview")).to_be_visible()


def test_slides_by_keys_keep_focus_and_caret(page) -> None:
    write_at(page, "#slides textarea", "First slide")
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("Control+Shift+Enter")
    page.keyboard.type("Second")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Alt+PageUp")
    assert texts(page) == ["Second", "First slide"]
    page.keyboard.type("-")
    assert texts(page) == ["S-econd", "First slide"]
    page.keyboard.press("Alt+Shift+D")
    expect(page.locator("#slides > li")).to_have_count(3)
    page.keyboard.press("Alt+PageDown")
    assert texts(page) == ["S-econd", "First slide", "S-econd"]
    # The caret survives the answers of the checks as well.
    expect(page.locator("#slide-count")).to_contain_text("3 of")
    page.keyboard.type("!")
    assert "!" in texts(page)[2]
    tab_to(page, "[data-undo]", "Shift+Tab")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    expect(page.locator("#slides > li")).to_have_count(2)
    page.keyboard.press("Control+Shift+Z")
    expect(page.locator("#slides > li")).to_have_count(3)


def test_the_sheet_lists_every_key_and_opens_by_key_or_button(page) -> None:
    tab_to(page, "[data-open=shortcuts]")
    page.keyboard.press("?")
    sheet = page.locator("#shortcuts")
    expect(sheet).to_be_visible()
    listed = sheet.locator("[data-keys]").evaluate_all("rows => rows.map(row => row.dataset.keys)")
    assert listed == [shortcut.keys for shortcut in SHORTCUTS]
    page.keyboard.press("Escape")
    expect(page.locator("[data-open=shortcuts]")).to_be_focused()
    page.keyboard.press("Enter")
    tab_to(page, "#sheet-by-key")
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    page.reload()
    page.keyboard.press("?")
    expect(sheet).not_to_be_visible()
    write_at(page, "#f-subject", "Why")
    page.keyboard.type("?")
    expect(page.locator("#f-subject")).to_have_value("Why?")
    assert Draft.objects.count() == 1
