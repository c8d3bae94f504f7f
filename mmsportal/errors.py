"""The last resort: every door says no in its own form."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponseBase
from django.views import defaults

from messaging.api.errors import BUSY_SECONDS
from messaging.api.errors import bad_request as api_bad_request
from messaging.api.errors import busy as api_busy
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
    """500 as problem+json under /api/, as a page elsewhere; 503 when it is the database that does not answer."""
    busy = isinstance(sys.exc_info()[1], OperationalError | InterfaceError)
    if request.path.startswith("/api/"):
        return api_busy(request) if busy else api_server_error(request)
    response = defaults.server_error(request)
    if busy:
        response.status_code = 503
        response.headers["Retry-After"] = str(BUSY_SECONDS)
    return response
