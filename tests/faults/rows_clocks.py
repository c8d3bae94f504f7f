"""Workers whose clocks are wrong (reliability, section 4, row 24): what decides is the clock of the database."""

import time
from datetime import timedelta
from pathlib import Path

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

    library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
    if library is None:
        return Figures(notes={"skipped": "libfaketime is not installed"})
    sending.open_portal(place)
    later = sending.order("webex", 40, send_at=timezone.now() + timedelta(hours=1))
    keys = sending.order("webex", 100 if short else 600)
    began = time.monotonic()
    for jump in ("+2h", "-2h"):
        place.start_pump(LD_PRELOAD=str(library), FAKETIME=jump, FAKETIME_DONT_FAKE_MONOTONIC="1")
    leases: list[float] = []

    def over() -> bool:
        now = database_now()
        held = sending.rows(keys).exclude(lease_until=None).values_list("lease_until", flat=True)
        leases.extend((until - now).total_seconds() for until in held)
        return not sending.rows(keys).exclude(status__in=sending.FINAL).exists()

    done = sending.until(over, 90)
    time.sleep(5)
    early = SendAttempt.objects.filter(transaction__in=later).count()
    odd = [one for one in leases if not 0 < one < LEASE]
    expired = sending.rows([*keys, *later]).filter(status="expired").count()
    twice = SendAttempt.objects.filter(transaction__in=keys, number__gt=1).count()
    sheet = Sheet({"early": early, "leases_seen": len(leases), "leases_odd": len(odd), "expired": expired})
    sheet.notes |= {
        "second_tries": twice,
        "quiet_hours": "not built",
    }
    sheet.must(done and not early and not odd and not expired, "a wrong clock was believed")
    return sheet.figures(place, keys, began)


FAULTS = [Fault("24", "wrong clocks", POSTGRES, wrong_clocks)]
