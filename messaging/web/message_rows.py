"""Messages as the lines of a list: plain words, made once, so that fifty of them are drawn in no time.

A template that asks fifty models for their relations, counts and dates took longer than everything else of the page
together (measured).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any
from uuid import UUID

from django.contrib.humanize.templatetags.humanize import intcomma
from django.db.models import Count, QuerySet
from django.db.models.fields.json import KT
from django.urls import reverse
from django.utils.dates import MONTHS_3
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from messaging.models import Message, Transaction
from messaging.statuses import CANCELLABLE
from messaging.web.looks import GROUPS, segments

# So many recipients are counted for the bars of one page; the bars of the biggest messages are left to their own pages.
MOST_COUNTED = 50_000
# Where nobody has a name.
DASH = "\N{EN DASH}"
NOBODY = UUID(int=0)
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """A message with its progress; `bar` is empty where counting would cost too much, and `outcome` says it in words.

    `bar` has the level and the count of each group that holds any. `waits` says that some have not left, as far as they
    were counted, `paused` that its sender is paused. `subject` is empty where it says no more than the name; `by` is a
    key or a person, and `door` says which.
    """

    address: str
    name: str
    subject: str
    sender: str
    label: str
    bar: Sequence[tuple[str, str]]
    outcome: str
    waits: bool
    paused: bool
    total: str
    unit: str
    by: str
    door: str
    at: str
    day_and_second: str
    short: str


class _Words:
    """What many lines say alike, in the reader's language: asked for once in a page."""

    def __init__(self) -> None:
        self.groups = {group.name: group.label.lower() for group in GROUPS}
        self.months = {number: str(name).title() for number, name in MONTHS_3.items()}
        self.api, self.portal = _("API"), _("Portal")


def values_of(messages: QuerySet[Message]) -> "QuerySet[Message, Any]":
    """Messages as what `rows_of` takes of each: no more than their lines show."""
    return messages.values(
        "pk",
        "name",
        "total",
        "created_at",
        "sender__address",
        "sender__label",
        "sender__paused_at",
        "sender__account__paused_at",
        "created_by__username",
        "api_key",
        "api_key__name",
        subject=KT("content__subject"),
    )


def rows_of(messages: Iterable[Values]) -> list[Row]:
    """The lines of messages, with the bars of the smallest, until MOST_COUNTED recipients are counted. One query."""
    messages = list(messages)
    counted: dict[UUID, dict[str, int]] = defaultdict(dict)
    # All rows, not those with an id: the index has no ids, and so the answer without the table.
    rows = (
        Transaction.objects.filter(message__in=_countable(messages))
        .order_by()
        .values_list("message", "status")
        .annotate(number=Count("*"))
    )
    for message, status, count in rows:
        counted[message][status] = count
    # To look up the address of each costs more than all the rest of its line.
    place = reverse("web:message", args=[NOBODY])
    words, nobody = _Words(), str(NOBODY)
    return [_row(one, place.replace(nobody, str(one["pk"])), counted[one["pk"]], words) for one in messages]


def _countable(messages: Sequence[Values]) -> list[UUID]:
    """The smallest of them, as many as may be counted for one page."""
    smallest = sorted(messages, key=lambda message: int(message["total"]))
    reached = accumulate(message["total"] for message in smallest)
    return [message["pk"] for message, total in zip(smallest, reached, strict=True) if total <= MOST_COUNTED]


def _row(message: Values, address: str, counts: Mapping[str, int], words: _Words) -> Row:
    name, subject, total, at = message["name"], message["subject"] or "", message["total"], message["created_at"]
    bar = segments(counts)
    return Row(
        address=address,
        name=name or _("Untitled"),
        subject=subject if subject != name else "",
        sender=message["sender__address"],
        label=message["sender__label"],
        bar=[(part.group.level, str(part.count)) for part in bar],
        outcome=", ".join([f"{_grouped(part.count)} {words.groups[part.group.name]}" for part in bar]),
        waits=any(counts.get(status) for status in CANCELLABLE),
        paused=bool(message["sender__paused_at"] or message["sender__account__paused_at"]),
        total=_grouped(total),
        unit=ngettext(" recipient", " recipients", total),
        by=message["api_key__name"] if message["api_key"] else message["created_by__username"] or DASH,
        door=words.api if message["api_key"] else words.portal,
        at=at.isoformat(),
        day_and_second=f"{at:%Y-%m-%d %H:%M:%S}",
        short=f"{at.day} {words.months[at.month]} {at:%H:%M}",
    )


def _grouped(number: int) -> str:
    return intcomma(number) if number >= 1000 else str(number)
