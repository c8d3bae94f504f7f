"""The list of messages."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_noop
from django.views import View

from messaging.models import Message, Transaction
from messaging.statuses import CANCELLABLE
from messaging.web.looks import Segment, segments
from messaging.web.searching import Found, MessageFilters, behind, down_to, find
from messaging.web.shell import PortalMixin

PAGE = 50
COUNTED = 10_000
# How many messages one page looks through for those that a filter without an index picks.
WINDOW = 10_000
# So many recipients are counted for the bars of one page; the bars of the biggest messages are left to their own pages.
MOST_COUNTED = 50_000


@dataclass(frozen=True, slots=True)
class Row:
    """A message with its progress; `bar` is empty where counting would cost too much."""

    message: Message
    subject: str
    bar: Sequence[Segment]
    paused: bool = False


class MessageList(PortalMixin, View):
    """The newest messages first, narrowed by the filters in the query, continued after the id in `before`."""

    permission_required = "messaging.view_message"
    title = gettext_noop("Messages")

    def get(self, request: HttpRequest) -> HttpResponse:
        filters = MessageFilters(readable_query(request))
        filters.is_valid()
        found = find(filters.cleaned_data, whole=request.user.has_perm("messaging.view_numbers"))
        context = {
            "filters": filters,
            "note": found.note,
            "used": {name: value for name, value in filters.cleaned_data.items() if value},
            **page_of(found, request.GET.get("before", "")),
        }
        context["older"] = page_link(request, context["before"])
        context["newest"] = page_link(request, "")
        context["export"] = reverse("web:messages-export") + page_link(request, "")
        return self.render("messaging/messages/list.html", context)


def readable_query(request: HttpRequest) -> dict[str, str]:
    """The query string without the characters no database takes."""
    return {name: str(value).replace("\0", "") for name, value in request.GET.items()}


def page_of(found: Found, before: str) -> dict[str, Any]:
    """One page of messages as rows, the id to continue after (None on the last page), and their capped number.

    However many messages there are, a page looks through WINDOW of them; it may be empty and still be continued.
    """
    last = _place(before)
    rows = found.rows.select_related("sender__account", "created_by", "api_key").defer("routing", "substitutions")
    rows = rows.filter(behind(last)) if last else rows
    number, counted = _number(found)
    page, end = window(rows, found.also, PAGE + 1)
    more = len(page) > PAGE
    return {
        "rows": rows_of(page[:PAGE]),
        "before": page[PAGE - 1].pk if more else end and end.pk,
        "continued": bool(last),
        "looked_through": 0 if more or end is None else WINDOW,
        "total": number,
        "more_than_total": not counted,
    }


def window(rows: QuerySet[Message], also: Q | None, most: int) -> tuple[list[Message], Message | None]:
    """The first `most` of ordered rows that `also` picks, and the message at which looking for them ended, None at the
    end of all. Two queries."""
    if also is None:
        return list(rows[:most]), None
    end = rows.select_related(None).only("created_at")[WINDOW - 1 : WINDOW].first()
    return list((rows.filter(down_to(end)) if end else rows).filter(also)[:most]), end


def _number(found: Found) -> tuple[int, bool]:
    """How many there are among those that the first page looks through, and whether that is all of them."""
    if found.also is None:
        number = found.rows.order_by()[: COUNTED + 1].count()
        return min(number, COUNTED), number <= COUNTED
    end = found.rows.only("created_at")[WINDOW - 1 : WINDOW].first()
    rows = found.rows.filter(down_to(end)) if end else found.rows
    return rows.filter(found.also).order_by().count(), end is None


def _place(before: str) -> Message | None:
    identity = uuid_or_none(before)
    return Message.objects.filter(pk=identity).only("created_at").first() if identity else None


def rows_of(messages: Iterable[Message]) -> list[Row]:
    """Messages with their bars, in one query: of the smallest, until MOST_COUNTED recipients are counted."""
    messages = list(messages)
    counted: dict[UUID, dict[str, int]] = defaultdict(dict)
    rows = (
        Transaction.objects.filter(message__in=_countable(messages))
        .order_by()
        .values_list("message", "status")
        .annotate(Count("pk"))
    )
    for message, status, count in rows:
        counted[message][status] = count
    return [_row(message, counted[message.pk]) for message in messages]


def _countable(messages: Sequence[Message]) -> list[UUID]:
    """The smallest of them, as many as may be counted for one page."""
    smallest = sorted(messages, key=lambda message: message.total)
    reached = accumulate(message.total for message in smallest)
    return [message.pk for message, total in zip(smallest, reached, strict=True) if total <= MOST_COUNTED]


def _row(message: Message, counts: dict[str, int]) -> Row:
    paused = bool(message.sender.paused_at or message.sender.account.paused_at)
    waits = any(counts.get(status) for status in CANCELLABLE)
    return Row(message, _subject(message.content), segments(counts), paused and waits)


def page_link(request: HttpRequest, before: object) -> str:
    """This page's address with its filters, continued after the id `before`; "" when that is None."""
    if before is None:
        return ""
    query = {name: value for name, value in readable_query(request).items() if name != "before" and value}
    return "?" + urlencode({**query, "before": str(before)} if before else query, errors="replace")


def uuid_or_none(text: str) -> UUID | None:
    """The id that a query string names, or None for anything else."""
    try:
        return UUID(text)
    except ValueError:
        return None


def _subject(content: Mapping[str, Any]) -> str:
    return str(content.get("subject") or "")
