"""Celery doors of the files: they carry no data, only "look now". Losing or repeating one changes nothing but time."""

from typing import Any

from celery import shared_task

from media import doorbell, renditions, retention
from media.fitting.runner import WALL_SECONDS

# The encoder is ended by its own limit first; what the storage takes comes on top.
_SOFT, _HARD = int(WALL_SECONDS) + 60, int(WALL_SECONDS) + 90


@shared_task(soft_time_limit=_SOFT, time_limit=_HARD)
def fit() -> None:
    """Make one copy that is waited for; while there was one, there may be more."""
    if renditions.work() and renditions.due():
        ring()


@shared_task
def sweep_renditions() -> None:
    """Take up what nobody rang for, or what a worker left behind."""
    if renditions.due():
        ring()


@shared_task(soft_time_limit=240, time_limit=270)
def clean() -> None:
    """Let go of what nobody needs any more."""
    retention.clean()


def ring(*_args: Any, **_signal: Any) -> None:
    """Tell a worker that there is something to make, if the broker is up."""
    doorbell.ring(fit)
