"""The last resort: every door says no in its own form."""

from django.http import HttpRequest, HttpResponseBase
from django.views import defaults

from messaging.api.errors import bad_request as api_bad_request
from messaging.api.errors import not_found as api_not_found
from messaging.api.errors import server_error as api_server_error


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """400 (a foreign host name, an odd form) as problem+json under /api/, as a page elsewhere."""
    if request.path.startswith("/api/"):
        return api_bad_request(request, exception)
    return defaults.bad_request(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """404 as problem+json under /api/, as a page elsewhere."""
    if request.path.startswith("/api/"):
        return api_not_found(request, exception)
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponseBase:
    """500 as problem+json under /api/, as a page elsewhere."""
    if request.path.startswith("/api/"):
        return api_server_error(request)
    return defaults.server_error(request)
