"""Addresses that callers hand us: what can be said of them without asking a name server."""

import re
import socket

from media.addresses import is_public
from media.targets import FetchRefused, Target

# Every spelling of an IPv4 address that a resolver would still read: 2130706433, 0x7f.1, 017700000001, 127.1.
NUMERIC = re.compile(r"(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+)){0,3}\.?", re.ASCII)
INNER = (".localhost", ".local", ".internal", ".lan", ".home.arpa")


class NotAllowed(ValueError):
    """An address that may not be used; `code` is stable, `message` and `fix` are for the caller."""

    def __init__(self, code: str, message: str, fix: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.fix = fix


def check_notify_url(url: str, allowed_private: frozenset[str]) -> None:
    """Refuse addresses that news must not be sent to. Raises NotAllowed.

    In: the address; `allowed_private` holds the host:port pairs of loopback sandboxes, where http will do.
    """
    target = _parsed(url, allowed_private)
    if target.url.scheme != "https" and not target.trusted:
        raise NotAllowed("url_not_https", "News is sent over https only.", "Give an https address.")


def check_media_url(url: str, allowed_private: frozenset[str]) -> None:
    """Refuse addresses that no file can be fetched from, by us or by a provider. Raises NotAllowed."""
    _parsed(url, allowed_private)


def _parsed(url: str, allowed_private: frozenset[str]) -> Target:
    try:
        target = Target.parse(url, allowed_private)
    except FetchRefused as error:
        raise NotAllowed(error.code, error.message, "Give a public https address without user name.") from error
    if not target.trusted and _is_inner(target.host):
        message = "The address leads into a private or reserved network."
        raise NotAllowed("url_private", message, "Give a public https address.")
    return target


def _is_inner(host: str) -> bool:
    bare = host.strip("[]").rstrip(".")
    if ":" in bare:
        return not is_public(bare)
    if NUMERIC.fullmatch(bare):
        try:
            return not is_public(socket.inet_ntoa(socket.inet_aton(bare)))
        except OSError:
            return True
    return "." not in bare or bare.endswith(INNER)
