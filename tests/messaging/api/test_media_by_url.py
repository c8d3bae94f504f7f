"""Media given by address with `"host": "ours"`: fetched before anything is written."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO

import pytest
from PIL import Image

from media.models import Asset
from messaging.models import Message

pytestmark = pytest.mark.django_db


def picture() -> bytes:
    file = BytesIO()
    Image.new("RGB", (16, 16), "navy").save(file, "PNG")
    return file.getvalue()


class Site(BaseHTTPRequestHandler):
    asked: list[str] = []
    at_once: list[int] = []
    now = 0

    def do_GET(self) -> None:
        self.asked.append(self.path)
        Site.now += 1
        self.at_once.append(Site.now)
        if "slow" in self.path:
            time.sleep(0.3)
        Site.now -= 1
        if "untold" in self.path:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(picture())
            return
        data = picture() if self.path.endswith(".png") else b"<html>not a picture</html>"
        self.send_response(404 if "gone" in self.path else 200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_args: object) -> None: ...


@pytest.fixture
def site(settings, tmp_path):
    place = {"location": tmp_path / "media"}
    if "s3" not in settings.STORAGES["default"]["BACKEND"]:
        settings.STORAGES = settings.STORAGES | {"default": settings.STORAGES["default"] | {"OPTIONS": place}}
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    settings.ALLOW_PRIVATE_TARGETS = frozenset({f"127.0.0.1:{server.server_port}"})
    Site.asked, Site.at_once, Site.now = [], [], 0
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def slides(*urls: str) -> dict:
    return {"subject": "Hi", "slides": [{"image": {"url": url}} for url in urls], "fallback": {"text": "Hi"}}


def test_a_picture_is_fetched_once_and_served_by_us(send, key, site) -> None:
    response = send(content=slides(f"{site}/a.png", f"{site}/a.png"))
    assert response.status_code == 201, response.content
    asset = Asset.objects.get()
    assert asset.owner == key.owner_label
    first, second = Message.objects.get(pk=response.json()["id"]).frozen.slides
    assert (first.parts[0].asset, second.parts[0].asset) == (str(asset.pk), str(asset.pk))
    assert first.parts[0].url.startswith("http")
    assert Site.asked == ["/a.png"]


def test_each_file_that_cannot_be_taken_is_named(send, refused, site) -> None:
    errors = refused(
        send(content=slides(f"{site}/a.png", f"{site}/gone.png", f"{site}/page.html")), 422, "media_refused"
    )
    assert [error["pointer"] for error in errors] == [
        "/content/slides/1/image/url",
        "/content/slides/2/image/url",
    ]
    assert not Message.objects.exists()


def test_a_replayed_request_fetches_nothing_again(send, site) -> None:
    for _ in range(2):
        assert send(content=slides(f"{site}/a.png"), headers={"Idempotency-Key": "k"}).status_code == 201
    assert Site.asked == ["/a.png"]


def test_private_addresses_are_not_fetched(send, refused, site, settings) -> None:
    settings.ALLOW_PRIVATE_TARGETS = frozenset()
    refused(send(content=slides("http://127.0.0.1/a.png")), 400, "url_private")
    assert Site.asked == []


def test_four_addresses_at_once_are_fetched_and_no_more(send, site) -> None:
    urls = [f"{site}/slow-{n}.png" for n in range(6)]
    assert send(content=slides(*urls)).status_code == 201
    assert 2 <= max(Site.at_once) <= 4


def test_what_comes_too_late_is_named_and_not_waited_for(send, refused, site, monkeypatch) -> None:
    monkeypatch.setattr("messaging.api.files.FETCHING_SECONDS", 0.1)
    urls = [f"{site}/slow-{n}.png" for n in range(5)]
    errors = refused(send(content=slides(*urls)), 422, "media_refused")
    assert [error["code"] for error in errors] == ["url_too_slow"] * 4 + ["media_too_slow"]


def findings(answer) -> dict[str, dict]:
    assert answer.status_code == 201, answer.content
    return {one["code"]: one for one in answer.json()["findings"]}


def callers(url: str) -> dict:
    part = {"image": {"url": url, "host": "caller"}}
    return {"subject": "Hi", "slides": [part], "fallback": {"text": "Hi"}}


def test_a_callers_own_address_is_looked_at_and_passed_on(send, site) -> None:
    answer = send(content=callers(f"{site}/a.png"))
    found = findings(answer)
    assert {"fetch_untyped", "fetch_no_head", "fetch_not_secure"} <= set(found)
    assert found["fetch_untyped"]["providers"] == ["webex"]
    assert found["fetch_untyped"]["pointer"] == "/content/slides/0/image/url"
    assert found["fetch_untyped"]["severity"] == "advises"
    part = Message.objects.get(pk=answer.json()["id"]).frozen.slides[0].parts[0]
    assert (part.url, part.asset) == (f"{site}/a.png", "")
    assert not Asset.objects.exists()


def test_a_callers_address_without_a_file_is_said(send, site) -> None:
    assert findings(send(content=callers(f"{site}/gone.png")))["url_status"]["severity"] == "advises"
    assert findings(send(content=callers(f"{site}/page.html")))["fetch_not_media"]["providers"] == ["webex"]


def test_a_length_is_missed_by_those_who_need_one(send, sender, site) -> None:
    sender.account.provider = "sinch"
    sender.account.save()
    found = findings(send(content=callers(f"{site}/untold.png")))
    assert found["fetch_no_length"]["providers"] == ["sinch"]
    # By the extension, where the server names no type.
    assert found["fetch_untyped"]["providers"] == []
