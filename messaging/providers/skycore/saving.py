"""Contents stored at Skycore once and sent many times: `saveMMS`, then `sendSavedMMS` (skycore.md, section 5)."""

from datetime import datetime

from messaging.gateway.contract import Account, HttpAnswer, HttpRequest, OutboundMessage, Saved
from messaging.gateway.errors import Unclear
from messaging.providers.skycore.client import LONGEST_REFERENCE, told_in
from messaging.providers.skycore.document import TIMED, fallback, naming, request, single_spaced, slides_of

__all__ = ["GONE", "build_save", "read_save", "wanted"]

# Only a stored content earns it; a new one is stored then.
GONE = frozenset({"E241"})
# From so many people on, one fetch and one encoding are worth the extra call.
MANY = 50
# In a stored content this is filled in from elsewhere, and must not be in a text that is meant as it stands.
MERGE_TAG = "{$"


def wanted(account: Account, message: OutboundMessage) -> bool:
    """Whether to store the content first: for many people, and for video.

    Not where a person has a text of their own, nor for what a stored content cannot say: when its fallback link ends,
    and a text that looks like a merge tag.
    """
    content = message.content
    if not account.option("save_first", default=True) or message.personal:
        return False
    if content.fallback.link and content.fallback.link_expires_at:
        return False
    if any(MERGE_TAG in text for _pointer, text in content.texts()):
        return False
    return message.recipients >= MANY or any(part.kind == "video" for _pointer, part in content.parts())


def build_save(account: Account, message: OutboundMessage, *, now: datetime) -> HttpRequest:  # noqa: ARG001
    """The request that stores the content of `message`. Raises Refused and Misconfigured as `client.build` does."""
    content = message.content
    head = [("SUBJECT", single_spaced(content.subject)), ("NAME", naming(content))]
    return request(account, "saveMMS", head, slides_of(content), fallback(content))


def read_save(answer: HttpAnswer, message: OutboundMessage) -> Saved:
    """What Skycore calls the content. Audio and video are encoded first: N003 says when it may be sent, or E002, E003
    that it never will."""
    reference = told_in(answer).get("MMSID", "")
    if not reference:
        raise Unclear("answer_unreadable", "The answer says success and gives no reference.")
    ready = not any(part.kind in TIMED for _pointer, part in message.content.parts())
    return Saved(reference[:LONGEST_REFERENCE], ready=ready)
