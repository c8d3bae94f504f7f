"""What the provider's server side asks between calls, answered for one key: rate, stored contents, one-time values."""

from django.core.cache import cache

from messaging.api.limits import take
from messaging.compat.dialects import Dialect
from messaging.content import UNSTORABLE, Content
from messaging.gateway.serving import Medium, ReceivedMessage, SavedContent
from messaging.models import ApiKey, KeptContent

# A signed request is taken within 15 minutes of its date, either way.
SIGHT_SECONDS = 30 * 60


class KeyDesk:
    """A `serving.Desk` for one key in one format, or for nobody, who is refused before there is much to ask."""

    def __init__(self, dialect: Dialect, key: ApiKey | None) -> None:
        self._dialect, self._key = dialect, key

    def take(self, destinations: int) -> bool:  # noqa: ARG002 (what one call may hold is bounded already)
        """Whether the key may call once more: the ceiling of the REST API, counted together with it."""
        return self._key is None or take(self._key).allowed

    def saved(self, ref: str) -> SavedContent | None:
        """A content that this key stored in this format. It is ready at once: what must be encoded is, on sending."""
        if UNSTORABLE.search(ref):
            return None
        row = KeptContent.objects.filter(api_key=self._key, dialect=self._dialect.name, ref=ref[:40]).first()
        if row is None:
            return None
        content = Content.from_json(row.content, stored=True)
        media = tuple(Medium(*medium) for medium in row.media)
        return SavedContent(row.ref, ReceivedMessage(sender="", destinations=(), content=content, media=media))

    def first_sight(self, key: str) -> bool:
        """Whether a one-time value is seen for the first time; processes share what they have seen in CACHE_URL."""
        owner = self._key.prefix if self._key else ""
        return bool(cache.add(f"compat-sight:{owner}:{key}", 1, SIGHT_SECONDS))
