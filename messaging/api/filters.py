"""The filters that lists share, each of them allowed by name."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from messaging.api.paging import read_moment, read_number, read_status
from messaging.models import Sender, Transaction
from messaging.models.clock import first_id

# A row's time is taken when its request begins, its id when it is written: never so long apart.
APART = timedelta(days=1)
# An id begins with its time in milliseconds; so many bits follow.
CLOCK = 80


def filtered(rows: "QuerySet[Any]", values: Mapping[str, str], *, prefix: str) -> "QuerySet[Any]":
    """What the lists of messages and transactions can both be asked for; `prefix` leads from a row to its message.

    Raises Problem 400.
    """
    wanted: dict[str, Any] = {"status": read_status(values), "recipient": read_number(values, "to")}
    wanted = {name: value for name, value in wanted.items() if value is not None}
    if prefix:
        rows = rows.filter(**wanted)
    elif wanted:
        rows = rows.filter(Exists(Transaction.objects.filter(message=OuterRef("pk"), **wanted)))
    if "sender" in values:
        # Asked first: with the ids at hand the database knows a rare sender from a common one.
        rows = rows.filter(
            sender__in=list(Sender.objects.filter(address=values["sender"]).values_list("pk", flat=True))
        )
    return created_between(rows, values)


def created_between(rows: "QuerySet[Any]", values: Mapping[str, str]) -> "QuerySet[Any]":
    """Those made from `created_after` on and before `created_before`. Raises Problem 400.

    Pages go by id, and ids begin with their time: bounded by it, a page of long ago is found without the newer ones.
    """
    if (after := read_moment(values, "created_after")) is not None:
        rows = rows.filter(created_at__gte=after, pk__gte=first_id(_shifted(after, -APART)))
    if (before := read_moment(values, "created_before")) is not None:
        rows = rows.filter(created_at__lt=before, pk__lt=first_id(_shifted(before, APART)))
    return rows


def _shifted(moment: datetime, by: timedelta) -> datetime:
    try:
        return moment + by
    except OverflowError:
        return moment


def of_message(message: UUID) -> Q:
    """The transactions of one message; their ids are of its time, as above."""
    at, apart = message.int >> CLOCK, int(APART.total_seconds() * 1000)
    first, last = max(0, at - apart), min(at + apart, (1 << 48) - 1)
    return Q(message=message, pk__gte=UUID(int=first << CLOCK), pk__lt=UUID(int=last << CLOCK))
