"""Rows about the web door: killed while receipts come in, and while it accepts a message (28, 41)."""

import time
from collections import Counter
from collections.abc import Sequence

from tests.faults import killing, nursery
from tests.faults.catalogue import BOTH, Fault, Figures
from tests.faults.stage import kept, stage
from tests.faults.world import World, wait_for

PATIENCE, UNDER_FIRE = 200, 60
# The slowest provider posts a receipt again after five minutes: here after fifteen seconds.
SPEED = 20


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
        drained = judge.wait(lambda: judge.settled(place, rows), PATIENCE)
    posts = [entry for entry in read(place.ledger_path) if entry["kind"] == "receipt"]
    told = Counter("taken" if entry["outcome"] == "taken" else "not taken" for entry in posts)
    given_up = sum(entry["last"] and entry["outcome"] != "taken" for entry in posts)
    notes: dict[str, object] = {
        "kills": killer.killed,
        "posts": dict(told),
        "given_up": given_up,
        "inbox": ReceiptInbox.objects.count(),
    }
    return judge.judge(place, rows, requested=each * 4, drain_s=drained, notes=notes)


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
