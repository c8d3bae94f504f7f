"""What answers of the REST API have in common on the wire: a tag to ask again by, and few bytes."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.middleware.http import ConditionalGetMiddleware

BELOW = "/api/"
# Shorter ones grow when they are compressed, or hardly shrink.
LEAST_COMPRESSED = 1024
COMPRESSED = ("application/json", "application/problem+json", "application/vnd.oai.openapi")


class Conditional(ConditionalGetMiddleware):
    """Gives each answer to a GET below /api/ an ETag, and answers If-None-Match with 304 while it stands.

    The tag is made of the answer itself, so it cannot be out of date; what it saves is the line, not the query. No
    cache keeps these answers: it is for callers who keep what they were told themselves.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not request.path.startswith(BELOW) or response.status_code != 200 or response.streaming:
            return response
        return super().process_response(request, response)


class Compressed(GZipMiddleware):
    """Compresses JSON below /api/ for those who accept gzip.

    A secret stands in one answer only, new each time, and no cookie lets a foreign page ask for it; on top of that
    Django pads each answer by a random length, so its size tells nothing (BREACH). The media host and the pages are
    left as they are.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not request.path.startswith(BELOW) or not isinstance(response, HttpResponse):
            return response
        if len(response.content) < LEAST_COMPRESSED:
            return response
        if not response.headers.get("Content-Type", "").startswith(COMPRESSED):
            return response
        return super().process_response(request, response)
