"""Rows about Celery's tasks: delivered again and again, and forked after the parent has loaded everything (14, 43)."""

import json
import subprocess
import sys
from collections.abc import Sequence
from functools import partial

from tests.faults import nursery
from tests.faults.catalogue import BOTH, Fault, Figures
from tests.faults.stage import stage
from tests.faults.world import ROOT, World

# Where kombu plays acknowledgements, which it does not for us, Redis gives a task to another worker when the first has
# not acknowledged it for so long: less than a turn.
IMPATIENT = {"ack_emulation": True, "visibility_timeout": 5, "unacked_restore_interval": 1}
PATIENCE = 200
# What a parent must not have when it forks: threads, or a line to anywhere.
LOADED = """
import json, os, threading
from mmsportal.celery import app
app.loader.import_default_modules(); app.finalize()
from messaging.gateway import registry
[registry.provider(name) for name in registry.names()]
ends = [os.readlink(f"/proc/self/fd/{one}") for one in os.listdir("/proc/self/fd") if one.isdigit() and int(one) > 2
        and os.path.exists(f"/proc/self/fd/{one}")]
print(json.dumps({"threads": [t.name for t in threading.enumerate()], "lines": [e for e in ends if "socket" in e]}))
"""


def redelivered(place: World, short: bool) -> Figures:
    """The same task fifty times, while turns last longer than Redis waits for them."""
    from messaging import tasks  # noqa: PLC0415  needs the world's settings
    from messaging.models import SendAttempt, Transaction  # noqa: PLC0415
    from tests.faults import judge, orders  # noqa: PLC0415

    each, rows = (40 if short else 200), Transaction.objects.all()
    with stage(place, pace=5 if short else 12, broker=True) as seat:
        for provider in ("sinch", "skycore", "telesign", "webex"):
            orders.place_order(provider, 0, each, stored=False, encoded=False)
        impatient = partial(nursery.worker, 4, "worker", broker_transport_options=IMPATIENT)
        seat.start(impatient, "worker")
        seat.start(partial(nursery.beat, str(place.directory / "schedule")), "beat")
        for _copy in range(50):
            tasks.pump.delay()
        drained = judge.wait(lambda: judge.settled(place, rows), PATIENCE, step=0.5)
        ran = _ran("messaging.tasks.pump")
    tries = SendAttempt.objects.filter(transaction__in=rows).count()
    notes: dict[str, object] = {"turns": ran, "tries": tries}
    broken = "" if tries == each * 4 else f"{tries} tries for {each * 4} messages"
    return judge.judge(place, rows, requested=each * 4, drain_s=drained, notes=notes, broken=broken)


def forked(place: World, short: bool) -> Figures:
    """What a worker loads before it forks starts no thread and opens no line; two hundred tasks in prefork end."""
    from messaging import tasks  # noqa: PLC0415
    from messaging.models import Transaction  # noqa: PLC0415
    from tests.faults import judge, orders  # noqa: PLC0415

    count, each = (40, 20) if short else (200, 100)
    words = [sys.executable, "-c", LOADED]
    told = subprocess.run(words, cwd=ROOT, env=place.environment, capture_output=True, text=True, check=True)
    parent = json.loads(told.stdout)
    with stage(place, broker=True) as seat:
        orders.place_order("webex", 0, each, stored=False, encoded=False)
        # A new process for every ten tasks: twenty forks of a parent that has been at work.
        seat.start(partial(nursery.worker, 4, "worker", worker_max_tasks_per_child=10), "worker")
        seat.start(partial(nursery.beat, str(place.directory / "schedule")), "beat")
        for _copy in range(count):
            tasks.pump.delay()
        rows = Transaction.objects.all()
        # Ours and those they ring for: all that was pushed must have come back.
        done = judge.wait(lambda: _ran("messaging.tasks.pump") >= count and not _active(), PATIENCE, step=0.5)
        # Once all came back at one moment, what is at work later is what the beat has rung for since.
        hung, left = (0, 0) if done < PATIENCE else (_active(), max(0, count - _ran("messaging.tasks.pump")))
        drained = judge.wait(lambda: judge.settled(place, rows), 60, 0.5)
    notes: dict[str, object] = {"tasks": count, "tasks_s": round(done, 1), "hung": hung + left, **parent}
    broken = f"{hung + left} tasks hung" if hung + left else ""
    broken = broken or ("" if parent == {"threads": ["MainThread"], "lines": []} else "the parent is not bare")
    return judge.judge(place, rows, requested=each, drain_s=drained, notes=notes, broken=broken)


def _ran(task: str) -> int:
    """How many tasks of a name the workers have taken up."""
    from mmsportal.celery import app  # noqa: PLC0415

    stats = app.control.inspect(timeout=2).stats() or {}
    return sum(one["total"].get(task, 0) for one in stats.values())


def _active() -> int:
    """How many tasks are at work now."""
    from mmsportal.celery import app  # noqa: PLC0415

    return sum(len(one) for one in (app.control.inspect(timeout=2).active() or {}).values())


FAULTS: Sequence[Fault] = [
    Fault("14", "the same task fifty times, redelivered", BOTH, redelivered),
    Fault("43", "two hundred tasks in forks", BOTH, forked),
]
