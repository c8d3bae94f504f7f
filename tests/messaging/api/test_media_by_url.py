"""Media given by address with `"host": "ours"`: fetched before anything is written."""

import threading
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

    def do_GET(self) -> None:
        self.asked.append(self.path)
        data = picture() if self.path.endswith(".png") else b"<html>not a picture</html>"
        self.send_response(404 if "gone" in self.path else 200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_args: object) -> None: ...


@pytest.fixture
def site(settings, tmp_path):
    place = {"location": tmp_path / "media", "allow_overwrite": False}
    if "s3" not in settings.STORAGES["default"]["BACKEND"]:
        settings.STORAGES = settings.STORAGES | {"default": settings.STORAGES["default"] | {"OPTIONS": place}}
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    settings.ALLOW_PRIVATE_TARGETS = frozenset({f"127.0.0.1:{server.server_port}"})
    Site.asked = []
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
