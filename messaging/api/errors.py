"""Every refusal of the REST API in one form: application/problem+json (RFC 9457; architecture, section 4)."""

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import ValidationError as Invalid
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework.exceptions import APIException, NotFound, ValidationError
from rest_framework.exceptions import PermissionDenied as Forbidden
from rest_framework.response import Response

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
BUSY_SECONDS = 2
# What each status is called when the error itself names nothing better.
PLAIN = {
    400: ("invalid_request", "The request cannot be understood."),
    401: ("not_authenticated", "A valid API key or token is needed."),
    403: ("not_allowed", "This key may not do that."),
    404: ("not_found", "There is nothing here that this key may see."),
    405: ("method_not_allowed", "This address does not take that method."),
    406: ("not_acceptable", "Answers are application/json."),
    409: ("conflict", "That is not possible in the present state."),
    411: ("length_required", "The length of the body must be declared."),
    413: ("too_large", "The request is too large."),
    415: ("unsupported_media_type", "This address does not take that content type."),
    422: ("not_sendable", "The message cannot be sent as it is."),
    429: ("too_many_requests", "Too many requests; slow down."),
    500: ("internal_error", "Something went wrong on our side; it has been recorded."),
    503: ("busy", "The service cannot answer now; try again shortly."),
}
# What helps against what our frameworks refuse before any of us has read it.
FIXES = {
    401: "Send a valid key header or Authorization: Bearer token.",
    404: "Check the address and the id; /api/v1/docs lists every address.",
    405: "Use one of the methods that the header Allow names.",
    406: "Ask for application/json, or leave Accept out.",
    413: "Send less at once.",
    415: "Set Content-Type to one that /api/v1/docs names for this address.",
    429: "Wait as long as Retry-After says, then repeat the request.",
}


class Problem(APIException):
    """A refusal with its status, stable code, title and faults (see `fault`)."""

    def __init__(
        self,
        status: int,
        code: str = "",
        title: str = "",
        *,
        errors: Iterable[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(title or None, code or None)
        self.status_code = status
        self.code = code
        self.title = title
        self.errors = list(errors)
        self.headers = dict(headers or {})


def fault(
    pointer: str,
    code: str,
    message: str,
    *,
    limit: int | None = None,
    actual: int | None = None,
    fix: str = "",
    **more: Any,
) -> dict[str, Any]:
    """One entry of `errors`: where (JSON pointer into the body, or the name of a header or query parameter), what is
    wrong, the limit and what was given where they are numbers, and how to mend it."""
    return {
        "pointer": pointer,
        "code": code,
        "message": message,
        "limit": limit,
        "actual": actual,
        "fix": fix,
        **more,
    }


def invalid(pointer: str, code: str, message: str, **more: Any) -> Problem:
    """A 400 for a single fault."""
    return Problem(400, errors=[fault(pointer, code, message, **more)])


def body(status: int, code: str = "", title: str = "", errors: Iterable[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """The members of a problem; what is left out comes from the status."""
    plain_code, plain_title = PLAIN.get(status, PLAIN[400 if status < 500 else 500])
    code = code or plain_code
    return {
        "type": f"{settings.PUBLIC_BASE_URL}/api/v1/docs#{code}",
        "title": title or plain_title,
        "status": status,
        "code": code,
        "errors": [{**fault("", code, ""), **error} for error in errors],
    }


def problem_response(error: Exception, _context: Mapping[str, Any]) -> Response | None:
    """DRF's exception handler. None (for what nobody foresaw) lets Django log it and call `server_error`."""
    known = _as_api_exception(error)
    if known is None:
        return None
    status = known.status_code
    members = body(status, *_names(known), _faults(known))
    return Response(members, status=status, headers=_headers(known), content_type=CONTENT_TYPE)


def not_found(_request: HttpRequest, _exception: Exception) -> JsonResponse:
    """The handler404 for addresses under /api/."""
    return _plain(404)


def bad_request(_request: HttpRequest, _exception: Exception) -> JsonResponse:
    """The handler400 for addresses under /api/."""
    return _plain(400)


def server_error(_request: HttpRequest) -> JsonResponse:
    """The handler500 for addresses under /api/."""
    return _plain(500)


def busy(_request: HttpRequest) -> JsonResponse:
    """The same when the database does not answer, before or after a view has had its say."""
    response = _plain(503)
    response.headers["Retry-After"] = str(BUSY_SECONDS)
    return response


def _plain(status: int) -> JsonResponse:
    members = body(status, errors=_plain_faults(status))
    return JsonResponse(members, status=status, content_type=CONTENT_TYPE)


def _as_api_exception(error: Exception) -> APIException | None:
    match error:
        case APIException():
            return error
        case Http404():
            return NotFound()
        case PermissionDenied():
            return Forbidden()
        case RequestDataTooBig():
            limit, message = settings.DATA_UPLOAD_MAX_MEMORY_SIZE, PLAIN[413][1]
            return Problem(413, errors=[fault("", "too_large", message, limit=limit, fix=FIXES[413])])
        case Invalid():
            return Problem(400, errors=[fault("", "invalid_request", "; ".join(error.messages)[:300])])
        case SuspiciousOperation() | UnicodeError() | RecursionError():
            return Problem(400)
        case OperationalError() | InterfaceError():
            logger.warning("The database did not answer the API: %s", type(error).__name__)
            return Problem(503, headers={"Retry-After": str(BUSY_SECONDS)})
    return None


def _names(error: APIException) -> tuple[str, str]:
    """Code and title; errors of other rooms that carry faults name them by DRF's own attributes."""
    if hasattr(error, "code"):
        return error.code, getattr(error, "title", "")
    if hasattr(error, "errors"):
        return error.default_code, str(error.default_detail)
    return "", ""


def _headers(error: APIException) -> dict[str, str]:
    headers = dict(getattr(error, "headers", {}))
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(max(1, round(wait)))
    return headers


def _faults(error: APIException) -> list[dict[str, Any]]:
    given = getattr(error, "errors", None)
    if given:
        return list(given)
    if isinstance(error, ValidationError):
        return list(_flattened(error.detail, ""))
    if isinstance(error, Problem):
        return _plain_faults(error.status_code, error.code)
    fix = FIXES.get(error.status_code, "")
    return [fault("", str(error.get_codes()), str(error.detail), fix=fix)]


def _plain_faults(status: int, code: str = "") -> list[dict[str, Any]]:
    """What can be said of a status when nothing more is known than that."""
    plain_code, message = PLAIN.get(status, PLAIN[500])
    return [fault("", code or plain_code, message, fix=FIXES.get(status, ""))]


def _flattened(detail: Any, pointer: str) -> Iterable[dict[str, Any]]:
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from _flattened(inner, f"{pointer}/{name}")
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            yield from _flattened(inner, f"{pointer}/{index}" if isinstance(inner, dict) else pointer)
    else:
        yield fault(pointer, str(detail.code), str(detail))
