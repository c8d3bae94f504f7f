"""Every address of the portal (architecture, section 4)."""

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt
from django.views.i18n import set_language

from messaging.api.errors import not_found as api_not_found
from messaging.compat.aid import Formats
from mmsportal import health, metrics


def no_such_page(_request: HttpRequest, _row: str) -> HttpResponse:
    """404, whoever asks."""
    raise Http404


def no_such_address(request: HttpRequest, _rest: str) -> HttpResponseBase:
    """404 as the API says it."""
    return api_not_found(request, Http404())


urlpatterns = [
    path("healthz", health.alive),
    path("readyz", health.ready),
    path("metrics", metrics.metrics),
    # Django's way from a row to its own page: none has one, and an id that is no id would be a 500.
    path("admin/r/<path:_row>", no_such_page),
    path("admin/", admin.site.urls),
    path("language/", set_language, name="set_language"),
    path("api/v1/", include("media.api_urls")),
    path("api/v1/", include("messaging.api.urls")),
    path("api/v1/compat", Formats.as_view(), name="api-compat"),
    path("compat/", include("messaging.compat.urls")),
    # In the API's own form in every mode, whatever the method.
    path("api/<path:_rest>", csrf_exempt(no_such_address)),
    path("webhooks/", include("messaging.webhooks")),
    path("", include("media.urls")),
    path("", include("messaging.web.urls")),
]
handler400 = "mmsportal.errors.bad_request"
handler404 = "mmsportal.errors.not_found"
handler500 = "mmsportal.errors.server_error"
