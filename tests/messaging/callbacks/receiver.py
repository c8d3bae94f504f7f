"""Callers' servers on loopback, each in one of the moods that real ones have; what they took is kept and verified."""

import asyncio
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from time import monotonic

from aiohttp import web
from standardwebhooks import Webhook

PIECE = b"x" * 65_536
FOUR_GIGABYTES = 4 * 1024**3


@dataclass(slots=True)
class Heard:
    """One request as it came."""

    headers: dict[str, str]
    body: bytes
    path: str
    at: float = field(default_factory=monotonic)


@dataclass(slots=True)
class Receiver:
    """One caller's server. `mood` may be changed at any time: ok, hang, drip, redirect, huge, reset, status codes."""

    mood: str = "ok"
    port: int = 0
    heard: list[Heard] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    secret: str = ""
    open: int = 0
    most_open: int = 0
    written: int = 0

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}/news"

    def verified(self) -> list[dict[str, object]]:
        """The bodies heard, each with a signature that the library of the standard accepts."""
        return [Webhook(self.secret).verify(one.body, one.headers) for one in self.heard]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.heard.append(Heard(dict(request.headers), await request.read(), request.path))
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            return await self._answered(request)
        finally:
            self.open -= 1

    async def _answered(self, request: web.Request) -> web.StreamResponse:
        match self.mood:
            case "hang":
                await asyncio.sleep(60)
            case "drip":
                return await self._drip(request)
            case "huge":
                return await self._huge(request)
            case "redirect":
                return web.Response(status=302, headers={"location": f"http://{self.host}/elsewhere"})
            case "reset":
                taken = request.transport.get_extra_info("socket")
                taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                request.transport.abort()
            case "challenge":
                return web.json_response({"challenge": (await request.json())["data"]["challenge"]})
            case "ok":
                return web.Response(status=200)
            case status:
                return web.Response(status=int(status), headers=self.headers)
        return web.Response(status=200)

    async def _drip(self, request: web.Request) -> web.StreamResponse:
        """A head that never ends, one byte a second."""
        for byte in b"HTTP/1.1 200 OK\r\nx-slow: " + b"y" * 60:
            request.transport.write(bytes([byte]))
            await asyncio.sleep(1)
        return web.Response()

    async def _huge(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=500)
        await response.prepare(request)
        # Whoever has enough hangs up.
        with suppress(ConnectionResetError):
            while self.written < FOUR_GIGABYTES:
                await response.write(PIECE)
                self.written += len(PIECE)
        return response


@contextmanager
def receiving(*moods: str) -> Iterator[list[Receiver]]:
    """One receiver for each mood, all on ports of their own."""
    receivers, ready, loop = [Receiver(mood) for mood in moods], threading.Event(), asyncio.new_event_loop()

    async def serve() -> None:
        for one in receivers:
            app = web.Application()
            app.router.add_route("*", "/{tail:.*}", one.answer)
            runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True, access_log=None)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            one.port = site._server.sockets[0].getsockname()[1]
        ready.set()

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.create_task(serve())
        loop.run_forever()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(5)
    try:
        yield receivers
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
