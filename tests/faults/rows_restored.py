"""The row about a backup: what stood in its queue has left since, and is not sent again by itself (40)."""

import re
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime

from tests.faults import nursery
from tests.faults.catalogue import Fault, Figures
from tests.faults.databases import binaries
from tests.faults.stage import stage
from tests.faults.world import World

PATIENCE = 120


def restored(place: World, short: bool) -> Figures:
    """Dump while most of it waits, send it all, restore the dump, start in hold, close what may have left, let go."""
    from django.db import connection  # noqa: PLC0415  needs the world's settings

    from messaging.models import Transaction  # noqa: PLC0415
    from tests.faults import judge, orders  # noqa: PLC0415

    each, rows = (60 if short else 300), Transaction.objects.all()
    with stage(place, pace=20, speed=500) as seat:
        orders.place_order("webex", 0, each, stored=False, encoded=False)
        process = seat.start(nursery.pump, "pump")
        judge.wait(lambda: len(place.accepted()) >= each // 4, PATIENCE)
        # What the providers hear in this hour, the backup does not know.
        dump = place.directory / "backup"
        _postgres("pg_dump", place, "-Fc", "-f", str(dump))
        judge.wait(lambda: judge.settled(place, rows), PATIENCE)
        nursery.kill_group(process)
        lost_at = datetime.now(UTC).isoformat()
        connection.close()
        _postgres("pg_restore", place, "--clean", "--if-exists", "-d", place.environment["DATABASE_URL"], str(dump))
        waiting, sent = rows.filter(status__in=("queued", "sending")).count(), len(place.accepted())
        place.manage("restored")
        seat.start(nursery.pump, "pump")
        judge.wait(lambda: len(place.accepted()) > sent, 5)
        held = len(place.accepted()) - sent
        place.manage("restored", "--lost-at", lost_at)
        place.manage("restored", "--release")
        judge.wait(lambda: len(place.accepted()) > sent, 5)
        # A message of afterwards goes.
        orders.place_order("webex", 1, 1, stored=False, encoded=False)
        drained = judge.wait(lambda: rows.filter(status="delivered").count() > 0 and len(place.accepted()) > sent, 30)
        again = len(place.accepted()) - sent - 1
    shown = rows.filter(status="unknown").count()
    told = re.findall(r"(\d+) messages may have left", place.log("commands"))
    notes: dict[str, object] = {
        "waiting_in_the_backup": waiting,
        "auto_sends_in_hold": held,
        "auto_sends_after": again,
        "shown_as_unknown": shown,
        "closed": told,
    }
    broken = "" if waiting else "nothing waited in the backup"
    broken = broken or (f"{held + again} sent by itself" if held + again else "")
    twice = judge.doubled(place, rows)
    return Figures(
        each + 1, rows.count() - shown, 0, twice, shown, drain_s=round(drained, 1), notes=notes, broken=broken
    )


def _postgres(program: str, place: World, *words: str) -> None:
    """Run one of PostgreSQL's programs on the world's database. Raises CalledProcessError."""
    source = [place.environment["DATABASE_URL"]] if program == "pg_dump" else []
    subprocess.run([str(binaries() / program), *words, *source], check=True, capture_output=True, timeout=120)


FAULTS: Sequence[Fault] = [Fault("40", "a backup restored while its queue had left", ("postgresql",), restored)]
