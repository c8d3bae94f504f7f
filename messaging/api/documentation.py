"""The published document and its browser, both without a key and without any other host."""

from functools import lru_cache
from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response

from messaging.api.errors import PLAIN
from messaging.api.guides import GUIDES, texts
from messaging.api.samples import operations, samples
from messaging.api.schema_words import Schema


class ServiceKeys(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The two ways in, for the published document."""

    target_class = "messaging.api.authentication.ServiceAuthentication"
    name = ["key", "token"]

    def get_security_definition(self, auto_schema: Any) -> list[Schema]:  # noqa: ARG002 (drf-spectacular's signature)
        return [
            {"type": "apiKey", "in": "header", "name": "key", "description": "The key, mms_live_..., as issued."},
            {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "JWT",
                "description": "HS256 over the base64-decoded JWT secret of the key; `iss` is the key's prefix, `iat` "
                "lies at most 24 hours back. With both, the token decides.",
            },
        ]


class Document(SpectacularAPIView):
    """OpenAPI 3.1, as YAML or JSON. There is one version: what a query asks for would end up in a header."""

    api_version = "1"


class Browser(SpectacularSwaggerSplitView):
    """The guides, an example of each operation, and Swagger UI from our own static files.

    The page holds no inline script or style, and asks no other host.
    """

    url_name = "api:schema"
    template_name = "messaging/api/docs.html"

    @extend_schema(exclude=True)
    def get(self, request: Request, *given: Any, **more: Any) -> Response:
        """The page; its scripts where the query asks for them."""
        response: Response = super().get(request, *given, **more)  # type: ignore[no-untyped-call]
        if response.template_name == self.template_name:
            base = str(settings.PUBLIC_BASE_URL)
            response.data |= {"guides": _guides(base), "operations": _operations(base), "codes": _codes()}
        return response


def _guides(base: str) -> list[dict[str, Any]]:
    return [
        {"name": guide.name, "title": guide.title, "about": guide.about, "samples": texts(guide, base)}
        for guide in GUIDES
    ]


@lru_cache(maxsize=2)
def _operations(base: str) -> list[dict[str, Any]]:
    """Every operation with its examples; the document does not change while a process runs."""
    generator: Any = SchemaGenerator
    document = generator(api_version="1").get_schema(request=None, public=True)
    return [
        {
            "name": operation["operationId"],
            "method": asked.method,
            "path": asked.path,
            "about": operation.get("description", "").partition("\n")[0],
            "samples": samples(asked, base),
        }
        for operation, asked in operations(document)
    ]


def _codes() -> list[dict[str, Any]]:
    """What `type` of a problem points to."""
    return [{"status": status, "code": code, "title": title} for status, (code, title) in PLAIN.items()]
