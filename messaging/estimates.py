"""When a message will have left: from the pace of the accounts that carry it and what waits there before it.

An estimate, and called so wherever it is shown: a provider may slow an account down, and other messages may be paused.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Q

from messaging.models import Message, Sender, Transaction
from messaging.statuses import CANCELLABLE


def finish(carried: Mapping[Sender, int], ahead: Mapping[UUID, int], start: datetime) -> datetime:
    """When the last of `carried` leaves, if the first is due at `start` and `ahead` of them wait at each account.

    The senders of an account share its pace; a sender may have a slower one of its own. No query.
    """
    ends = [start]
    for account in {sender.account for sender in carried}:
        own = {sender: count for sender, count in carried.items() if sender.account == account}
        waits = (ahead.get(account.pk, 0) + sum(own.values())) / account.calls_per_second
        slow = [count / sender.messages_per_second for sender, count in own.items() if sender.messages_per_second]
        ends.append(start + timedelta(seconds=max([waits, *slow])))
    return max(ends)


def ahead(senders: Iterable[Sender], before: datetime, *, beside: Message | None = None) -> dict[UUID, int]:
    """How many messages wait at each of the senders' accounts and are due before a moment, those of `beside` left out.
    One query."""
    due = Transaction.objects.filter(
        account__in={sender.account_id for sender in senders},
        status__in=CANCELLABLE,
        held=False,
        next_attempt_at__lte=before,
    )
    others = due.exclude(message=beside) if beside else due
    return dict(others.order_by().values_list("account").annotate(Count("pk")))


def carriers_of(message: Message) -> list[Sender]:
    """Who carries a message, each with how many recipients (`carried`) and how many of them wait (`waiting`). One
    query."""
    waiting = Count("transactions", filter=Q(transactions__status__in=CANCELLABLE))
    rows = Sender.objects.filter(transactions__message=message).select_related("account")
    return list(rows.annotate(carried=Count("transactions"), waiting=waiting).order_by("-carried", "address"))


def finish_of(message: Message, carriers: Sequence[Sender], *, now: datetime, free: int) -> datetime | None:
    """When the last of what waits freely will have left; `carriers` as from `carriers_of`, `free` how many that are.

    None when nothing does. One query.
    """
    own = {sender: waiting for sender in carriers if (waiting := getattr(sender, "waiting", 0))}
    if not own or not free:
        return None
    start = max(filter(None, (now, message.send_at, message.undo_until)))
    return finish(own, ahead(own, start, beside=message), start)
