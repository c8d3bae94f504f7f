"""One limited child per file: a decoder that crashes, hangs or swells costs a refusal, not a worker."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from media import children
from media.inspection.sniffing import Sniffed, sniff
from media.inspection.verdicts import MAX_BYTES, Finding, Inspection, Refused
from media.words import gettext_noop as _
from media.words import values_of

WALL_SECONDS = 25.0


def inspect(source: bytes | Path, *, wall_seconds: float = WALL_SECONDS) -> Inspection:
    """Decode a file to its end and answer what it is, with the bytes that may be served.

    Takes the content or the path of a file, and the seconds the child may take. Safe in threads and in forked
    workers: the child shares nothing with them but two files. Raises Refused.
    """
    size = len(source) if isinstance(source, bytes) else source.stat().st_size
    sniffed = sniff(_head(source))
    check_size(sniffed.kind, size)
    with TemporaryDirectory(prefix="inspect-") as folder:
        given, clean = Path(folder, "given"), Path(folder, "clean")
        if isinstance(source, bytes):
            given.write_bytes(source)
        else:
            given = source.resolve()
        verdict = _ask_child(sniffed, given, clean, wall_seconds)
        return _understood(verdict, clean)


def check_size(kind: str, size: int) -> None:
    """Raises Refused `media_too_large` above the upload limit of the kind (bytes)."""
    limit = MAX_BYTES[kind]
    if size > limit:
        raise Refused(
            "media_too_large",
            _("The file has {size} KB; of this kind at most {limit} KB are taken."),
            {"size": -(-size // 1000), "limit": limit // 1000},
            limit=limit,
            actual=size,
            fix=_("Make the file smaller, for instance by a lower resolution or a shorter cut."),
        )


def _head(source: bytes | Path) -> bytes:
    if isinstance(source, bytes):
        return source[:1024]
    with source.open("rb") as file:
        return file.read(1024)


def _ask_child(sniffed: Sniffed, given: Path, clean: Path, wall_seconds: float) -> dict[str, object]:
    args = [sniffed.reader, sniffed.mime_type, str(given), str(clean)]
    try:
        return children.run("media.inspection.child", args, seconds=wall_seconds)
    except children.ChildFailed as failed:
        raise _unfinished(slow=failed.slow) from None


def _understood(verdict: dict[str, object], clean: Path) -> Inspection:
    refused, facts = verdict.get("refused"), verdict.get("facts")
    if isinstance(refused, dict):
        raise Refused.again(refused)
    if not isinstance(facts, dict):
        raise _unfinished(slow=False)
    findings = tuple(Finding(one["code"], one["words"], values_of(one)) for one in facts.pop("findings"))
    inspection = Inspection(**facts, data=clean.read_bytes(), findings=findings)
    check_size(inspection.kind, inspection.size)
    return replace(inspection, seconds=round(inspection.seconds, 3) if inspection.seconds else None)


def _unfinished(*, slow: bool) -> Refused:
    words = _("The file took too long to read, so it was not taken.")
    return Refused(
        "media_unreadable",
        words if slow else _("The file made its reader fail, so it was not taken."),
        fix=_("Save it again with another program, shorter or at a lower resolution, and upload the new copy."),
    )
