"""What processes share of their pace, and who keeps it: Redis where there is one, else the database, else nobody.

Where neither answers, a process keeps to a part of the pace. It takes itself for one of as many as it last saw at the
account, and for one of ASSUMED where it never saw any.
"""

import logging
import os
import socket
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import lru_cache
from time import monotonic
from typing import Protocol, TypeVar
from uuid import uuid4

import redis
from django.db import DatabaseError, connection

logger = logging.getLogger(__name__)
ASSUMED = 4
# A Redis that did not answer is left alone for so long.
LEFT_ALONE_SECONDS = 5.0
_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class Grant:
    """How many calls may go now; where none may, in how many seconds to ask again."""

    number: int
    wait: float


@dataclass(frozen=True, slots=True)
class Share:
    """How many calls a process may have under way, and the names of all processes at the account, its own too."""

    calls: int
    processes: tuple[str, ...]


class Keeper(Protocol):
    """Keeps buckets and shares for all processes."""

    def take(self, key: str, rate: float, burst: float, most: int, least: int) -> Grant:
        """Take up to `most` from a bucket that fills with `rate` a second and holds `burst` seconds' worth; nothing
        where fewer than `least` are there."""

    def share(
        self, key: str, process: str, total: int, *, wanted: int, flying: int, seconds: float, gone: Collection[str]
    ) -> Share:
        """Renew a process's share of `total` calls for `seconds`: at most what is wanted, what the others leave, and
        its fair part where others want more too; at least what it has `flying`. Processes that are `gone` lose theirs.
        """


class Kept:
    """Asks whoever keeps the shared pace. Out of each question: None when nobody answers."""

    def __init__(self, first: Keeper | None, second: Keeper) -> None:
        self._first, self._second = first, second
        self._asked_from = 0.0

    def ask(self, question: Callable[[Keeper], _Answer]) -> _Answer | None:
        """Ask the one keeper, and the other where that does not answer. Inside a commit the database's errors are
        raised: the commit is lost with them."""
        if self._first and monotonic() >= self._asked_from:
            try:
                return question(self._first)
            except redis.RedisError as error:
                self._asked_from = monotonic() + LEFT_ALONE_SECONDS
                logger.warning("Redis does not keep the pace (%s); the database does", type(error).__name__)
        try:
            return question(self._second)
        except DatabaseError as error:
            if connection.in_atomic_block:
                raise
            logger.warning(
                "nobody keeps the shared pace (%s); this process keeps to a part of it", type(error).__name__
            )
            return None


def _namespace() -> str:
    # Process ids of two containers say nothing of one another, though their hosts may be named alike.
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""


@lru_cache(maxsize=1)
def _host() -> str:
    return f"{socket.gethostname()[:40]}/{_namespace()}"


_names: dict[int, str] = {}


def own_name() -> str:
    """This process's name among those that send: another one after a fork."""
    return _names.setdefault(os.getpid(), f"{_host()}/{os.getpid()}/{uuid4().hex[:8]}")


def is_gone(process: str) -> bool:
    """Whether a process of this host has ended; of those elsewhere nothing is known but their shares' time."""
    host, _slash, rest = process.rpartition("/")[0].rpartition("/")
    if host != _host() or process == own_name():
        return False
    try:
        os.kill(int(rest), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False
