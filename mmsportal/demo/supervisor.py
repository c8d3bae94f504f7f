"""Runs a few processes side by side and ends them so that none is left behind and no work is cut off."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from types import FrameType
from typing import IO

GRACE_SECONDS = 20.0
STEP_SECONDS = 0.1
NAME_WIDTH = 8
# make hands on a signal that the whole process group has had already: within this time two are one.
SAME_WISH_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Child:
    """One process: the name that stands before its lines, and its command."""

    name: str
    command: Sequence[str]


class Stopped(Exception):
    """Somebody asked for the end while something was waited for."""


class Died(Exception):
    """A child ended by itself; the text says which and how."""


def tell(text: str) -> None:
    """Print a line. When nobody reads us any more, the children can go on, and be stopped, all the same."""
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except (OSError, ValueError):
        return


@dataclass(slots=True)
class Supervisor:
    """Starts children, each in a session of its own, and stops them last one first.

    Only the main process of a child is asked to end: a Celery worker whose pool is signalled too would drop the task
    in hand. What is left of a child after `grace` seconds is killed with its whole group.
    """

    env: Mapping[str, str]
    folder: Path
    grace: float = GRACE_SECONDS
    asked: int = 0
    _asked_at: float = float("-inf")
    _running: list[tuple[Child, "subprocess.Popen[bytes]"]] = field(default_factory=list)

    def listen(self) -> None:
        """Take Ctrl-C, TERM and a closing terminal as the wish to end; a second time without patience."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask)

    def start(self, child: Child) -> "subprocess.Popen[bytes]":
        """Start a child and show its lines from now on, with its name before them."""
        process = self._open(child, stderr=subprocess.STDOUT)
        threading.Thread(target=self._show, args=(child, process.stdout), daemon=True).start()
        return process

    def run(self, child: Child) -> str:
        """Run a child to its end. Out: what it printed, which must be short. Raises Died, Stopped."""
        process = self._open(child, stderr=None)
        while process.poll() is None:
            self.pause()
        self._running.remove((child, process))
        if process.returncode:
            raise Died(f"{child.name} {_how(process.returncode)}")
        return process.stdout.read().decode() if process.stdout else ""

    def pause(self) -> None:
        """Wait for a moment. Raises Stopped when the end is asked for."""
        if self.asked:
            raise Stopped
        sleep(STEP_SECONDS)

    def check(self) -> None:
        """Raises Died when a child has ended."""
        for child, process in self._running:
            if process.poll() is not None:
                raise Died(f"{child.name} {_how(process.returncode)}")

    def watch(self) -> None:
        """Stay until the end is asked for (returns) or a child has ended (raises Died)."""
        while not self.asked:
            self.check()
            sleep(STEP_SECONDS)

    def stop(self) -> None:
        """End every child, the last one started first, and whatever is left of its group."""
        while self._running:
            child, process = self._running[-1]
            process.terminate()
            if not self._ends(process):
                tell(f"{child.name} did not end in time and is killed")
            _kill_group(process)
            process.wait()
            self._running.pop()

    def _ends(self, process: "subprocess.Popen[bytes]") -> bool:
        patience = monotonic() + self.grace
        while process.poll() is None:
            if monotonic() > patience or self.asked > 1:
                return False
            sleep(STEP_SECONDS)
        return True

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        now = monotonic()
        if now - self._asked_at > SAME_WISH_SECONDS:
            self.asked += 1
            self._asked_at = now

    def _open(self, child: Child, *, stderr: int | None) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(  # noqa: S603 (the commands are our own)
            child.command,
            cwd=self.folder,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            start_new_session=True,
        )
        self._running.append((child, process))
        return process

    def _show(self, child: Child, lines: IO[bytes]) -> None:
        for line in lines:
            tell(f"{child.name:<{NAME_WIDTH}} | {line.decode('utf-8', 'replace').rstrip()}")


def _how(code: int) -> str:
    return f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"


def _kill_group(process: "subprocess.Popen[bytes]") -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        # Nothing of it is left; macOS says so with the second one.
        return
