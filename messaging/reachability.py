"""Whether a provider could reach our own addresses: called from here, and judged by where they lie."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from django.conf import settings

from media.addresses import is_public
from media.targets import resolve
from messaging.gateway.contract import HttpAnswer, HttpRequest
from messaging.gateway.errors import SendError
from messaging.gateway.http import Line

PORTS = {"http": 80, "https": 443}
LONGEST_CALL = 8.0


class Health(StrEnum):
    """How one thing stands; WARN is what works from here but hardly for the provider."""

    GOOD = "good"
    BAD = "bad"
    WARN = "warn"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class HealthFinding:
    """One thing that was tried: what it is, how it stands, in words, and how to mend it ("" when there is no need)."""

    what: str
    verdict: Health
    text: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """One of our addresses that providers call. `setting` is what decides it.

    `closed` says that it takes calls from some networks only. A file has a `mime_type` and a `size` in bytes.
    """

    what: str
    url: str
    setting: str
    closed: bool = False
    mime_type: str = ""
    size: int = 0


async def reach(places: Sequence[Place]) -> list[HealthFinding]:
    """Ask each place for its headers, and say how it stands. At most eight seconds, whatever happens."""
    # These are the operator's own settings, not something typed into a page: private ones are called and warned about.
    own = frozenset(filter(None, (_host_and_port(place.url) for place in places)))
    async with Line(deadline=LONGEST_CALL, allow_private=settings.ALLOW_PRIVATE_TARGETS | own) as line:
        return list(await asyncio.gather(*(_found(line, place) for place in places)))


async def _found(line: Line, place: Place) -> HealthFinding:
    doubt, answer = await asyncio.gather(_doubt(place.url), _ask(line, place.url))
    verdict, text, fix = _judged(place, answer)
    if not doubt:
        return HealthFinding(place.what, verdict, text, fix)
    if verdict is Health.GOOD:
        verdict = Health.WARN
    fix = f"Set {place.setting} to the https address under which the internet reaches this portal."
    return HealthFinding(place.what, verdict, f"{text} {doubt}", fix)


def _judged(place: Place, answer: HttpAnswer | SendError) -> tuple[Health, str, str]:
    if isinstance(answer, SendError):
        text = f"The portal cannot reach its own address from here ({answer.code})."
        return Health.BAD, text, f"Check {place.setting}, the proxy in front of the portal, and its certificate."
    if answer.status != 200:
        if place.closed and answer.status == 401:
            text = "The door answers, but takes calls from this account's listed networks only, so it was not tried."
            return Health.UNKNOWN, text, ""
        text = f"Something else answers at this address (HTTP status {answer.status})."
        return Health.BAD, text, f"Check {place.setting} and the proxy in front of the portal."
    if not place.mime_type:
        no_file = "It answers. No file was tried: the library offers none."
        text = no_file if place.what == "Media" else "The door answers."
        return Health.GOOD, text, ""
    return _judged_file(place, answer)


def _judged_file(place: Place, answer: HttpAnswer) -> tuple[Health, str, str]:
    fix = "Have the proxy pass on the portal's headers unchanged, without compressing or chunking."
    if answer.headers.get("content-length") != str(place.size):
        return Health.BAD, "A file is offered without its length; some providers refuse that.", fix
    if answer.headers.get("content-type", "").partition(";")[0].strip() != place.mime_type:
        return Health.BAD, "A file is offered under another type than its own; providers refuse that.", fix
    return Health.GOOD, "A file of the library was found, with its type and length.", ""


async def _ask(line: Line, url: str) -> HttpAnswer | SendError:
    try:
        return await line.call(HttpRequest("HEAD", url, {}))
    except SendError as error:
        return error


async def _doubt(url: str) -> str:
    """Why a provider could hardly reach an address that works from here; "" when nothing speaks against it."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or PORTS.get(parts.scheme, 0)
    try:
        async with asyncio.timeout(LONGEST_CALL):
            found = await resolve(host, port)
    except (OSError, UnicodeError, TimeoutError):
        return f"The name {host} cannot be resolved."
    if not all(is_public(address) for address in found):
        return f"The provider cannot reach this: {host} lies in a private network."
    return "" if parts.scheme == "https" else "It is plain http: what travels there can be read on the way."


def _host_and_port(url: str) -> str:
    parts = urlsplit(url)
    if not parts.hostname:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{host}:{parts.port or PORTS.get(parts.scheme, 0)}"
