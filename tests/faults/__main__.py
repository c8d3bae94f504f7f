"""`make faults`: the fault catalogue, one table, and var/faults.json.

ARGS="--rows 2 15 --database postgresql --short" chooses. Each world is played by a process of its own: one process
knows one database.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.faults.catalogue import BOTH, Fault, faults, groups, heading
from tests.faults.world import ROOT, template


def main() -> int:
    """Run the catalogue. Exit code 1 when a promise is broken."""
    parser = argparse.ArgumentParser(prog="make faults")
    parser.add_argument("--rows", nargs="*", default=[], metavar="N", help="rows by their numbers; all but long ones")
    parser.add_argument("--named", default="", help="of these only rows with this in their name")
    parser.add_argument("--database", choices=BOTH)
    parser.add_argument("--short", action="store_true", help="fewer messages and kills")
    parser.add_argument("--thousand", action="store_true", help="the thousand kills, a quarter of an hour")
    parser.add_argument("--write", type=Path, default=ROOT / "var" / "faults.json")
    parser.add_argument("--list", action="store_true", help="say what rows there are")
    options = parser.parse_args()
    numbers = options.rows + (["thousand"] if options.thousand else [])
    chosen = [fault for fault in faults(numbers) if options.named in fault.name]
    if options.list or not chosen:
        print("\n".join(f"{fault.title}  ({', '.join(fault.databases)})" for fault in chosen) or "no such row")
        return int(not chosen)
    databases = [options.database] if options.database else BOTH
    rows = [row for database in databases for row in _run(database, chosen, short=options.short)]
    options.write.parent.mkdir(parents=True, exist_ok=True)
    options.write.write_text(json.dumps(rows, indent=2) + "\n")
    broken = [row for row in rows if row["broken"]]
    print(f"{len(rows)} runs, {len(broken)} broken; {options.write}")
    return int(bool(broken))


def _run(database: str, chosen: Sequence[Fault], *, short: bool) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    worlds = groups(database, chosen)
    if not worlds:
        return rows
    print(heading(database), flush=True)
    with template(database):
        for together in worlds:
            rows += _played(database, together, short=short)
    return rows


def _played(database: str, together: Sequence[Fault], *, short: bool) -> list[dict[str, object]]:
    """The rows of one world. One that its process did not come to is broken."""
    with TemporaryDirectory(prefix="mms-faults-") as scratch:
        part = Path(scratch, "rows.json")
        words = [sys.executable, "-m", "tests.faults.playing", database, str(part)]
        words += [fault.title for fault in together] + (["--short"] if short else [])
        code = subprocess.run(words, cwd=ROOT, check=False).returncode
        rows: list[dict[str, object]] = json.loads(part.read_text()) if part.exists() else []
    for fault in together[len(rows) :]:
        print(f"{fault.title}: not reached (exit code {code})", flush=True)
        rows.append({"row": fault.number, "fault": fault.name, "database": database, "broken": "not reached"})
    return rows


if __name__ == "__main__":
    sys.exit(main())
