"""Where an outbound request may go: the address parsed once, its host resolved, every answer vetted."""

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx

from media.addresses import is_public
from media.words import Values, fill
from media.words import gettext_noop as _

MAX_LENGTH = 2048
_PORTS = {"http": 80, "https": 443}
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")
# Name servers can hang: a bounded pool of its own keeps them from taking the threads of anything else.
_RESOLVERS = ThreadPoolExecutor(max_workers=8, thread_name_prefix="resolve")


class FetchRefused(Exception):
    """An address that is not fetched, or did not deliver: a stable `code` and words without any inner detail.

    `words` is a sentence with {names} that `values` fill in, `message` the same in English.
    """

    def __init__(self, code: str, words: str, values: Values | None = None) -> None:
        self.code = code
        self.words, self.values = words, values or {}
        self.message = fill(words, self.values)
        super().__init__(self.message)


@dataclass(frozen=True, slots=True)
class Target:
    """An address that passed every check that needs no network. `trusted` ones stand in the operator's list."""

    url: httpx.URL
    host: str
    port: int
    trusted: bool

    @classmethod
    def parse(cls, text: str, allowed_private: frozenset[str]) -> "Target":
        """Raises FetchRefused for other schemes, user names, other ports, odd characters and over-long addresses."""
        if len(text) > MAX_LENGTH:
            raise FetchRefused(
                "url_too_long", _("The address is longer than {limit} characters."), {"limit": MAX_LENGTH}
            )
        if _UNSAFE.search(text):
            raise FetchRefused("url_malformed", _("The address holds spaces, backslashes or control characters."))
        try:
            url = httpx.URL(text)
            host = url.raw_host.decode("ascii").lower()
            port = url.port or _PORTS.get(url.scheme, 0)
        except (httpx.InvalidURL, UnicodeError, ValueError):
            raise FetchRefused("url_malformed", _("This is not a web address.")) from None
        if url.scheme not in _PORTS:
            raise FetchRefused("url_scheme", _("Only http and https addresses are fetched."))
        if not host:
            raise FetchRefused("url_malformed", _("The address names no host."))
        if url.userinfo or "@" in text.split("//", 1)[-1].split("/", 1)[0]:
            raise FetchRefused("url_userinfo", _("The address may not hold a user name or password."))
        trusted = f"{host}:{port}" in allowed_private
        if port not in _PORTS.values() and not trusted:
            raise FetchRefused("url_port", _("Only ports 80 and 443 are fetched."))
        return cls(url, host, port, trusted)

    @property
    def host_header(self) -> str:
        return self.url.netloc.decode("ascii")

    def pinned_to(self, address: str) -> httpx.URL:
        return self.url.copy_with(host=address, fragment=None)

    def redirected(self, location: str, allowed_private: frozenset[str]) -> "Target":
        """The next hop, checked as strictly as the first, and never from https down to http."""
        if _UNSAFE.search(location):
            raise FetchRefused("url_malformed", _("The address redirects to something that is not a web address."))
        try:
            joined = str(self.url.join(location))
        except (httpx.InvalidURL, UnicodeError, ValueError):
            raise FetchRefused(
                "url_malformed", _("The address redirects to something else than a web address.")
            ) from None
        following = Target.parse(joined, allowed_private)
        if self.url.scheme == "https" and following.url.scheme == "http":
            raise FetchRefused("url_downgrade", _("The address redirects from https to plain http."))
        return following


async def resolve(host: str, port: int) -> list[str]:
    """Every address of a host, by the system's resolver. Raises OSError."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_RESOLVERS, _lookup, host, port)


def _lookup(host: str, port: int) -> list[str]:
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


async def vet(target: Target, resolver: Callable[[str, int], Awaitable[list[str]]]) -> str:
    """The address to connect to. Raises FetchRefused when any address of the host is not public."""
    try:
        addresses = await resolver(target.host.strip("[]"), target.port)
    except (OSError, UnicodeError):
        addresses = []
    if not addresses:
        raise FetchRefused("url_unresolved", _("The host of the address cannot be found."))
    if not target.trusted and not all(is_public(address) for address in addresses):
        raise FetchRefused("url_private", _("The address leads into a private or reserved network."))
    return addresses[0]
