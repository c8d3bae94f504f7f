"""Messages: sent, examined, listed and read."""

from collections.abc import Iterable
from functools import partial
from uuid import UUID

from django.db.models import Count
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from messaging import timeline
from messaging.api import docs, shapes
from messaging.api.errors import Problem
from messaging.api.filters import filtered
from messaging.api.foresight import find_key, foreseen
from messaging.api.idempotency import once
from messaging.api.paging import page, query_values
from messaging.api.reading import read_sending
from messaging.api.sending import dry_run, examined, order_for, send
from messaging.api.sparse import FIELDS, chosen
from messaging.api.views import ServiceView, flag, listed
from messaging.models import ApiKey, Message, Transaction


class Messages(ServiceView):
    find_key = staticmethod(find_key)
    required_scopes = {"GET": "messages:read", "POST": "messages:send"}

    @extend_schema(**docs.LIST_MESSAGES)
    def get(self, request: Request) -> Response:
        """The messages this key sent, newest first."""
        values = query_values(request, docs.MESSAGE_FILTERS)
        wanted = chosen(values, "Message")
        rows = Message.objects.for_key(self.key).select_related("sender").defer("content", "substitutions", "routing")
        found = page(filtered(rows, values, prefix=""), request, values)
        counts = _counts(found.rows) if "counts" in wanted else {}
        return listed(found, [wanted.of(shapes.message(row, counts.get(row.pk, {}))) for row in found.rows])

    @extend_schema(**docs.SEND_MESSAGE)
    def post(self, request: Request) -> HttpResponse:
        """Send a message, or with `?dry_run=true` only say what would come of it."""
        values = query_values(request, ["dry_run"])
        only_said = flag(values, "dry_run")
        body = self.body
        attempt = once(request, self.key)
        sending = read_sending(body, now=timezone.now())
        known = foreseen(request)
        if only_said:
            return Response(dry_run(order_for(self.key, sending, known)))
        if (known is None or known.repeated) and (earlier := attempt.replay()):
            return earlier
        order = order_for(self.key, sending, known)
        examination = examined(order)
        return attempt.run(201, lambda: send(order, examination, partial(attempt.kept, 201)))


class MessageDetail(ServiceView):
    required_scopes = {"GET": "messages:read"}

    @extend_schema(**docs.READ_MESSAGE)
    def get(self, request: Request, message_id: UUID) -> Response:
        """One message with its content as it was accepted."""
        wanted = chosen(query_values(request, [FIELDS]), "WholeMessage")
        message = find_message(self.key, message_id)
        answer = shapes.message(message, timeline.counts(message) if "counts" in wanted else {})
        routing = [shapes.kept_route(way) for way in message.routing]
        whole = {"content": message.content, "substitutions": message.substitutions, "routing": routing}
        return Response(wanted.of(answer | whole))


def find_message(key: ApiKey, message_id: UUID) -> Message:
    """A message that this key sent. Raises Problem 404."""
    message = Message.objects.for_key(key).select_related("sender").filter(pk=message_id).first()
    if message is None:
        raise Problem(404)
    return message


def _counts(messages: Iterable[Message]) -> dict[UUID, dict[str, int]]:
    """Transactions per status of many messages, one query."""
    rows = Transaction.objects.filter(message__in=[message.pk for message in messages]).order_by()
    counts: dict[UUID, dict[str, int]] = {}
    for message, status, number in rows.values_list("message", "status").annotate(Count("pk")):
        counts.setdefault(message, {})[status] = number
    return counts
