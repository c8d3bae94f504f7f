"""The last resort: every door says no in its own form."""

import errno
import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponseBase
from django.views import defaults

from messaging.api.errors import BUSY_SECONDS
from messaging.api.errors import bad_request as api_bad_request
from messaging.api.errors import busy as api_busy
from messaging.api.errors import not_found as api_not_found
from messaging.api.errors import server_error as api_server_error

# Of a disk that has no room: somebody will make some, and the same request is taken then.
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})


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
    """500 as problem+json under /api/, as a page elsewhere; 503 when the database does not answer or a disk is full."""
    busy = _passing(sys.exc_info()[1])
    if request.path.startswith("/api/"):
        return api_busy(request) if busy else api_server_error(request)
    response = defaults.server_error(request)
    if busy:
        response.status_code = 503
        response.headers["Retry-After"] = str(BUSY_SECONDS)
    return response


def _passing(error: BaseException | None) -> bool:
    if isinstance(error, OSError):
        return error.errno in NO_ROOM
    return isinstance(error, OperationalError | InterfaceError)
