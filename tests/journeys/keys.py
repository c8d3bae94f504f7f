"""Finding one's way on a page with the tab key."""

from playwright.sync_api import Page

MOST_TABS = 60


def focus_is_at(page: Page, selector: str) -> bool:
    return bool(page.evaluate("selector => document.activeElement.matches(selector)", selector))


def tab_to(page: Page, selector: str, key: str = "Tab") -> None:
    """Go on with the tab key, as somebody does who sees where the focus is."""
    for _ in range(MOST_TABS):
        if focus_is_at(page, selector):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{selector} is not reached by the tab key")
