"""What the next calls are for: claimed and prepared while others are marked and fly.

Where many are due, on PostgreSQL, a thread with a database session of its own does it: a claim takes as long as several
calls do. Otherwise whoever asks does it.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass
from types import TracebackType

from django.db import Error as DatabaseFault
from django.db import connection, connections

from messaging.delivery import attachments
from messaging.delivery.claiming import claim, put_off, withdraw
from messaging.delivery.lanes import Lane
from messaging.delivery.preparing import Job, prepare
from messaging.delivery.recording import record
from messaging.models.rows import POSTGRES


@dataclass(frozen=True, slots=True)
class Fetched:
    """The calls to make, how many messages were claimed for them, and how many of those must wait for their content or
    lack their media."""

    jobs: list[Job]
    claims: int = 0
    waiting: int = 0
    lacking: int = 0


class Fetcher:
    """Use it as `with Fetcher(tell) as fetcher`; `tell` is called by the thread when something is there."""

    def __init__(self, tell: Callable[[], None]) -> None:
        self._tell = tell
        # Another session would not see into a commit of the caller's.
        self._may_have_thread = POSTGRES and not connection.in_atomic_block
        self._thread: ThreadPoolExecutor | None = None
        self._under_way: set[Future[Fetched]] = set()

    def __enter__(self) -> "Fetcher":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for coming in list(self._under_way):
            coming.cancel()
        if self._thread:
            self._thread.submit(connections.close_all)
            self._thread.shutdown()

    def begin(self, lane: Lane, most: int, *, beside: bool) -> Future[Fetched]:
        """Claim up to `most` messages of a lane's account and prepare them, with `beside` in the thread if there may be
        one. Out: to ask, once it is done, for what came of it, or for what went wrong."""
        if beside and self._may_have_thread:
            self._thread = self._thread or ThreadPoolExecutor(1, "fetcher")
            # In the caller's context: its log lines name the task as any others do.
            coming = self._thread.submit(copy_context().run, fetch, lane, most)
            self._under_way.add(coming)
            coming.add_done_callback(self._done)
            return coming
        coming = Future()
        try:
            coming.set_result(fetch(lane, most))
        except Exception as error:
            coming.set_exception(error)
        return coming

    def _done(self, coming: Future[Fetched]) -> None:
        self._under_way.discard(coming)
        self._tell()


def fetch(lane: Lane, most: int) -> Fetched:
    """Claim messages of a lane's account, and settle in the database all that is not a call to make."""
    claims = claim(lane.row, most)
    if not claims:
        return Fetched([])
    prepared = prepare(lane, claims)
    try:
        if prepared.spoiled:
            record(lane.row, prepared.spoiled)
        put_off(prepared.waiting)
        attachments.wait(prepared.lacking)
    except Exception:
        # What is not settled yet need not wait for its lease to run out, unless the database is away.
        with suppress(DatabaseFault):
            withdraw(claims, [job.shelf for job in prepared.jobs if job.shelf])
        raise
    return Fetched(prepared.jobs, len(claims), len(prepared.waiting), len(prepared.lacking))
