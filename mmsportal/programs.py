"""The short way in for programs: below /api/ nobody has a session, a form or a language of their own."""

from collections.abc import Callable
from typing import cast

from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest
from django.http.response import HttpResponse, HttpResponseBase
from django.urls import ResolverMatch, resolve
from django.utils import translation

BELOW = "/api/"
# A page that people read.
DOCS = "/api/v1/docs"
# Whatever a browser makes of an answer to a program, it loads, runs and frames nothing.
HEADERS = {
    "Content-Language": "en",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
}


class ProgramsFirst:
    """Takes the calls of programs past what is there for people: for each of them that would cost more than to route
    the call."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        # Its own faults are answered here, as those of any view are.
        self._answered = convert_exception_to_response(_answer)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(BELOW) or request.path_info == DOCS:
            return self.get_response(request)
        # A thread keeps the language of the page before.
        translation.activate("en")
        answer = cast("HttpResponseBase", self._answered(request))
        for name, value in HEADERS.items():
            answer.headers[name] = value
        if not answer.streaming and "Content-Length" not in answer.headers:
            assert isinstance(answer, HttpResponse)
            answer.headers["Content-Length"] = str(len(answer.content))
        return answer


def _answer(request: HttpRequest) -> HttpResponseBase:
    # Raises for a host that is not ours, as for any page.
    request.get_host()
    match = request.resolver_match = _match(request.path_info)
    answer: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
    render = getattr(answer, "render", None)
    return render() if render else answer


def _match(path: str) -> ResolverMatch:
    """Where an address leads. One that holds nothing of the caller's is looked for only once: there are few of them."""
    known = _matches.get(path)
    if known is None:
        known = resolve(path)
        if not known.args and not known.kwargs:
            _matches[path] = known
    return known


_matches: dict[str, ResolverMatch] = {}
