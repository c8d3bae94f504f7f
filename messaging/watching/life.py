"""Signs of life: when any process last looked for work of each kind.

Written at most once in a few seconds by a process, and only where nobody else has just done it.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from time import monotonic

from django.db import DatabaseError

from messaging.models import Heartbeat
from messaging.models.clock import database_now

logger = logging.getLogger(__name__)
EVERY = 5.0
# The kinds of work; `web` is a web process that could take a receipt.
SEND, RECEIPTS, CALLBACKS, WEB = "send", "receipts", "callbacks", "web"
_beaten: dict[str, float] = {}


def alive(work: str) -> None:
    """Say that this process is at this kind of work now. One or two statements in EVERY seconds, none in between."""
    if monotonic() - _beaten.get(work, -EVERY) < EVERY:
        return
    _beaten[work] = monotonic()
    try:
        now = database_now()
        known = Heartbeat.objects.filter(pk=work)
        if not known.filter(at__lt=now - timedelta(seconds=EVERY - 1)).update(at=now) and not known.exists():
            Heartbeat.objects.bulk_create([Heartbeat(work=work, at=now)], ignore_conflicts=True)
    except DatabaseError as error:
        logger.warning("no sign of life could be written: %s", type(error).__name__)


def last_seen() -> Mapping[str, datetime]:
    """When each kind of work was last looked for. One query."""
    return dict(Heartbeat.objects.values_list("work", "at"))


def forget() -> None:
    """Let the next sign be written at once; for tests, and after a fork."""
    _beaten.clear()
