"""Files that a request names by address: fetched and made ours, or only looked at where the caller keeps them."""

import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from media.fetching import LARGEST, TOGETHER, Fetched, FetchRefused, fetch_all
from media.inspection import Refused, inspect
from media.preflight import Look
from media.uploads import FETCH_SECONDS, store
from messaging import preflight
from messaging.api.errors import Problem, fault
from messaging.content import Content, Part
from messaging.slide_rules import Finding
from messaging.slide_rules.findings import advises

# An address that is fetched too slowly must not hold a web process for ever: all files together, then all looks.
FETCHING_SECONDS = 45.0
LOOKING_SECONDS = 15.0
TOO_SLOW = FetchRefused("media_too_slow", "The files before this one took too long.")
Place = tuple[str, Part]


def with_files(content: Content, owner: str, providers: Collection[str]) -> tuple[Content, list[Finding]]:
    """The content with files of ours in the place of addresses, and what is to be said of the addresses that stay.

    `providers` are those that may have to fetch what stays. Raises Problem 422 with an entry for each file that cannot
    be taken. Fetches addresses of the callers', so no database transaction may be open.
    """
    content = _ours(content, owner)
    return content, list(_looked_at(content, providers))


def _ours(content: Content, owner: str) -> Content:
    taken: dict[str, str] = {}
    faults: list[dict[str, Any]] = []
    wanted = _by_address(content, "ours")
    for (pointer, part), got in _fetched(wanted, FETCHING_SECONDS):
        try:
            if isinstance(got, FetchRefused):
                raise got
            taken[part.url] = str(store(got.data, name=got.name, owner=owner).pk)
        except FetchRefused as refusal:
            fix = "Give an address that serves the file itself, or upload it to /api/v1/media first."
            faults.append(fault(pointer, refusal.code, refusal.message, fix=fix))
        except Refused as refusal:
            limit, actual = (value if isinstance(value, int) else None for value in (refusal.limit, refusal.actual))
            faults.append(fault(pointer, refusal.code, refusal.message, limit=limit, actual=actual, fix=refusal.fix))
    if faults:
        raise Problem(422, "media_refused", "Not every file could be taken.", errors=faults)
    return replace(
        content,
        slides=tuple(
            replace(slide, parts=tuple(_taken(part, taken) for part in slide.parts)) for slide in content.slides
        ),
    )


def _taken(part: Part, taken: dict[str, str]) -> Part:
    asset = taken.get(part.url) if part.host == "ours" and not part.asset else None
    return replace(part, asset=asset, url="") if asset else part


def _looked_at(content: Content, providers: Collection[str]) -> Iterator[Finding]:
    for (pointer, part), got in _fetched(_by_address(content, "caller"), LOOKING_SECONDS, ask_head=True):
        below = pointer.removeprefix("/content")
        if isinstance(got, FetchRefused):
            fix = "Make sure that providers can fetch it, or let us host it."
            yield replace(advises(got.code, below, got.message, fix=fix), providers=tuple(sorted(set(providers))))
            continue
        try:
            look = Look(part.url, got, inspect(got.data))
        except Refused:
            look = Look(part.url, got, None)
        yield from preflight.findings(look, part.kind, providers, below)


def _by_address(content: Content, host: str) -> list[Place]:
    """Each address once, with the pointer of its first use."""
    found: dict[str, Place] = {}
    for where, part in content.parts():
        if part.url and not part.asset and part.host == host:
            found.setdefault(part.url, (f"/content{where}/url", part))
    return list(found.values())


def _fetched(
    places: Iterable[Place], seconds: float, *, ask_head: bool = False
) -> Iterator[tuple[Place, Fetched | FetchRefused]]:
    """What came from each address, a few at a time, so that no more than those few are ever held in memory."""
    until, rest = time.monotonic() + seconds, iter(places)
    while batch := list(islice(rest, TOGETHER)):
        left = min(until - time.monotonic(), FETCH_SECONDS)
        if left <= 0:
            yield from ((place, TOO_SLOW) for place in batch)
            continue
        urls = [part.url for _pointer, part in batch]
        found = fetch_all(urls, limit_bytes=LARGEST, deadline_seconds=left, ask_head=ask_head)
        yield from zip(batch, found, strict=True)
