"""What the providers would meet at a caller's address, told with their own rules and names."""

from collections.abc import Collection
from dataclasses import replace

from media import preflight
from media.preflight import Fetcher, Look, Note
from messaging.gateway import registry
from messaging.slide_rules import Finding
from messaging.slide_rules.findings import advises


def fetchers(providers: Collection[str]) -> dict[str, Fetcher]:
    """What each provider's fetcher demands, by the provider's name: its profile as plain data."""
    return {name: _fetcher(name) for name in sorted(set(providers)) if name in registry.names()}


def _fetcher(name: str) -> Fetcher:
    profile = registry.provider(name).profile
    return Fetcher(
        label=profile.label,
        types=profile.types,
        part_bytes=profile.part_bytes,
        needs_length=profile.needs_length,
        by_extension=profile.type_by_extension,
        wants_extension=profile.wants_extension,
        drops_query=profile.drops_query,
    )


def notes(look: Look, kind: str, providers: Collection[str]) -> list[Note]:
    """What the fetchers of these providers stumble over."""
    return preflight.notes(look, kind, fetchers(providers).values())


def findings(look: Look, kind: str, providers: Collection[str], pointer: str) -> list[Finding]:
    """The same as advice at `pointer` below /content, for a file that is passed on as given."""
    names = {fetcher.label: name for name, fetcher in fetchers(providers).items()}
    return [
        replace(
            advises(note.code, pointer, note.words, note.values, fix=note.fix, limit=note.limit, actual=note.actual),
            providers=tuple(names[label] for label in note.fetchers),
        )
        for note in notes(look, kind, providers)
        # Whether the query is dropped stands among the rules themselves.
        if note.code != "fetch_query_dropped"
    ]
