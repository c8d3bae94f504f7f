"""The provider's desk, with everything in reach of the test."""

from messaging.gateway.serving import SavedContent


class OpenDesk:
    """Has room unless it is told otherwise, and holds the contents it was given."""

    def __init__(self, *stored: SavedContent, room: bool = True) -> None:
        self._stored = {content.ref: content for content in stored}
        self._room = room

    def take(self, destinations: int) -> bool:
        return self._room

    def saved(self, ref: str) -> SavedContent | None:
        return self._stored.get(ref)

    def first_sight(self, key: str) -> bool:
        return True
