"""News that was told or given up: sent once more on request, cleared away in the end."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from messaging.models import Callback, CallbackEndpoint
from messaging.models.clock import database_now

# Numbers stand in the bodies: no longer than raw receipts are kept.
KEPT = timedelta(days=30)
AT_ONCE = 1000
MOST_ROUNDS = 50


def replay(identities: Iterable[UUID]) -> int:
    """Send news once more, the same bytes under the same id, with a whole schedule before it. Out: how many.

    What is being sent at this moment is left alone.
    """
    now = database_now()
    at_rest = Q(lease_until=None) | Q(lease_until__lt=now)
    return Callback.objects.filter(at_rest, pk__in=list(identities)).update(
        state=Callback.State.WAITING, attempts=0, next_attempt_at=now, lease_token=None, lease_until=None
    )


def purge(*, now: datetime) -> int:
    """Delete what is older than thirty days, a thousand in each commit, but for what is on its way. Out: how many."""
    gone = 0
    on_its_way = Q(state=Callback.State.WAITING, endpoint__state=CallbackEndpoint.State.ACTIVE)
    over = Callback.objects.filter(created_at__lt=now - KEPT).exclude(on_its_way)
    for _round in range(MOST_ROUNDS):
        old = list(over.order_by("created_at").values_list("pk", flat=True)[:AT_ONCE])
        gone += Callback.objects.filter(pk__in=old).delete()[0]
        if len(old) < AT_ONCE:
            break
    return gone
