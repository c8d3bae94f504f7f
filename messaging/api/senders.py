"""Sender IDs that a key may use."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from messaging.api import docs, shapes
from messaging.api.errors import Problem
from messaging.api.paging import PAGING, page, query_values
from messaging.api.sparse import FIELDS, chosen
from messaging.api.views import ServiceView, listed
from messaging.models import ApiKey, Sender
from messaging.models.senders import SenderQuerySet


class Senders(ServiceView):
    required_scopes = {"GET": "senders:read"}

    @extend_schema(**docs.LIST_SENDERS)
    def get(self, request: Request) -> Response:
        """The sender IDs this key may use as `from`."""
        values = query_values(request, [*PAGING, FIELDS])
        wanted = chosen(values, "Sender")
        found = page(_usable(self.key), request, values)
        return listed(found, [wanted.of(shapes.sender(row)) for row in found.rows])


class SenderDetail(ServiceView):
    required_scopes = {"GET": "senders:read"}

    @extend_schema(**docs.READ_SENDER)
    def get(self, request: Request, sender_id: UUID) -> Response:
        """One sender ID."""
        wanted = chosen(query_values(request, [FIELDS]), "Sender")
        row = _usable(self.key).filter(pk=sender_id).first()
        if row is None:
            raise Problem(404)
        return Response(wanted.of(shapes.sender(row)))


def _usable(key: ApiKey) -> SenderQuerySet:
    return Sender.objects.for_key(key).served().select_related("account")
