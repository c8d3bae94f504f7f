"""The pump: keeps a bounded number of calls in flight and writes down what comes of each.

Database work happens between the steps of the event loop, never while a call holds a transaction; the calls go on in
their sockets meanwhile. One process may run it beside any number of others: the claims keep them apart.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic, sleep

from django.conf import settings
from django.db import DatabaseError, OperationalError, connection

from messaging.delivery import attachments
from messaging.delivery.calling import call
from messaging.delivery.lanes import Lane, lanes
from messaging.delivery.outcomes import Result
from messaging.delivery.pausing import about_account
from messaging.delivery.preparing import Job, prepare
from messaging.delivery.protocol import Claim, claim, mark_wire, put_off, record
from messaging.gateway import http
from messaging.gateway.http import Line
from messaging.models import ProviderAccount

logger = logging.getLogger(__name__)
# One turn of the pump: short, so that a worker told to stop need not be waited for.
TURN_SECONDS = 15.0
# How long an account without due work is left alone within a turn.
REST_SECONDS = 0.3
# How long to wait before results are recorded once more. In all well below a lease.
RECORD_PAUSES = (0.2, 1.0, 5.0)


@dataclass(slots=True)
class Turn:
    """One turn of the pump over all accounts."""

    loop: asyncio.AbstractEventLoop
    line: Line
    lanes: list[Lane]
    flights: dict["asyncio.Task[Result]", tuple[Lane, Claim]] = field(default_factory=dict)
    sent: int = 0
    broken: Exception | None = None


def pump(*, once: bool = False, seconds: float = TURN_SECONDS) -> int:
    """Send what is due, for `seconds` at most (calls in flight are always seen to their end).

    With `once` the turn ends as soon as nothing is due. Out: how many tries were made. Raises what broke the turn,
    a DatabaseError for instance, after the calls in flight have ended: their results must not be lost for it.
    """
    at_work = lanes()
    if not at_work:
        return 0
    ends = monotonic() + seconds
    with asyncio.Runner() as runner:
        line = runner.run(_open())
        turn = Turn(runner.get_loop(), line, at_work)
        try:
            while True:
                if monotonic() < ends and not turn.broken:
                    _refill_all(turn)
                if turn.flights:
                    _land(turn, runner)
                elif turn.broken:
                    raise turn.broken
                elif monotonic() >= ends or (once and all(lane.dry for lane in at_work)):
                    return turn.sent
                else:
                    runner.run(asyncio.sleep(REST_SECONDS))
        finally:
            runner.run(line.aclose())


async def _open() -> Line:
    return Line(allow_private=settings.ALLOW_PRIVATE_TARGETS, connect_timeout=http.CONNECT_TIMEOUT)


def _refill_all(turn: Turn) -> None:
    for lane in turn.lanes:
        try:
            _refill(turn, lane)
        except Exception as error:
            turn.broken = error
            if isinstance(error, DatabaseError):
                return


def _refill(turn: Turn, lane: Lane) -> None:
    """Claim, prepare, mark and launch as many calls as the lane has room for."""
    room = lane.row.concurrency - lane.flying
    # Half a lane at a time: two commits for many messages rather than for each.
    if monotonic() < lane.rests_until or room < max(1, lane.row.concurrency // 2):
        return
    allowed = lane.pace.take(room)
    if not allowed:
        return
    claims = claim(lane.row, allowed)
    lane.pace.give_back(allowed - len(claims))
    lane.dry = not claims
    if lane.dry:
        lane.rests_until = monotonic() + REST_SECONDS
        return
    prepared = prepare(lane, claims)
    if prepared.spoiled:
        record(lane.row, prepared.spoiled)
    put_off(prepared.waiting)
    attachments.wait(prepared.lacking)
    # What lacks its media keeps its share of the pace: a whole campaign must not go round and round at full speed.
    lane.pace.give_back(len(prepared.waiting))
    turn.sent += len(claims) - len(prepared.waiting) - len(prepared.lacking)
    # What only stores a content needs no wire mark: it may be repeated.
    _launch(turn, lane, [job for job in prepared.jobs if job.saves])
    sends = {job.claim.transaction.pk: job for job in prepared.jobs if not job.saves}
    marked = mark_wire([job.claim for job in sends.values()], call_seconds=lane.provider.client.CALL_SECONDS)
    _launch(turn, lane, [sends[taken.transaction.pk] for taken in marked])


def _launch(turn: Turn, lane: Lane, jobs: Sequence[Job]) -> None:
    for job in jobs:
        task = turn.loop.create_task(call(turn.line, lane, job))
        turn.flights[task] = (lane, job.claim)
        lane.flying += 1


def _land(turn: Turn, runner: asyncio.Runner) -> None:
    """Wait for calls to end and record them, one commit for each account."""
    done = runner.run(_ended(set(turn.flights)))
    by_lane: dict[int, list[tuple[Claim, Result]]] = {}
    for task in done:
        lane, taken = turn.flights.pop(task)
        lane.flying -= 1
        by_lane.setdefault(turn.lanes.index(lane), []).append((taken, task.result()))
    for index, results in by_lane.items():
        lane = turn.lanes[index]
        try:
            _keep(lane.row, results, () if turn.broken else RECORD_PAUSES)
        except Exception as error:
            turn.broken = error
        if any(about_account(lane.row, result) for _taken, result in results):
            # Others of this account would fare the same; look again in the next turn.
            lane.rests_until, lane.dry = monotonic() + TURN_SECONDS, True


def _keep(account: ProviderAccount, results: list[tuple[Claim, Result]], pauses: tuple[float, ...]) -> None:
    """Record, again on a new connection when the database went away: what is not recorded becomes unknown.

    A second time is harmless: the lease it is fenced by ended with the first.
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


def _keep_each(account: ProviderAccount, results: list[tuple[Claim, Result]]) -> None:
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


async def _ended(flights: "set[asyncio.Task[Result]]") -> "set[asyncio.Task[Result]]":
    done, _flying = await asyncio.wait(flights, timeout=REST_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    return done
