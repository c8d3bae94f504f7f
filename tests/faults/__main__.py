"""`make faults`: the fault catalogue, one table, and var/faults.json.

One database to a process: `--database sqlite` or `postgresql` runs it here, without it both run as children.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from messaging.gateway import registry
from tests.faults import kills
from tests.faults.world import ROOT, world

COLUMNS = ("requested", "final", "lost", "duplicated", "ambiguous", "recovered", "drain_s")
# For each point: many where the calls themselves are quick, fewer where media are fetched or encoded.
MESSAGES = {"webex": 200}
FEWER = 40


def main() -> int:
    """Run the catalogue. Exit code 1 when a promise is broken."""
    parser = argparse.ArgumentParser(prog="make faults")
    parser.add_argument("--database", choices=["sqlite", "postgresql"])
    parser.add_argument("--providers", nargs="*", default=registry.names(), choices=registry.names())
    parser.add_argument("--points", nargs="*", default=kills.POINTS, choices=kills.POINTS)
    parser.add_argument("--messages", type=int, help="for each point (200 at webex, 40 at the others)")
    parser.add_argument("--write", type=Path, default=ROOT / "var" / "faults.json")
    parser.add_argument("--short", action="store_true", help="a few points only, each provider among them")
    options = parser.parse_args()
    if options.database is None:
        return _both(options)
    runs = kills.short() if options.short else kills.runs(options.providers, options.points)
    rows = _run(options.database, runs, options.messages)
    options.write.parent.mkdir(parents=True, exist_ok=True)
    options.write.write_text(json.dumps(rows, indent=2) + "\n")
    return int(any(row["broken"] for row in rows))


def _run(database: str, runs: Sequence[kills.Run], messages: int | None) -> list[dict[str, object]]:
    rows = []
    print(f"{'kill -9 on ' + database:34}" + "".join(f"{name:>11}" for name in COLUMNS), flush=True)
    with world(database) as place:
        kills.open_world(place)
        for run in runs:
            row = kills.carry_out(place, run, messages or MESSAGES.get(run.provider, FEWER))
            row["database"], row["broken"] = database, kills.broken(row)
            rows.append(row)
            figures = "".join(f"{row[name]!s:>11}" for name in COLUMNS)
            print(f"{row['fault']:34}{figures}  {row['broken']}", flush=True)
    return rows


def _both(options: argparse.Namespace) -> int:
    rows, failed = [], 0
    for database in ("sqlite", "postgresql"):
        part = options.write.with_suffix(f".{database}.json")
        words = ["--database", database, "--write", str(part)]
        words += ["--messages", str(options.messages)] if options.messages else []
        words += ["--short"] if options.short else []
        words += ["--providers", *options.providers, "--points", *options.points]
        failed |= subprocess.run([sys.executable, "-m", "tests.faults", *words], cwd=ROOT, check=False).returncode
        rows += json.loads(part.read_text()) if part.exists() else []
    options.write.parent.mkdir(parents=True, exist_ok=True)
    options.write.write_text(json.dumps(rows, indent=2) + "\n")
    return failed


if __name__ == "__main__":
    sys.exit(main())
