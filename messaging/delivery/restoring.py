"""After the database was restored from a backup: what stood in its queue may have left since, and must not leave again
by itself (reliability, fault 40)."""

from datetime import datetime

from django.db.models import Q
from django.db.transaction import atomic

from messaging import timeline
from messaging.delivery.choosing import WAITING
from messaging.delivery.claiming import release
from messaging.models import ProviderAccount, SendAttempt, Transaction
from messaging.models.clock import database_now
from messaging.statuses import Status

REASON = "Held: the database was restored from a backup."
CODE = "restored"
AT_ONCE = 500


def hold() -> int:
    """Pause every account that is not paused. Out: how many. To be done before any worker starts."""
    return ProviderAccount.objects.filter(paused_at=None).update(paused_at=database_now(), paused_reason=REASON)


def close_unclear(lost_at: datetime) -> int:
    """Show as "outcome unknown" whatever may have left between the backup and the loss. Out: how many messages.

    In: when the lost database last worked; what was due later cannot have left. A receipt still tells the truth of
    each, and a person may send it again; we do not. Raises RuntimeError while an account is not paused.
    """
    if ProviderAccount.objects.filter(paused_at=None).exists():
        raise RuntimeError("An account is at work; hold all accounts first.")
    may_have_left = Q(status__in=WAITING, next_attempt_at__lte=lost_at) | Q(status=Status.SENDING)
    closed = 0
    while True:
        with atomic():
            rows = list(Transaction.objects.filter(may_have_left).select_for_update(of=("self",))[:AT_ONCE])
            if not rows:
                return closed
            now = database_now()
            SendAttempt.objects.filter(transaction__in=rows).exclude(phase=SendAttempt.Phase.DONE).update(
                phase=SendAttempt.Phase.DONE, outcome="U", code=CODE, finished_at=now
            )
            timeline.append([timeline.entry(row, "unknown", now=now, state=Status.UNKNOWN, code=CODE) for row in rows])
            release(rows, now)
            closed += len(rows)


def let_go() -> int:
    """Let the accounts that `hold` paused send again. Out: how many."""
    return ProviderAccount.objects.filter(paused_reason=REASON).update(paused_at=None, paused_reason="")
