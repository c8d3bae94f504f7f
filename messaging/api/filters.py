"""The filters that lists share, each of them allowed by name."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from messaging.api.paging import read_moment, read_number, read_status
from messaging.models import Transaction


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
        rows = rows.filter(sender__address=values["sender"])
    return created_between(rows, values)


def created_between(rows: "QuerySet[Any]", values: Mapping[str, str]) -> "QuerySet[Any]":
    """Those made from `created_after` on and before `created_before`. Raises Problem 400."""
    if (after := read_moment(values, "created_after")) is not None:
        rows = rows.filter(created_at__gte=after)
    if (before := read_moment(values, "created_before")) is not None:
        rows = rows.filter(created_at__lt=before)
    return rows
