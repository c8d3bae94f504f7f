"""What it costs to accept a message to one person over the API, beside a bare view with one INSERT on the same server.

Both stand behind gunicorn with threads on the measured core, with processor time of the worker for each request; the
client and the database are on the other.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench import bare_view
from tests.bench.accept import CONTENT, prepared
from tests.bench.figures import MEASURED, OTHERS, cpu_seconds, many, pinned, ratio, rounds, row
from tests.faults.world import World, free_port

CLIENTS = THREADS = 8


def measure(place: World) -> list[dict[str, object]]:
    """In: a world of PostgreSQL on whose settings Django stands."""
    key = prepared()
    bare_view.prepare(place.environment["DATABASE_URL"])
    person = {"msisdn": "+12005550101", "correlation_id": "order-1", "substitutions": {"first": "Ann", "area": "EC1M"}}
    body = json.dumps({"from": "55555", "to": [person], "content": CONTENT}).encode()
    doors = {"bare": ("/accept", {}), "one": ("/api/v1/messages", {}), "once": ("/api/v1/messages", {})}
    cpu: dict[str, list[float]] = {name: [] for name in doors}
    rate: dict[str, list[float]] = {name: [] for name in doors}
    requests = many(1_500, 80)
    with pinned(OTHERS), _server(place, "tests.bench.bare_view", BENCH_BARE="1") as bare, _server(place) as portal:
        for turn in range(rounds() + 1):
            for name, (path, _headers) in doors.items():
                port, pid = bare if name == "bare" else portal
                spent, began = cpu_seconds(pid), time.perf_counter()
                asyncio.run(_ask(port, path, key, body, requests if turn else 80, once=name == "once"))
                wall = time.perf_counter() - began
                if turn:
                    cpu[name].append(1000 * (cpu_seconds(pid) - spent) / requests)
                    rate[name].append(requests / wall)
    return [
        row("accept_one_cpu", cpu["one"], "CPU ms/request", ratio(cpu["bare"], cpu["one"]), "one INSERT", ">= 0.35"),
        row("accept_one_rate", rate["one"], "requests/s", ratio(rate["one"], rate["bare"]), "one INSERT", ">= 0.35"),
        row("accept_once_cpu", cpu["once"], "CPU ms/request", ratio(cpu["bare"], cpu["once"]), "one INSERT"),
        row("floor_insert_cpu", cpu["bare"], "CPU ms/request"),
        row("floor_insert_rate", rate["bare"], "requests/s"),
    ]


@contextmanager
def _server(place: World, application: str = "mmsportal.wsgi", **environment: str) -> Iterator[tuple[int, int]]:
    """One worker of gunicorn. Out: its port, and the process that answers."""
    port = free_port()
    words = ["-m", "gunicorn", application, "-b", f"127.0.0.1:{port}", "-k", "gthread", "--threads", str(THREADS)]
    words += ["--keep-alive", "30", "--log-level", "warning", "--no-control-socket"]
    before = place.environment
    place.environment = {**before, **environment}
    with pinned(MEASURED):
        master = place.start(sys.executable, *words, name=application)
    place.environment = before
    try:
        yield port, _worker(master.pid, port)
    finally:
        master.terminate()
        master.wait(20)


def _worker(master: int, port: int) -> int:
    for _try in range(300):
        children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        if children and _listens(port):
            return int(children[0])
        time.sleep(0.1)
    raise TimeoutError("the server does not start")


def _listens(port: int) -> bool:
    try:
        asyncio.run(_hello(port))
    except OSError:
        return False
    return True


async def _hello(port: int) -> None:
    _reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()


async def _ask(port: int, path: str, key: str, body: bytes, times: int, *, once: bool) -> None:
    """So many requests over CLIENTS connections. Raises RuntimeError for an answer that is not 201."""
    turns = iter(range(times))

    async def work() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for turn in turns:
            head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nkey: {key}\r\n"
            head += f"Idempotency-Key: {time.time_ns()}-{turn}\r\n" if once else ""
            writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            answer = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = int(answer.lower().split("content-length:")[1].split("\r\n")[0])
            said = await reader.readexactly(length)
            if " 201 " not in answer.splitlines()[0]:
                raise RuntimeError(f"{answer.splitlines()[0]}: {said[:300]!r}")
        writer.close()

    async with asyncio.TaskGroup() as group:
        for _client in range(CLIENTS):
            group.create_task(work())
