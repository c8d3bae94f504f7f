"""A provider that costs next to nothing: it answers every POST as Webex Connect does, after a fixed delay.

`python -m tests.bench.responder PORT DELAY_SECONDS [CERTIFICATE KEY]`. GET /times answers when each POST since the last
such question was answered, GET /last the request that came last, so that a bare loop can send the very same.
"""

import asyncio
import json
import ssl
import sys
import time
from dataclasses import dataclass, field
from itertools import count


@dataclass(slots=True)
class Seen:
    """What all connections have seen together."""

    delay: float
    last: tuple[bytes, bytes] = (b"", b"")
    times: list[float] = field(default_factory=list)
    numbers: "count[int]" = field(default_factory=count)


class Connection(asyncio.Protocol):
    """One connection, its requests one after another."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen
        self._held = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._out = transport

    def data_received(self, data: bytes) -> None:
        self._held += data
        head, gap, rest = self._held.partition(b"\r\n\r\n")
        length = int(_header(head, b"content-length") or 0) if gap else 0
        if not gap or len(rest) < length:
            return
        self._held = rest[length:]
        if head.startswith(b"GET"):
            self._write(self._told(head.split()[1]))
            return
        self._seen.last = head, rest[:length]
        if self._seen.delay:
            asyncio.get_running_loop().call_later(self._seen.delay, self._accept)
        else:
            self._accept()

    def _accept(self) -> None:
        self._seen.times.append(time.monotonic())
        body = b'{"messageId": "%d-%d", "status": "queued"}' % (time.time_ns(), next(self._seen.numbers))
        self._write(body, b"201 Created")

    def _write(self, body: bytes, status: bytes = b"200 OK") -> None:
        if not self._out.is_closing():
            head = b"HTTP/1.1 " + status + b"\r\nContent-Type: application/json\r\nContent-Length: "
            self._out.write(head + b"%d\r\n\r\n" % len(body) + body)

    def _told(self, path: bytes) -> bytes:
        if path == b"/times":
            times, self._seen.times = self._seen.times, []
            return json.dumps(times).encode()
        return json.dumps([part.decode() for part in self._seen.last]).encode()


def _header(head: bytes, name: bytes) -> bytes:
    for line in head.split(b"\r\n")[1:]:
        known, _colon, value = line.partition(b":")
        if known.strip().lower() == name:
            return value.strip()
    return b""


async def serve(port: int, delay: float, trust: ssl.SSLContext | None) -> None:
    """Answer until ended."""
    seen = Seen(delay)
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(seen), "127.0.0.1", port, ssl=trust, backlog=1000
    )
    await server.serve_forever()


if __name__ == "__main__":
    port, delay, *files = sys.argv[1:]
    context = None
    if files:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*files)
    asyncio.run(serve(int(port), float(delay), context))
