"""What all doors of the REST API have in common: authenticate, read, ask a plain function, answer."""

from collections.abc import Collection, Iterable, Mapping
from types import SimpleNamespace
from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from messaging.api.errors import Problem, fault
from messaging.api.paging import Page
from messaging.api.parsing import step
from messaging.models import ApiKey

ANYTHING = "*/*"


class AcceptOnly(DefaultContentNegotiation):
    """The Accept header decides the form of an answer; no query parameter does."""

    settings = SimpleNamespace(URL_FORMAT_OVERRIDE=None)  # type: ignore[assignment]

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """Who takes anything, as most do, is not worth weighing one form against another."""
        if request.META.get("HTTP_ACCEPT", ANYTHING) == ANYTHING and format_suffix is None:
            first = next(iter(renderers))
            return first, str(first.media_type)
        chosen, media_type = super().select_renderer(request, renderers, format_suffix)
        return chosen, str(media_type)


class ServiceView(APIView):
    """What all have in common: the key that calls."""

    content_negotiation_class = AcceptOnly
    http_method_names = ["get", "head", "post"]
    required_scopes: dict[str, str] = {}

    @property
    def key(self) -> ApiKey:
        """The integration that calls; authentication made sure there is one."""
        key = self.request.auth
        assert isinstance(key, ApiKey)
        return key

    @property
    def body(self) -> dict[str, Any]:
        """The JSON object that was sent; the parser takes nothing else. Raises Problem."""
        body = self.request.data
        assert isinstance(body, dict)
        return body


def listed(found: Page, results: list[dict[str, Any]]) -> Response:
    """One page of a list."""
    return Response({"next": found.next, "results": results})


def flag(values: Mapping[str, str], name: str) -> bool:
    """A query parameter that is true or false; false when it is left out. Raises Problem 400."""
    check_choice(values, name, ["true", "false"])
    return values.get(name) == "true"


def check_choice(values: Mapping[str, str], name: str, choices: Collection[str]) -> None:
    """Raises Problem 400 when a query parameter is given that is none of the choices."""
    if name in values and values[name] not in choices:
        fix = f"Use one of {', '.join(choices)}."
        raise Problem(400, errors=[fault(name, "wrong_value", "This value is not known here.", fix=fix)])


def refuse_members(body: Mapping[str, Any]) -> None:
    """For calls whose address says everything. Raises Problem 400 for a body that says more."""
    for name in body:
        message = "Nothing is known here."
        raise Problem(400, errors=[fault(step("", name), "unknown_field", message, fix="Send {}.")])
