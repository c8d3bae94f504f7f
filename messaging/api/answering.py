"""What answers of the REST API have in common on the wire: a tag to ask again by, and few bytes."""

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.middleware.http import ConditionalGetMiddleware

BELOW = "/api/"
# Shorter ones grow when they are compressed, or hardly shrink.
LEAST_COMPRESSED = 1024
# How many members of a long list are turned into text together.
AT_ONCE = 1000
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


def written(answer: Mapping[str, Any]) -> str:
    """An answer as JSON. A member that is an iterator becomes a list, of which only a part is in memory at a time."""
    if not any(isinstance(value, Iterator) for value in answer.values()):
        return _dumped(answer)
    members = (
        f"{_dumped(name)}:{_listed(value) if isinstance(value, Iterator) else _dumped(value)}"
        for name, value in answer.items()
    )
    return "{" + ",".join(members) + "}"


def _listed(items: Iterator[Any]) -> str:
    parts = iter(lambda: _dumped(list(islice(items, AT_ONCE)))[1:-1], "")
    return "[" + ",".join(parts) + "]"


_dumped = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
