"""One request to a caller's address through the guarded line: vetted, pinned, ten seconds in all, nothing followed.

The only module of this room that speaks HTTP. What comes back is a status and a word; of the answer nothing is kept.
"""

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, field
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx
from django.conf import settings
from django.utils.translation import gettext_noop as _

from media.targets import FetchRefused, Target, resolve, vet

SECONDS = 10.0
CONNECT_SECONDS = 3.0
MOST_READ = 4096
# Once the status is known the rest of an answer is read for courtesy only.
COURTESY_SECONDS = 1.0
HEADERS = {"user-agent": "MMSPortal/1", "accept": "*/*", "accept-encoding": "identity"}
TAKEN, NOT_TAKEN, REDIRECTED, TIMED_OUT, BROKEN = "taken", "not_taken", "redirected", "timed_out", "unreachable"


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent: all of it, whoever it is for."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it: a status, if one came, a stable word, and how long we were asked to wait (seconds).

    `start` is the beginning of the answer, for a challenge only; it is never stored or shown.
    """

    status: int | None
    outcome: str
    retry_after: int | None = None
    start: bytes = field(default=b"", repr=False)

    @property
    def taken(self) -> bool:
        return self.outcome == TAKEN


class Poster:
    """A line to many callers at once, for one event loop. Use it as `async with Poster() as poster`."""

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self._client = httpx.AsyncClient(
            verify=tls or _trust(),
            trust_env=False,
            follow_redirects=False,
            http2=False,
            headers=HEADERS,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            timeout=httpx.Timeout(SECONDS, connect=CONNECT_SECONDS),
            # Nothing is shared between callers, and who is bounded by what is decided before a try begins.
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        )

    async def __aenter__(self) -> "Poster":
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close what is open."""
        await self._client.aclose()

    async def post(self, request: Request, *, seconds: float = SECONDS, good: frozenset[int] | None = None) -> Answer:
        """Send it, in at most `seconds` from now with everything that belongs to it. Raises nothing.

        `good` are the statuses that mean taken; any 2xx when it is left out. A redirect is never followed.
        """
        status: int | None = None
        try:
            async with asyncio.timeout(min(seconds, SECONDS)):
                target = admitted(request.url)
                address = await vet(target, resolve)
                async with self._sent(request, target, address) as response:
                    status = response.status_code
                    retry_after = _whole(response.headers.get("retry-after", ""))
                    return Answer(status, _judged(status, good), retry_after, await _start(response))
        except FetchRefused as refused:
            return Answer(None, refused.code[:20])
        except (TimeoutError, httpx.TimeoutException):
            return Answer(status, TIMED_OUT if status is None else _judged(status, good))
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, OSError, ValueError):
            return Answer(status, BROKEN if status is None else _judged(status, good))

    def _sent(self, request: Request, target: Target, address: str) -> "AbstractAsyncContextManager[httpx.Response]":
        return self._client.stream(
            request.method,
            target.pinned_to(address),
            headers={**request.headers, "host": target.host_header},
            content=request.body or None,
            extensions={"sni_hostname": target.host},
        )


def admitted(url: str) -> Target:
    """An address that news may be sent to, as far as can be said without asking for its name. Raises FetchRefused."""
    target = Target.parse(url, settings.ALLOW_PRIVATE_TARGETS)
    if target.url.scheme != "https" and not target.trusted:
        raise FetchRefused("url_not_https", _("News is sent over https only."))
    return target


def _judged(status: int, good: frozenset[int] | None) -> str:
    if (status in good) if good is not None else 200 <= status < 300:
        return TAKEN
    return REDIRECTED if 300 <= status < 400 else NOT_TAKEN


async def _start(response: httpx.Response) -> bytes:
    """The first bytes of an answer, as far as they come at once; a broken or endless rest changes nothing."""
    read = bytearray()
    with suppress(TimeoutError, httpx.HTTPError):
        async with asyncio.timeout(COURTESY_SECONDS):
            async for chunk in response.aiter_raw(MOST_READ):
                read += chunk
                if len(read) >= MOST_READ:
                    break
    return bytes(read[:MOST_READ])


def _whole(written: str) -> int | None:
    """Retry-After in seconds; a date, which few send and clocks spoil, counts as nothing said."""
    return int(written) if written.isascii() and written.isdigit() and len(written) <= 9 else None


@cache
def _trust() -> ssl.SSLContext:
    # Not the lines' own (messaging.gateway.http): httpx writes into a context with every connection.
    return httpx.create_ssl_context(trust_env=False)
