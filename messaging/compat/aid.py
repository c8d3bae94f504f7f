"""For those who move here from a provider: what becomes of each member of their calls, over REST and on a page."""

from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_noop
from django.views import View
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from messaging.api.paging import query_values
from messaging.api.views import ServiceView
from messaging.compat.tables import TABLES, Table
from messaging.web.shell import PortalMixin

TEXT = {"type": "string"}
MEMBER = {
    "type": "object",
    "properties": {"member": TEXT, "meaning": TEXT},
    "required": ["member", "meaning"],
    "additionalProperties": False,
}
SHAPE = {
    "type": "object",
    "properties": {
        "results": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "provider": TEXT,
                    "addresses": {"type": "array", "items": TEXT},
                    "credentials": TEXT,
                    "maps": {"type": "array", "items": MEMBER},
                    "ignored": {"type": "array", "items": MEMBER},
                    "refused": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "properties": {"what": TEXT, "answer": TEXT},
                            "required": ["what", "answer"],
                            "additionalProperties": False,
                        },
                    },
                },
                "required": ["provider", "addresses", "credentials", "maps", "ignored", "refused"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["results"],
    "additionalProperties": False,
}


class Formats(ServiceView):
    required_scopes = {"GET": "messages:read"}

    @extend_schema(
        operation_id="compat_list",
        responses={200: OpenApiResponse(SHAPE, description="Each provider's own format, member by member.")},
    )
    def get(self, request: Request) -> Response:
        """What becomes of calls in the providers' own formats at /compat/: what maps, is ignored, is refused."""
        query_values(request, [])
        return Response({"results": [shown(table) for table in TABLES]})


class FormatsPage(PortalMixin, View):
    """The same as a page, for any staff: nothing of anybody's is in it."""

    title = gettext_noop("Other providers' formats")

    def has_permission(self) -> bool:
        user = self.request.user
        return isinstance(user, User) and user.is_staff

    def get(self, _request: HttpRequest) -> HttpResponse:
        return self.render("messaging/compat/formats.html", {"tables": TABLES})


def shown(table: Table) -> dict[str, Any]:
    """A table as plain members."""
    return {
        "provider": table.name,
        "addresses": list(table.addresses),
        "credentials": table.credentials,
        "maps": [{"member": name, "meaning": words} for name, words in table.maps.items()],
        "ignored": [{"member": name, "meaning": words} for name, words in table.ignored.items()],
        "refused": [{"what": words, "answer": code} for words, code in table.refused.items()],
    }
