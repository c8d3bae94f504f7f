"""After the database was restored from a backup: what stood in its queue may have left since, and must not leave again
by itself (reliability, fault 40)."""

from datetime import datetime

from django.db.models import Q
from django.db.transaction import atomic
from django.utils.translation import gettext_noop

from messaging import timeline
from messaging.delivery.choosing import WAITING
from messaging.delivery.claiming import release
from messaging.models import SendAttempt, SendingPause, Transaction
from messaging.models.clock import database_now
from messaging.pauses import pause_all
from messaging.statuses import Status

REASON = gettext_noop("Held: the database was restored from a backup.")
CODE = "restored"
AT_ONCE = 500


def hold() -> bool:
    """Pause all sending. Out: False when it was paused already. To be done before any worker starts."""
    return pause_all(None, REASON)


def close_unclear(lost_at: datetime) -> int:
    """Show as "outcome unknown" whatever may have left between the backup and the loss. Out: how many messages.

    In: when the lost database last worked; what was due later cannot have left. A receipt still tells the truth of
    each, and a person may send it again; we do not. Raises RuntimeError while sending is not paused.
    """
    if not SendingPause.running().exists():
        raise RuntimeError("Sending is not paused; hold it first.")
    may_have_left = Q(status__in=WAITING, next_attempt_at__lte=lost_at) | Q(status=Status.SENDING)
    closed = 0
    while True:
        with atomic():
            left = Transaction.objects.filter(may_have_left).order_by("pk")
            rows = list(left.select_for_update(of=("self",))[:AT_ONCE])
            if not rows:
                return closed
            now = database_now()
            SendAttempt.objects.filter(transaction__in=rows).exclude(phase=SendAttempt.Phase.DONE).update(
                phase=SendAttempt.Phase.DONE, outcome="U", code=CODE, finished_at=now
            )
            timeline.append([timeline.entry(row, "unknown", now=now, state=Status.UNKNOWN, code=CODE) for row in rows])
            release(rows, now)
            closed += len(rows)


def let_go() -> bool:
    """End the pause that `hold` began; one that a person began stays. Out: False when there is none of ours."""
    held = SendingPause.running().filter(reason=REASON, paused_by=None)
    return bool(held.update(resumed_at=database_now()))
