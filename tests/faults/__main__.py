"""`make faults`: the fault catalogue, one table, and var/faults.json.

One database to a process: `--database sqlite` or `postgresql` runs it here, without it both run as children.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

from tests.faults import kills
from tests.faults.world import ROOT, world

COLUMNS = ("requested", "final", "lost", "duplicated", "ambiguous", "recovered", "drain_s")


def main() -> int:
    """Run the catalogue. Exit code 1 when a promise is broken."""
    parser = argparse.ArgumentParser(prog="make faults")
    parser.add_argument("--database", choices=["sqlite", "postgresql"])
    parser.add_argument("--messages", type=int, default=200)
    parser.add_argument("--points", nargs="*", default=kills.POINTS, choices=kills.POINTS)
    parser.add_argument("--write", type=Path, default=ROOT / "var" / "faults.json")
    options = parser.parse_args()
    if options.database is None:
        return _both(options)
    rows = _run(options.database, options.messages, options.points)
    options.write.parent.mkdir(parents=True, exist_ok=True)
    options.write.write_text(json.dumps(rows, indent=2) + "\n")
    return int(any(row["broken"] for row in rows))


def _run(database: str, messages: int, points: list[str]) -> list[dict[str, object]]:
    rows = []
    print(f"{'fault on ' + database:32}" + "".join(f"{name:>11}" for name in COLUMNS), flush=True)
    with world(database) as place:
        kills.in_world(place)
        place.start_sandbox()
        place.start_web()
        for point in points:
            row = kills.run(place, point, messages)
            row["database"], row["broken"] = database, kills.broken(row)
            rows.append(row)
            figures = "".join(f"{row[name]!s:>11}" for name in COLUMNS)
            print(f"{row['fault']:32}{figures}  {row['broken']}", flush=True)
    return rows


def _both(options: argparse.Namespace) -> int:
    rows, failed = [], 0
    for database in ("sqlite", "postgresql"):
        part = options.write.with_suffix(f".{database}.json")
        words = ["--database", database, "--messages", str(options.messages), "--write", str(part)]
        words += ["--points", *options.points]
        failed |= subprocess.run([sys.executable, "-m", "tests.faults", *words], cwd=ROOT, check=False).returncode
        rows += json.loads(part.read_text()) if part.exists() else []
    options.write.write_text(json.dumps(rows, indent=2) + "\n")
    return failed


if __name__ == "__main__":
    sys.exit(main())
