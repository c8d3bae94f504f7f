"""One process that sends and says what it took: `python -m tests.bench.sender pump`, or `line` or `plain` for the bare
loops, which send the request that the responder saw last as often as they are told.

Prints {"cpu": seconds, "wall": seconds, "sent": count} of the work alone, without what it takes to start.
"""

import asyncio
import json
import os
import ssl
import sys
import time
from collections.abc import Awaitable, Callable, Iterator

CONCURRENCY = 50
WIRE_OWN = {"host", "content-length", "connection", "accept-encoding", "user-agent", "accept"}


def main() -> int:
    """Do one kind of work and print its figures."""
    kind, *words = sys.argv[1:]
    if trusted := os.environ.get("BENCH_TRUSTS"):
        import certifi  # noqa: PLC0415

        # In this process alone a certificate of the bench's own passes: nothing of the portal is told of it.
        certifi.where = lambda: trusted
    work = _pump() if kind == "pump" else _bare(kind, *words)
    began, spent = time.perf_counter(), time.process_time()
    sent = work()
    print(json.dumps({"cpu": time.process_time() - spent, "wall": time.perf_counter() - began, "sent": sent}))
    return 0


def _pump() -> Callable[[], int]:
    import django  # noqa: PLC0415

    django.setup()
    from django.db import connection  # noqa: PLC0415

    from messaging import delivery  # noqa: PLC0415
    from mmsportal import collector  # noqa: PLC0415

    connection.ensure_connection()
    # As any worker does.
    collector.spare()
    return lambda: delivery.pump(once=True, seconds=600)


def _bare(kind: str, url: str, times: str, seen: str) -> Callable[[], int]:
    """In: where to post, how often, and the request as the responder saw it: JSON of its head and its body."""
    head, body = json.loads(seen)
    lines = [line.partition(":") for line in head.split("\r\n")[1:]]
    headers = {name.lower(): value.strip() for name, _colon, value in lines if name.lower() not in WIRE_OWN}
    call = _line if kind == "line" else _plain
    return lambda: asyncio.run(call(url, headers, body.encode(), int(times)))


async def _line(url: str, headers: dict[str, str], body: bytes, times: int) -> int:
    """Through the portal's own guarded line."""
    from messaging.gateway.contract import HttpRequest  # noqa: PLC0415
    from messaging.gateway.http import Line  # noqa: PLC0415

    request = HttpRequest("POST", url, headers, body)
    async with Line(allow_private=frozenset({url.split("/")[2]})) as line:

        async def call() -> int:
            return (await line.call(request)).status

        return await _all(call, times)


async def _plain(url: str, headers: dict[str, str], body: bytes, times: int) -> int:
    """Through httpx on the same transport and nothing of ours."""
    import aiohttp  # noqa: PLC0415
    import httpx  # noqa: PLC0415
    from httpx_aiohttp import AiohttpTransport  # noqa: PLC0415

    trust: ssl.SSLContext = httpx.create_ssl_context()

    def session() -> aiohttp.ClientSession:
        return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONCURRENCY, ssl=trust))

    async with httpx.AsyncClient(transport=AiohttpTransport(verify=trust, client=session)) as client:

        async def call() -> int:
            return (await client.post(url, headers=headers, content=body)).status_code

        return await _all(call, times)


async def _all(call: Callable[[], Awaitable[int]], times: int) -> int:
    """So many calls, CONCURRENCY at a time. Out: how many. Raises RuntimeError for an answer that is not 201."""
    turns: Iterator[int] = iter(range(times))

    async def work() -> None:
        for _turn in turns:
            if await call() != 201:
                raise RuntimeError("the responder refused a call")

    async with asyncio.TaskGroup() as group:
        for _place in range(CONCURRENCY):
            group.create_task(work())
    return times


if __name__ == "__main__":
    sys.exit(main())
