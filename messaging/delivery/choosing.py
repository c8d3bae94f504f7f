"""Whose turn it is: which of an account's due messages a claim takes. Queries only; the claim itself decides."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from messaging.gateway import registry
from messaging.models import ProviderAccount, Transaction
from messaging.statuses import Status

# Where receipts do not name our reference, one message of unclear outcome keeps the next to that number waiting.
SINGLE_FLIGHT = timedelta(minutes=15)
WAITING = (Status.QUEUED, Status.SCHEDULED)


def choose(account: ProviderAccount, most: int, now: datetime) -> list[UUID]:
    """Up to `most` transactions of an account that may be claimed, locked. Inside the caller's commit."""
    due: QuerySet[Transaction] = Transaction.objects.filter(
        account=account,
        account__paused_at=None,
        sender__paused_at=None,
        status__in=WAITING,
        held=False,
        next_attempt_at__lte=now,
        expires_at__gt=now,
    )
    echoes = registry.provider(account.provider).client.ECHOES
    if not echoes:
        due = _alone(account, due, now)
    locked = due.order_by("next_attempt_at").select_for_update(skip_locked=True, of=("self",))
    found = list(locked.values_list("pk", "sender_id", "recipient")[:most])
    if echoes:
        return [pk for pk, _sender, _recipient in found]
    # Of several to the same number that are due together, the first.
    return list({(sender, recipient): pk for pk, sender, recipient in reversed(found)}.values())


def _alone(account: ProviderAccount, due: "QuerySet[Transaction]", now: datetime) -> "QuerySet[Transaction]":
    """Without those to whose number another message of the same sender is under way, or may be."""
    # One claim at a time: two could each take a message to the same number without seeing the other's.
    ProviderAccount.objects.select_for_update(no_key=True).get(pk=account.pk)
    same = Transaction.objects.filter(
        account=OuterRef("account"), sender=OuterRef("sender"), recipient=OuterRef("recipient")
    )
    unclear = Q(status=Status.UNKNOWN, updated_at__gt=now - SINGLE_FLIGHT)
    return due.exclude(Exists(same.filter(Q(status=Status.SENDING) | unclear)))
