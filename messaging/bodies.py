"""The body of a request as it came, up to a limit, for doors that take more than Django's own forms."""

from typing import IO

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, UnreadablePostError


def read(request: HttpRequest, largest: int) -> bytes:
    """The body. Raises RequestDataTooBig beyond `largest` bytes, UnreadablePostError when the line broke."""
    body = start(request, largest + 1)
    if len(body) > largest:
        raise RequestDataTooBig
    return body


def start(request: HttpRequest, most: int) -> bytes:
    """The body, cut off behind `most` bytes. Raises UnreadablePostError when the line broke."""
    try:
        return _stream(request).read(most)
    except OSError as error:
        raise UnreadablePostError(*error.args) from error


def _stream(request: HttpRequest) -> HttpRequest | IO[bytes]:
    """What the body is read from: Django takes one that comes in pieces, and so without a length, for empty."""
    in_pieces = "HTTP_TRANSFER_ENCODING" in request.META and request.META.get("wsgi.input_terminated")
    return request.META["wsgi.input"] if in_pieces else request
