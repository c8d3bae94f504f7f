"""Writing down what came of calls, while others are claimed and marked: whatever happens, no result is let go of.

Where results come thick, on PostgreSQL, that is done by a thread with a database session of its own. Where few come,
only one may write at a time, or the caller has a commit open that another session would not see into, the caller does
it when it says `catch_up`.
"""

import logging
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from threading import Condition, Thread
from time import sleep
from types import TracebackType
from uuid import UUID

from django.db import OperationalError, connection

from messaging.delivery.claiming import Claim
from messaging.delivery.outcomes import Result
from messaging.delivery.recording import record
from messaging.models import ProviderAccount
from messaging.models.rows import POSTGRES

logger = logging.getLogger(__name__)
# How long to wait before results are recorded once more. In all well below a lease.
PAUSES = (0.2, 1.0, 5.0)
# So many at once are worth a session of their own.
MANY = 8
Results = list[tuple[Claim, Result]]


class Keeper:
    """Use it as `with Keeper() as keeper`; at the end all that it was given is written. `fault` is what went wrong with
    the last results that could not be written."""

    def __init__(self) -> None:
        self.fault: Exception | None = None
        self._given: deque[tuple[ProviderAccount, Results]] = deque()
        self._unwritten: Counter[UUID] = Counter()
        self._changed = Condition()
        self._over = False
        self._died: BaseException | None = None
        self._may_have_thread = POSTGRES and not connection.in_atomic_block
        self._thread: Thread | None = None

    def __enter__(self) -> "Keeper":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._changed:
            self._over = True
            self._changed.notify_all()
        if self._thread:
            self._thread.join()
        self.catch_up()

    def give(self, account: ProviderAccount, results: Results) -> None:
        """Have it written what came of calls."""
        with self._changed:
            self._given.append((account, results))
            self._unwritten[account.pk] += len(results)
            self._changed.notify_all()
        if self._may_have_thread and not self._thread and len(results) >= MANY:
            self._thread = Thread(target=self._run, name="keeper")
            self._thread.start()

    def unwritten(self, account: UUID) -> int:
        """Of how many calls of an account it is not written yet what came of them."""
        return self._unwritten[account]

    @property
    def busy(self) -> bool:
        """Whether anything is not written yet."""
        return self._unwritten.total() > 0

    def wait(self, seconds: float) -> None:
        """Wait until something more is written, for so many seconds at most."""
        with self._changed:
            if self._thread and self.busy:
                self._changed.wait(seconds)

    def catch_up(self) -> None:
        """Write what was given, if no thread does. Raises what has ended the thread before its time."""
        if self._died:
            raise self._died
        if not self._thread or not self._thread.is_alive():
            self._write()

    def _run(self) -> None:
        try:
            while self._next():
                self._write()
        except BaseException as error:
            self._died = error
            with self._changed:
                self._changed.notify_all()
        finally:
            connection.close()

    def _next(self) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._given or self._over)
            return bool(self._given)

    def _write(self) -> None:
        """Write all that was given, one commit for each account, again after pauses where needed."""
        given = defaultdict[UUID, Results](list)
        accounts: dict[UUID, ProviderAccount] = {}
        with self._changed:
            while self._given:
                account, results = self._given.popleft()
                accounts[account.pk] = account
                given[account.pk] += results
        for pk, results in given.items():
            try:
                keep(accounts[pk], results, () if self.fault else PAUSES)
            except Exception as error:
                self.fault = error
            with self._changed:
                self._unwritten[pk] -= len(results)
                self._changed.notify_all()


def keep(account: ProviderAccount, results: Results, pauses: Sequence[float]) -> None:
    """Record, again on a new session when the database went away: what is not recorded becomes unknown.

    A second time is harmless: the lease it is fenced by ended with the first. Raises what went wrong at last.
    """
    for pause in pauses:
        try:
            return record(account, results)
        except OperationalError:
            logger.warning("the database went away while %d results were recorded; trying again", len(results))
            connection.close()
            sleep(pause)
        except Exception:
            return _keep_each(account, results)
    return record(account, results)


def _keep_each(account: ProviderAccount, results: Results) -> None:
    """Record results in commits of their own: one that cannot be stored must not take the others along.

    Raises what was wrong with the last of those.
    """
    fault: Exception | None = None
    for taken, result in results:
        try:
            record(account, [(taken, result)])
        except Exception as error:
            logger.exception("what came of transaction %s cannot be recorded", taken.transaction.pk)
            fault = error
    if fault:
        raise fault
