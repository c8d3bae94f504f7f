"""Every provider's codes in plain words."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from messaging import meanings
from messaging.api import docs, shapes
from messaging.api.paging import query_values
from messaging.api.sparse import chosen
from messaging.api.views import ServiceView, check_choice
from messaging.gateway import registry
from messaging.gateway.codes import Code, Where


class Codes(ServiceView):
    required_scopes = {"GET": "messages:read"}

    @extend_schema(**docs.LIST_CODES)
    def get(self, request: Request) -> Response:
        """Every provider's codes in plain words, and those an administrator has explained."""
        values = query_values(request, docs.CODE_FILTERS)
        wanted = chosen(values, "Code")
        check_choice(values, "provider", registry.names())
        check_choice(values, "where", [place.value for place in Where])
        rows = [
            shapes.code(name, row)
            for name in registry.names()
            for row in registry.provider(name).codes.values()
            if _asked_for(values, name, row)
        ]
        rows += [
            shapes.code(name, row, mapped=True) for name, row in meanings.mapped() if _asked_for(values, name, row)
        ]
        return Response({"next": None, "results": [wanted.of(row) for row in rows]})


def _asked_for(values: dict[str, str], provider: str, code: Code) -> bool:
    return values.get("provider", provider) == provider and values.get("where", code.where.value) == code.where.value
