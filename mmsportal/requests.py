"""Each request has an id: taken from who sends it or made here, answered, and part of all its log lines."""

import logging
import re
from collections.abc import Callable
from time import perf_counter
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase
from uuid6 import uuid7

from mmsportal.logs import about

logger = logging.getLogger(__name__)
HEADER = "X-Request-ID"
GIVEN_HEADER = "HTTP_X_REQUEST_ID"
# With a letter in it: a phone number would be one without.
GIVEN = re.compile(r"(?=.*[A-Za-z])[\w.-]{8,64}", re.ASCII)


class RequestId:
    """The outermost middleware. It logs one line a request: which address pattern, never the address itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.META.get(GIVEN_HEADER, "")
        identity = given if GIVEN.fullmatch(given) else uuid7().hex
        started = perf_counter()
        with about(request=identity):
            answer = self.get_response(request)
            answer[HEADER] = identity
            if logger.isEnabledFor(logging.INFO):
                logger.info("%s %s", request.method, answer.status_code, extra=_facts(request, started))
        return answer


def _facts(request: HttpRequest, started: float) -> dict[str, object]:
    match = request.resolver_match
    ids = (
        {f"url_{name}": str(value) for name, value in match.kwargs.items() if isinstance(value, UUID)} if match else {}
    )
    return {"route": match.route if match else "", "ms": round(1000 * (perf_counter() - started), 1), **ids}
