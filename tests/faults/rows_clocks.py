"""Workers whose clocks are wrong (reliability, section 4, row 24): what decides is the clock of the database."""

import sys
import time
from datetime import timedelta

from tests.faults.catalogue import Fault, Figures
from tests.faults.sheets import Sheet
from tests.faults.world import World

# SQLite has no clock but the host's.
POSTGRES = ("postgresql",)
LEASE = 95.0


def wrong_clocks(place: World, short: bool) -> Figures:
    """One worker two hours ahead, one two hours behind, and messages due now and in an hour."""
    from django.utils import timezone  # noqa: PLC0415  needs the world's settings

    from messaging.models import SendAttempt  # noqa: PLC0415
    from messaging.models.clock import database_now  # noqa: PLC0415
    from tests.faults import sending  # noqa: PLC0415

    sending.open_portal(place)
    later = sending.order("webex", 40, send_at=timezone.now() + timedelta(hours=1))
    keys = sending.order("webex", 100 if short else 600)
    began = time.monotonic()
    words = [sys.executable, "-m", "tests.faults.shifted"]
    pumps = [place.start(*words, hours, "pump", name=f"pump {hours}") for hours in ("2", "-2")]
    leases: list[float] = []

    def over() -> bool:
        now = database_now()
        held = sending.rows(keys).exclude(lease_until=None).values_list("lease_until", flat=True)
        leases.extend((until - now).total_seconds() for until in held)
        return not sending.rows(keys).exclude(status__in=sending.FINAL).exists()

    done = sending.until(over, 90)
    time.sleep(5)
    fell = sum(pump.poll() is not None for pump in pumps)
    early = SendAttempt.objects.filter(transaction__in=later).count()
    odd = [one for one in leases if not 0 < one < LEASE]
    expired = sending.rows([*keys, *later]).filter(status="expired").count()
    twice = SendAttempt.objects.filter(transaction__in=keys, number__gt=1).count()
    sheet = Sheet({"early": early, "leases_seen": len(leases), "leases_odd": len(odd), "expired": expired})
    sheet.notes |= {
        "second_tries": twice,
        "quiet_hours": "not built",
    }
    sheet.must(not fell, f"{fell} workers fell")
    sheet.must(done and not early and not odd and not expired, "a wrong clock was believed")
    return sheet.figures(place, keys, began)


FAULTS = [Fault("24", "wrong clocks", POSTGRES, wrong_clocks)]
