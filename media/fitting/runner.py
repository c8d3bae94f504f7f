"""Starts one limited child per copy: a codec that crashes, hangs or swells costs a copy, not a worker."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from media.fitting.target import Target
from media.fitting.verdicts import Fitted, Progress, Unfit
from media.words import Word, values_of
from media.words import gettext_noop as _

logger = logging.getLogger(__name__)
WALL_SECONDS = 240.0
_ROOT = Path(__file__).resolve().parent.parent.parent
_FITTERS = {"image": "images", "video": "films", "audio": "sounds"}
_GLANCE = 0.2
_CHILD = "media.fitting.child"


def fit(source: Path, target: Target, *, told: Progress | None = None, wall_seconds: float = WALL_SECONDS) -> Fitted:
    """The best copy of a file that keeps to a target.

    In: where the file lies, what is wanted, who is told how much is done, and the seconds it may take. Safe in
    threads and forked workers: it starts a fresh interpreter and shares nothing with it but files. Raises Unfit.
    """
    with TemporaryDirectory(prefix="fit-") as folder:
        copy, progress = Path(folder, "copy"), Path(folder, "progress")
        verdict = _ask_child(_command(source, target, copy, progress), progress, told or _nobody, wall_seconds)
        return _understood(verdict, copy, target)


def _nobody(_done: int) -> None:
    """Told, and says nothing."""


def _command(source: Path, target: Target, copy: Path, progress: Path) -> list[str]:
    names = [str(source.resolve()), str(copy), str(progress), str(os.getpid())]
    return [sys.executable, "-m", _CHILD, _FITTERS[target.kind], str(target), *names]


def _ask_child(command: list[str], progress: Path, told: Progress, wall_seconds: float) -> dict[str, object]:
    with subprocess.Popen(  # noqa: S603 (a fixed command; the files' names are ours)
        command,
        cwd=_ROOT,
        # None of our secrets, and nothing that steers the interpreter, may reach a codec fed by strangers.
        env={"PATH": os.defpath, "LANG": "C.UTF-8", "TMPDIR": str(progress.parent)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        try:
            out, trouble = _awaited(child, lambda: _tell(progress, told), wall_seconds)
        finally:
            # Also when we are stopped ourselves: no codec runs on for nobody.
            child.kill()
    try:
        verdict = json.loads(out)
    except ValueError:
        # Only the name of what was raised: a message of a codec may quote the file.
        raised = trouble.decode("utf-8", "replace").strip().rpartition("\n")[2].partition(":")[0]
        logger.warning("a fitting child ended with %s (%s)", child.returncode, raised[:60])
        raise _unfinished(_("The file made its encoder fail.")) from None
    if not isinstance(verdict, dict):
        raise _unfinished(_("The file made its encoder fail."))
    return verdict


def _awaited(child: "subprocess.Popen[bytes]", glance: Callable[[], None], wall_seconds: float) -> tuple[bytes, bytes]:
    ends = monotonic() + wall_seconds
    while True:
        try:
            return child.communicate(timeout=_GLANCE)
        except subprocess.TimeoutExpired:
            glance()
        if monotonic() > ends:
            raise _unfinished(_("The file took too long to encode."))


def _tell(progress: Path, told: Progress) -> None:
    # The file may not be there yet, or be half written.
    with suppress(OSError, ValueError):
        told(min(100, max(0, int(progress.read_text()))))


def _understood(verdict: dict[str, object], copy: Path, target: Target) -> Fitted:
    unfit, facts = verdict.get("unfit"), verdict.get("facts")
    if isinstance(unfit, dict):
        raise Unfit(unfit["code"], unfit["words"], values_of(unfit))
    if not isinstance(facts, dict):
        raise _unfinished(_("The file made its encoder fail."))
    facts["measured"]["memory"] = verdict["memory"]
    fitted = Fitted(**facts, data=copy.read_bytes())
    if fitted.mime_type not in target.types or not 0 < fitted.size <= target.budget:
        raise _unfinished(_("The file came out wrong."))
    return fitted


def _unfinished(what: str) -> Unfit:
    return Unfit(
        "media_fitting_failed",
        _("{what} Save it with another program, shorter or at a lower resolution, and upload the new copy."),
        {"what": Word(what)},
    )
