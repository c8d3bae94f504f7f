"""The public media host, made for the machines that fetch from it.

Always a length, the true type, one answer per address: never chunked, compressed, redirected or asked for a query
(Sinch refuses media without a length, Skycore drops queries, Webex goes by the type). Nothing here reads a session.
Who comes by the address of an audience is written down once the answer has left.
"""

import logging
from collections.abc import Callable, Iterator
from urllib.parse import quote

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import http_date, parse_etags
from django.views.decorators.http import require_safe

from media import fetch_log, storage
from media.ranges import Unsatisfiable, wanted
from media.served import Served, find

logger = logging.getLogger(__name__)
ROOT = "/m/"
# Written anew or decoded by us, and shown by handsets and previews in place; the rest is only downloaded.
_INLINE = {"image", "audio", "video"}
_LATER = "10"


class HostFirst:
    """Takes requests for media out of the way of sessions, forms and people, none of which they know."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        token, slash, name = request.path_info.removeprefix(ROOT).partition("/")
        if request.path_info.startswith(ROOT) and slash and name and "/" not in name:
            return serve(request, token, name)
        return self.get_response(request)


@require_safe
def serve(request: HttpRequest, token: str, name: str) -> HttpResponseBase:
    """The file behind a token: 200, 206, 304, 404, 410, 416, or 503 when it cannot be read now."""
    try:
        file = find(token)
    except DatabaseError as error:
        logger.error("media cannot be looked up: %s", type(error).__name__)
        return _later()
    if file is None:
        return _plain(404, "There is no such file.")
    response = _answer(request, file, name)
    if file.link is not None and not response.streaming:
        _note(request, file.link, response.status_code, 0)
    return response


def _answer(request: HttpRequest, file: Served, name: str) -> HttpResponseBase:
    if file.name != name or request.META.get("QUERY_STRING") or not file.offered:
        return _plain(404, "There is no such file.")
    if file.expired:
        return _plain(410, "This file is no longer offered.")
    etag = f'"{file.sha256}"'
    if _matches(request.headers.get("If-None-Match", ""), etag):
        return _described(HttpResponse(status=304), file, etag)
    try:
        return _content(request, file, etag)
    except Unsatisfiable:
        refused = _plain(416, "The file is shorter than that.")
        refused["Content-Range"] = f"bytes */{file.size}"
        return refused
    except FileNotFoundError:
        logger.error("the content %s is not in the storage", file.storage_key)
        return _plain(404, "There is no such file.")
    except storage.Unavailable as error:
        logger.error("media cannot be served: %s", error)
        return _later()


def _content(request: HttpRequest, file: Served, etag: str) -> HttpResponseBase:
    """The file or the part of it that is asked for; raises what `storage` and `ranges` do."""
    part = _part(request, file, etag)
    start, length = part or (0, file.size)
    status = 206 if part else 200
    response: HttpResponseBase
    if request.method == "HEAD":
        # Only asked whether it is there: a fetcher that looks first must not be promised what GET cannot give.
        storage.size(file.storage_key)
        response = HttpResponse(status=status)
    else:
        chunks = storage.stream(file.storage_key, start, length)
        response = StreamingHttpResponse(_Leaving(chunks, request, file, status), status=status)
    if part:
        response["Content-Range"] = f"bytes {start}-{start + length - 1}/{file.size}"
    response["Content-Length"] = str(length)
    return _described(response, file, etag)


class _Leaving:
    """Chunks on their way out, counted; the server closes it when the last one has left or the line is cut."""

    def __init__(self, chunks: Iterator[bytes], request: HttpRequest, file: Served, status: int) -> None:
        self._chunks, self._request, self._file, self._status = chunks, request, file, status
        self._left = 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            yield chunk
            # Only when the next one is asked for is it known that this one was taken.
            self._left += len(chunk)

    def close(self) -> None:
        if (closing := getattr(self._chunks, "close", None)) is not None:
            closing()
        if self._file.link is not None:
            _note(self._request, self._file.link, self._status, self._left)


def _note(request: HttpRequest, link: int, status: int, size: int) -> None:
    client = request.headers.get("User-Agent", "")
    fetch_log.note(link, method=request.method or "GET", status=status, size=size, client=client)


def _part(request: HttpRequest, file: Served, etag: str) -> tuple[int, int] | None:
    header = request.headers.get("Range", "")
    # A range for another version of the file than this one: the whole new one is the answer.
    if not header or request.headers.get("If-Range", etag) != etag:
        return None
    return wanted(header, file.size)


def _matches(header: str, etag: str) -> bool:
    return header.strip() == "*" or etag in (tag.removeprefix("W/") for tag in parse_etags(header))


def _described(response: HttpResponseBase, file: Served, etag: str) -> HttpResponseBase:
    how = "inline" if file.kind in _INLINE else "attachment"
    response["Content-Type"] = file.mime_type
    response["Content-Disposition"] = f'{how}; filename="{quote(file.name)}"'
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = etag
    response["Last-Modified"] = http_date(file.created_at.timestamp())
    # An expiry must take effect, so caches ask again; the content itself never changes under its token.
    response["Cache-Control"] = "private, no-cache" if file.expires_at else "private, max-age=86400"
    return _hardened(response)


def _later() -> HttpResponseBase:
    response = _plain(503, "This file cannot be read right now. Ask again in a moment.")
    response["Retry-After"] = _LATER
    return response


def _plain(status: int, words: str) -> HttpResponseBase:
    response = HttpResponse(words, status=status, content_type="text/plain; charset=utf-8")
    response["Content-Length"] = str(len(response.content))
    response["Cache-Control"] = "private, no-store"
    return _hardened(response)


def _hardened(response: HttpResponseBase) -> HttpResponseBase:
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Referrer-Policy"] = "no-referrer"
    return response
