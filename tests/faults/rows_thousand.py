"""A thousand kills -9 of workers, beat and web while twenty thousand messages are sent at four providers."""

import random
import time
from collections import Counter
from collections.abc import Sequence

from tests.faults import killing
from tests.faults.catalogue import Fault, Figures
from tests.faults.nursery import Nursery
from tests.faults.world import World, wait_for

KILLS, PEOPLE, EACH = 1000, 20_000, 20
# In all about ten minutes of kills; a slow machine may take longer.
PAUSE = (0.1, 1.0)
MOST_SECONDS = 1500
# Leases of ninety seconds, a sweep, a provider that posts a receipt again after forty, and all that waits.
MOST_DRAIN_SECONDS = 900
SPEED = 8


def thousand(place: World, short: bool) -> Figures:
    """Send by HTTP through the killed web door; what was answered with 201 must end."""
    from messaging.models import ProviderAccount, Transaction  # noqa: PLC0415  needs the world's settings
    from tests.faults import callers, judge, orders  # noqa: PLC0415

    kills, people = (60, 1200) if short else (KILLS, PEOPLE)
    told = orders.open_accounts(place.sandbox)
    ProviderAccount.objects.update(calls_per_second=50, concurrency=20)
    place.start_broker()
    place.start_sandbox(SPEED, "--no-fetch", tell=told)
    seed = random.randrange(10**6)
    nursery = Nursery(place)
    kept = [
        killing.worker(55),
        killing.web(place.web_port, 35),
        killing.beat(str(place.directory / "beat-schedule"), 7),
    ]
    killer = killing.Killer(nursery, kept, pause=PAUSE, seed=seed)
    try:
        killer.start()
        wait_for(f"{place.web}/healthz")
        clients, began = callers.open_callers(place), time.monotonic()
        threads = clients.start(people // 4, EACH, lambda: killer.killed / kills)
        killer.kill(kills, lambda: time.monotonic() - began > MOST_SECONDS)
        under_fire = time.monotonic() - began
        for thread in threads:
            thread.join(180)
        rows, sent_under_fire = Transaction.objects.all(), len(place.accepted())
        drained = judge.wait(lambda: judge.settled(place, rows), MOST_DRAIN_SECONDS, step=2)
    finally:
        killer.stop()
        nursery.close()
    notes: dict[str, object] = {
        "sent_under_fire": sent_under_fire,
        "kills": killer.killed,
        "kill_minutes": round(under_fire / 60, 1),
        "unknown": rows.filter(status="unknown").count(),
        "failed": rows.filter(status="failed").count(),
        "given_up": _given_up(place),
        "statuses": dict(Counter(rows.values_list("status", flat=True))),
        "repeats": dict(clients.repeats),
        "slowest_post": round(clients.slowest, 1),
        "killed": dict(killer.kills),
        "started_again": dict(killer.fell),
        "seed": seed,
    }
    broken = "; ".join(clients.refused[:3]) or ("requests that are not one message" if clients.doubled else "")
    broken = broken or ("" if killer.killed >= kills else f"only {killer.killed} kills")
    return judge.judge(place, rows, requested=clients.taken, drain_s=drained, notes=notes, broken=broken)


def _given_up(place: World) -> int:
    """How many receipts the providers gave up posting."""
    from mmsportal.sandbox.ledger import read  # noqa: PLC0415

    entries = (entry for entry in read(place.ledger_path) if entry["kind"] == "receipt")
    return sum(entry["last"] and entry["outcome"] not in {"taken", "refused"} for entry in entries)


FAULTS: Sequence[Fault] = [Fault("thousand", "kills of worker, beat and web", ("postgresql",), thousand, long=True)]
