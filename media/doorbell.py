"""The one way to wake a worker: a ring that carries nothing, may be lost, and never keeps its caller waiting."""

import logging
from functools import cache
from time import monotonic

from celery import Task, current_app
from django.conf import settings
from kombu import Connection
from kombu.exceptions import OperationalError as BrokerDown
from kombu.pools import producers

logger = logging.getLogger(__name__)
# After a ring that nobody heard the beat finds the work; asking a dead broker each time would cost every caller.
SILENCE = 5.0
# A broker that takes connections and says nothing: a worker listens for seconds, a caller is not kept so long.
PATIENCE = 0.25
# Nor is a ring worth anything once the beat has rung: where there is much to send, each request and each receipt rings,
# and a heap of rings would keep the sweep and the receipts waiting behind it.
RING_SECONDS = 5.0
_silent_until = 0.0


def ring(task: "Task[[], None]") -> None:
    """Have a worker run a task without arguments, if the broker is up. Never raises for one that is not."""
    global _silent_until
    if monotonic() < _silent_until:
        return
    try:
        with producers[_line()].acquire(block=True, timeout=PATIENCE) as producer:
            task.apply_async(retry=False, producer=producer, expires=RING_SECONDS)
    except (BrokerDown, OSError) as error:
        _silent_until = monotonic() + SILENCE
        logger.warning("the broker does not answer (%s); the sweep will find the work", type(error).__name__)


@cache
def _line() -> Connection:
    """A connection of the doorbell's own, for its pool to copy."""
    redis = str(settings.CELERY_BROKER_URL).startswith("redis")
    hurry = {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE} if redis else {}
    return current_app.connection_for_write(transport_options=hurry)
