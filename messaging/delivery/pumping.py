"""The pump: keeps a bounded number of calls in flight and writes down what comes of each.

Claims are taken ahead, more where calls end quickly, and marked for the wire only as calls become free, and a few on
deck (`Lane.room`): a worker that dies leaves little more in doubt than it had in flight. One process may run it
beside any number of others: the claims keep them apart.
"""

import logging
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from time import monotonic, sleep

from django.conf import settings
from django.db import Error as DatabaseFault

from messaging import watching
from messaging.delivery.claiming import withdraw
from messaging.delivery.fetching import Fetched, Fetcher
from messaging.delivery.flights import Flights
from messaging.delivery.keeping import MANY, Keeper
from messaging.delivery.lanes import Lane, lanes
from messaging.delivery.marking import mark_wire
from messaging.delivery.pausing import about_account
from messaging.delivery.preparing import Job
from messaging.gateway import http
from messaging.interruptions import stops_the_worker

logger = logging.getLogger(__name__)
# One turn of the pump: short, so that a worker told to stop need not be waited for.
TURN_SECONDS = 15.0
# How long an account without due work is left alone within a turn.
REST_SECONDS = 0.3
# What was claimed ahead of a free call is given back after this long: well before its lease is too short for a call.
KEEP_SECONDS = 20.0
# How many calls may be under way, on deck, or not yet written, for each that may be under way.
MOST_IN_DOUBT = 2.5
# Claims that were followed by others within the one are followed by larger ones, up to so many for each call at a time;
# those that lasted longer than the other by smaller ones.
QUICK_SECONDS, SLOW_SECONDS = 0.25, 0.5
MOST_WAVES = 4
# While one lot lands, is written and is followed by others, about so many lots land.
LOTS = 4


@dataclass(slots=True)
class Stand:
    """A lane in this turn. `ahead` is what is ready and waits for a free call; `stride` is how many to claim at once.
    `coming` is what is being claimed since `claimed_at` (monotonic), `paid` how many of it the pace has allowed, `many`
    whether many came last; calls ended last at `landed_at`."""

    lane: Lane
    stride: int = 1
    ahead: list[Job] = field(default_factory=list)
    claimed_at: float = 0.0
    landed_at: float = 0.0
    coming: Future[Fetched] | None = None
    paid: int = 0
    many: bool = False


@dataclass(slots=True)
class Turn:
    """One turn of the pump over all accounts, until it is `broken` or over."""

    flights: Flights
    keeper: Keeper
    fetcher: Fetcher
    stands: list[Stand]
    sent: int = 0
    broken: Exception | None = None


def pump(*, once: bool = False, seconds: float = TURN_SECONDS) -> int:
    """Send what is due, for `seconds` at most (calls in flight are always seen to their end).

    With `once` the turn ends as soon as nothing is due. Out: how many tries were made. Raises what broke the turn,
    a fault of the database for instance, after the calls in flight have ended: their results must not be lost for it.
    """
    at_work = lanes()
    if not at_work:
        return 0
    ends = monotonic() + seconds
    calls = Flights(allow_private=settings.ALLOW_PRIVATE_TARGETS, connect_timeout=http.CONNECT_TIMEOUT)
    with calls as flights, Keeper() as keeper, Fetcher(flights.look) as fetcher:
        turn = Turn(flights, keeper, fetcher, [Stand(lane) for lane in at_work])
        while True:
            landed = _land(turn)
            over = turn.broken is not None or monotonic() >= ends
            if over:
                _give_back(turn)
            else:
                _refill_all(turn)
            # After that, where nobody else does it: what came of calls is written while the next ones fly.
            keeper.catch_up()
            turn.broken = turn.broken or keeper.fault
            if flights.flying or landed or keeper.busy or any(stand.coming for stand in turn.stands):
                continue
            if turn.broken:
                raise turn.broken
            if over or (once and all(stand.lane.dry and not stand.ahead for stand in turn.stands)):
                return turn.sent
            sleep(REST_SECONDS)


def _give_back(turn: Turn) -> None:
    """Nothing more of what was claimed leaves in this turn; the calls under way keep their places."""
    for stand in turn.stands:
        stand.lane.room()
        try:
            _take_in(turn, stand)
        except Exception as error:
            turn.broken = turn.broken or error
        _withdraw(turn, stand)


def _refill_all(turn: Turn) -> None:
    for stand in turn.stands:
        try:
            watching.alive(watching.SEND)
            # What is ready leaves before more is claimed, which takes longer than anything else here.
            _take_off(turn, stand)
            _claim_ahead(turn, stand)
            _take_off(turn, stand)
        except Exception as error:
            if isinstance(error, DatabaseFault) or stops_the_worker(error):
                turn.broken = error
                return
            logger.exception("account %s cannot be worked in this turn", stand.lane.row.pk)
            _rest(turn, stand)


