"""Recipients with their outcomes as CSV, a stretch of rows at a time: a million of them cost no more memory than one
stretch, and no database transaction stays open while a slow browser takes them.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import cast
from uuid import UUID

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import get_language, gettext, gettext_noop, override
from django.views import View

from messaging import timeline
from messaging.addresses import masked, masked_in
from messaging.lists import MARK, lines
from messaging.models import Message, Sender, Transaction
from messaging.statuses import LABELS, Status
from messaging.web.message import RecipientFilters, picked
from messaging.web.messages import down, ending, readable_query
from messaging.web.searching import Found, MessageFilters, Place, find, read_number, statuses_of
from messaging.web.shell import PortalMixin

logger = logging.getLogger(__name__)
AT_ONCE = 2_000
COLUMNS = (
    gettext_noop("Message"),
    gettext_noop("Number"),
    gettext_noop("Status"),
    gettext_noop("By"),
    gettext_noop("Reason code"),
    gettext_noop("Reason"),
    gettext_noop("Correlation ID"),
    gettext_noop("Sender"),
    gettext_noop("Account"),
    gettext_noop("Tries"),
    gettext_noop("Created (UTC)"),
    gettext_noop("Changed (UTC)"),
    gettext_noop("Transaction"),
)
Stretches = Iterable[tuple[Mapping[UUID, str], Iterable[Transaction]]]


class ExportDoor(PortalMixin, View):
    """A download for those who may have it; who took what is written down before the first row leaves."""

    permission_required = ("messaging.view_message", "messaging.export_message")

    @property
    def whole(self) -> bool:
        return self.request.user.has_perm("messaging.view_numbers")

    def answer(
        self, stretches: Stretches, name: str, *, message: Message | None, asked: Iterable[str]
    ) -> StreamingHttpResponse:
        narrowed = ", ".join(sorted(asked))
        LogEntry.objects.create(
            user=cast(User, self.request.user),
            content_type=ContentType.objects.get_for_model(Message),
            object_id=str(message.pk) if message else None,
            object_repr=(str(message) if message else "Messages")[:200],
            action_flag=CHANGE,
            change_message=f"Downloaded recipients{f', narrowed by {narrowed}' if narrowed else ''}",
        )
        logger.info("user %s downloads recipients of %s", self.request.user.pk, message.pk if message else "a list")
        return csv_response(transactions_csv(stretches, whole=self.whole, language=get_language()), name)


class MessageExport(ExportDoor):
    """The recipients of one message, narrowed as its page is."""

    def get(self, request: HttpRequest, pk: UUID) -> StreamingHttpResponse:
        message = get_object_or_404(Message.objects.only("name"), pk=pk)
        filters = RecipientFilters(readable_query(request))
        filters.is_valid()
        chosen = {name: value for name, value in filters.cleaned_data.items() if value and name != "after"}
        rows = picked(message, chosen, whole=self.whole)
        return self.answer(_by_position(message, rows), "recipients", message=message, asked=chosen)


class MessagesExport(ExportDoor):
    """The recipients of all messages that the filters of the list pick; of an outcome or a number, only these."""

    def get(self, request: HttpRequest) -> StreamingHttpResponse:
        filters = MessageFilters(readable_query(request))
        filters.is_valid()
        chosen = {name: value for name, value in filters.cleaned_data.items() if value}
        rows = Transaction.objects.all()
        if statuses := statuses_of(chosen):
            rows = rows.filter(status__in=statuses)
        number = read_number(chosen.get("q", ""), whole=self.whole)
        rows = rows.filter(number.condition) if number else rows
        stretches = _of_messages(find(chosen, whole=self.whole), rows)
        return self.answer(stretches, "messages", message=None, asked=chosen)


def csv_response(parts: Iterator[bytes], name: str) -> StreamingHttpResponse:
    """A CSV file to be saved, sent as it is made."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"', "Cache-Control": "no-store"}
    return StreamingHttpResponse(parts, content_type="text/csv; charset=utf-8", headers=headers)


def transactions_csv(stretches: Stretches, *, whole: bool, language: str | None) -> Iterator[bytes]:
    """Lines for stretches of rows, each with the names of its messages. One query a stretch."""
    senders = {row.pk: row for row in Sender.objects.select_related("account")}
    with override(language):
        yield MARK + lines([[gettext(column) for column in COLUMNS]])
    for names, rows in stretches:
        # The thread may have turned to another language while the last part was on its way.
        with override(language):
            part = lines(_line(names[row.message_id], row, senders[row.sender_id], whole=whole) for row in rows)
        yield part


def _line(name: str, row: Transaction, sender: Sender, *, whole: bool) -> list[str]:
    row.account = sender.account
    reason = timeline.reason(row)
    said = gettext(reason.text) if reason and reason.text else ""
    return [
        name,
        row.recipient if whole else masked(row.recipient),
        gettext(LABELS[Status(row.status)]),
        row.via.upper(),
        row.reason_code,
        said if whole else masked_in(said),
        row.correlation_id if whole else masked_in(row.correlation_id),
        sender.address,
        sender.account.name,
        str(row.attempt_no),
        f"{row.created_at:%Y-%m-%d %H:%M:%S}",
        f"{row.updated_at:%Y-%m-%d %H:%M:%S}",
        str(row.pk),
    ]


def _by_position(message: Message, rows: QuerySet[Transaction]) -> Stretches:
    """A message's rows in stretches, each going on where the last one ended."""
    rows, last = rows.defer("substitutions").order_by("position"), -1
    while found := list(rows.filter(position__gt=last)[:AT_ONCE]):
        last = found[-1].position
        yield {message.pk: message.name}, found


def _of_messages(found: Found, rows: QuerySet[Transaction]) -> Stretches:
    """The rows of a list's messages: small messages together, big ones in stretches of their own."""
    together: list[Message] = []
    for message in _messages(found):
        if together and sum(one.total for one in together) + message.total > AT_ONCE:
            yield _gathered(together, rows)
            together = []
        if message.total > AT_ONCE:
            yield from _by_position(message, rows.filter(message=message))
        else:
            together.append(message)
    if together:
        yield _gathered(together, rows)


def _gathered(messages: list[Message], rows: QuerySet[Transaction]) -> tuple[Mapping[UUID, str], QuerySet[Transaction]]:
    names = {message.pk: message.name for message in messages}
    return names, rows.filter(message__in=names).defer("substitutions").order_by("-message_id", "position")


def _messages(found: Found) -> Iterator[Message]:
    last: Place | None = None
    while True:
        rows = found.after(last, AT_ONCE)
        end = ending(rows, found.also)
        page = list(down(rows, found.also, end).only("name", "total", "created_at")[:AT_ONCE])
        yield from page
        last = Place(page[-1].created_at, page[-1].pk) if len(page) == AT_ONCE else end
        # Without a further condition nothing says where looking ended: a short page is the last one.
        if last is None:
            return
