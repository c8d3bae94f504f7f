"""Signs of life: when any process last looked for work of each kind.

Written at most once in a few seconds by a process, and only where nobody else has just done it.
"""

import logging
from collections.abc import Mapping
from datetime import timedelta
from time import monotonic

from django.db import DatabaseError

from messaging.models import Heartbeat
from messaging.models.clock import database_now

logger = logging.getLogger(__name__)
EVERY = 5.0
# Signs that lie further apart are no steady work.
PAUSE = timedelta(seconds=30)
# The kinds of work; `web` is a web process that could take a receipt.
SEND, RECEIPTS, CALLBACKS, WEB = "send", "receipts", "callbacks", "web"
_beaten: dict[str, float] = {}


def alive(work: str) -> None:
    """Say that this process is at this kind of work now. At most three statements in EVERY seconds, none in between."""
    if monotonic() - _beaten.get(work, -EVERY) < EVERY:
        return
    _beaten[work] = monotonic()
    try:
        now = database_now()
        known = Heartbeat.objects.filter(pk=work)
        if known.filter(at__lt=now - PAUSE).update(at=now, since=now):
            return
        if not known.filter(at__lt=now - timedelta(seconds=EVERY - 1)).update(at=now) and not known.exists():
            Heartbeat.objects.bulk_create([Heartbeat(work=work, at=now, since=now)], ignore_conflicts=True)
    except DatabaseError as error:
        logger.warning("no sign of life could be written: %s", type(error).__name__)


def signs() -> Mapping[str, Heartbeat]:
    """The last sign of each kind of work. One query."""
    return {sign.work: sign for sign in Heartbeat.objects.all()}


def forget() -> None:
    """Let the next sign be written at once; for tests, and after a fork."""
    _beaten.clear()
