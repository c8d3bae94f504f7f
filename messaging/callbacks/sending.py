"""Sending what is owed: a bounded number of tries in flight, all in one event loop, none waiting for another.

Database work happens between the steps of the loop, never while a try holds a transaction. Any number of processes may
run it side by side: the claims keep them apart.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from time import monotonic, sleep

from django.db import OperationalError, connection

from messaging.callbacks import dialects
from messaging.callbacks.claiming import Claim, claim, due, record
from messaging.callbacks.posting import BROKEN, SECONDS, Answer, Poster, Request
from messaging.callbacks.signing import signed
from messaging.models import Callback
from messaging.models.clock import database_now
from messaging.models.sealing import SealBroken

logger = logging.getLogger(__name__)
# At once in one process, and of those for one integration: a fifth, so that nobody can take all places.
MOST_FLYING = 50
MOST_OF_ONE_KEY = MOST_FLYING // 5
TURN_SECONDS = 15.0
# How often tries in flight are looked at, and, while there are none, the table.
LOOK_SECONDS, REST_SECONDS = 0.2, 0.5
# How often results are written down again when the database is away; in all well below a lease.
RECORD_PAUSES = (0.2, 1.0, 5.0)
Flights = dict["asyncio.Task[Answer]", Claim]


def send(*, once: bool = False, seconds: float = TURN_SECONDS, over: Callable[[], bool] = lambda: False) -> int:
    """Send what is due, for `seconds` at most and until it is `over` (tries in flight are always seen to their end, ten
    seconds later, and nothing new is begun meanwhile).

    With `once` it ends as soon as nothing is due and nothing in flight. Out: how many tries were made.
    """
    if once and not due():
        return 0
    ends, tries = monotonic() + seconds, 0
    flights: Flights = {}
    with asyncio.Runner() as runner:
        poster = runner.run(_open())
        try:
            while True:
                ended = monotonic() >= ends or over()
                taken = 0 if ended else _launch(runner, poster, flights)
                tries += taken
                if flights:
                    _land(runner, flights)
                elif ended or (once and not taken):
                    return tries
                else:
                    runner.run(asyncio.sleep(REST_SECONDS))
        finally:
            runner.run(poster.aclose())


async def _open() -> Poster:
    return Poster()


def _launch(runner: asyncio.Runner, poster: Poster, flights: Flights) -> int:
    room = MOST_FLYING - len(flights)
    claims = claim(room, most_of_one_key=MOST_OF_ONE_KEY) if room else []
    now = database_now()
    for taken in claims:
        flights[runner.get_loop().create_task(_try(poster, taken.callback, now))] = taken
    return len(claims)


def _land(runner: asyncio.Runner, flights: Flights) -> None:
    """Wait a moment for tries to end, and write down those that did."""
    done = runner.run(_ended(set(flights)))
    if done:
        _keep([(flights.pop(task), task.result()) for task in done])


async def _ended(flights: "set[asyncio.Task[Answer]]") -> "set[asyncio.Task[Answer]]":
    done, _flying = await asyncio.wait(flights, timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    return done


async def _try(poster: Poster, row: Callback, now: datetime) -> Answer:
    """One try. Raises nothing: whatever goes wrong with one must not stop the others."""
    try:
        if row.dialect:
            rules = dialects.rules(row.dialect)
            return await poster.post(_request(row, {}), seconds=rules.timeout, good=rules.good)
        headers = signed(str(row.pk), bytes(row.body), row.endpoint.signing_secrets(now), now=now)
        return await poster.post(_request(row, dict(headers)), seconds=SECONDS)
    except SealBroken:
        logger.error("the secret of callback endpoint %s cannot be opened", row.endpoint_id)
        return Answer(None, "secret_unreadable")
    except Exception:
        logger.exception("callback %s cannot be sent", row.pk)
        return Answer(None, BROKEN)


def _request(row: Callback, more: dict[str, str]) -> Request:
    return Request(row.method, row.url, {**row.headers, **more}, bytes(row.body))


def _keep(results: list[tuple[Claim, Answer]]) -> None:
    """Write results down, again on a new connection when the database went away: what is not written is sent again."""
    for pause in RECORD_PAUSES:
        try:
            return record(results)
        except OperationalError:
            logger.warning("the database went away while %d callbacks were recorded; trying again", len(results))
            connection.close()
            sleep(pause)
    return record(results)
