"""The list of messages."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_noop
from django.views import View

from messaging.models import Message
from messaging.web.message_rows import rows_of, values_of
from messaging.web.searching import Found, MessageFilters, Place, down_to, find
from messaging.web.shell import PortalMixin

PAGE = 50
COUNTED = 10_000
# Of what has not been looked through to its end.
COUNTED_SO_FAR = 100
# How many messages one page looks through for those that a filter without an index picks.
WINDOW = 10_000


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
    rows = found.after(last, PAGE + 1)
    end = ending(rows, found.also)
    page = list(values_of(down(rows, found.also, end))[: PAGE + 1])
    more = len(page) > PAGE
    if last or more:
        number, counted = _number(found, ending(found.rows, found.also) if last else end)
    else:
        # What was looked through for the page is all there is to count.
        number, counted = len(page), end is None
    return {
        "rows": rows_of(page[:PAGE]),
        "before": page[PAGE - 1]["pk"] if more else end and end.pk,
        "continued": bool(last),
        "looked_through": 0 if more or end is None else WINDOW,
        "total": number,
        "more_than_total": not counted,
    }


def ending(rows: QuerySet[Message], also: Q | None) -> Place | None:
    """Where looking through ordered rows for those that `also` picks ends; None at the end of all. At most a query."""
    if also is None:
        return None
    last = rows.values_list("created_at", "pk")[WINDOW - 1 : WINDOW].first()
    return Place(*last) if last else None


def down(rows: QuerySet[Message], also: Q | None, end: Place | None) -> QuerySet[Message]:
    """Those of ordered rows that `also` picks, not further than `end`."""
    rows = rows.filter(down_to(end)) if end else rows
    return rows if also is None else rows.filter(also)


def _number(found: Found, end: Place | None) -> tuple[int, bool]:
    """How many there are among those that the first page looks through, and whether that is all of them."""
    if found.hits is not None:
        return len(found.hits), True
    if found.also is None:
        number = found.rows.order_by()[: COUNTED + 1].count()
        return min(number, COUNTED), number <= COUNTED
    narrowed = down(found.rows, found.also, end).order_by()
    if end is None:
        return narrowed.count(), True
    # A bound is all this can be: no need to ask thousands for it.
    return min(narrowed[: COUNTED_SO_FAR + 1].count(), COUNTED_SO_FAR), False


def _place(before: str) -> Place | None:
    identity = uuid_or_none(before)
    found = Message.objects.filter(pk=identity).values_list("created_at", "pk").first() if identity else None
    return Place(*found) if found else None


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
