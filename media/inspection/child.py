"""In the limited child: one file read by the reader that was told, its clean copy written, a verdict given."""

import importlib
from dataclasses import fields
from pathlib import Path
from typing import Any

from media.inspection.verdicts import Inspection, Refused


def warm(reader: str, *_rest: str) -> None:
    """Load the reader's decoders, before and outside of any child."""
    _reader(reader)


def work(reader: str, mime_type: str, given: str, clean: str) -> dict[str, object]:
    """The facts of the file, with its clean copy written to `clean`, or why it is refused."""
    try:
        inspection = _reader(reader).read(Path(given).read_bytes(), mime_type)
    except Refused as refused:
        return {"refused": refused.kept()}
    Path(clean).write_bytes(inspection.data)
    return {"facts": _facts(inspection)}


def _reader(name: str) -> Any:
    return importlib.import_module(f"media.inspection.{name}")


def _facts(inspection: Inspection) -> dict[str, object]:
    facts = {field.name: getattr(inspection, field.name) for field in fields(inspection) if field.name != "data"}
    return facts | {"findings": [finding.kept() for finding in inspection.findings]}
