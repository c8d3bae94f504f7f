"""Which addresses the line may call: public ones over https, and the private ones an operator has named."""

import asyncio
import socket
from ipaddress import ip_address

import httpx
from aiohttp.abc import AbstractResolver, ResolveResult

from media.addresses import is_public
from messaging.gateway.errors import Misconfigured

_PORTS = {"http": 80, "https": 443}


class Addressing:
    """Vets a provider's address, which an admin typed, before anything is sent there.

    `allow_private` holds "host:port" pairs, lower case, IPv6 in brackets, such as "127.0.0.1:8088".
    """

    def __init__(self, allow_private: frozenset[str]) -> None:
        self._allowed = allow_private

    def admit(self, address: str) -> httpx.URL:
        """The address, taken apart.

        Raises Misconfigured: no web address, not https, a user name inside, or a private literal address.
        """
        try:
            url = httpx.URL(address)
            host, port = url.host, url.port or _PORTS[url.scheme]
        except (httpx.InvalidURL, KeyError, ValueError) as error:
            raise Misconfigured("address_invalid", "The provider's address is not a web address.") from error
        if not host or url.userinfo:
            raise Misconfigured("address_invalid", "The provider's address lacks a host, or holds a user name.")
        if self.allows(host, port):
            return url
        if url.scheme != "https":
            raise Misconfigured("https_required", "The provider's address has to start with https.")
        # aiohttp does not ask a resolver about literal addresses.
        if _is_literal(host) and not is_public(host):
            raise _not_public()
        return url

    def allows(self, host: str, port: int) -> bool:
        """Whether the operator has named this private target."""
        return f"[{host}]:{port}" in self._allowed if ":" in host else f"{host.lower()}:{port}" in self._allowed

    def is_sandbox(self, address: str) -> bool:
        """Whether an address leads to a private target that the operator has named, and can lead nowhere else.

        A public address or a name with a dot is none, even when it stands in the list; nor is anything unreadable.
        """
        try:
            url = httpx.URL(address)
            host, standard = url.host, _PORTS[url.scheme]
        except (httpx.InvalidURL, KeyError, ValueError):
            return False
        inner = not is_public(host) if _is_literal(host) else bool(host) and "." not in host
        return inner and not url.userinfo and self.allows(host, url.port or standard)

    def resolver(self) -> AbstractResolver:
        """A resolver that answers with vetted addresses only, which are then the ones connected to."""
        return _Resolver(self)


class _Resolver(AbstractResolver):
    def __init__(self, addressing: Addressing) -> None:
        self._addressing = addressing

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Raises OSError for an unknown name, Misconfigured when any of its addresses is not public."""
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, family=family)
        except UnicodeError as error:
            raise OSError("The name cannot be looked up") from error
        if not self._addressing.allows(host, port) and not all(is_public(str(entry[4][0])) for entry in found):
            raise _not_public()
        return [
            ResolveResult(
                hostname=host,
                host=str(where[0]),
                port=port,
                family=kind,
                proto=protocol,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for kind, _, protocol, _, where in found
        ]

    async def close(self) -> None:
        """Nothing is held."""


def _is_literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _not_public() -> Misconfigured:
    return Misconfigured("target_not_public", "The provider's address leads into a private or reserved network.")
