"""The browser for the published document works under the strict policy, without any other host."""

import os
import shutil

import pytest

from messaging.api.errors import PLAIN
from messaging.api.guides import EXAMPLE_BASE, GUIDES

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", event =>
  window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(not CHROMIUM, reason="no Chromium here")
def test_the_docs_page_shows_and_tries_operations_without_a_violation(live_server, issued_key, sender) -> None:
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        hosts, troubles = set(), []
        page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
        page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.add_init_script(WATCH)
        response = page.goto(f"{live_server.url}/api/v1/docs")
        assert "unsafe-inline" not in response.headers["content-security-policy"].replace(
            "style-src-attr 'unsafe-inline'", ""
        )
        page.get_by_text("/api/v1/senders").first.wait_for()
        page.get_by_role("button", name="Authorize").first.click()
        page.get_by_label("Value:").first.fill(issued_key[1])
        page.get_by_role("button", name="Apply credentials").first.click()
        page.get_by_role("button", name="Close").first.click()
        page.locator("#operations-senders-senders_list").get_by_role("button").first.click()
        page.get_by_role("button", name="Try it out").click()
        page.get_by_role("button", name="Execute").click()
        page.locator(".live-responses-table").get_by_text('"34343"').wait_for()
        violations = page.evaluate("window.violations")
        browser.close()
    assert violations == []
    assert troubles == []
    assert hosts == {live_server.url.split("/")[2]}


@pytest.mark.parametrize("version", ["%00", "%0d%0aX-Forged:1", "9"])
def test_a_version_asked_for_changes_nothing(client, version) -> None:
    answer = client.get(f"/api/v1/schema?version={version}")
    assert answer.status_code == 200
    assert answer["Content-Disposition"] == client.get("/api/v1/schema")["Content-Disposition"]


def test_the_page_shows_each_guide_and_an_example_of_each_operation(client, settings):
    settings.PUBLIC_BASE_URL = "https://mms.example.com"
    client.credentials()
    page = client.get("/api/v1/docs").content.decode()

    for guide in GUIDES:
        assert f'id="{guide.name}"' in page
    assert page.count('class="operation"') >= 27
    assert "https://mms.example.com/api/v1/messages" in page
    assert EXAMPLE_BASE not in page
    # What the `type` of a problem leads to.
    for _status, (code, _title) in PLAIN.items():
        assert f'id="{code}"' in page
