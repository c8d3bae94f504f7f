"""kill -9 of the worker at each named point of the send protocol (reliability, section 4, row 1)."""

import os
import time
from datetime import timedelta
from typing import Any

from tests.faults.world import World

POINTS = ("before_claim", "after_claim", "before_wire", "after_wire", "during_call", "before_record", "after_record")
MOST_SECONDS = 120


def run(place: World, point: str, messages: int) -> dict[str, Any]:
    """Queue `messages`, kill the pump at `point`, let another finish the work, and count what became of them."""
    from messaging.models import Transaction  # noqa: PLC0415  needs the world's settings

    identity = _queue(place, point, messages)
    rows = Transaction.objects.filter(message_id=identity)
    began = time.monotonic()
    killed = place.manage("pump", "--once", failpoint=point)
    left = rows.exclude(lease_token=None).count()
    # Between the wire mark and the record nobody can know; everywhere else the outcome must be certain.
    on_wire = set(rows.filter(attempts__phase="wire").values_list("pk", flat=True))
    # The dead worker's lease would run out by itself; the run does not wait ninety seconds for it.
    rows.exclude(lease_until=None).update(lease_until=_past())
    _drain(place, rows)
    ledger = place.ledger()
    counts = {ref: ledger[ref] for ref in rows.values_list("client_ref", flat=True)}
    final = rows.filter(status__in=["delivered", "read", "failed", "expired"]).count()
    unknown = rows.filter(status="unknown").count()
    ambiguous = set(rows.filter(attempts__outcome="U").values_list("pk", flat=True))
    return {
        "fault": f"kill -9 {point}",
        "killed": killed == -9,
        "requested": messages,
        "final": final,
        "lost": messages - final - unknown,
        "duplicated": sum(count > 1 for count in counts.values()),
        "ambiguous": len(ambiguous),
        "ambiguous_off_wire": len(ambiguous - on_wire),
        "recovered": left,
        "drain_s": round(time.monotonic() - began, 1),
    }


def _queue(place: World, point: str, messages: int) -> object:
    from django.utils import timezone  # noqa: PLC0415

    from messaging.content import Content, FallbackSms, Slide  # noqa: PLC0415
    from messaging.models import ProviderAccount, Sender  # noqa: PLC0415
    from messaging.queueing import Order, RecipientOrder, queue  # noqa: PLC0415

    account, made = ProviderAccount.objects.get_or_create(
        name="Sandbox",
        defaults={
            "provider": "webex",
            "base_url": f"http://127.0.0.1:{place.sandbox_port}/webex",
            "calls_per_second": 500,
            "concurrency": 20,
        },
    )
    if made:
        account.credentials = {"service_key": "sandbox-service-key"}
        account.save()
    sender, _made = Sender.objects.get_or_create(address="34343", kind="short_code", account=account)
    content = Content("Kill", "Kill", (Slide("Hello"),), FallbackSms("Hello"))
    # Area codes tell the runs apart; the last digits 00 are delivered by the sandbox.
    area = 200 + POINTS.index(point) * 100
    recipients = [RecipientOrder(f"+1{area + n // 100}{555:03d}{n % 100 * 100:04d}") for n in range(messages)]
    return queue(Order(sender, content, recipients), now=timezone.now()).pk


def _past() -> object:
    from django.utils import timezone  # noqa: PLC0415

    return timezone.now() - timedelta(seconds=1)


def _drain(place: World, rows: Any) -> None:
    """Let a fresh pump work until every row is final, or unknown with no receipt in sight."""
    ends, quiet = time.monotonic() + MOST_SECONDS, 0
    open_rows = rows.exclude(status__in=["delivered", "read", "failed", "expired"])
    while time.monotonic() < ends and open_rows.exists() and quiet < 4:
        before = open_rows.count()
        if place.manage("pump", "--once"):
            raise RuntimeError((place.directory / "commands.log").read_text()[-3000:])
        certain = open_rows.exclude(status="unknown").exists()
        quiet = quiet + 1 if not certain and open_rows.count() == before else 0
        time.sleep(0.3)


def broken(row: dict[str, Any]) -> str:
    """What a result breaks of the promises, or ""."""
    if not row["killed"]:
        return "the worker was not killed"
    if row["lost"] or row["duplicated"]:
        return f"lost {row['lost']}, sent twice {row['duplicated']}"
    if row["ambiguous_off_wire"]:
        return f"{row['ambiguous_off_wire']} ambiguous that were not on the wire"
    return ""


def in_world(place: World) -> None:
    """Point this process's Django at the world's database."""
    import django  # noqa: PLC0415

    os.environ.update({**place.environment, "DJANGO_SETTINGS_MODULE": "mmsportal.settings"})
    django.setup()
