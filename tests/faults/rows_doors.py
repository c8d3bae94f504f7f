"""Rows about the web door: killed while receipts come in, and while it accepts a message (28, 41)."""

import time
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.utils import timezone

from tests.faults import killing, nursery
from tests.faults.catalogue import BOTH, Fault, Figures
from tests.faults.stage import kept, stage
from tests.faults.world import World, wait_for

PATIENCE, UNDER_FIRE = 200, 60
# The slowest provider posts a receipt again after five minutes: here after a minute. The hastiest gives up after half a
# minute: here after six seconds, which is still longer than a web door takes to start.
SPEED = 5


def receipts_killed(place: World, short: bool) -> Figures:
    """kill -9 of a web process, or of all of them, every half second while receipts are posted."""
    from messaging.models import ReceiptInbox, Transaction  # noqa: PLC0415  needs the world's settings
    from mmsportal.sandbox.ledger import read  # noqa: PLC0415
    from tests.faults import judge, orders  # noqa: PLC0415

    each, rows = (30 if short else 300), Transaction.objects.all()
    with (
        stage(place, speed=SPEED, pace=10, web=False) as seat,
        kept(seat, [killing.web(place.web_port, 1, whole=0.3)], pause=(0.1, 0.6)) as killer,
    ):
        wait_for(f"{place.web}/healthz")
        for provider in ("sinch", "skycore", "telesign", "webex"):
            orders.place_order(provider, 0, each, stored=False, encoded=False)
        seat.start(nursery.pump, "pump")
        began = time.monotonic()
        killer.kill(None, lambda: judge.settled(place, rows) or time.monotonic() - began > UNDER_FIRE)
        drained = judge.wait(lambda: judge.settled(place, rows) or _open(place, rows) == 0, PATIENCE)
        unheard = _close(place, rows)
        drained += judge.wait(lambda: judge.settled(place, rows), 30)
    posts = [entry for entry in read(place.ledger_path) if entry["kind"] == "receipt"]
    told = Counter("taken" if entry["outcome"] == "taken" else "not taken" for entry in posts)
    given_up = sum(entry["last"] and entry["outcome"] != "taken" for entry in posts)
    notes: dict[str, object] = {
        "kills": killer.killed,
        "posts": dict(told),
        "given_up": given_up,
        "never_told": unheard,
        "inbox": ReceiptInbox.objects.count(),
    }
    return judge.judge(place, rows, requested=each * 4, drain_s=drained, notes=notes)


def _open(place: World, rows: Any) -> int:
    """How many wait for a receipt that is still to come."""
    from tests.faults import judge  # noqa: PLC0415

    return rows.exclude(status__in=judge.FINAL).count() - len(_given_up(place, rows))


def _given_up(place: World, rows: Any) -> list[Any]:
    """Those of whose delivery the provider has stopped telling, and nobody ever took it."""
    from mmsportal.sandbox.ledger import read  # noqa: PLC0415
    from tests.faults import judge  # noqa: PLC0415

    last = [entry for entry in read(place.ledger_path) if entry["kind"] == "receipt" and entry["last"]]
    gone = {
        (entry["provider"], judge.key(entry["provider"], entry["client_ref"], entry["recipient"]))
        for entry in last
        if entry["event"] == "delivered" and entry["outcome"] != "taken"
    }
    left = rows.exclude(status__in=judge.FINAL).values_list("account__provider", "client_ref", "recipient", "pk")
    return [pk for provider, ref, number, pk in left if (provider, judge.key(provider, ref, number)) in gone]


def _close(place: World, rows: Any) -> int:
    """Let the time be over in which those may still hear something: they must end as unconfirmed. Out: how many."""
    unheard = _given_up(place, rows)
    rows.filter(pk__in=unheard).update(receipt_deadline=timezone.now() - timedelta(seconds=1))
    return len(unheard)


def accepting_killed(place: World, short: bool) -> Figures:
    """A process dies at a line while it accepts; then the request is repeated twenty times at once."""
    from tests.faults import accepting  # noqa: PLC0415

    rows = list(accepting.died_at(80 if short else 10))
    spoiled = [row for row in rows if accepting.wrong(row)]
    places = {row["before"] for row in rows}
    notes: dict[str, object] = {"lines": len(rows), "repeats": accepting.COPIES, "before_the_commit": 0 in places}
    broken = f"{spoiled[0]}" if spoiled else ""
    broken = broken or ("" if places == {0, 1} and not rows[-1]["killed"] else "nobody died on one side of the commit")
    accepted = sum(row["transactions"] for row in rows)
    twice = sum(row["messages"] > 1 for row in rows)
    lost = sum(row["messages"] < 1 for row in rows)
    return Figures(accepted, accepted, lost, twice, notes=notes, broken=broken)


FAULTS: Sequence[Fault] = [
    Fault("28", "web killed while receipts come in", BOTH, receipts_killed),
    Fault("41", "killed while accepting, twenty repeats", BOTH, accepting_killed),
]
