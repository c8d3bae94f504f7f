"""News in the words of a provider, for callers that sent a message in its format.

Whoever takes such a message leaves in `Message.dialect_ref` what the call was answered with, and in
`Message.dialect_facts` what the provider's server side needs to speak: "sender" (as the call spelled it), "parsed"
(the call's body), "wanted" (the receipts it asked for, in the provider's words) and "saved_ref" (the stored content it
named). The caller's own reference is the transaction's `correlation_id`.
"""

import logging
from collections.abc import Sequence
from datetime import datetime

from messaging import meanings
from messaging.addresses import digits
from messaging.callbacks.bodies import Carrier
from messaging.callbacks.events import Event
from messaging.content import Content
from messaging.gateway import registry
from messaging.gateway.codes import OutcomeClass, Where, Whose
from messaging.gateway.serving import Destination, Notice, PostingRules, ReceivedMessage, Tenant, server
from messaging.gateway.serving import Event as ProviderEvent
from messaging.models import ApiKey, Message, Transaction
from messaging.models.sealing import SealBroken
from messaging.statuses import Via

logger = logging.getLogger(__name__)
_WORDS = {
    Event.SUBMITTED: ProviderEvent.SUBMITTED,
    Event.DELIVERED: ProviderEvent.DELIVERED,
    Event.READ: ProviderEvent.READ,
    Event.CLICKED: ProviderEvent.CLICKED,
    Event.EXPIRED: ProviderEvent.EXPIRED,
    Event.UNCONFIRMED: ProviderEvent.NO_REPORT,
    Event.BLOCKED: ProviderEvent.RECIPIENT_BLOCKED,
    # None of the four can withdraw a message; whoever waits for its end must hear of one.
    Event.CANCELLED: ProviderEvent.REJECTED,
}
_BY_WHOM = {Whose.RECIPIENT: ProviderEvent.ADDRESS_NOT_FOUND, Whose.SENDER: ProviderEvent.CONTENT_REFUSED}
# Our own limits, by the names that a provider's profile gives its codes.
_BY_LIMIT = {
    "part_too_large": ProviderEvent.MEDIA_TOO_BIG,
    "message_too_large": ProviderEvent.MEDIA_TOO_BIG,
    "media_url_not_public": ProviderEvent.MEDIA_NOT_FETCHED,
    "media_url_query": ProviderEvent.MEDIA_NOT_FETCHED,
    "media_gone": ProviderEvent.MEDIA_NOT_FETCHED,
    "media_lost": ProviderEvent.MEDIA_NOT_FETCHED,
}


def notice(
    row: Transaction, message: Message, event: Event, carrier: Carrier, *, at: datetime, link: str = ""
) -> Notice | None:
    """The request that tells of an event, whole; None where the dialect has no word for it or it was not asked for.

    `link` is what was opened, for a click.
    """
    word = word_for(row, event, carrier.provider)
    received, destination = remembered(row, message, link=link)
    return server(message.dialect).report(received, destination, message.dialect_ref, word, tenant_of(message), at=at)


def word_for(row: Transaction, event: Event, provider: str) -> ProviderEvent:
    """An event in the words that providers share; a failure by its cause, as the provider that carried it named it."""
    if event is Event.FAILED:
        return _cause(row.reason_code, provider)
    word = _WORDS[event]
    return ProviderEvent.DELIVERED_AS_SMS if word is ProviderEvent.DELIVERED and row.via == Via.SMS else word


def remembered(row: Transaction, message: Message, *, link: str = "") -> tuple[ReceivedMessage, Destination]:
    """What a message's call said, as far as receipts and states repeat it, and the recipient they are about."""
    facts = message.dialect_facts
    destination = Destination(digits(row.recipient), row.correlation_id, opened=link)
    received = ReceivedMessage(
        sender=facts.get("sender", ""),
        destinations=(destination,),
        content=Content(),
        notify_url=message.notify_url,
        callback_data=message.callback_data,
        wanted=frozenset(facts.get("wanted", ())),
        parsed=facts.get("parsed"),
        saved_ref=facts.get("saved_ref", ""),
    )
    return received, destination


def rules(dialect: str) -> PostingRules:
    """How the provider itself posts its receipts. Raises LookupError for one that cannot be served."""
    return server(dialect).POSTING


def tenant_of(message: Message) -> Tenant:
    """The caller as the provider's customer: the key's prefix is its name, the key's base64 secret signs."""
    key = message.api_key
    return Tenant(
        credentials={"customer_id": (key.prefix,), "api_key": _signing(key)} if key else {},
        senders={message.dialect_facts.get("sender", ""): True},
        options={"made_up": False, "delivered_says_submitted": False, "goes_on_without_media": False},
    )


def _signing(key: ApiKey) -> Sequence[str]:
    """The secret that signs; none where it cannot be opened: what a provider said must be kept all the same."""
    try:
        return (key.jwt_secret,)
    except SealBroken:
        logger.error("the JWT secret of API key %s cannot be opened; its news proves nothing", key.prefix)
        return ()


def _cause(code: str, provider: str) -> ProviderEvent:
    limits = registry.provider(provider).profile.codes if provider in registry.names() else {}
    named = {name.partition(" ")[0] for name, own in limits.items() if own == code} or {code}
    found = {_BY_LIMIT.get(name) for name in named}
    # A code that stands for several limits says nothing of either.
    limit = found.pop() if len(found) == 1 else None
    if limit:
        return limit
    known = meanings.explain(provider, Where.RECEIPT, code) or meanings.explain(provider, Where.ANSWER, code)
    if known is None:
        return ProviderEvent.REJECTED
    if known.outcome is OutcomeClass.BLOCKED:
        return ProviderEvent.RECIPIENT_BLOCKED
    return _BY_WHOM.get(known.whose, ProviderEvent.REJECTED)
