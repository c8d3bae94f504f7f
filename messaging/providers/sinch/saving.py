"""Contents stored at Sinch once and sent many times: `savemms`, then `sendsavedmms` (sinch.md, sections 3 and 4)."""

from datetime import datetime

from messaging.gateway.contract import Account, HttpAnswer, HttpRequest, OutboundMessage, Saved
from messaging.providers.sinch import bodies
from messaging.providers.sinch.answers import success

__all__ = ["GONE", "build_save", "read_save", "wanted"]

# Only a stored content earns it; a new one is stored then.
GONE = frozenset({"E241"})
# From so many people on, one fetch and one encoding are worth the extra call.
MANY = 50
ENCODED = frozenset({"audio", "video"})


def wanted(account: Account, message: OutboundMessage) -> bool:
    """Whether to store the content first: for many people, and for video, which `sendmms` does not transcode."""
    if not account.option("save_first", default=True) or message.personal:
        return False
    return message.recipients >= MANY or any(part.kind == "video" for _, part in message.content.parts())


def build_save(account: Account, message: OutboundMessage, *, now: datetime) -> HttpRequest:
    """The request that stores the content of `message`. Raises Refused and Misconfigured as `client.build` does."""
    return bodies.request(account, bodies.save(account, message, now))


def read_save(answer: HttpAnswer, message: OutboundMessage) -> Saved:
    """What Sinch calls the content. Audio and video are encoded first: their N003 is waited for (sections 8, 11.3).

    Raises the SendErrors of `client.read`.
    """
    reference, _ = success(answer, "mms-id")
    return Saved(reference, ready=not any(part.kind in ENCODED for _, part in message.content.parts()))
