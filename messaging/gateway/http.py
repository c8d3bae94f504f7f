"""The line to the providers: one request out, one answer in, and every fault put into its class.

The only module of the messaging rooms that speaks HTTP itself. Its rules are those of reliability, 2.5 ("Transport")
and 3.1: a fault before the request was handed over whole proves that nothing was accepted, any later one proves
nothing. httpx-aiohttp names faults too loosely to tell (a server that hangs up reads as a connect timeout there), so
the class comes from what was written, and the exception only gives the fault its name.
"""

import asyncio
import ssl
import zlib
from collections.abc import AsyncIterator
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, lru_cache
from types import TracebackType

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from messaging.gateway.addressing import Addressing
from messaging.gateway.contract import HttpAnswer, HttpRequest
from messaging.gateway.errors import Misconfigured, NotAccepted, Refused, SendError, Unclear

DEADLINE = 20.0
CONNECT_TIMEOUT = 5.0
# Shorter than any provider's own idle time, so that a connection is rarely found closed under our hands.
KEEP_ALIVE = 3.0
CONNECTIONS = 100
# Far more than any answer to a send; with dozens of calls at once each byte of it counts several times.
ANSWER_LIMIT = 64 * 1024
MOST_ADDRESSES = 100
# From this size on aiohttp waits for the socket between pieces, which tells how far a large body got.
PIECE = 64 * 1024
HEADERS = {"user-agent": "mms-portal", "accept": "*/*", "accept-encoding": "identity"}

_FAULTS: tuple[tuple[type[BaseException], str, str], ...] = (
    (aiohttp.ClientConnectorDNSError, "name_not_found", "The provider's host name cannot be resolved."),
    (aiohttp.ClientSSLError, "tls_failed", "The provider's TLS certificate or handshake is not acceptable."),
    (aiohttp.ConnectionTimeoutError, "connect_timed_out", "No connection to the provider in time."),
    (aiohttp.ClientConnectorError, "connect_failed", "The provider takes no connection."),
    (aiohttp.ServerTimeoutError, "timed_out", "No answer from the provider in time."),
    (aiohttp.ClientResponseError, "answer_unreadable", "What came back is not HTTP."),
)


@dataclass(slots=True)
class _Progress:
    """How much of a request has been handed to the connection; both signals come just before the bytes go."""

    length: int
    written: int = 0
    headers: bool = False

    @property
    def complete(self) -> bool:
        return self.headers and self.written >= self.length


_PROGRESS: ContextVar[_Progress] = ContextVar("progress")


@cache
def certificates() -> ssl.SSLContext:
    """The usual trust store, read once a process: it takes longer than a call, and most of a megabyte each time.

    For all lines of all threads, so none may change it.
    """
    return httpx.create_ssl_context(trust_env=False)


