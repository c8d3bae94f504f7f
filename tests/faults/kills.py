"""kill -9 of the worker at each named point of the send protocol, at each provider (reliability, section 4, row 1), and
in the encoder.

The sandbox's ledger is the judge of what was sent: it is written before the provider answers.
"""

import logging
import os
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from messaging.gateway import registry
from tests.faults import encoders
from tests.faults.world import World, end

SENDING = ("before_claim", "after_claim", "before_wire", "after_wire", "during_call", "before_record", "after_record")
# While a content is being stored: the first result to be recorded is the storing's.
STORING = ("before_save", "during_save", "before_record", "after_record")
ENCODED = "webex"
FINAL = ("delivered", "read", "failed", "expired")
POINTS = tuple(dict.fromkeys((*SENDING, *STORING, encoders.POINT)))
FEW = {
    ("webex", "before_wire", False),
    ("telesign", "before_record", False),
    ("skycore", "during_call", False),
    ("sinch", "during_save", True),
    ("skycore", "before_record", True),
    ("webex", encoders.POINT, False),
}
MOST_SECONDS = 120


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


def runs(providers: Sequence[str], points: Sequence[str]) -> list[Run]:
    """Every way there is to die at these providers and points."""
    found = []
    for provider in providers:
        ways = [(point, False) for point in SENDING]
        ways += [(point, True) for point in STORING if registry.provider(provider).saving]
        # What encodes is the same for all.
        ways += [(encoders.POINT, False)] if provider == ENCODED else []
        found += [
            Run(provider, point, number, stored) for number, (point, stored) in enumerate(ways) if point in points
        ]
    return found


def carry_out(place: World, run: Run, messages: int) -> dict[str, Any]:
    """Queue `messages`, kill the pump at the point, let another finish the work, and count what became of them."""
    from media.models import Rendition  # noqa: PLC0415  needs the world's settings
    from messaging.models import SavedContent, Transaction  # noqa: PLC0415
    from tests.faults import orders  # noqa: PLC0415

    encoded = run.point == encoders.POINT
    message = orders.place_order(run.provider, run.number, messages, stored=run.stored, encoded=encoded)
    rows = Transaction.objects.filter(message=message)
    began = time.monotonic()
    killed = encoders.die(place) if encoded else place.manage("pump", "--once", failpoint=run.point) == -9
    left = rows.exclude(lease_token=None).count()
    # Between the wire mark and the record nobody can know; everywhere else the outcome must be certain.
    on_wire = set(rows.filter(attempts__phase="wire").values_list("pk", flat=True))
    # The dead worker's leases would run out by themselves; the run does not wait ninety seconds for them.
    rows.exclude(lease_until=None).update(lease_until=_past())
    SavedContent.objects.exclude(lease_until=None).update(lease_until=_past())
    Rendition.objects.filter(status="running").update(lease_until=_past())
    _drain(place, run, rows)
    drained = time.monotonic() - began
    final = rows.filter(status__in=FINAL).count()
    unknown = rows.filter(status="unknown").count()
    ambiguous = set(rows.filter(attempts__outcome="U").values_list("pk", flat=True))
    return {
        "fault": run.name,
        "killed": killed,
        "requested": messages,
        "final": final,
        "lost": messages - final - unknown,
        "duplicated": sum(count > 1 for count in _sent(place, run.provider).values()),
        "ambiguous": len(ambiguous),
        "recovered": left,
        "drain_s": round(drained, 1),
        "ambiguous_off_wire": len(ambiguous - on_wire),
        "untrue": _untrue(place, run.provider, rows),
        "stored_first": {bool(entry["saved_ref"]) for entry in _entries(place, run.provider, rows)} <= {run.stored},
        "spoiled": encoders.spoiled(message) if encoded else "",
    }


def short() -> list[Run]:
    """A few of them, each provider and each commit of the protocol among them."""
    return [run for run in runs(registry.names(), POINTS) if (run.provider, run.point, run.stored) in FEW]


def _past() -> object:
    from django.utils import timezone  # noqa: PLC0415

    return timezone.now() - timedelta(seconds=1)


def _drain(place: World, run: Run, rows: Any) -> None:
    """Let a fresh pump work until every row is final, or unknown and never taken by the provider."""
    pump = place.start_pump()
    ends = time.monotonic() + MOST_SECONDS
    try:
        while time.monotonic() < ends and not _settled(place, run, rows):
            time.sleep(0.1)
            if pump.poll() is not None:
                raise RuntimeError((place.directory / "pump.log").read_text()[-3000:])
    finally:
        end(pump)


def _settled(place: World, run: Run, rows: Any) -> bool:
    still_open = list(rows.exclude(status__in=FINAL))
    if any(row.status != "unknown" for row in still_open):
        return False
    sent = _sent(place, run.provider)
    return not any(_key(run.provider, row.client_ref, row.recipient) in sent for row in still_open)


def _key(provider: str, client_ref: str, recipient: str) -> str:
    """What a provider's ledger knows a message by: our reference, or the number where it is told none."""
    return client_ref if registry.provider(provider).client.ECHOES else recipient.lstrip("+")


def _sent(place: World, provider: str) -> Counter[str]:
    """How often a provider has taken each message."""
    return Counter(_key(provider, entry["client_ref"], entry["recipient"]) for entry in place.accepted(provider))


def _entries(place: World, provider: str, rows: Any) -> list[dict[str, Any]]:
    numbers = {number.lstrip("+") for number in rows.values_list("recipient", flat=True)}
    return [entry for entry in place.accepted(provider) if entry["recipient"].lstrip("+") in numbers]


def _untrue(place: World, provider: str, rows: Any) -> int:
    """How many rows claim more than the ledger says: that the provider took them, or under which reference it did."""
    entries = _entries(place, provider, rows)
    taken = {(entry["recipient"].lstrip("+"), entry["provider_ref"]) for entry in entries}
    claimed = rows.filter(status__in=FINAL).values_list("recipient", "provider_ref")
    return sum((number.lstrip("+"), reference) not in taken for number, reference in claimed)


def broken(row: dict[str, Any]) -> str:
    """What a result breaks of the promises, or ""."""
    if not row["killed"]:
        return "the worker was not killed"
    if row["lost"] or row["duplicated"]:
        return f"lost {row['lost']}, sent twice {row['duplicated']}"
    if row["ambiguous_off_wire"]:
        return f"{row['ambiguous_off_wire']} ambiguous that were not on the wire"
    if row["untrue"]:
        return f"{row['untrue']} said to be sent that were not, or under another reference"
    return row["spoiled"] or ("" if row["stored_first"] else "the content did not go the way it was meant to")


def open_world(place: World) -> None:
    """Point this process's Django at the world's database, open the accounts, and start the provider and the web."""
    import django  # noqa: PLC0415

    os.environ.update({**place.environment, "DJANGO_SETTINGS_MODULE": "mmsportal.settings"})
    django.setup()
    from tests.faults import orders  # noqa: PLC0415

    # That there is no broker is known here, and would be told between the lines of the table.
    logging.getLogger("messaging.tasks").setLevel(logging.ERROR)
    place.start_sandbox(tell=orders.open_accounts(f"http://127.0.0.1:{place.sandbox_port}"))
    place.start_web()
