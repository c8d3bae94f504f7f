"""Transactions: one message to one recipient, and its story."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from messaging.api import docs, shapes
from messaging.api.errors import Problem
from messaging.api.filters import filtered, of_message
from messaging.api.paging import page, query_values, read_id
from messaging.api.sparse import FIELDS, chosen
from messaging.api.views import ServiceView, listed
from messaging.models import Transaction


class Transactions(ServiceView):
    required_scopes = {"GET": "messages:read"}

    @extend_schema(**docs.LIST_TRANSACTIONS)
    def get(self, request: Request) -> Response:
        """The transactions of this key's messages, newest first, without their timelines."""
        values = query_values(request, docs.TRANSACTION_FILTERS)
        wanted = chosen(values, "Transaction")
        rows = Transaction.objects.for_key(self.key).select_related("account", "sender")
        if (message := read_id(values, "message")) is not None:
            rows = rows.filter(of_message(message))
        found = page(filtered(rows, values, prefix="message__"), request, values)
        return listed(found, [wanted.of(shapes.transaction(row)) for row in found.rows])


class TransactionDetail(ServiceView):
    required_scopes = {"GET": "messages:read"}

    @extend_schema(**docs.READ_TRANSACTION)
    def get(self, request: Request, transaction_id: UUID) -> Response:
        """One transaction with its timeline, oldest entry first."""
        wanted = chosen(query_values(request, [FIELDS]), "WholeTransaction")
        rows = Transaction.objects.for_key(self.key).select_related("message__paused_by", "account", "sender__account")
        row = rows.filter(pk=transaction_id).first()
        if row is None:
            raise Problem(404)
        story: dict[str, Any] = {"timeline": shapes.story(row)} if "timeline" in wanted else {}
        if "waiting" in wanted:
            story["waiting"] = shapes.wait(row, timezone.now())
        return Response(wanted.of(shapes.transaction(row) | story))
