"""Work on strangers' files in limited children: one that crashes, hangs or swells costs an answer, not a worker."""

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

from media.keeper import CPU_SECONDS

READY_SECONDS = 30.0
_ROOT = Path(__file__).resolve().parent.parent


class ChildFailed(Exception):
    """The child gave no answer: it was killed, crashed, or `slow`, took longer than it may."""

    def __init__(self, *, slow: bool) -> None:
        super().__init__("took too long" if slow else "failed")
        self.slow = slow


class _Keeper:
    """The warm process of this one and the line to it."""

    def __init__(self) -> None:
        self.line, theirs = socket.socketpair()
        self.line.settimeout(READY_SECONDS)
        with theirs:
            self.process = subprocess.Popen(  # noqa: S603 (a fixed command)
                [sys.executable, "-m", "media.keeper", str(theirs.fileno())],
                cwd=_ROOT,
                # None of our secrets, and nothing that steers the interpreter, may reach a decoder fed by strangers.
                env={"PATH": os.defpath, "LANG": "C.UTF-8"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )

    def start(self, request: bytes, pipe: int) -> int:
        """The process id of the child that was started. Raises OSError when the warm process is gone."""
        socket.send_fds(self.line, [request], [pipe])
        answer = b""
        while not answer.endswith(b"\n"):
            if not (more := self.line.recv(32)):
                raise ConnectionResetError
            answer += more
        return int(answer)

    def end(self) -> None:
        self.line.close()
        self.process.kill()
        self.process.wait()


_lock = threading.Lock()
_keeper: _Keeper | None = None


def run(module: str, args: list[str], *, seconds: float, cpu_seconds: int = CPU_SECONDS) -> dict[str, object]:
    """What `module`.work(*args) answers in a child of its own, within `seconds` and `cpu_seconds`.

    Safe in threads and in forked workers: the child shares nothing with this process but the files named in `args`.
    Raises ChildFailed.
    """
    request = json.dumps({"module": module, "args": args, "cpu_seconds": cpu_seconds}).encode()
    ours, theirs = os.pipe()
    try:
        child = _start(request, theirs)
    except BaseException:
        os.close(ours)
        raise
    finally:
        os.close(theirs)
    with open(ours, "rb", buffering=0) as answer:
        try:
            line = _line(answer.fileno(), time.monotonic() + seconds)
        except TimeoutError:
            # It still holds its end of the pipe, so this number is still its own.
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            raise ChildFailed(slow=True) from None
    try:
        verdict = json.loads(line)
    except ValueError:
        raise ChildFailed(slow=False) from None
    if not isinstance(verdict, dict):
        raise ChildFailed(slow=False)
    return verdict


def _start(request: bytes, pipe: int) -> int:
    global _keeper
    with _lock:
        # Once more with a new one: the old one may have been killed since it was last asked.
        for _ in range(2):
            _keeper = _keeper or _Keeper()
            try:
                return _keeper.start(request, pipe)
            except OSError:
                _keeper.end()
                _keeper = None
    raise ChildFailed(slow=False)


def _line(pipe: int, until: float) -> bytes:
    """What comes before the first line end, or before the pipe closes. Raises TimeoutError."""
    waiting = select.poll()
    waiting.register(pipe, select.POLLIN)
    read = b""
    while not read.endswith(b"\n"):
        if not waiting.poll(max(0.0, until - time.monotonic()) * 1000):
            raise TimeoutError
        if not (more := os.read(pipe, 65_536)):
            break
        read += more
    return read


def _end() -> None:
    global _keeper
    if _keeper is not None:
        _keeper.end()
        _keeper = None


def _forget() -> None:
    """In a forked worker: the warm process is the parent's, and so is whatever held the lock."""
    global _keeper, _lock
    _lock = threading.Lock()
    if _keeper is not None:
        _keeper.line.close()
        _keeper = None


atexit.register(_end)
os.register_at_fork(after_in_child=_forget)
