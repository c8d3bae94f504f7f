"""A hundred thousand recipients through a slow account while small messages are sent (issue 6, show 5).

`python -m tests.faults.fairness` runs it with a real pump on PostgreSQL and the sandbox, prints the figures and writes
var/fairness.json. Fewer recipients: `--recipients 3000`.
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import django

from mmsportal.sandbox.ledger import Entry
from tests.faults.world import ROOT, World, world

RATE = 50
# What a bucket holds beside its rate, in seconds (pacing.BURST_SECONDS).
BURST = 0.5
SMALL = 5
# How long a one-recipient message may take from acceptance to the provider.
SOON_SECONDS = 2.0


def main() -> int:
    """Run it. Exit code 1 when a small message was late or the account was called too fast."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.fairness")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="postgresql")
    parser.add_argument("--recipients", type=int, default=100_000)
    parser.add_argument("--write", type=Path, default=ROOT / "var" / "fairness.json")
    options = parser.parse_args()
    with world(options.database) as place:
        os.environ.update(place.environment)
        os.environ["DJANGO_SETTINGS_MODULE"] = "mmsportal.settings"
        django.setup()
        figures = carry_out(place, options.recipients)
    figures["database"] = options.database
    options.write.parent.mkdir(parents=True, exist_ok=True)
    options.write.write_text(json.dumps(figures, indent=2) + "\n")
    for name, value in figures.items():
        print(f"{name:32} {value}")
    return int(bool(figures["broken"]))


def carry_out(place: World, recipients: int) -> dict[str, object]:
    """Queue the bulk, start a pump, send small messages meanwhile. Out: the figures."""
    from messaging.models import ProviderAccount  # noqa: PLC0415  only once the world's settings are in force
    from tests.faults.orders import AREAS, open_accounts  # noqa: PLC0415

    open_accounts(f"http://127.0.0.1:{place.sandbox_port}")
    place.start_sandbox(speed=50)
    ProviderAccount.objects.filter(provider="webex").update(calls_per_second=RATE, concurrency=20)
    _queue([f"+1{AREAS[n // 8_000]}{200 + n % 8_000 // 10}{n % 10}000" for n in range(recipients)])
    place.start_pump()
    _wait_for(lambda: len(place.accepted("webex")) >= RATE)
    waits: dict[str, list[float]] = {"transactional": [], "marketing": []}
    for turn in range(SMALL):
        for purpose, found in waits.items():
            found.append(_small(place, purpose, turn))
            time.sleep(0.7)
    busiest = _busiest([_seconds(entry) for entry in place.accepted("webex")])
    late = [f"{purpose} {max(found):.2f} s" for purpose, found in waits.items() if max(found) > SOON_SECONDS]
    fast = [f"{busiest} calls in a second"] if busiest > RATE * (1 + BURST) + 1 else []
    return {
        "recipients": recipients,
        "rate": RATE,
        "sent_meanwhile": len(place.accepted("webex")),
        **{f"{purpose}_median_s": round(statistics.median(found), 3) for purpose, found in waits.items()},
        **{f"{purpose}_worst_s": round(max(found), 3) for purpose, found in waits.items()},
        "busiest_second": busiest,
        "broken": [*late, *fast],
    }


def _queue(numbers: Sequence[str], purpose: str = "marketing") -> float:
    """Queue a message to so many people. Out: when it had been accepted, in seconds since 1970."""
    from django.utils import timezone  # noqa: PLC0415

    from messaging.content import Content, Slide  # noqa: PLC0415
    from messaging.models import Message, Sender  # noqa: PLC0415
    from messaging.queueing import Order, RecipientOrder, queue  # noqa: PLC0415
    from tests.faults.orders import FALLBACK  # noqa: PLC0415

    sender = Sender.objects.select_related("account").get(account__provider="webex")
    content = Content("Hello", "Hello", (Slide("Hello"),), FALLBACK)
    people = [RecipientOrder(number) for number in numbers]
    order = Order(sender, content, people, purpose=purpose, source=Message.Source.API)
    queue(order, now=timezone.now())
    return time.time()


def _small(place: World, purpose: str, turn: int) -> float:
    """Send to one person. Out: seconds from its acceptance to the provider's ledger."""
    from messaging.models import Transaction  # noqa: PLC0415

    number = f"+1415555{20 + turn:02d}00" if purpose == "marketing" else f"+1416555{20 + turn:02d}00"
    accepted = _queue([number], purpose)
    ref = Transaction.objects.get(recipient=number).client_ref
    _wait_for(lambda: any(entry["client_ref"] == ref for entry in place.accepted("webex")))
    return next(_seconds(entry) for entry in place.accepted("webex") if entry["client_ref"] == ref) - accepted


def _seconds(entry: Entry) -> float:
    return datetime.fromisoformat(entry["at"]).timestamp()


def _busiest(times: Sequence[float]) -> int:
    """The most calls in any one second."""
    ordered, first, most = sorted(times), 0, 0
    for last, at in enumerate(ordered):
        while at - ordered[first] >= 1:
            first += 1
        most = max(most, last - first + 1)
    return most


def _wait_for(done: Callable[[], bool], seconds: float = 60) -> None:
    ends = time.monotonic() + seconds
    while not done():
        if time.monotonic() > ends:
            raise TimeoutError("the pump does not send")
        time.sleep(0.05)


if __name__ == "__main__":
    sys.exit(main())