class Line:
    """A pool of connections to providers, for one event loop. Use it as `async with Line() as line`.

    In: `allow_private`, the "host:port" pairs that may be plain http and lie in a private network (the sandbox);
    `deadline` for a whole call and `connect_timeout` (for a free place in the pool too), in seconds; `connections` at
    most; an `ssl_context` other than the usual trust store.
    """

    def __init__(
        self,
        *,
        allow_private: frozenset[str] = frozenset(),
        deadline: float = DEADLINE,
        connect_timeout: float = CONNECT_TIMEOUT,
        connections: int = CONNECTIONS,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._addressing = Addressing(allow_private)
        self._deadline = deadline
        self._connect_timeout = connect_timeout
        self._connections = connections
        self._ssl = ssl_context or certificates()
        # Without httpx's client around it, which merges cookies, redirects and authorisation that no call here has:
        # measured, half the cost of a call.
        self._transport = AiohttpTransport(verify=self._ssl, trust_env=False, client=self._session, retries=0)
        self._admitted: dict[str, httpx.URL] = {}

    async def __aenter__(self) -> "Line":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every connection."""
        await self._transport.aclose()

    async def call(self, request: HttpRequest, *, deadline: float | None = None) -> HttpAnswer:
        """Send a request and read its whole answer, whatever its status, within the deadline (the line's unless told).

        Raises Misconfigured for an address that may not be called, Refused for a request that cannot be written,
        NotAccepted for a fault before the last byte of the request went out, Unclear for any later one.
        """
        url = self._admit(request.url)
        progress = _Progress(len(request.body))
        mark = _PROGRESS.set(progress)
        seconds = deadline or self._deadline
        try:
            async with asyncio.timeout(seconds):
                return await self._exchange(request, url, seconds)
        except SendError:
            raise
        except TimeoutError:
            raise _failure(progress, "timed_out", "No answer from the provider in time.") from None
        except Exception as error:
            # Whatever goes wrong, a send ends in one of the classes: anything else would leave it without an outcome.
            # The cause is cut off because its repr holds the request's headers, credentials among them.
            raise _classed(progress, error) from None
        finally:
            _PROGRESS.reset(mark)

    def _admit(self, address: str) -> httpx.URL:
        known = self._admitted.get(address)
        if known is None:
            known = self._addressing.admit(address)
            # One provider's address holds the message itself: no two of those are the same.
            if "?" not in address and len(self._admitted) < MOST_ADDRESSES:
                self._admitted[address] = known
        return known

    async def _exchange(self, request: HttpRequest, url: httpx.URL, seconds: float) -> HttpAnswer:
        waits = {"connect": self._connect_timeout, "pool": self._connect_timeout, "read": seconds, "write": seconds}
        answer = await self._transport.handle_async_request(_asked(request, url, waits))
        try:
            raw = bytearray()
            async for chunk in answer.aiter_raw():
                raw += chunk
                if len(raw) > ANSWER_LIMIT:
                    raise _too_large()
        finally:
            await answer.aclose()
        named = {name.lower(): value for name, value in answer.headers.items()}
        return HttpAnswer(answer.status_code, named, _decoded(named.get("content-encoding", ""), bytes(raw)))

    def _session(self) -> aiohttp.ClientSession:
        """Called by the transport on first use, because a session belongs to the running event loop."""
        connector = aiohttp.TCPConnector(
            limit=self._connections,
            keepalive_timeout=KEEP_ALIVE,
            resolver=self._addressing.resolver(),
            ssl=self._ssl,
        )
        trace = aiohttp.TraceConfig()
        trace.on_request_headers_sent.append(_headers_sent)
        trace.on_request_chunk_sent.append(_chunk_sent)
        return aiohttp.ClientSession(
            connector=connector,
            trace_configs=[trace],
            middlewares=(_once,),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
        )


async def _once(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """aiohttp itself repeats a GET whose connection broke, and one provider sends messages by GET: what it takes for a
    reason to repeat leaves here under another name."""
    try:
        return await send(request)
    except (aiohttp.ConnectionTimeoutError, aiohttp.ClientConnectorError):
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise aiohttp.ClientConnectionError(str(error)) from error


async def _headers_sent(_session: object, _context: object, _sent: aiohttp.TraceRequestHeadersSentParams) -> None:
    _PROGRESS.get().headers = True


async def _chunk_sent(_session: object, _context: object, sent: aiohttp.TraceRequestChunkSentParams) -> None:
    _PROGRESS.get().written += len(sent.chunk)


def _asked(request: HttpRequest, url: httpx.URL, waits: dict[str, float]) -> httpx.Request:
    """The request as the transport takes it."""
    headers, extensions = _headers(tuple(request.headers.items())), {"timeout": waits}
    if len(request.body) > PIECE:
        asked = httpx.Request(
            request.method, url, headers=headers, content=_pieces(request.body), extensions=extensions
        )
        asked.headers["content-length"] = str(len(request.body))
        return asked
    # Given as a stream, so that httpx does not work out headers that the transport writes itself: measured, four fifths
    # of what it takes to make a request.
    asked = httpx.Request(
        request.method, url, headers=headers, stream=httpx.ByteStream(request.body), extensions=extensions
    )
    asked.read()
    return asked


@lru_cache(maxsize=100)
def _headers(given: tuple[tuple[str, str], ...]) -> httpx.Headers:
    """Headers as they leave. Most accounts send the same with every message; a request takes a copy."""
    return httpx.Headers({**HEADERS, **dict(given)})


async def _pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), PIECE):
        yield body[start : start + PIECE]


def _classed(progress: _Progress, error: Exception) -> SendError:
    seen = (error, error.__cause__)
    for kind, code, text in _FAULTS:
        if any(isinstance(one, kind) for one in seen):
            return _failure(progress, code, text)
    if any(isinstance(one, (httpx.InvalidURL, aiohttp.InvalidURL)) for one in seen):
        return Misconfigured("address_invalid", "The provider's address is not a web address.")
    if isinstance(error, ValueError) and not progress.complete:
        return Refused("request_invalid", "The request cannot be written as HTTP.")
    return _failure(progress, "connection_lost", "The connection to the provider broke off.")


def _failure(progress: _Progress, code: str, text: str) -> SendError:
    return (Unclear if progress.complete else NotAccepted)(code, text)


def _decoded(encoding: str, raw: bytes) -> bytes:
    """The body as meant, for servers that compress although asked not to. Raises Unclear."""
    if encoding.lower() in {"", "identity"} or not raw:
        return raw
    decoder = zlib.decompressobj(wbits=47)  # tells gzip and zlib apart by itself
    try:
        body = decoder.decompress(raw, ANSWER_LIMIT + 1)
    except zlib.error as error:
        raise Unclear("answer_unreadable", "The provider's answer cannot be decoded.") from error
    if len(body) > ANSWER_LIMIT:
        raise _too_large()
    if not decoder.eof:
        raise Unclear("answer_unreadable", "The provider's answer breaks off.")
    return body


def _too_large() -> Unclear:
    return Unclear("answer_too_large", f"The provider's answer is longer than {ANSWER_LIMIT // 1024} KB.")
