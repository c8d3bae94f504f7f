"""What most rows about processes begin with: accounts at all providers, a sandbox, a nursery, and the web door."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from tests.faults import killing, nursery
from tests.faults.killing import Kept, Killer
from tests.faults.nursery import Nursery
from tests.faults.world import World, wait_for


@contextmanager
def stage(
    place: World, *, speed: float = 50, pace: int = 500, concurrency: int = 20, broker: bool = False, web: bool = True
) -> Iterator[Nursery]:
    """Set it up. In: calls a second and at once of each account, and whether there is a broker. The media of messages
    are taken unseen."""
    from messaging.models import ProviderAccount  # noqa: PLC0415  needs the world's settings
    from tests.faults import orders  # noqa: PLC0415

    told = orders.open_accounts(place.sandbox)
    ProviderAccount.objects.update(calls_per_second=pace, concurrency=concurrency)
    if broker:
        place.start_broker()
    place.start_sandbox(speed, "--no-fetch", tell=told)
    seat = Nursery(place)
    try:
        if web:
            seat.start(partial(nursery.web, place.web_port, 2), "web")
            wait_for(f"{place.web}/healthz")
        yield seat
    finally:
        seat.close()


@contextmanager
def kept(seat: Nursery, processes: Sequence[Kept], *, pause: tuple[float, float] = (0.2, 2.0)) -> Iterator[Killer]:
    """Processes that are kept running, and may be killed, until the end."""
    killer = killing.Killer(seat, processes, pause=pause, seed=random.randrange(10**6))
    killer.start()
    try:
        yield killer
    finally:
        killer.stop()
