"""A web address in the composer: the file comes, and what providers would have met there is read."""

import sys
from pathlib import Path

import pytest
from django.core.files.storage import default_storage

pytest.importorskip("playwright.sync_api", reason="playwright is not installed: no browser tests")
from playwright.sync_api import expect

sys.path.insert(0, str(Path(__file__).parents[1] / "media"))

from hostile_site import serve

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def site(settings, tmp_path: Path):
    default_storage.location = str(tmp_path / "media")
    server, _handler = serve()
    settings.ALLOW_PRIVATE_TARGETS = frozenset({f"127.0.0.1:{server.server_address[1]}"})
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_a_file_comes_from_a_web_address(browser_page, sign_in, composer, sender, site, complaints):
    sign_in(composer, "/compose/")
    browser_page.locator("[data-library]").first.click()
    form = browser_page.locator("#from-url")
    form.get_by_label("Or from a web address").fill(f"{site}/missing")
    form.get_by_role("button").click()
    expect(form.locator(".err")).to_contain_text("404")
    form.get_by_label("Or from a web address").fill(f"{site}/onward.png")
    form.get_by_label("Or from a web address").press("Enter")
    expect(form.get_by_role("status")).to_contain_text("picture.png was added")
    expect(form.locator("li")).to_have_count(4)
    browser_page.keyboard.press("Escape")
    expect(browser_page.locator("#slides .mcard, .slide .mcard").first).to_contain_text("picture.png")
    # Chromium logs the answer to the address that holds nothing.
    assert [words for words in complaints if "422" not in words] == []
    complaints.clear()
