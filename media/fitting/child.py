"""The limited child: makes one copy, writes it and how far it is, prints one JSON verdict.

Usage: python -m media.fitting.child FITTER TARGET GIVEN COPY PROGRESS WORKER. Limits are set here and not between
fork and exec, because code there deadlocks in a process with threads.
"""

import ctypes
import importlib
import json
import os
import resource
import signal
import sys
import warnings
from dataclasses import fields
from pathlib import Path

from media.fitting.target import Target
from media.fitting.verdicts import Fitted, Unfit
from media.words import kept

MEMORY_BYTES = 2_000_000_000
CPU_SECONDS = 240
WRITTEN_BYTES = 64_000_000
# From <linux/prctl.h>.
_PR_SET_PDEATHSIG = 1


def limit_self() -> None:
    """Caps memory, processor time, written bytes and open files of this process; forbids core dumps."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (WRITTEN_BYTES, WRITTEN_BYTES))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Whoever waits for a page or a message comes first.
    os.nice(5)


def end_with(worker: int) -> None:
    """Ends this process together with the worker that waits for it, even if that is killed."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != worker:
        sys.exit("the worker is gone")  # it died while this one started


def main(fitter: str, target: str, given: str, copy: str, progress: str, worker: str) -> None:
    end_with(int(worker))
    limit_self()
    # A warning of a decoder must never reach the channel of the verdict.
    warnings.simplefilter("ignore")
    told = Path(progress)
    try:
        module = importlib.import_module(f"media.fitting.{fitter}")
        fitted = module.fit(Path(given), Target.parse(target), lambda done: told.write_text(str(done)))
    except Unfit as unfit:
        answer: dict[str, object] = {"unfit": {"code": unfit.code, **kept(unfit.words, unfit.values)}}
    else:
        Path(copy).write_bytes(fitted.data)
        answer = {"facts": _facts(fitted)}
    answer["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    sys.stdout.write(json.dumps(answer))


def _facts(fitted: Fitted) -> dict[str, object]:
    return {field.name: getattr(fitted, field.name) for field in fields(fitted) if field.name != "data"}


if __name__ == "__main__":
    main(*sys.argv[1:])
