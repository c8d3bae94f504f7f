"""A key, the four doors, and the internet: every host in the world answers from one loopback server."""

import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import httpx
import pytest
from defusedxml.ElementTree import fromstring
from django.core.files.storage import default_storage
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from media.targets import Target
from messaging import callbacks
from messaging.models import ApiKey, issue_key
from mmsportal.sandbox.testing import Running
from tests.media import samples
from tests.messaging.callbacks.receiver import Receiver, receiving
from tests.working import work

PAYLOADS = Path(__file__).parents[1] / "providers"
MADE = {
    "jpg": samples.jpeg,
    "png": samples.png,
    "gif": samples.gif,
    "ics": samples.calendar,
    "pdf": samples.pdf,
    "m4v": samples.film,
    "mp4": samples.film,
    "mp3": samples.sound,
    "vcf": samples.vcard,
    "pkpass": samples.pkpass,
}
# Said, not sent.
TOO_LONG = 40_000_000
PUBLIC, HERE = "93.184.216.34", "127.0.0.1"


@cache
def made(ending: str) -> bytes:
    return MADE[ending]()


@dataclass
class Internet:
    """What was asked of which host; an address that ends in no known type is not found."""

    port: int = 0
    asked: list[str] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)


@pytest.fixture
def internet(monkeypatch: pytest.MonkeyPatch, tmp_path) -> Iterator[Internet]:
    """Names lead to a public address, and whoever connects there gets a server of ours, as behind a router."""
    default_storage.location = str(tmp_path)
    world = Internet()

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, host = self.path.partition("?")[0], self.headers["Host"]
            world.asked.append(host + path)
            ending = path.rpartition(".")[2]
            body = world.files.get(path) or (made(ending) if ending in MADE and "gone" not in path else b"")
            self.send_response(200 if body else 404)
            self.send_header("Content-Length", str(TOO_LONG if "huge" in path else len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    world.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    straight = Target.pinned_to
    monkeypatch.setattr("media.targets._lookup", lambda host, _port: [HERE if host == HERE else PUBLIC])

    def routed(target: Target, address: str) -> httpx.URL:
        if address == HERE:
            return straight(target, address)
        return target.url.copy_with(scheme="http", host=HERE, port=world.port, fragment=None)

    monkeypatch.setattr(Target, "pinned_to", routed)
    yield world
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def hosting(settings, live_server) -> None:
    """Providers fetch from us what we fetched from callers."""
    settings.MEDIA_PUBLIC_BASE_URL = live_server.url


@pytest.fixture
def receiver(key: ApiKey, sandbox: Running, settings) -> Iterator[Receiver]:
    """The caller's own server, which an administrator has vouched for: receipts go there."""
    with receiving("ok") as [one]:
        settings.ALLOW_PRIVATE_TARGETS = settings.ALLOW_PRIVATE_TARGETS | {one.host}
        callbacks.vouch(callbacks.register(key, one.url), now=timezone.now())
        yield one


@pytest.fixture
def key(issued_key) -> ApiKey:
    return issued_key[0]


@pytest.fixture
def other_key(db) -> tuple[ApiKey, str, str]:
    return issue_key(name="Somebody else", scopes=["messages:send", "messages:read"])


@pytest.fixture
def service_key(issued_key) -> str:
    return issued_key[1]


@pytest.fixture
def seed() -> Callable[[str, str], bytes]:
    """A request sample as it stands in the seeds."""
    return lambda provider, name: (PAYLOADS / provider / "payloads" / name).read_bytes()


@pytest.fixture
def post(client: Client, service_key: str) -> Callable[..., HttpResponse]:
    """POST a body to a provider's own path at our door, with the key where that provider's key stands."""

    def send(provider: str, body: bytes, **headers: str) -> Any:
        basic = b64encode(f"any customer:{service_key}".encode()).decode()
        path, auth = {
            "webex": ("v2/messages", {"key": service_key}),
            "telesign": ("v1/omnichannel", {"authorization": f"Basic {basic}"}),
            "sinch": ("ep/v2", {"x-api-key": service_key}),
            "skycore": ("API/wxml/1.3/index.php", {}),
        }[provider]
        kind = "text/xml" if provider == "skycore" else "application/json"
        return client.post(f"/compat/{provider}/{path}", body, content_type=kind, headers={**auth, **headers})

    return send


@pytest.fixture
def ask(client: Client, service_key: str) -> Callable[[str, str], Any]:
    """GET the state of a message by its reference."""

    def get(provider: str, ref: str) -> Any:
        basic = b64encode(f"any customer:{service_key}".encode()).decode()
        path, auth = {
            "webex": ("v2/messages", {"key": service_key}),
            "telesign": ("v1/omnichannel", {"authorization": f"Basic {basic}"}),
        }[provider]
        return client.get(f"/compat/{provider}/{path}/{ref}", headers=auth)

    return get


def told(receiver: Receiver, count: int) -> list[bytes]:
    """The bodies that a caller heard, once there are so many."""

    def heard() -> bool:
        callbacks.send(once=True)
        return len(receiver.heard) >= count

    work(heard)
    assert len(receiver.heard) == count
    return [one.body for one in receiver.heard]


def xml(body: bytes, root_tag: str = "RESPONSE") -> dict[str, str]:
    root: Element = fromstring(body)
    assert root.tag == root_tag
    return {child.tag: child.text or "" for child in root}
