"""How long the answers to carried-out requests are kept for whoever repeats them, and clearing older ones away."""

from datetime import datetime, timedelta

from messaging.models import IdempotencyRecord

# Afterwards a key is free again (reliability, 3.5).
KEPT = timedelta(hours=72)
# The answer to a send to 10,000 people is more than a megabyte.
AT_ONCE = 500


def purge(*, now: datetime) -> int:
    """Clear away the oldest answers that count no more. Out: how many; there may be others."""
    old = IdempotencyRecord.objects.filter(created_at__lt=now - KEPT).order_by("created_at")
    gone = list(old.values_list("pk", flat=True)[:AT_ONCE])
    IdempotencyRecord.objects.filter(pk__in=gone).delete()
    return len(gone)
