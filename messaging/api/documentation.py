"""The published document and its browser, both without a key and without any other host."""

from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView


class Document(SpectacularAPIView):
    """OpenAPI 3.1, as YAML or JSON. There is one version: what a query asks for would end up in a header."""

    api_version = "1"


class Browser(SpectacularSwaggerSplitView):
    """Swagger UI from our own static files; its page holds no inline script or style."""

    url_name = "api:schema"
    template_name = "messaging/api/docs.html"
