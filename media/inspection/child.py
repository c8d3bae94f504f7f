"""The limited child: reads one file by the reader it is told, writes the clean copy, prints one JSON verdict.

Usage: python -m media.inspection.child READER MIME_TYPE GIVEN CLEAN. Limits are set here and not between fork and
exec, because code there deadlocks in a process with threads.
"""

import importlib
import json
import resource
import sys
import warnings
from dataclasses import fields
from pathlib import Path

from media.inspection.verdicts import Inspection, Refused

MEMORY_BYTES = 1_500_000_000
CPU_SECONDS = 30
WRITTEN_BYTES = 64_000_000


def limit_self() -> None:
    """Caps memory, processor time, written bytes and open files of this process; forbids core dumps."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (WRITTEN_BYTES, WRITTEN_BYTES))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main(reader: str, mime_type: str, given: str, clean: str) -> None:
    limit_self()
    # A warning of a decoder (a decompression bomb is one) must never reach the channel of the verdict.
    warnings.simplefilter("ignore")
    try:
        inspection = importlib.import_module(f"media.inspection.{reader}").read(Path(given).read_bytes(), mime_type)
    except Refused as refused:
        answer: dict[str, object] = {"refused": refused.as_dict()}
    else:
        Path(clean).write_bytes(inspection.data)
        answer = {"facts": _facts(inspection)}
    sys.stdout.write(json.dumps(answer))


def _facts(inspection: Inspection) -> dict[str, object]:
    facts = {field.name: getattr(inspection, field.name) for field in fields(inspection) if field.name != "data"}
    return facts | {"findings": [{"code": f.code, "message": f.message} for f in inspection.findings]}


if __name__ == "__main__":
    main(*sys.argv[1:])
