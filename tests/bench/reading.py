"""What pages cost on a million messages, beside the same pages on ten thousand.

Two portals of one make, each behind its own server; every page is asked for in turns, small and large. Alone:
`DATABASE_URL=postgres://... python -m tests.bench.reading [--rows 1000000] [--rounds 20]`; it takes minutes.
"""

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack
from http.client import HTTPConnection
from typing import Any

from tests.bench.crowd import SMALLEST
from tests.faults.world import ROOT, World, world

ROUNDS = 20
GOAL, P95_MS = 1.5, 60.0
Page = tuple[str, str, bool]


def measure(place: World, *, rows: int = 1_000_000, rounds: int = ROUNDS) -> list[dict[str, object]]:
    """Milliseconds of each page with `rows` transactions, and how often that is the same page's on ten thousand.

    In: a migrated, empty world; it is filled. The two rows with a goal are the worst of their family. Of twenty times
    the second slowest is the p95.
    """
    kind = "postgresql" if place.environment["DATABASE_URL"].startswith("postgres") else "sqlite"
    with ExitStack() as stack:
        small = stack.enter_context(world(kind))
        sides = []
        for one, size in ((small, SMALLEST), (place, rows)):
            asks = _filled(one, size)
            server = one.start_web()
            stack.callback(server.terminate)
            sides.append((HTTPConnection("127.0.0.1", one.web_port, timeout=300), asks))
        return compared(sides, rounds)


def compared(sides: list[tuple[HTTPConnection, dict[str, Any]]], rounds: int) -> list[dict[str, object]]:
    """The rows for two servers that are filled, the small one first."""
    chosen = [[*pages(asks), *_deep_pages(line, asks)] for line, asks in sides]
    found = []
    for (name, small, key), (_name, large, _key) in zip(*chosen, strict=True):
        took: list[list[float]] = [[], []]
        for turn in range(rounds + 1):
            for side, address in enumerate((small, large)):
                line, asks = sides[side]
                milliseconds = _ask(line, address, asks, key=key)[0]
                if turn:
                    took[side].append(milliseconds)
        low, high = (statistics.median(side) for side in took)
        found.append(_row(name, high, high / low, _p95(took[1])))
    return [*_worst(found), *found]


def _filled(place: World, rows: int) -> dict[str, Any]:
    words = [sys.executable, "-m", "tests.bench.crowd", str(rows)]
    done = subprocess.run(words, cwd=ROOT, env=place.environment, stdout=subprocess.PIPE, check=True)
    asks: dict[str, Any] = json.loads(done.stdout)
    return asks


def pages(asks: dict[str, Any]) -> list[Page]:
    """Each page's name, its address, and whether it is the API's."""
    number, rare = asks["number"], asks["senders"][2]
    common, list_, api = asks["senders"][0], "/messages/", "/api/v1"
    day = asks["rare_day"]
    filters = {
        "first": "",
        "deep": f"before={asks['middle']}",
        "delivered": "status=delivered",
        "failed": "status=failed",
        "unclear": "status=unclear",
        "cancelled": "status=cancelled",
        "rare_sender": f"sender={rare}",
        "common_sender": f"sender={common}",
        "web": "source=web",
        "api": "source=api",
        "until_old_day": f"until={day}",
        "since_old_day": f"since={day}",
        "sender_failed": f"sender={common}&status=failed",
        "rare_sender_failed": f"sender={rare}&status=failed",
        "web_cancelled": "source=web&status=cancelled",
        "old_failed": f"until={day}&status=failed",
        "old_web": f"until={day}&source=web",
        "number": f"q=%2B{number[1:]}",
        "number_miss": "q=%2B12005550199",
        "last_4": f"q={number[-4:]}",
        "last_7": f"q={number[-7:]}",
        "last_7_miss": "q=5550199",
        "name": "q=Crowd",
        "name_miss": "q=nothing+is+called+so",
        # Of a number that has failed: else a small crowd has next to nothing to show.
        "number_failed": f"q={asks['failed_number'][-4:]}&status=failed",
    }
    biggest, one = f"/messages/{asks['biggest']}/", f"/transactions/{asks['transaction']}/"
    address = asks["addresses"]
    found: list[Page] = [(f"list {name}", f"{list_}?{query}", False) for name, query in filters.items()]
    found += [
        ("timeline page", one, False),
        ("timeline live", f"{one}live/?seen=0", False),
        ("dashboard", "/", False),
        ("conversations", "/conversations/", False),
        ("conversations number", f"/conversations/?q={number[-4:]}", False),
        ("message biggest", biggest, False),
        ("message failed", f"{biggest}?status=failed", False),
        ("message none", f"{biggest}?status=scheduled", False),
        ("message deep", f"{biggest}?after=900", False),
        ("message last_4", f"{biggest}?q={number[-4:]}", False),
    ]
    for name, query in {
        "messages": "/messages",
        "messages failed": "/messages?status=failed",
        "messages rare sender": f"/messages?sender={address[2]}",
        "messages number": f"/messages?to={number.replace('+', '%2B')}",
        "messages old": f"/messages?created_before={day}T00:00:00Z",
        "transactions": "/transactions",
        "transactions failed": "/transactions?status=failed",
        "transactions cancelled": "/transactions?status=cancelled",
        "transactions rare sender": f"/transactions?sender={address[2]}",
        "transactions rare sender failed": f"/transactions?sender={address[2]}&status=failed",
        "transactions number": f"/transactions?to={number.replace('+', '%2B')}",
        "transactions number miss": "/transactions?to=%2B12005550199",
        "transactions old": f"/transactions?created_before={day}T00:00:00Z",
        "transactions old failed": f"/transactions?created_before={day}T00:00:00Z&status=failed",
        "transactions of biggest": f"/transactions?message={asks['biggest']}&status=read",
        "transaction": f"/transactions/{asks['transaction']}",
        "events": "/events?limit=100",
        "events deep": "/events?limit=100&after=20000",
    }.items():
        found.append((f"api {name}", api + query, True))
    return found


