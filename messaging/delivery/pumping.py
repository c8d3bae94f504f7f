"""The pump: keeps a bounded number of calls in flight and writes down what comes of each.

Database work happens between the steps of the event loop, never while a call holds a transaction; the calls go on in
their sockets meanwhile. One process may run it beside any number of others: the claims keep them apart.
"""

import asyncio
import logging
from dataclasses import dataclass, field, replace
from time import monotonic, sleep
from uuid import UUID

from django.conf import settings
from django.db import OperationalError, connection
from django.utils import timezone

from messaging.delivery import failpoints
from messaging.delivery.outcomes import Result
from messaging.delivery.pacing import Pace
from messaging.delivery.pausing import about_account
from messaging.delivery.protocol import CALL_SECONDS, MOST_CRASHES, Claim, claim, mark_wire, record
from messaging.delivery.rendering import hidden, redacted, redacted_answer, render
from messaging.gateway import registry
from messaging.gateway.contract import Account, HttpAnswer, HttpRequest, Provider
from messaging.gateway.errors import NotAccepted, Refused, SendError, Unclear
from messaging.gateway.http import Line
from messaging.models import ProviderAccount
from messaging.models.sealing import SealBroken

logger = logging.getLogger(__name__)
# One turn of the pump: short, so that a worker told to stop need not be waited for.
TURN_SECONDS = 15.0
# How long an account without due work is left alone within a turn.
REST_SECONDS = 0.3
# How long to wait before results are recorded once more. In all well below a lease.
RECORD_PAUSES = (0.2, 1.0, 5.0)
_paces: dict[UUID, Pace] = {}


@dataclass(slots=True)
class Lane:
    """One account's share of the pump: its credentials, its pace, and when to look for work again."""

    row: ProviderAccount
    account: Account
    provider: Provider
    pace: Pace
    flying: int = 0
    rests_until: float = 0.0
    # The last look found nothing that may go; a lane that only waits for its pace is not dry.
    dry: bool = False


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
    lanes = _lanes()
    if not lanes:
        return 0
    ends = monotonic() + seconds
    with asyncio.Runner() as runner:
        line = runner.run(_open())
        turn = Turn(runner.get_loop(), line, lanes)
        try:
            while True:
                if monotonic() < ends and not turn.broken:
                    _refill_all(turn)
                if turn.flights:
                    _land(turn, runner)
                elif turn.broken:
                    raise turn.broken
                elif monotonic() >= ends or (once and all(lane.dry for lane in lanes)):
                    return turn.sent
                else:
                    runner.run(asyncio.sleep(REST_SECONDS))
        finally:
            runner.run(line.aclose())


async def _open() -> Line:
    return Line(deadline=CALL_SECONDS, allow_private=settings.ALLOW_PRIVATE_TARGETS)


def _lanes() -> list[Lane]:
    lanes = []
    for row in ProviderAccount.objects.filter(paused_at=None).order_by("pk"):
        try:
            account = row.opened()
        except SealBroken as error:
            logger.error("account %s cannot be opened: %s", row.pk, error)
            _pause(row, str(error))
            continue
        pace = _paces.get(row.pk)
        if pace is None or pace.rate != row.calls_per_second:
            pace = _paces[row.pk] = Pace(row.calls_per_second)
        lanes.append(Lane(row, account, registry.provider(row.provider), pace))
    return lanes


def _pause(row: ProviderAccount, why: str) -> None:
    ProviderAccount.objects.filter(pk=row.pk, paused_at=None).update(paused_at=timezone.now(), paused_reason=why[:300])


def _refill_all(turn: Turn) -> None:
    try:
        for lane in turn.lanes:
            _refill(turn, lane)
    except Exception as error:
        turn.broken = error


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
    ready: dict[UUID, HttpRequest] = {}
    spoiled: list[tuple[Claim, Result]] = []
    for taken in claims:
        try:
            ready[taken.transaction.pk] = _request(lane, taken)
        except SendError as error:
            spoiled.append((taken, Result(error=error)))
    if spoiled:
        record(lane.row, spoiled)
    turn.sent += len(claims)
    for taken in mark_wire([taken for taken in claims if taken.transaction.pk in ready]):
        task = turn.loop.create_task(_call(turn.line, lane, taken, ready[taken.transaction.pk]))
        turn.flights[task] = (lane, taken)
        lane.flying += 1


def _request(lane: Lane, taken: Claim) -> HttpRequest:
    """The request of a claim. Raises SendError, for whatever goes wrong: one message must not stop the others."""
    try:
        return render(taken.transaction, lane.account, lane.provider, now=timezone.now())
    except SendError:
        raise
    except Exception as error:
        logger.exception("the request of transaction %s cannot be made", taken.transaction.pk)
        kind = Refused if taken.attempt.number >= MOST_CRASHES else NotAccepted
        raise kind("request_broken", type(error).__name__) from error


async def _call(line: Line, lane: Lane, taken: Claim, request: HttpRequest) -> Result:
    asked, answer = None, None
    try:
        asked = redacted(request, lane.account, taken.transaction)
        answer = await _answer(line, request)
        result = Result(accepted=lane.provider.client.read(answer))
    except SendError as error:
        error.text = hidden(error.text, lane.account, taken.transaction)
        result = Result(error=error)
    except Exception as error:
        # Whatever broke, the request may have left: the message must not be sent again for it.
        logger.exception("a call to %s broke", lane.row.provider)
        result = Result(error=Unclear("broken_call", type(error).__name__))
    kept = redacted_answer(answer, lane.account, taken.transaction) if answer else None
    return replace(result, request=asked, answer=kept)


async def _answer(line: Line, request: HttpRequest) -> HttpAnswer:
    if not failpoints.armed("during_call"):
        return await line.call(request)
    calling = asyncio.ensure_future(line.call(request))
    await asyncio.wait([calling], timeout=0.01)
    failpoints.reach("during_call")
    return await calling


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
    return record(account, results)


async def _ended(flights: "set[asyncio.Task[Result]]") -> "set[asyncio.Task[Result]]":
    done, _flying = await asyncio.wait(flights, timeout=REST_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    return done
