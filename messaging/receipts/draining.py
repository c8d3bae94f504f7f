"""Working off the inbox: in batches, in halves of one that breaks, and at last one by one."""

import logging
from collections.abc import Sequence
from time import monotonic

from django.db import connection

from messaging import arrivals
from messaging.interruptions import stops_the_worker
from messaging.models import ReceiptInbox
from messaging.receipts import claiming, together
from messaging.receipts.finding import Reading
from messaging.receipts.one_by_one import handle

logger = logging.getLogger(__name__)
MOST_ROUNDS = 500
# Well before the clock of a worker would stop it in the middle of a body.
MOST_SECONDS = 30.0


def drain(*, seconds: float = MOST_SECONDS) -> int:
    """Take up the spool, then work off the inbox, until nothing is due or time is up. Out: how many were handled."""
    ends = monotonic() + seconds
    # Half of it: a large spool must not keep the inbox waiting.
    arrivals.take_up_spool(until=ends - seconds / 2)
    handled = 0
    for _round in range(MOST_ROUNDS):
        if monotonic() >= ends:
            break
        claimed = claiming.claim()
        handled += _work_off(claimed, ends)
        if len(claimed) < claiming.AT_ONCE:
            break
    return handled


def _work_off(claimed: Sequence[ReceiptInbox], ends: float) -> int:
    """All that is ordinary at once, the rest one by one while there is time. Out: how many were handled."""
    readings = together.read(claimed)
    alone = [*_in_parts(readings), *_without(claimed, readings)]
    alone.sort(key=lambda row: row.pk)
    for place, row in enumerate(alone):
        if monotonic() >= ends:
            claiming.let_go(alone[place:])
            return len(claimed) - len(alone) + place
        handle(row)
    return len(claimed)


def _without(claimed: Sequence[ReceiptInbox], readings: Sequence[Reading]) -> list[ReceiptInbox]:
    read = {reading.row.pk for reading in readings}
    return [row for row in claimed if row.pk not in read]


def _in_parts(readings: Sequence[Reading]) -> list[ReceiptInbox]:
    """Apply as many as will go together. Out: the rows that must be handled one by one."""
    if len(readings) < 2:
        return [reading.row for reading in readings]
    try:
        return together.take(readings)
    except Exception as error:
        # While the database is away every part would fail, each after a time of its own.
        if stops_the_worker(error) or not _answers():
            raise
        logger.warning("%s receipts did not go together: %s", len(readings), type(error).__name__)
        half = len(readings) // 2
        return [*_in_parts(readings[:half]), *_in_parts(readings[half:])]


def _answers() -> bool:
    return connection.connection is not None and connection.is_usable()