def _deep_pages(line: HTTPConnection, asks: dict[str, Any]) -> list[Page]:
    names = ("messages", "transactions")
    return [(f"api {name} deep", _deep(line, asks, f"/api/v1/{name}"), True) for name in names]


def _deep(line: HTTPConnection, asks: dict[str, Any], address: str) -> str:
    """A page of the API some pages on."""
    for _page in range(10):
        following = json.loads(_ask(line, address, asks, key=True)[1])["next"]
        address = following[following.index("/api/") :] if following else address
    return address


def _ask(line: HTTPConnection, address: str, asks: dict[str, Any], *, key: bool) -> tuple[float, bytes]:
    headers = {"key": asks["keys"][0]} if key else {"Cookie": f"session={asks['session']}"}
    # The server drops what is idle for two seconds.
    line.close()
    line.connect()
    began = time.perf_counter()
    line.request("GET", address, headers=headers)
    answer = line.getresponse()
    body = answer.read()
    # 286 is how a live page learns that nothing more will come.
    if answer.status not in (200, 286):
        raise RuntimeError(f"{address}: {answer.status} {body[:200]!r}")
    return (time.perf_counter() - began) * 1000, body


def _worst(rows: list[dict[str, Any]]) -> list[dict[str, object]]:
    """The two rows that have a goal."""
    found = []
    for name, family in (("list_1m", "list "), ("timeline_1m", "timeline ")):
        own = [row for row in rows if row["name"].startswith(family)]
        slowest = max(own, key=lambda row: row["ratio"])
        found.append(
            {
                **_row(name, slowest["value"], slowest["ratio"], max(row["p95"] for row in own)),
                "against": f"{slowest['name']}, on ten thousand",
                "goal": f"<= {GOAL}, p95 < {P95_MS:.0f} ms",
            }
        )
    return found


def _p95(times: list[float]) -> float:
    return sorted(times)[math.ceil(0.95 * len(times)) - 1]


def _row(name: str, value: float, ratio: float, p95: float) -> dict[str, object]:
    return {
        "name": name,
        "value": round(value, 2),
        "unit": "ms",
        "ratio": round(ratio, 2),
        "against": "the same page on ten thousand",
        "goal": None,
        "p95": round(p95, 2),
    }


def main() -> int:
    """Measure in worlds of their own, and print."""
    parser = argparse.ArgumentParser(prog="tests.bench.reading")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    kind = "postgresql" if os.environ.get("DATABASE_URL", "").startswith("postgres") else "sqlite"
    with world(kind) as place:
        for row in measure(place, rows=options.rows, rounds=options.rounds):
            against = f"{row['ratio']:>6} of {row['against']}"
            print(f"{row['name']:36}{row['value']:>9} ms, p95 {row['p95']:>8}  {against}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
