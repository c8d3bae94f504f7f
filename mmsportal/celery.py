"""The Celery application: `celery -A mmsportal`."""

import logging
import os
from contextlib import AbstractContextManager
from time import perf_counter

from celery import Celery, Task
from celery.signals import task_postrun, task_prerun, worker_process_init
from django.db import close_old_connections
from kombu.transport import TRANSPORT_ALIASES

from mmsportal import collector
from mmsportal.logs import about

logger = logging.getLogger(__name__)
_running: dict[str, tuple[float, AbstractContextManager[None]]] = {}
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mmsportal.settings")
TRANSPORT_ALIASES["filesystem"] = "mmsportal.file_broker:Transport"
TRANSPORT_ALIASES.update(dict.fromkeys(("redis", "rediss"), "mmsportal.redis_broker:Transport"))
app = Celery("mmsportal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_process_init.connect
def stands(**_signal: object) -> None:
    """All is loaded in a process that does the work."""
    # Not in the worker itself: the few objects that it makes all end in circles.
    collector.spare()


@task_prerun.connect
def begun(task_id: str, task: "Task[..., object]", **_signal: object) -> None:
    """From here on every line names the task; a connection that is worn or broken is left behind, as by a request."""
    close_old_connections()
    context = about(task=task.name, task_id=task_id)
    context.__enter__()
    _running[task_id] = perf_counter(), context


@task_postrun.connect
def ended(task_id: str, task: "Task[..., object]", state: str | None = None, **_signal: object) -> None:
    """One line a task, with how long it took."""
    if (run := _running.pop(task_id, None)) is None:
        return
    started, context = run
    seconds = round(perf_counter() - started, 3)
    logger.info("%s %s", task.name, (state or "").lower(), extra={"seconds": seconds})
    context.__exit__(None, None, None)
    collector.tidy()
