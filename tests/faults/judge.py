"""The one judge of all rows: counts from the sandbox's ledger, which is written before a provider answers, and from the
database that Django is pointed at.

Imported once a world's settings are in force.
"""

import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from media.models import Rendition
from messaging.gateway import registry
from messaging.models import SavedContent, SendAttempt, Transaction
from tests.faults.catalogue import Figures
from tests.faults.world import World, end

Rows = QuerySet[Transaction]
FINAL = ("delivered", "read", "failed", "expired", "unconfirmed", "cancelled", "blocked")
SENT = ("delivered", "read")
# What a try is called that its worker did not come back from.
CRASHED = "worker_lost"
# Not final, and shown to the operator as what it is.
SHOWN = ("unknown",)


def judge(
    place: World,
    rows: Rows,
    *,
    requested: int,
    drain_s: float,
    recovered: int | None = None,
    notes: dict[str, object] | None = None,
    broken: str = "",
) -> Figures:
    """What became of the messages that our door took. In: how many it took, whatever the database holds now.

    `recovered` counts those a dead worker left unless it is given; a `broken` of the row's own counts before ours.
    """
    final = rows.filter(status__in=FINAL).count()
    shown = rows.filter(status__in=SHOWN).count()
    lost = requested - final - shown
    twice = doubled(place, rows)
    untrue = len(untold(place, rows))
    if recovered is None:
        recovered = (
            SendAttempt.objects.filter(transaction__in=rows, code=CRASHED).values("transaction").distinct().count()
        )
    broken = broken or (f"lost {lost}" if lost else "") or (f"sent twice {twice}" if twice else "")
    return Figures(
        requested=requested,
        final=final,
        lost=lost,
        duplicated=twice,
        ambiguous=ambiguous(rows).count(),
        recovered=recovered,
        drain_s=round(drain_s, 1),
        notes=notes or {},
        broken=broken or (f"{untrue} said to be sent that were not, or under another reference" if untrue else ""),
    )


def ambiguous(rows: Rows) -> Rows:
    """Those of which nobody could know at some time whether they were taken."""
    return rows.filter(pk__in=SendAttempt.objects.filter(transaction__in=rows, outcome="U").values("transaction"))


def sent(place: World) -> Counter[tuple[str, str]]:
    """How often each provider has taken each message, by what its ledger knows a message by."""
    return Counter(
        (entry["provider"], key(entry["provider"], entry["client_ref"], entry["recipient"]))
        for entry in place.accepted()
    )


def key(provider: str, client_ref: str, recipient: str) -> str:
    """Our reference, or the number at a provider that is told none: a run sends to no number twice there."""
    return client_ref if registry.provider(provider).client.ECHOES else recipient.lstrip("+")


def keys(rows: Rows) -> set[tuple[str, str]]:
    """These messages as the ledger would know them."""
    known = rows.values_list("account__provider", "client_ref", "recipient")
    return {(provider, key(provider, client_ref, recipient)) for provider, client_ref, recipient in known}


def doubled(place: World, rows: Rows) -> int:
    """How many of these a provider has taken more than once."""
    ours = keys(rows)
    return sum(count > 1 for taken, count in sent(place).items() if taken in ours)


def untold(place: World, rows: Rows) -> list[Any]:
    """Those that claim more than the ledger says: that the provider took them, or under which reference it did."""
    taken = {(entry["provider"], entry["recipient"].lstrip("+"), entry["provider_ref"]) for entry in place.accepted()}
    claimed = rows.filter(status__in=SENT).values_list("account__provider", "recipient", "provider_ref", "pk")
    return [pk for provider, number, reference, pk in claimed if (provider, number.lstrip("+"), reference) not in taken]


def settled(place: World, rows: Rows) -> bool:
    """Whether every row is final, or unknown and never taken by the provider."""
    if rows.exclude(status__in=(*FINAL, *SHOWN)).exists():
        return False
    unclear = rows.filter(status__in=SHOWN)
    return not unclear.exists() or not keys(unclear) & set(sent(place))


def wait(condition: Callable[[], bool], seconds: float, step: float = 0.1) -> float:
    """Wait until something holds, so many seconds at most. Out: how long it took."""
    began = time.monotonic()
    while not condition() and time.monotonic() - began < seconds:
        time.sleep(step)
    return time.monotonic() - began


def drain(place: World, rows: Rows, seconds: float = 120) -> float:
    """Let a fresh pump work until the rows are settled. Out: how long it took. Raises RuntimeError when it ends."""
    pump = place.start_pump()

    def over() -> bool:
        if pump.poll() is not None:
            raise RuntimeError(place.log("pump")[-3000:])
        return settled(place, rows)

    try:
        return wait(over, seconds)
    finally:
        end(pump)


def end_leases(rows: Rows) -> int:
    """Let the leases of dead workers run out now, not in ninety seconds. Out: how many messages they held."""
    left = rows.exclude(lease_token=None).count()
    past = timezone.now() - timedelta(seconds=1)
    rows.exclude(lease_until=None).update(lease_until=past)
    SavedContent.objects.exclude(lease_until=None).update(lease_until=past)
    Rendition.objects.filter(status="running").update(lease_until=past)
    return left
