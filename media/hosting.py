"""The public media host, made for the machines that fetch from it.

Always a length, the true type, one answer per address: never chunked, compressed, redirected or asked for a query
(Sinch refuses media without a length, Skycore drops queries, Webex goes by the type). Nothing here reads a session.
"""

import logging
import re
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.http import http_date, parse_etags
from django.views.decorators.http import require_safe

from media import storage
from media.models import Asset
from media.ranges import Unsatisfiable, wanted

logger = logging.getLogger(__name__)

_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
# Written anew or decoded by us, and shown by handsets and previews in place; the rest is only downloaded.
_INLINE = {"image", "audio", "video"}


@require_safe
def serve(request: HttpRequest, token: str, name: str) -> HttpResponseBase:
    """The file behind a token: 200, 206, 304, 404, 410 or 416."""
    # The session middleware would answer a stale cookie with one of its own.
    request.COOKIES.clear()
    # Anything else is no token, and PostgreSQL would choke on some of it.
    asset = Asset.objects.filter(token=token).first() if _TOKEN.fullmatch(token) else None
    if asset is None or asset.public_name != name or request.META.get("QUERY_STRING"):
        return _plain(404, "There is no such file.")
    if asset.expires_at is not None and asset.expires_at <= timezone.now():
        return _plain(410, "This file is no longer offered.")
    if asset.status not in (Asset.Status.READY, Asset.Status.ARCHIVED):
        return _plain(404, "There is no such file.")
    return _answer(request, asset)


def _answer(request: HttpRequest, asset: Asset) -> HttpResponseBase:
    etag = f'"{asset.sha256}"'
    if _matches(request.headers.get("If-None-Match", ""), etag):
        return _described(HttpResponse(status=304), asset, etag)
    try:
        part = _part(request, asset, etag)
        start, length = part or (0, asset.size)
        response: HttpResponseBase
        if request.method == "HEAD":
            response = HttpResponse()
        else:
            response = StreamingHttpResponse(storage.stream(asset.storage_key, start, length))
    except Unsatisfiable:
        refused = _plain(416, "The file is shorter than that.")
        refused["Content-Range"] = f"bytes */{asset.size}"
        return refused
    except FileNotFoundError:
        logger.error("asset %s has lost its content", asset.pk)
        return _plain(404, "There is no such file.")
    if part:
        response.status_code = 206
        response["Content-Range"] = f"bytes {start}-{start + length - 1}/{asset.size}"
    response["Content-Length"] = str(length)
    return _described(response, asset, etag)


def _part(request: HttpRequest, asset: Asset, etag: str) -> tuple[int, int] | None:
    header = request.headers.get("Range", "")
    # A range for another version of the file than this one: the whole new one is the answer.
    if not header or request.headers.get("If-Range", etag) != etag:
        return None
    return wanted(header, asset.size)


def _matches(header: str, etag: str) -> bool:
    return header.strip() == "*" or etag in (tag.removeprefix("W/") for tag in parse_etags(header))


def _described(response: HttpResponseBase, asset: Asset, etag: str) -> HttpResponseBase:
    how = "inline" if asset.kind in _INLINE else "attachment"
    response["Content-Type"] = asset.mime_type
    response["Content-Disposition"] = f'{how}; filename="{quote(asset.public_name)}"'
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = etag
    response["Last-Modified"] = http_date(asset.created_at.timestamp())
    # An expiry must take effect, so caches ask again; the content itself never changes under its token.
    response["Cache-Control"] = "private, no-cache" if asset.expires_at else "private, max-age=86400"
    return _hardened(response)


def _plain(status: int, words: str) -> HttpResponseBase:
    return _hardened(HttpResponse(words, status=status, content_type="text/plain; charset=utf-8"))


def _hardened(response: HttpResponseBase) -> HttpResponseBase:
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Referrer-Policy"] = "no-referrer"
    return response
