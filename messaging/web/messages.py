"""The list of messages."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_noop
from django.views import View

from messaging.models import Message, Transaction
from messaging.statuses import CANCELLABLE
from messaging.web.looks import Segment, segments
from messaging.web.searching import MessageFilters, find
from messaging.web.shell import PortalMixin

PAGE = 50
COUNTED = 1_000
# The bar of a bigger message is left to its own page: fifty of them would be counted for one list.
BIGGEST_BAR = 20_000


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
        found, note = find(
            filters.cleaned_data, now=timezone.now(), whole=request.user.has_perm("messaging.view_numbers")
        )
        context = {
            "filters": filters,
            "note": note,
            "used": {name: value for name, value in filters.cleaned_data.items() if value},
            **page_of(found, request.GET.get("before", "")),
        }
        context["older"] = page_link(request, context["before"])
        context["newest"] = page_link(request, "")
        return self.render("messaging/messages/list.html", context)


def readable_query(request: HttpRequest) -> dict[str, str]:
    """The query string without the characters no database takes."""
    return {name: str(value).replace("\0", "") for name, value in request.GET.items()}


def page_of(found: QuerySet[Message], before: str) -> dict[str, Any]:
    """One page of messages as rows, the id to continue after (None on the last page), and their capped number."""
    total = found.order_by()[: COUNTED + 1].count()
    if after := uuid_or_none(before):
        found = found.filter(id__lt=after)
    page = list(found.select_related("sender__account", "created_by", "api_key")[: PAGE + 1])
    return {
        "rows": rows_of(page[:PAGE]),
        "before": page[PAGE - 1].pk if len(page) > PAGE else None,
        "continued": after is not None,
        "total": min(total, COUNTED),
        "more_than_total": total > COUNTED,
    }


def rows_of(messages: Iterable[Message]) -> list[Row]:
    """Messages with their bars, in two queries whatever their number (the messages' own and one count)."""
    messages = list(messages)
    countable = [message.pk for message in messages if message.total <= BIGGEST_BAR]
    counted: dict[UUID, dict[str, int]] = defaultdict(dict)
    rows = (
        Transaction.objects.filter(message__in=countable)
        .order_by()
        .values_list("message", "status")
        .annotate(Count("pk"))
    )
    for message, status, count in rows:
        counted[message][status] = count
    return [_row(message, counted[message.pk]) for message in messages]


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
