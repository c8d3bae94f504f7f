"""kill -9 of the worker at each named point of the send protocol, at each provider, and in the encoder (row 1)."""

import signal
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from messaging.gateway import registry
from tests.faults import encoders, nursery
from tests.faults.catalogue import BOTH, Fault, Figures
from tests.faults.world import World

SENDING = ("before_claim", "after_claim", "before_wire", "after_wire", "during_call", "before_record", "after_record")
# While a content is being stored: the first result to be recorded is the storing's.
STORING = ("before_save", "during_save", "before_record", "after_record")
ENCODED = "webex"
# For each point: many where the calls themselves are quick, fewer where media are fetched or encoded.
MESSAGES = {"webex": 200}
FEWER, FEWEST = 40, 12


@dataclass(frozen=True, slots=True)
class Run:
    """One way for a worker to die: at which provider, where, and whether a content is being stored then.

    `number` counts the runs at a provider from 0.
    """

    provider: str
    point: str
    number: int
    stored: bool = False

    @property
    def name(self) -> str:
        """As the table has it."""
        return f"{self.provider}: {self.point}{', storing' if self.stored else ''}"


def runs() -> list[Run]:
    """Every way there is to die."""
    found = []
    for provider in registry.names():
        ways = [(point, False) for point in SENDING]
        ways += [(point, True) for point in STORING if registry.provider(provider).saving]
        # What encodes is the same for all.
        ways += [(encoders.POINT, False)] if provider == ENCODED else []
        found += [Run(provider, point, number, stored) for number, (point, stored) in enumerate(ways)]
    return found


def carry_out(run: Run, place: World, short: bool) -> Figures:
    """Queue messages, kill the pump at the point, let another finish the work, and count what became of them."""
    from messaging.models import Transaction  # noqa: PLC0415  needs the world's settings
    from tests.faults import judge, orders  # noqa: PLC0415

    _open(place)
    messages = FEWEST if short else MESSAGES.get(run.provider, FEWER)
    encoded = run.point == encoders.POINT
    message = orders.place_order(run.provider, run.number, messages, stored=run.stored, encoded=encoded)
    rows = Transaction.objects.filter(message=message)
    killed = encoders.die(place) if encoded else _died(place, run.point)
    # Between the wire mark and the record nobody can know; everywhere else the outcome must be certain.
    on_wire = set(rows.filter(attempts__phase="wire").values_list("pk", flat=True))
    left = judge.end_leases(rows)
    drained = judge.drain(place, rows)
    off_wire = judge.ambiguous(rows).exclude(pk__in=on_wire).count()
    broken = "" if killed else "the worker was not killed"
    broken = broken or (f"{off_wire} ambiguous that were not on the wire" if off_wire else "")
    broken = broken or (encoders.spoiled(message) if encoded else "") or _went(place, run, rows)
    return judge.judge(place, rows, requested=messages, drain_s=drained, recovered=left, broken=broken)


def _died(place: World, point: str) -> bool:
    """Whether a pump was killed there, rather than come to its end."""
    pump = place.fork(partial(nursery.pump, point, once=True), "pump")
    pump.join(120)
    return pump.exitcode == -signal.SIGKILL


def _went(place: World, run: Run, rows: Any) -> str:
    """Whether the content went the way it was meant to: stored at the provider first, or with each message."""
    from tests.faults import judge  # noqa: PLC0415

    ours = judge.keys(rows)
    entries = [
        entry
        for entry in place.accepted(run.provider)
        if (run.provider, judge.key(run.provider, entry["client_ref"], entry["recipient"])) in ours
    ]
    ways = {bool(entry["saved_ref"]) for entry in entries}
    return "" if ways <= {run.stored} else "the content did not go the way it was meant to"


@cache
def _open(place: World) -> None:
    """The accounts, the providers and the web door, once for all rows of the world."""
    from tests.faults import orders  # noqa: PLC0415

    place.start_sandbox(tell=orders.open_accounts(place.sandbox))
    place.start_web()


FAULTS: Sequence[Fault] = [Fault("1", run.name, BOTH, partial(carry_out, run), shares="points") for run in runs()]
