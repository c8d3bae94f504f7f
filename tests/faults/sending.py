"""What the rows about providers, lines and servers share: orders, waiting, and what the tries tell afterwards.

Imported once a world's settings are in force.
"""

import itertools
import json
import os
import statistics
import time
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import OperationalError, connection
from django.db.models import F, Min, QuerySet
from django.utils import timezone

from messaging.gateway.serving import base_path
from messaging.models import ProviderAccount, SendAttempt, Sender, TimelineEntry, Transaction
from messaging.queueing import Order, RecipientOrder, queue
from mmsportal.sandbox.ledger import read
from tests.faults.orders import AREAS, content, open_accounts
from tests.faults.world import Child, World

GOOD = "00"
# Nothing more happens to these by themselves.
FINAL = ("delivered", "read", "failed", "expired", "blocked", "cancelled", "unconfirmed")
OPEN = ("scheduled", "queued", "sending")
AT_ONCE = 500
SLACK = 2
_numbers = itertools.count()

Rows = QuerySet[Transaction]


def order(
    provider: str, count: int, ending: str = GOOD, *, sender: str = "34343", send_at: datetime | None = None
) -> list[UUID]:
    """Queue messages to `count` people whose handsets do what the ending of their numbers says. Out: their rows."""
    of = Sender.objects.get(account__provider=provider, address=sender)
    found: list[UUID] = []
    numbers, most = people(count, ending), AT_ONCE if ending == GOOD else len(AREAS)
    for start in range(0, count, most):
        recipients = [RecipientOrder(number) for number in numbers[start : start + most]]
        what = Order(of, content(provider, stored=False), recipients, send_at=send_at)
        message = queue(what, now=timezone.now())
        found += message.transactions.values_list("pk", flat=True)
    return found


def people(count: int, ending: str = GOOD) -> list[str]:
    """Numbers whose handsets do what the ending says."""
    if ending != GOOD:
        return [f"+1{AREAS[n % len(AREAS)]}55501{ending}" for n in range(count)]
    # New numbers each time: some providers know a message by its number alone.
    numbers = [next(_numbers) for _one in range(count)]
    return [f"+1{AREAS[n // 40_000]}{560 + n // 100 % 400}{n % 100:02d}00" for n in numbers]


def rows(keys: Sequence[UUID]) -> Rows:
    """The transactions of these keys."""
    return Transaction.objects.filter(pk__in=keys)


def send_to(place: World, provider: str, port: int) -> None:
    """Let workers that are started from now on reach a provider through this port."""
    target = f"127.0.0.1:{port}"
    place.environment["MMS_ALLOW_PRIVATE_TARGETS"] += f",{target}"
    address = f"http://{target}/{provider}{base_path(provider)}"
    ProviderAccount.objects.filter(provider=provider).update(base_url=address)


def until(true: Callable[[], bool], seconds: float, *, every: float = 0.1) -> bool:
    """Wait until something is true; False when time is up."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        with suppress(OperationalError):
            if true():
                return True
        time.sleep(every)
    return False


def drained(keys: Sequence[UUID], seconds: float, *, but: Sequence[str] = ()) -> bool:
    """Wait until every row is final, or in one of the states of `but`; on a busy machine twice as long as asked for."""
    return until(lambda: not rows(keys).exclude(status__in=(*FINAL, *but)).exists(), seconds * SLACK)


def open_portal(place: World, *, speed: float = 50, web: Sequence[str] = ()) -> Child:
    """An account and a sender at each provider, the web door, and the sandbox, which is given back."""
    tell = open_accounts(place.sandbox)
    sandbox = place.start_sandbox(speed, tell=tell)
    place.start_web(*web)
    return sandbox


def start_sandbox(place: World, *, speed: float = 50) -> Child:
    """Play the providers again, on the same ledger."""
    return place.start_sandbox(speed, tell={one.provider: one.webhook_url for one in ProviderAccount.objects.all()})


def change_tenant(place: World, provider: str, **members: object) -> None:
    """Exchange members of a provider's tenant while the sandbox runs."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{place.sandbox_port}/tenants/{provider}",
        json.dumps(members).encode(),
        {"Content-Type": "application/json"},
        method="PATCH",
    )
    with urllib.request.urlopen(request, timeout=10):
        pass


def call_seconds(keys: Sequence[UUID]) -> list[float]:
    """How long each call took, from its wire mark to its record, shortest first."""
    tries = SendAttempt.objects.filter(transaction__in=keys, finished_at__isnull=False, wire_at__isnull=False)
    return sorted(took.total_seconds() for took in tries.values_list(F("finished_at") - F("wire_at"), flat=True))


def resent_after_doubt(keys: Sequence[UUID]) -> int:
    """How many tries were made after one whose outcome nobody can know."""
    doubtful = SendAttempt.objects.filter(transaction__in=keys, outcome="U")
    first = dict(doubtful.values_list("transaction").annotate(Min("number")))
    tries = SendAttempt.objects.filter(transaction__in=first).values_list("transaction", "number")
    return sum(number > first[pk] for pk, number in tries)


def resolved(keys: Sequence[UUID]) -> tuple[int, list[float]]:
    """Of the rows whose outcome was unknown: how many there were, and how long each waited for its first receipt;
    0 where that came before."""
    entries = TimelineEntry.objects.filter(transaction__in=keys)
    doubts = dict(entries.filter(kind="unknown").values_list("transaction", "received_at"))
    told = entries.filter(source="provider").values_list("transaction").annotate(Min("received_at"))
    heard = {pk: at for pk, at in told if pk in doubts}
    return len(doubts), sorted(max(0.0, (heard[pk] - doubts[pk]).total_seconds()) for pk in heard)


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median, 95th and 99th percentile and the longest of sorted seconds, in milliseconds."""
    if not values:
        return {}
    cut = {name: values[min(len(values) - 1, int(len(values) * part))] for name, part in PARTS.items()}
    return {name: round(value * 1000, 1) for name, value in {**cut, "most": values[-1]}.items()}


PARTS = {"p50": 0.50, "p95": 0.95, "p99": 0.99}


def median(values: Sequence[float]) -> float | None:
    """The middle one, to a hundredth; None of nothing."""
    return round(statistics.median(values), 2) if values else None


def peak_memory(process: int, *, anew: bool = False) -> float:
    """The most memory a process has had, in MB; `anew` begins to count from now."""
    if anew:
        Path(f"/proc/{process}/clear_refs").write_text("5")
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def is_root() -> bool:
    """Whether namespaces, mounts and other users' programs are ours to use."""
    return os.geteuid() == 0


def forget_connection() -> None:
    """Drop this process's own connection to the database, which may be broken."""
    with suppress(Exception):
        connection.close()


def ledger(place: World) -> list[dict[str, Any]]:
    """All that the providers have on file, oldest first."""
    return list(read(place.ledger_path)) if place.ledger_path.exists() else []
