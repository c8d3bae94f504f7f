"""The public media host, as the providers' fetchers meet it."""

import gzip
import threading
from datetime import timedelta
from email.message import Message
from http.client import HTTPConnection
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
import samples
from django.core.wsgi import get_wsgi_application
from django.utils import timezone

from media import storage, uploads
from media.models import Asset

pytestmark = pytest.mark.django_db


def body(response) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def test_a_file_comes_with_its_length_type_and_nothing_else(client, asset):
    response = client.get(asset.public_path)
    assert response.status_code == 200
    assert len(body(response)) == asset.size == int(response["Content-Length"])
    assert response["Content-Type"] == "image/png"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response["Accept-Ranges"] == "bytes"
    assert not response.cookies
    for absent in ("Transfer-Encoding", "Content-Encoding", "Location", "Vary"):
        assert absent not in response


def test_head_says_the_same_without_the_bytes(client, asset):
    head, get = client.head(asset.public_path), client.get(asset.public_path)
    assert head.content == b""
    for name in ("Content-Length", "Content-Type", "ETag", "Last-Modified", "Accept-Ranges"):
        assert head[name] == get[name]


@pytest.mark.parametrize(
    ("make", "how"),
    [
        (samples.png, "inline"),
        (samples.sound, "inline"),
        (samples.film, "inline"),
        (samples.vcard, "attachment"),
        (samples.calendar, "attachment"),
        (samples.pdf, "attachment"),
    ],
)
def test_only_pictures_sounds_and_films_are_shown_in_place(client, make, how):
    asset = uploads.store(make(), name="a.bin", owner="user:1")
    assert client.get(asset.public_path)["Content-Disposition"].startswith(f"{how}; filename=")


@pytest.mark.parametrize(
    ("header", "first", "last"),
    [
        ("bytes=0-9", 0, 9),
        ("bytes=10-", 10, None),
        ("bytes=-5", -5, None),
        ("bytes=0-999999999", 0, None),
        ("bytes=3-3", 3, 3),
    ],
)
def test_a_range_is_answered_with_its_part(client, asset, header, first, last):
    whole = body(client.get(asset.public_path))
    wanted = whole[first:] if last is None else whole[first : last + 1]
    response = client.get(asset.public_path, headers={"Range": header})
    assert response.status_code == 206
    assert body(response) == wanted
    assert int(response["Content-Length"]) == len(wanted)
    start = first % len(whole)
    assert response["Content-Range"] == f"bytes {start}-{start + len(wanted) - 1}/{len(whole)}"


@pytest.mark.parametrize(
    "header", ["bytes=0-1,3-4", "lines=1-2", "bytes=5-2", "bytes=", "bytes=-", "x" * 200, "bytes=a-b"]
)
def test_a_range_that_cannot_be_read_means_the_whole_file(client, asset, header):
    response = client.get(asset.public_path, headers={"Range": header})
    assert response.status_code == 200
    assert int(response["Content-Length"]) == asset.size


@pytest.mark.parametrize("header", ["bytes=99999999-", "bytes=-0"])
def test_a_range_outside_the_file_is_416(client, asset, header):
    response = client.get(asset.public_path, headers={"Range": header})
    assert response.status_code == 416
    assert response["Content-Range"] == f"bytes */{asset.size}"


def test_a_range_for_another_version_means_the_whole_file(client, asset):
    headers = {"Range": "bytes=0-9", "If-Range": '"something else"'}
    assert client.get(asset.public_path, headers=headers).status_code == 200


@pytest.mark.parametrize("header", ['"{}"', 'W/"{}"', '"x", "{}"', "*"])
def test_a_known_version_is_not_sent_again(client, asset, header):
    response = client.get(asset.public_path, headers={"If-None-Match": header.format(asset.sha256)})
    assert response.status_code == 304
    assert response["ETag"] == f'"{asset.sha256}"'
    assert body(response) == b""


@pytest.mark.parametrize("change", ["?sig=1", "?", "x", ".exe"])
def test_every_other_address_is_404(client, asset, change):
    response = client.get(asset.public_path + change)
    assert response.status_code == (200 if change == "?" else 404)


@pytest.mark.parametrize(
    "path", ["/m/AAAAAAAAAAAAAAAAAAAAAA/x.png", "/m/x/x", "/m/%00/x.png", "/m/..%2f..%2fetc/passwd"]
)
def test_unknown_tokens_are_404_without_a_redirect(client, asset, path):
    assert client.get(path).status_code == 404


def test_the_same_token_under_another_name_is_404(client, asset):
    assert client.get(f"/m/{asset.token}/other.png").status_code == 404


def test_an_expired_file_is_410_and_one_that_will_expire_is_not(client, make_asset):
    gone = make_asset(expires_at=timezone.now() - timedelta(seconds=1))
    going = make_asset(expires_at=timezone.now() + timedelta(minutes=1), owner="user:2")
    assert client.get(gone.public_path).status_code == 410
    assert client.get(going.public_path).status_code == 200


@pytest.mark.parametrize("status", [Asset.Status.PENDING, Asset.Status.REFUSED])
def test_a_file_that_is_not_ready_is_404(client, make_asset, status):
    assert client.get(make_asset(status=status).public_path).status_code == 404


@pytest.mark.parametrize("method", ["get", "head"])
def test_a_file_whose_content_is_lost_is_404_and_logged(client, asset, caplog, method):
    storage.delete(asset.storage_key)
    assert getattr(client, method)(asset.public_path).status_code == 404
    assert asset.storage_key in caplog.text


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch", "options"])
def test_other_methods_are_405(client, asset, method):
    assert getattr(client, method)(asset.public_path).status_code == 405


@pytest.fixture
def over_the_wire(transactional_db):
    """Asks a real server, so that what the wire carries is seen and not only what Django meant."""

    class Quiet(WSGIRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

    server = make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def ask(method: str, path: str, **headers: str) -> tuple[int, Message, bytes]:
        connection = HTTPConnection("127.0.0.1", server.server_address[1], timeout=10)
        connection.request(method, path, headers=headers)
        response = connection.getresponse()
        answer = response.status, response.headers, response.read()
        connection.close()
        return answer

    yield ask
    server.shutdown()
    server.server_close()


def test_on_the_wire_it_is_never_chunked_compressed_or_given_a_cookie(over_the_wire):
    asset = uploads.store(samples.film(), name="a.mp4", owner="user:1")
    asking = {"Accept-Encoding": "gzip, br", "Cookie": "session=x"}
    status, headers, content = over_the_wire("GET", asset.public_path, **asking)
    assert (status, len(content), headers["Content-Length"]) == (200, asset.size, str(asset.size))
    assert content[:2] != gzip.compress(b"")[:2]
    for absent in ("Transfer-Encoding", "Content-Encoding", "Set-Cookie", "Location"):
        assert headers[absent] is None
    status, headers, content = over_the_wire("HEAD", asset.public_path)
    assert (status, content, headers["Content-Length"]) == (200, b"", str(asset.size))
