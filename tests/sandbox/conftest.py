"""A running sandbox, a receiver for what it posts, and a host for what it fetches: all real sockets."""

import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from mmsportal.sandbox.testing import Running, running

PAYLOADS = Path(__file__).parents[1] / "messaging" / "providers" / "webex" / "payloads"
KEY = {"key": "sandbox-service-key"}


def until(condition: Callable[[], Any], *, within: float = 10) -> Any:
    """What a condition gives once it holds; fails when it does not in time."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.01)
    raise AssertionError(f"did not come true within {within} s")


@dataclass
class Receiver:
    """Keeps what is posted. `statuses` are answered one after the other, then 200; `pause` comes before each."""

    url: str = ""
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    methods: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    pause: float = 0

    def codes(self) -> list[str]:
        """The codes of the receipts that came, in order; "?" for what is no receipt."""
        return [_code(body) for body in self.bodies]


def _code(body: bytes) -> str:
    try:
        return json.loads(body)["deliveryInfoNotification"]["deliveryInfo"]["code"]
    except (ValueError, KeyError):
        return "?"


@contextmanager
def serving_on_loopback(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


class Quiet(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: object) -> None:
        """Tests print nothing."""


BODIES = {
    "image/jpeg": b"\xff\xd8\xff\xe0",
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/gif": b"GIF89a",
    "audio/mpeg": b"ID3",
    "video/mp4": b"\0\0\0\x18ftypisom",
    "text/calendar": b"BEGIN:VCALENDAR\r\n",
    "text/vcard": b"\xef\xbb\xbfBEGIN:VCARD\r\n",
    "application/pdf": b"%PDF-1.4",
    "text/plain": b"Hello",
    "text/html": b"<html>",
    "application/octet-stream": b"\xff\xd8\xff\xe0",
}


class Host(Quiet):
    """Serves what the query asks for: type, size, and one fault; without a query a film."""

    def do_HEAD(self) -> None:
        self.answer()

    def do_GET(self) -> None:
        self.answer()

    def answer(self) -> None:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        kind, fault = asked.get("type", "video/mp4"), asked.get("fault", "")
        body = BODIES[asked.get("body", kind)].ljust(int(asked.get("size", 100)), b" ")
        if fault == "no-head" and self.command == "HEAD":
            fault = "405"
        if fault == "empty":
            body = b""
        self.send_response(int(fault) if fault.isdigit() else 200)
        self.send_header("Content-Type", kind)
        if fault == "301":
            self.send_header("Location", self.path.replace("301", ""))
        if fault == "gzip":
            self.send_header("Content-Encoding", "gzip")
            body = gzip.compress(body)
        if fault == "chunked":
            self.send_header("Transfer-Encoding", "chunked")
            body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
        else:
            self.send_header("Content-Length", str(len(body) + (10 if fault == "short" else 0)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)
        self.close_connection = True


@pytest.fixture
def host() -> Iterator[str]:
    with serving_on_loopback(Host) as url:
        yield url


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    kept = Receiver()

    class Handler(Quiet):
        def do_GET(self) -> None:
            self.do_POST()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.headers.append({name.lower(): value for name, value in self.headers.items()})
            kept.times.append(time.monotonic())
            kept.methods.append(self.command)
            kept.bodies.append(body)
            time.sleep(kept.pause)
            self.send_response(kept.statuses.pop(0) if kept.statuses else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

    with serving_on_loopback(Handler) as url:
        kept.url = f"{url}/hook"
        yield kept


@pytest.fixture
def sandbox() -> Iterator[Running]:
    with running(speed=100) as box:
        yield box


@pytest.fixture
def order(receiver: Receiver) -> Callable[..., dict[str, Any]]:
    """A request to the handset with a number's last two digits: text only unless `attachments` are given."""

    def make(nn: str = "00", *, attachments: list[Any] | None = None, **members: Any) -> dict[str, Any]:
        request = json.loads((PAYLOADS / "request.json").read_text())
        request["to"][0] |= {"msisdn": [f"+164755501{nn}"], "correlationId": f"ref-{nn}"}
        request["content"]["attachments"] = attachments or [{"type": "text", "messageText": "Hello"}]
        return request | {"requestedReceipts": [], "notifyUrl": receiver.url} | members

    return make


@pytest.fixture
def send(sandbox: Running) -> Callable[..., httpx.Response]:
    def post(request: dict[str, Any], *, headers: dict[str, str] = KEY, timeout: float = 10) -> httpx.Response:
        url = f"{sandbox.base_url}/webex/v2/messages"
        return httpx.post(url, json=request, headers=headers, timeout=timeout, trust_env=False)

    return post
