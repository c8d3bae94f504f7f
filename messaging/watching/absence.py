"""Times when nobody was there to take a receipt: providers give up after a while, and say so to nobody."""

from datetime import timedelta

from django.conf import settings

from messaging.models import Heartbeat
from messaging.models.clock import database_now
from messaging.watching import life
from messaging.watching.alarms import AWAY, Finding, ring

# As long as a message may still wait for its receipt: three days of validity, and the hour after them.
TOLD_FOR = timedelta(hours=73)


def note_absence() -> None:
    """Raise an alarm when no web process has shown itself for longer than providers repeat a receipt.

    Called before a web process shows itself for the first time, and then again and again: a later call costs one query.
    """
    now = database_now()
    last = Heartbeat.objects.filter(pk=life.WEB).values_list("at", flat=True).first()
    if last is None or now - last <= timedelta(minutes=settings.RECEIPT_RETRY_MINUTES):
        return
    told = {"from": last.isoformat(), "to": now.isoformat(), "seconds": round((now - last).total_seconds())}
    # Of no kind that `look` closes: it stands until nothing of that time can still be waiting.
    ring([Finding(AWAY, data=told, name=last.strftime("%Y%m%dT%H%M"))], now, kinds=[])
