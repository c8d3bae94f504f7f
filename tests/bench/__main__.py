"""`make bench`: what the portal costs beside the bare thing, measured in one run; a table and var/bench.json.

Ratios only mean something within one run on one machine: each pair is measured in turns, and the median is kept.
`DATABASE_URL` chooses the database; SQLite in a scratch directory otherwise.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from datetime import datetime
from importlib import import_module
from pathlib import Path

import django

from tests.bench import accept
from tests.faults.world import ROOT, World, world

ROUNDS = 5
CONCURRENCY = 20
ROOMS = ("rules", "live_check", "fitting", "media_host")


def main() -> int:
    """Measure everything and write it down."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--messages", type=int, default=400, help="messages in each round")
    parser.add_argument("--write", type=Path, default=ROOT / "var" / "bench.json")
    options = parser.parse_args()
    kind = "postgresql" if os.environ.get("DATABASE_URL", "").startswith("postgres") else "sqlite"
    with world(kind) as place:
        os.environ.update({**place.environment, "DJANGO_SETTINGS_MODULE": "mmsportal.settings"})
        django.setup()
        # So slow that no receipt comes in while the sends are measured.
        place.start_sandbox(speed=0.0001)
        rows = [*_rooms(), *_sending(place, options.messages), *_receipts(options.messages), *accept.measure(place)]
    options.write.parent.mkdir(parents=True, exist_ok=True)
    options.write.write_text(json.dumps(rows, indent=2) + "\n")
    for row in rows:
        ratio = f"{row['ratio']:.2f} of {row['against']}" if row["ratio"] else ""
        print(f"{row['name']:22}{row['value']:>12.3f} {row['unit']:16}{ratio}")
    return 0


def _row(name: str, value: float, unit: str, ratio: float | None = None, against: str = "") -> dict[str, object]:
    return {
        "name": name,
        "value": round(value, 4),
        "unit": unit,
        "ratio": ratio and round(ratio, 3),
        "against": against,
    }


def _cpu(work: Callable[[], object]) -> tuple[float, float]:
    """Processor and wall seconds of one piece of work."""
    processor, wall = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - processor, time.perf_counter() - wall


def _rooms() -> list[dict[str, object]]:
    """What the rooms measure themselves: each a module beside this one with a `measure`."""
    return [row for room in ROOMS for row in import_module(f"tests.bench.{room}").measure()]


def _sending(place: World, messages: int) -> list[dict[str, object]]:
    from django.utils import timezone  # noqa: PLC0415

    from messaging import delivery  # noqa: PLC0415
    from messaging.content import Content, FallbackSms, Slide  # noqa: PLC0415
    from messaging.delivery.rendering import render  # noqa: PLC0415
    from messaging.gateway import registry  # noqa: PLC0415
    from messaging.models import ProviderAccount, Sender, Transaction  # noqa: PLC0415
    from messaging.queueing import Order, RecipientOrder, queue  # noqa: PLC0415

    account = ProviderAccount(name="Bench", provider="webex", base_url=f"http://127.0.0.1:{place.sandbox_port}/webex")
    account.calls_per_second, account.concurrency = 30_000, CONCURRENCY
    account.credentials = {"service_key": "sandbox-service-key"}
    account.save()
    sender = Sender.objects.create(address="34343", kind="short_code", account=account)
    content = Content("Bench", "Hello", (Slide("Hello"),), FallbackSms("Hello"))
    whole, bare, accepting = [], [], []
    for turn in range(ROUNDS):
        people = [RecipientOrder(f"+1{200 + turn}552{n:04d}") for n in range(messages)]
        order = Order(sender, content, people)
        accepting.append(_cpu(lambda order=order: queue(order, now=timezone.now()))[1])
        rows = list(Transaction.objects.filter(status="queued").select_related("message__sender"))
        opened, provider = account.opened(), registry.provider("webex")
        requests = [render(row, opened, provider, now=timezone.now()) for row in rows]
        bare.append(_cpu(lambda requests=requests: asyncio.run(_bare(requests)))[0] / messages)
        whole.append(_cpu(lambda: delivery.pump(once=True, seconds=600))[0] / messages)
        if Transaction.objects.filter(status="queued").exists():
            raise RuntimeError("the pump left messages behind")
    cost, floor = statistics.median(whole), statistics.median(bare)
    return [
        _row("accepting", messages / statistics.median(accepting), "recipients/s"),
        _row("send_vs_bare", cost * 1000, "CPU ms/message", floor / cost, "bare calls, same line and concurrency"),
    ]


async def _bare(requests: list[object]) -> None:
    from django.conf import settings  # noqa: PLC0415

    from messaging.gateway.http import Line  # noqa: PLC0415

    places = asyncio.Semaphore(CONCURRENCY)
    async with Line(allow_private=settings.ALLOW_PRIVATE_TARGETS) as line:

        async def call(request: object) -> None:
            async with places:
                await line.call(request)  # type: ignore[arg-type]

        await asyncio.gather(*map(call, requests))


def _receipts(messages: int) -> list[dict[str, object]]:
    from django.utils import timezone  # noqa: PLC0415

    from messaging import arrivals  # noqa: PLC0415
    from messaging.models import ProviderAccount, ReceiptInbox  # noqa: PLC0415

    account = ProviderAccount.objects.get()
    ingesting, bare = [], []
    for turn in range(ROUNDS):
        bodies = [json.dumps({"turn": turn, "n": n}).encode() for n in range(messages)]
        now = timezone.now()

        def ingest(bodies: list[bytes] = bodies, now: datetime = now) -> None:
            for body in bodies:
                arrivals.ingest(account, method="POST", headers={}, body=body, now=now)

        def insert(bodies: list[bytes] = bodies, now: datetime = now, turn: int = turn) -> None:
            for n, body in enumerate(bodies):
                ReceiptInbox(
                    account=account,
                    received_at=now,
                    method="POST",
                    body=body,
                    digest=f"{turn}-{n}",
                    next_attempt_at=now,
                ).save()

        ingesting.append(_cpu(ingest)[1] / messages)
        bare.append(_cpu(insert)[1] / messages)
        ReceiptInbox.objects.all().delete()
    cost, floor = statistics.median(ingesting), statistics.median(bare)
    return [_row("receipt_ingest", 1 / cost, "bodies/s", floor / cost, "a bare insert")]


if __name__ == "__main__":
    sys.exit(main())
