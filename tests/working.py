"""Doing in a test what workers do beside the portal: pump, read receipts, until something holds."""

import time
from collections.abc import Callable

from django.db.models import QuerySet
from django.utils import timezone

from messaging import delivery, inbound, receipts
from messaging.content import Content, FallbackSms, Slide
from messaging.models import Transaction
from messaging.statuses import SETTLED

PATIENCE = 25.0
HELLO = Content(
    name="Hello",
    subject="Hello",
    slides=(Slide("Hello from the shop"),),
    fallback=FallbackSms("Hello from the shop"),
)


def work(until: Callable[[], bool], *, hurry: bool = True) -> None:
    """Pump, sweep and drain until `until` holds; what is put off for later is due at once when `hurry`."""
    ends = time.monotonic() + PATIENCE
    while not until() and time.monotonic() < ends:
        delivery.pump(once=True)
        receipts.drain()
        inbound.fetch_texts()
        if hurry:
            Transaction.objects.filter(status="queued").update(next_attempt_at=timezone.now())
        time.sleep(0.05)


def settled(rows: "QuerySet[Transaction]") -> Callable[[], bool]:
    """Whether nothing more is expected for any of these."""
    return lambda: not rows.exclude(status__in=SETTLED).exists()
