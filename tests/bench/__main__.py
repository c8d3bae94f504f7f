"""`make bench`: what the portal costs beside the bare thing, measured in one run; a table, var/bench.json and a plot.

Ratios only mean something within one run on one machine: what is compared is measured in turns, and the median of five
rounds or more is kept. Each room is a module beside this one with a `measure(place)`, and gets a database of its own.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import django
import psycopg

from tests.bench.figures import met
from tests.bench.plot import draw
from tests.faults.databases import POSTGRES
from tests.faults.world import ROOT, world

ROOMS = (
    "sending",
    "accept_one",
    "accept",
    "receipts",
    "reading",
    "live_check",
    "rules",
    "fitting",
    "media_host",
)


def main() -> int:
    """Measure every room in a process of its own and write down what was found."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--only", nargs="+", choices=ROOMS, default=ROOMS, help="some of the rooms")
    parser.add_argument("--quick", action="store_true", help="small numbers: shows that all works, not how fast")
    parser.add_argument("--database", choices=("postgresql", "sqlite"), default="postgresql")
    parser.add_argument("--write", type=Path, default=ROOT / "var" / "bench.json")
    options = parser.parse_args()
    kind = _reachable(options.database)
    if options.quick:
        os.environ["BENCH_QUICK"] = "1"
    rows, broken = list[dict[str, Any]](), list[str]()
    for room in options.only:
        if find_spec(f"tests.bench.{room}") is None:
            continue
        began = time.monotonic()
        found = _room(room, kind)
        print(f"{room}: {time.monotonic() - began:.0f} s", file=sys.stderr)
        broken += [] if found else [room]
        rows += found
    options.write.parent.mkdir(parents=True, exist_ok=True)
    options.write.write_text(json.dumps(rows, indent=2) + "\n")
    draw(rows, options.write.with_suffix(".png"))
    _print(rows)
    print(f"\n{options.write}, {options.write.with_suffix('.png')}; broken: {', '.join(broken) or 'none'}")
    return 1 if broken else 0


def _reachable(kind: str) -> str:
    try:
        if kind == "postgresql":
            psycopg.connect(POSTGRES, connect_timeout=3).close()
    except psycopg.OperationalError:
        print("PostgreSQL does not answer (TEST_POSTGRES_URL); measuring on SQLite", file=sys.stderr)
        return "sqlite"
    return kind


def _room(room: str, kind: str) -> list[dict[str, Any]]:
    """One room's rows; none when it broke, which it says itself."""
    child = subprocess.run(
        [sys.executable, "-m", "tests.bench.__main__", "room", room, kind],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=False,
    )
    rows: list[dict[str, Any]] = json.loads(child.stdout.splitlines()[-1]) if child.returncode == 0 else []
    return [{**row, "room": room, "met": met(row)} for row in rows]


def _measured(room: str, kind: str) -> int:
    """Measure one room in a world of its own, in this process, and print its rows as one line of JSON."""
    with world(kind) as place:
        os.environ.update({**place.environment, "DJANGO_SETTINGS_MODULE": "mmsportal.settings"})
        django.setup()
        print(json.dumps(import_module(f"tests.bench.{room}").measure(place)))
    return 0


def _print(rows: list[dict[str, Any]]) -> None:
    print(f"{'name':36}{'value':>12} {'unit':18}{'ratio':>8}  {'goal':24}{'':8}against")
    for row in rows:
        ratio = "" if row["ratio"] is None else f"{row['ratio']:.2f}"
        said = {True: "met", False: "MISSED", None: ""}[row["met"]]
        goal = row.get("goal") or ""
        figure = f"{row['name']:36}{row['value']:>12,.3f} {row['unit']:18}{ratio:>8}"
        print(f"{figure}  {goal:24}{said:8}{row['against'] or ''}")


if __name__ == "__main__":
    sys.exit(_measured(*sys.argv[2:]) if sys.argv[1:2] == ["room"] else main())
