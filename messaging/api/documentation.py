"""The published document and its browser, both without a key and without any other host."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

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
    """Swagger UI from our own static files; its page holds no inline script or style."""

    url_name = "api:schema"
    template_name = "messaging/api/docs.html"
