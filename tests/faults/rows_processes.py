"""Rows about processes: killed at random, run twice, stopped for a release, short of memory (2, 31, 32, 34)."""

import os
import resource
import signal
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from tests.faults import killing, nursery
from tests.faults.catalogue import BOTH, Fault, Figures
from tests.faults.stage import kept, stage
from tests.faults.world import World

PROVIDERS = ("sinch", "skycore", "telesign", "webex")
# A sweep, a provider that posts a receipt again, and leases of ninety seconds.
PATIENCE = 240
GRACE = 30


def random_kills(place: World, short: bool) -> Figures:
    """Two pumps, one of which dies every 0.2 to 2 seconds until nothing waits any more."""
    from messaging.models import Transaction  # noqa: PLC0415  needs the world's settings
    from tests.faults import judge, orders  # noqa: PLC0415

    each, rows = (50 if short else 1250), Transaction.objects.all()
    with stage(place, pace=10) as seat:
        for provider in PROVIDERS:
            orders.place_order(provider, 0, each, stored=False, encoded=False)
        with kept(seat, killing.pumps(2)) as killer:
            killer.kill(None, lambda: not rows.filter(status="queued").exists())
            if short:
                judge.end_leases(rows)
            drained = judge.wait(lambda: judge.settled(place, rows), PATIENCE, step=1)
    notes = {"kills": killer.killed, "unknown": rows.filter(status="unknown").count()}
    return judge.judge(place, rows, requested=each * 4, drain_s=drained, notes=notes)


def split_brain(place: World, short: bool) -> Figures:
    """Three pumps, three beats and two Celery workers at once."""
    from messaging.models import SendAttempt, Transaction  # noqa: PLC0415
    from tests.faults import judge, orders  # noqa: PLC0415

    each, rows = (50 if short else 500), Transaction.objects.all()
    with stage(place, pace=25, broker=True) as seat:
        for provider in PROVIDERS:
            orders.place_order(provider, 0, each, stored=False, encoded=False)
        beats = [killing.beat(str(place.directory / f"schedule{n}"), 1, f"beat{n}") for n in range(3)]
        workers = [killing.worker(1, name=f"worker{n}", concurrency=2) for n in range(2)]
        with kept(seat, [*killing.pumps(3), *beats, *workers]) as killer:
            drained = judge.wait(lambda: judge.settled(place, rows), PATIENCE, step=0.5)
    tries = SendAttempt.objects.filter(transaction__in=rows).count()
    notes: dict[str, object] = {"tries": tries, "fell": dict(killer.fell)}
    broken = "" if tries == each * 4 else f"{tries} tries for {each * 4} messages"
    return judge.judge(place, rows, requested=each * 4, drain_s=drained, notes=notes, broken=broken)


def release(work: nursery.Work, broker: bool, place: World, short: bool) -> Figures:
    """TERM while calls are in hand that will not be answered in time, and KILL after thirty seconds."""
    from messaging.models import SendAttempt, Transaction  # noqa: PLC0415
    from tests.faults import judge, orders  # noqa: PLC0415

    rows = Transaction.objects.all()
    with stage(place, pace=20, broker=broker) as seat:
        # The last two digits have the answer drip: 27.
        drip = [f"+1{area}5550127" for area in orders.AREAS[:4]]
        orders.order_to("webex", drip)
        orders.place_order("webex", 5, 100, stored=False, encoded=False)
        process = seat.start(work, "released")
        on_wire = SendAttempt.objects.filter(phase="wire", transaction__recipient__in=drip)
        if broker:
            from messaging import tasks  # noqa: PLC0415

            tasks.ring_pump()
        judge.wait(lambda: on_wire.count() == len(drip), 30)
        began = time.monotonic()
        os.kill(process, signal.SIGTERM)
        grace = judge.wait(lambda: not nursery.alive(process), GRACE)
        in_hand = nursery.alive(process)
        nursery.kill_group(process)
        left = judge.end_leases(rows)
        seat.start(nursery.pump, "pump")
        judge.wait(lambda: judge.settled(place, rows), PATIENCE)
        drained = time.monotonic() - began
    notes: dict[str, object] = {"grace_s": round(grace, 1), "killed_after_grace": in_hand}
    return judge.judge(place, rows, requested=104, drain_s=drained, recovered=left, notes=notes)


def memory(place: World, short: bool) -> Figures:
    """A worker that may have no more memory than it has, or very little more, five times over."""
    from messaging.models import Transaction  # noqa: PLC0415
    from tests.faults import judge, orders  # noqa: PLC0415

    each, rows, ended = (200 if short else 1000), Transaction.objects.all(), []
    with stage(place, pace=40) as seat:
        orders.place_order("webex", 0, each, stored=False, encoded=False)
        for more in (0, 1, 2, 4, 8):
            process = seat.start(nursery.pump, "pump")
            sent = len(place.accepted())
            judge.wait(lambda sent=sent: len(place.accepted()) > sent, 20)
            limit = _size(process) + more * 2**20
            resource.prlimit(process, resource.RLIMIT_AS, (limit, limit))
            judge.wait(lambda process=process: not nursery.alive(process), 4)
            ended.append("fell" if not nursery.alive(process) else "went on")
            nursery.kill_group(process)
        left = judge.end_leases(rows)
        seat.start(nursery.pump, "pump")
        drained = judge.wait(lambda: judge.settled(place, rows), PATIENCE)
    notes: dict[str, object] = {"ended": ended, "errors": place.log("pump").count("MemoryError")}
    return judge.judge(place, rows, requested=each, drain_s=drained, recovered=left, notes=notes)


def _size(process: int) -> int:
    """The address space of a process, in bytes."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[0]) * resource.getpagesize()


FAULTS: Sequence[Fault] = [
    Fault("2", "kill -9 at random", BOTH, random_kills),
    Fault("31", "three pumps, three beats, two workers", BOTH, split_brain),
    Fault("32", "TERM with calls in hand: pump", BOTH, partial(release, nursery.pump, False)),
    Fault(
        "32",
        "TERM with calls in hand: Celery worker",
        BOTH,
        partial(release, partial(nursery.worker, 2, "released"), True),
    ),
    Fault("34", "a worker without memory", BOTH, memory),
]
