"""A real Chromium for the journeys. What it complains about fails the test: script errors, refused policies, 5xx."""

import os
import shutil
from collections.abc import Callable, Iterator

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    """One Chromium for a file's journeys; without one they are skipped, and say so.

    Not for the whole run: playwright's event loop stays in this thread, where other tests start loops of their own.
    """
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: no browser tests")
    # Playwright's own loop runs in this thread; Django would take it for an async caller of its ORM.
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with sync_api.sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        except sync_api.Error as error:
            pytest.skip(f"No Chromium to be found, so NO browser test ran: {str(error).splitlines()[0]}")
        yield browser
        browser.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the pages of this test complained about. A test that provokes one on purpose clears it."""
    return []


@pytest.fixture
def browser_page(browser, complaints, request) -> Iterator[object]:
    """A page of 1440 x 900, or as `@pytest.mark.parametrize("browser_page", [{"width": ...}], indirect=True)` says."""
    wanted = {"width": 1440, "height": 900, "dark": False, **getattr(request, "param", {})}
    context = browser.new_context(
        viewport={"width": wanted["width"], "height": wanted["height"]},
        color_scheme="dark" if wanted["dark"] else "light",
    )
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(f"script: {error}"))
    page.on(
        "response", lambda answer: complaints.append(f"{answer.status} {answer.url}") if answer.status >= 500 else None
    )
    yield page
    context.close()
    assert not complaints


@pytest.fixture
def sign_in(browser_page, live_server, client) -> Callable[..., None]:
    """Sign somebody in and open a path, without going through the login page each time."""

    def go(user, path: str = "/") -> None:
        client.force_login(user)
        cookie = {"name": "session", "value": client.cookies["session"].value, "url": live_server.url}
        browser_page.context.add_cookies([cookie])
        browser_page.goto(f"{live_server.url}{path}", wait_until="load")

    return go
