"""Records kept in local files while the database is away (reliability, 3.3). Plain file work, nothing is understood.

A record is one line with an empty line before it: a write that was torn spoils no record but its own.
"""

import errno
import fcntl
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import BinaryIO

from django.conf import settings

logger = logging.getLogger(__name__)
LIVE, ASIDE, OFFSET, BAD = "receipts", "receipts.taking", "receipts.offset", "receipts.bad"
MOST_BYTES = 1024**3
LONGEST_RECORD = 1024**2
TRIES = 100
AT_ONCE = 200


class Spoilt(Exception):
    """A record that cannot be taken up, now or ever."""


def append(record: bytes) -> None:
    """Keep one line of at most 1 MB; it is on the disk when this returns. Raises OSError when it could not be kept."""
    home = Path(settings.SPOOL_DIR)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    line = b"\n" + record + b"\n"
    if len(line) > LONGEST_RECORD or b"\n" in record:
        raise OSError(errno.EMSGSIZE, "no record of the spool")
    if _size(home) + len(line) > MOST_BYTES:
        raise OSError(errno.ENOSPC, "the spool is full")
    descriptor = _open_live(home / LIVE)
    try:
        if os.write(descriptor, line) != len(line):
            raise OSError(errno.ENOSPC, "the record was torn")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    with _directory(home) as folder:
        os.fsync(folder)


def take_up(keep: Callable[[bytes], None], *, until: float, settle: Callable[[], None] = lambda: None) -> None:
    """Hand the records to `keep`, one after the other, until `time.monotonic()` is past `until`.

    `settle` is called behind every AT_ONCE records and behind the last: whoever gathers them writes them then. What
    `keep` calls Spoilt is put into the .bad file. Any other exception goes through; what was not settled comes again
    next time. A crash makes some come again that were kept already. Raises OSError.
    """
    home = Path(settings.SPOOL_DIR)
    try:
        names = os.listdir(home)
    except FileNotFoundError:
        return
    if LIVE not in names and ASIDE not in names:
        return
    # One at a time: the next ring finds what is left.
    with _directory(home) as folder, suppress(BlockingIOError):
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if _work_off(home, keep, settle, until):
            _put_aside(home)
            _work_off(home, keep, settle, until)


def reject(record: bytes) -> None:
    """Keep a record that was read and that the database refuses, beside those that could not be read."""
    home = Path(settings.SPOOL_DIR)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    _keep_bad(home, record + b"\n")
    logger.error("a spooled record cannot be stored; it is kept in %s", home / BAD)


def size() -> int:
    """How many bytes lie in it, of what waits and of what is spoilt."""
    return _size(Path(settings.SPOOL_DIR))


def _size(home: Path) -> int:
    size = 0
    for name in (LIVE, ASIDE, BAD):
        with suppress(FileNotFoundError):
            size += (home / name).stat().st_size
    return size


def _open_live(path: Path) -> int:
    """A descriptor that is locked (shared) as long as it is open, so that nobody reads to the end before it wrote."""
    for _try in range(TRIES):
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            if os.path.samestat(os.fstat(descriptor), os.stat(path)):
                return descriptor
        except FileNotFoundError:
            pass
        # It was put aside between the two: what is written there now might be deleted unread.
        os.close(descriptor)
    raise OSError(errno.EAGAIN, "the spool does not stand still")


def _put_aside(home: Path) -> None:
    # An offset left by a crash belongs to a file that is gone.
    (home / OFFSET).unlink(missing_ok=True)
    with suppress(FileNotFoundError):
        os.rename(home / LIVE, home / ASIDE)


def _work_off(home: Path, keep: Callable[[bytes], None], settle: Callable[[], None], until: float) -> bool:
    """Take up the file that was put aside. Out: whether it is gone. Raises BlockingIOError while somebody writes."""
    try:
        file = (home / ASIDE).open("rb")
    except FileNotFoundError:
        return True
    with file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(file, fcntl.LOCK_UN)
        file.seek(_offset(home))
        if not _hand_out(home, file, keep, settle, until):
            return False
    # In this order: an offset must not outlive its file.
    (home / OFFSET).unlink(missing_ok=True)
    (home / ASIDE).unlink()
    return True


def _hand_out(
    home: Path, file: BinaryIO, keep: Callable[[bytes], None], settle: Callable[[], None], until: float
) -> bool:
    settled, spoilt = file.tell(), list[bytes]()
    try:
        while lines := [line for line in (file.readline(LONGEST_RECORD) for _n in range(AT_ONCE)) if line]:
            for line in lines:
                if record := line.strip(b"\n"):
                    try:
                        keep(record)
                    except Spoilt:
                        spoilt.append(line)
            settle()
            settled = file.tell()
            if monotonic() >= until:
                return False
        return True
    finally:
        (home / OFFSET).write_text(str(settled))
        if spoilt:
            _keep_bad(home, b"".join(spoilt))
            logger.error("%s spooled records cannot be taken up; they are kept in %s", len(spoilt), home / BAD)


def _offset(home: Path) -> int:
    try:
        return int((home / OFFSET).read_text())
    except (FileNotFoundError, ValueError):
        return 0


def _keep_bad(home: Path, line: bytes) -> None:
    descriptor = os.open(home / BAD, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "ab") as file:
        file.write(line)


@contextmanager
def _directory(home: Path) -> Iterator[int]:
    descriptor = os.open(home, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
