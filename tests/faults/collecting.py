"""A stand-in for our web door that takes all receipts and keeps them, to be let loose on the real one later."""

import asyncio
import random
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector, web

HEADERS = ("content-type", "user-agent", "x-hub-signature", "x-wx-gtrid", "x-ts-authorization", "date", "authorization")


@dataclass(frozen=True, slots=True)
class Kept:
    """One receipt as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Storm:
    """What became of a storm: how long each call took, what was answered, and the receipts nobody took."""

    took: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    refused: list[Kept] = field(default_factory=list)


@contextmanager
def collecting(port: int, kept: list[Kept]) -> Iterator[None]:
    """Take what is posted to a port of loopback, answer 200, and keep it."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()

    async def take(request: web.Request) -> web.Response:
        headers = {name: request.headers[name] for name in HEADERS if name in request.headers}
        kept.append(Kept(request.method, request.path, headers, await request.read()))
        return web.Response(text="ok")

    async def serve() -> web.AppRunner:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", take)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        return runner

    runner = asyncio.run_coroutine_threadsafe(serve(), loop).result(10)
    try:
        yield
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)


def several(kept: Sequence[Kept], *, most: int, seed: int = 25) -> list[Kept]:
    """Each one to `most` times, in any order."""
    chance = random.Random(seed)
    some = [one for one in kept for _copy in range(chance.randint(1, most))]
    chance.shuffle(some)
    return some


def storm(address: str, receipts: Sequence[Kept], *, seconds: float) -> Storm:
    """Post receipts evenly over so many seconds, each without waiting for the one before."""
    return asyncio.run(_storm(address, receipts, seconds))


async def _storm(address: str, receipts: Sequence[Kept], seconds: float) -> Storm:
    found, began = Storm(), time.monotonic()
    async with ClientSession(connector=TCPConnector(limit=50), timeout=ClientTimeout(total=30)) as session:

        async def post(one: Kept) -> None:
            status, start = 0, time.monotonic()
            try:
                call = session.request(one.method, address + one.path, data=one.body, headers=one.headers)
                async with call as answer:
                    status = answer.status
            except (ClientError, TimeoutError, OSError):
                pass
            found.took.append(time.monotonic() - start)
            found.statuses[status] = found.statuses.get(status, 0) + 1
            if status != 200:
                found.refused.append(one)

        # Each begins in its moment: ten thousand begun at once would keep the first ones waiting for us, not the door.
        async with asyncio.TaskGroup() as posts:
            for number, one in enumerate(receipts):
                await asyncio.sleep(max(0, began + seconds * number / len(receipts) - time.monotonic()))
                posts.create_task(post(one))
    found.took.sort()
    return found
