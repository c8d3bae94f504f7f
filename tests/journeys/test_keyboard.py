"""The composer by its keys alone: slides, undo, and the sheet that lists them."""

import pytest
from playwright.sync_api import expect

from messaging.models import Draft
from messaging.web.shortcuts import SHORTCUTS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MOST_TABS = 60


@pytest.fixture
def page(browser_page, sign_in, composer, sender):
    """The empty composer. Whatever clicks a mouse here fails the test."""
    browser_page.add_init_script(
        "addEventListener('pointerdown', () => { throw new Error('That was the mouse.'); }, true)"
    )
    browser_page.set_default_timeout(30_000)
    sign_in(composer, "/compose/")
    return browser_page


def focus_is_at(page, selector: str) -> bool:
    return bool(page.evaluate("selector => document.activeElement.matches(selector)", selector))


def tab_to(page, selector: str, key: str = "Tab") -> None:
    """Go on with the tab key, as somebody does who sees where the focus is."""
    for _ in range(MOST_TABS):
        if focus_is_at(page, selector):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{selector} is not reached by the tab key")


def write_at(page, selector: str, text: str) -> None:
    tab_to(page, selector)
    page.keyboard.insert_text(text)


def texts(page) -> list[str]:
    return [field.input_value() for field in page.locator("#slides textarea").all()]


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