def _claim_ahead(turn: Turn, stand: Stand) -> None:
    """Have it claimed and prepared what the next calls will be for."""
    _take_in(turn, stand)
    lane, now = stand.lane, monotonic()
    if stand.ahead and now > stand.ahead[0].claim.since + KEEP_SECONDS:
        _withdraw(turn, stand)
        return
    room = lane.room()
    # While none of the calls under way end, others may have a place for what is due.
    if stand.coming or now < lane.rests_until or not lane.calls or (not room and _is_stuck(stand)):
        return
    if 2 * len(stand.ahead) > stand.stride:
        return
    stand.paid = lane.pace.take(max(stand.stride, room - len(stand.ahead)))
    if stand.paid:
        _adapt(stand, now)
        stand.coming = turn.fetcher.begin(lane, stand.paid, beside=stand.many)
        _take_in(turn, stand)


def _take_in(turn: Turn, stand: Stand) -> None:
    """Put what was claimed, if it is there, behind what is ready. Raises what went wrong with it."""
    if not stand.coming or not stand.coming.done():
        return
    coming, stand.coming, lane = stand.coming, None, stand.lane
    found = coming.result()
    # What lacks its media keeps its share of the pace: a whole campaign must not go round and round at full speed.
    lane.pace.give_back(stand.paid - found.claims + found.waiting)
    turn.sent += found.claims - found.waiting - found.lacking
    stand.ahead += found.jobs
    if monotonic() < lane.rests_until:
        # The account was refused meanwhile.
        _withdraw(turn, stand)
        return
    stand.many, lane.dry = found.claims >= MANY, not found.claims
    if not found.jobs:
        lane.rests_until = monotonic() + REST_SECONDS


def _adapt(stand: Stand, now: float) -> None:
    """Claim more at once where claims go quickly: each costs a few statements. Where they take long to leave, fewer,
    so that what comes next need not wait behind them."""
    took, most = now - stand.claimed_at, stand.lane.calls
    if took < QUICK_SECONDS:
        stand.stride = min(2 * stand.stride, MOST_WAVES * most)
    elif took > SLOW_SECONDS:
        stand.stride = max(stand.stride // 2, most // 2, 1)
    stand.claimed_at = now


def _is_stuck(stand: Stand) -> bool:
    return monotonic() > stand.landed_at + QUICK_SECONDS


def _take_off(turn: Turn, stand: Stand) -> None:
    """Mark as many for the wire as there is room for, and launch them."""
    lane = stand.lane
    # Whatever is not written yet is in doubt should the worker die, as what is under way is.
    room = min(lane.room(), int(MOST_IN_DOUBT * lane.calls) - lane.flying - turn.keeper.unwritten(lane.row.pk))
    jobs, stand.ahead = stand.ahead[: max(0, room)], stand.ahead[max(0, room) :]
    if not jobs:
        return
    # What only stores a content needs no wire mark: it may be repeated.
    turn.flights.launch(lane, [job for job in jobs if job.saves])
    sends = {job.claim.transaction.pk: job for job in jobs if not job.saves}
    # One that waits on deck must have its lease for the call before it and for its own.
    seconds = 2 * lane.provider.client.CALL_SECONDS
    marked = mark_wire([job.claim for job in sends.values()], call_seconds=seconds)
    turn.flights.launch(lane, [sends[taken.transaction.pk] for taken in marked])


def _rest(turn: Turn, stand: Stand) -> None:
    """Others of this account would fare the same; look again in the next turn."""
    stand.lane.rests_until, stand.lane.dry = monotonic() + TURN_SECONDS, True
    _withdraw(turn, stand)


def _withdraw(turn: Turn, stand: Stand) -> None:
    """Give back what was claimed and is not sent now. Where the database is away, the leases run out instead."""
    jobs, stand.ahead = stand.ahead, []
    turn.sent -= len(jobs)
    try:
        withdraw([job.claim for job in jobs], [job.shelf for job in jobs if job.shelf])
    except DatabaseFault as error:
        turn.broken = turn.broken or error


def _land(turn: Turn) -> bool:
    """Wait for calls to end, and have it written what came of them. Out: whether any did."""
    if not turn.flights.flying:
        coming = [stand.coming for stand in turn.stands if stand.coming]
        if coming:
            wait(coming, REST_SECONDS, FIRST_COMPLETED)
        else:
            turn.keeper.wait(REST_SECONDS)
        return False
    ended = turn.flights.land(REST_SECONDS)
    for stand in turn.stands:
        results = [(taken, result) for lane, taken, result in ended if lane is stand.lane]
        if results:
            stand.lane.spare, stand.landed_at = LOTS * len(results), monotonic()
            turn.keeper.give(stand.lane.row, results)
        elif _is_stuck(stand):
            stand.lane.spare = 0
        try:
            refused = any(about_account(stand.lane.row, result) for _taken, result in results)
        except DatabaseFault as error:
            # An admin's word on a code cannot be read; what came of the calls must be written all the same.
            turn.broken, refused = error, True
        if refused:
            _rest(turn, stand)
    return bool(ended)
