"""A caller's address -> bytes: the guarded client (reliability, section 6, "Outbound requests").

Every resolved address is vetted, the connection goes to a vetted one, and nothing of the answer but the file itself
comes back: refusals name a code, never a body, a header or an address.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from email.message import Message
from functools import cache
from pathlib import PurePosixPath
from urllib.parse import unquote

import httpx
from django.conf import settings

from media.targets import FetchRefused, Target, resolve, vet
from media.words import gettext_noop as _

__all__ = ["FetchRefused", "Fetched", "Met", "fetch", "fetch_all", "fetch_async"]

# Of one request's addresses so many at once, so large each: neither their servers nor our memory is flooded.
TOGETHER = 4
LARGEST = 30_000_000
HEAD_SECONDS = 3.0
MAX_REDIRECTS = 3
CONNECT_SECONDS = 3.0
Resolver = Callable[[str, int], Awaitable[list[str]]]


@dataclass(frozen=True, slots=True)
class Met:
    """What a fetcher meets at an address, whatever the file is.

    `url` is where the file was in the end, `redirects` how many times it was sent on, `length` what the answer said of
    its size (bytes). `head` is the status of a HEAD, None when none was asked or none came.
    """

    url: str
    redirects: int = 0
    length: int | None = None
    chunked: bool = False
    head: int | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """What an address held: the bytes, the type its server claimed (not to be trusted), a name to show."""

    data: bytes
    content_type: str
    name: str
    met: Met = field(default_factory=lambda: Met(""), compare=False)


def fetch(url: str, *, limit_bytes: int, deadline_seconds: float, ask_head: bool = False) -> Fetched:
    """Fetch one file, at most `limit_bytes` long, in at most `deadline_seconds` from now, redirects included.

    With `ask_head` the same address is then asked by HEAD, as some fetchers do; that it declines is no fault.
    Raises FetchRefused. To be called where no event loop runs; inside one, await `fetch_async`.
    """
    wanted = fetch_async(url, limit_bytes=limit_bytes, deadline_seconds=deadline_seconds, ask_head=ask_head)
    return asyncio.run(wanted)


def fetch_all(
    urls: Sequence[str], *, limit_bytes: int, deadline_seconds: float, ask_head: bool = False
) -> list[Fetched | FetchRefused]:
    """As `fetch`, for at most `TOGETHER` addresses at once; each has its file or its refusal, in order."""
    assert len(urls) <= TOGETHER

    async def together() -> list[Fetched | FetchRefused | BaseException]:
        wanted = [
            fetch_async(url, limit_bytes=limit_bytes, deadline_seconds=deadline_seconds, ask_head=ask_head)
            for url in urls
        ]
        return await asyncio.gather(*wanted, return_exceptions=True)

    found = asyncio.run(together())
    for one in found:
        if isinstance(one, BaseException) and not isinstance(one, FetchRefused):
            raise one
    return [one for one in found if isinstance(one, (Fetched, FetchRefused))]


async def fetch_async(
    url: str,
    *,
    limit_bytes: int,
    deadline_seconds: float,
    resolver: Resolver = resolve,
    tls: ssl.SSLContext | None = None,
    ask_head: bool = False,
) -> Fetched:
    """As `fetch`; `resolver` answers the addresses of a host and port, `tls` replaces the usual trust store."""
    try:
        async with asyncio.timeout(deadline_seconds), _client(tls) as client:
            return await _follow(client, url, limit_bytes, resolver, ask_head)
    except TimeoutError:
        raise FetchRefused("url_too_slow", _("The address did not deliver the file in time.")) from None
    except httpx.TimeoutException:
        raise FetchRefused("url_unreachable", _("The address did not answer in time.")) from None
    except (httpx.HTTPError, ssl.SSLError):
        raise FetchRefused("url_unreachable", _("The address could not be reached or broke off.")) from None


def _client(tls: ssl.SSLContext | None) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        verify=tls or _trust(),
        trust_env=False,
        follow_redirects=False,
        http2=False,
        timeout=httpx.Timeout(10.0, connect=CONNECT_SECONDS),
        limits=httpx.Limits(max_connections=1, max_keepalive_connections=0),
    )


@cache
def _trust() -> ssl.SSLContext:
    """The usual certificates, read once: reading them takes longer than many a file."""
    return httpx.create_ssl_context(trust_env=False)


async def _follow(client: httpx.AsyncClient, url: str, limit_bytes: int, resolver: Resolver, head: bool) -> Fetched:
    target = Target.parse(url, settings.ALLOW_PRIVATE_TARGETS)
    for redirects in range(MAX_REDIRECTS + 1):
        address = await vet(target, resolver)
        async with _asked(client, "GET", target, address) as response:
            client.cookies.clear()
            if not response.has_redirect_location:
                data = await _read(response, limit_bytes)
                met = Met(str(target.url), redirects, _length(response), "transfer-encoding" in response.headers)
                met = replace(met, head=await _head(client, target, address)) if head else met
                return Fetched(data, response.headers.get("content-type", "")[:200], _name(response, target), met)
            following = response.headers["location"]
        target = target.redirected(following, settings.ALLOW_PRIVATE_TARGETS)
    raise FetchRefused("url_redirects", _("The address redirects more than {limit} times."), {"limit": MAX_REDIRECTS})


def _asked(
    client: httpx.AsyncClient, method: str, target: Target, address: str
) -> AbstractAsyncContextManager[httpx.Response]:
    return client.stream(
        method,
        target.pinned_to(address),
        headers={"Host": target.host_header, "Accept-Encoding": "identity", "User-Agent": "MMSPortal/1"},
        extensions={"sni_hostname": target.host},
    )


async def _head(client: httpx.AsyncClient, target: Target, address: str) -> int | None:
    """What the same server, at the address that was vetted, answers to a HEAD."""
    try:
        async with asyncio.timeout(HEAD_SECONDS), _asked(client, "HEAD", target, address) as response:
            return response.status_code
    except (TimeoutError, httpx.HTTPError, ssl.SSLError):
        return None


def _length(response: httpx.Response) -> int | None:
    declared = response.headers.get("content-length", "")
    return int(declared[:20]) if declared.isascii() and declared.isdigit() else None


async def _read(response: httpx.Response, limit_bytes: int) -> bytes:
    if response.status_code != httpx.codes.OK:
        raise FetchRefused(
            "url_status", _("The address answered with status {status}, not 200."), {"status": response.status_code}
        )
    if response.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise FetchRefused("url_encoded", _("The address sends the file compressed although it was asked not to."))
    too_large = FetchRefused(
        "url_too_large", _("The file at the address is larger than {limit} KB."), {"limit": limit_bytes // 1000}
    )
    if (_length(response) or 0) > limit_bytes:
        raise too_large
    data = bytearray()
    async for chunk in response.aiter_raw():
        data += chunk
        if len(data) > limit_bytes:
            raise too_large
    return bytes(data)


def _name(response: httpx.Response, target: Target) -> str:
    header = Message()
    header["content-disposition"] = response.headers.get("content-disposition", "")[:500]
    named = header.get_filename() or unquote(PurePosixPath(target.url.path).name)
    return str(named)[:255]
