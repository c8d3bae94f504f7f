"""What a provider remembers between calls, for tests that play one call after the other without a sandbox."""

from dataclasses import dataclass, field

from messaging.gateway.serving import SavedContent


@dataclass
class MadeDesk:
    """A desk with or without room, with the contents it is given; every one-time value is new once."""

    room: bool = True
    contents: dict[str, SavedContent] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)

    def take(self, destinations: int) -> bool:
        return self.room

    def saved(self, ref: str) -> SavedContent | None:
        return self.contents.get(ref)

    def first_sight(self, key: str) -> bool:
        new = key not in self.seen
        self.seen.add(key)
        return new
