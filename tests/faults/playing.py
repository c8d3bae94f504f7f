"""Plays the rows of one world: `python -m tests.faults.playing DATABASE FILE ROW...`, a process of its own for each."""

import argparse
import json
import sys
import time
import traceback
from pathlib import Path

from tests.faults.catalogue import Fault, Figures, as_row, faults, line
from tests.faults.world import World, enter, world


def main() -> int:
    """Run the rows one after another, print a line for each and write them down. Exit code 1 when one is broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.playing")
    parser.add_argument("database")
    parser.add_argument("write", type=Path)
    parser.add_argument("titles", nargs="+")
    parser.add_argument("--short", action="store_true")
    options = parser.parse_args()
    chosen = [
        fault
        for fault in faults(sorted({t.partition(" ")[0] for t in options.titles}))
        if fault.title in options.titles
    ]
    rows = []
    with world(options.database, cluster=any(fault.cluster for fault in chosen)) as place:
        enter(place)
        for fault in chosen:
            began = time.monotonic()
            figures = play(place, fault, short=options.short)
            rows.append({**as_row(fault, options.database, figures), "seconds": round(time.monotonic() - began, 1)})
            print(line(fault, figures), flush=True)
            options.write.write_text(json.dumps(rows))
    return int(any(row["broken"] for row in rows))


def play(place: World, fault: Fault, *, short: bool) -> Figures:
    """One row; what breaks in the row itself is told like a promise that does not hold."""
    try:
        return fault.run(place, short)
    except Exception as error:
        traceback.print_exc()
        return Figures(broken=f"{type(error).__name__}: {error}"[:300])


if __name__ == "__main__":
    sys.exit(main())
