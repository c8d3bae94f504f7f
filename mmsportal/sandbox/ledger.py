"""What came in and what went out, one JSON object a line, in the file before anything is answered.

Kinds: `accepted` (a call that was taken; the body as sent), `saved` (one that stored its content), `refused`, `fetched`
(the media of a message), `receipt` (one try to post one), `encoded` (one try to tell what became of a stored content)
and `inbound` (one try to post what a handset sent).
"""

import json
import os
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

KEPT = 20_000
Entry = dict[str, Any]


class Ledger:
    """Append-only. Each entry is one write of one whole line, so other processes may read while it grows."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._numbers = count(1)
        self._recent: deque[Entry] = deque(maxlen=KEPT)

    def write(self, kind: str, **members: object) -> None:
        """Put an entry on file. Raises OSError when the file cannot take it: then nothing may be answered as taken."""
        entry = {"n": next(self._numbers), "at": datetime.now(UTC).isoformat(), "kind": kind, **members}
        line = memoryview(json.dumps(entry, separators=(",", ":"), default=str).encode() + b"\n")
        while line:
            line = line[os.write(self._file, line) :]
        self._recent.append(entry)

    def entries(self, *, client_ref: str = "", kind: str = "", provider: str = "", after: int = 0) -> Iterator[Entry]:
        """The entries since this ledger was opened (the latest 20,000) with a number above `after`, oldest first."""
        return (
            entry for entry in list(self._recent) if entry["n"] > after and matches(entry, client_ref, kind, provider)
        )

    def newest(self, kind: str) -> Iterator[Entry]:
        """The entries of one kind, newest first."""
        return (entry for entry in reversed(list(self._recent)) if entry["kind"] == kind)

    def close(self) -> None:
        """Give the file back."""
        os.close(self._file)


def matches(entry: Entry, client_ref: str = "", kind: str = "", provider: str = "") -> bool:
    """Whether an entry has this reference, is of this kind and belongs to this provider; "" takes any."""
    asked = {"client_ref": client_ref, "kind": kind, "provider": provider}
    return all(entry.get(name) == value for name, value in asked.items() if value)


def read(path: Path) -> Iterator[Entry]:
    """The whole entries of a ledger file, whoever writes it; a line still being written is left out."""
    with path.open("rb") as file:
        for line in file:
            # Its other half may have come by now, and would be read as a line of its own.
            if not line.endswith(b"\n"):
                return
            yield json.loads(line)
