"""News in the words of a provider, for callers that sent a message in its format.

Whoever takes such a message leaves in `Message.dialect_facts` what the provider's server side needs to speak: "ref"
(the id it was answered with), "parsed" (the call's body), "wanted" (the receipts it asked for, in the provider's words)
and "client_ref" (the caller's own references, by number in digits).
"""

from datetime import datetime

from messaging.addresses import digits
from messaging.callbacks.bodies import Carrier
from messaging.callbacks.events import Event
from messaging.content import Content
from messaging.gateway import registry
from messaging.gateway.serving import Destination, Notice, PostingRules, ReceivedMessage, Tenant, server
from messaging.gateway.serving import Event as ProviderEvent
from messaging.models import Message, Transaction
from messaging.statuses import Via

# A withdrawn message has no word in any of the four: it was never there for them.
_WORDS = {
    Event.SUBMITTED: ProviderEvent.SUBMITTED,
    Event.DELIVERED: ProviderEvent.DELIVERED,
    Event.READ: ProviderEvent.READ,
    Event.CLICKED: ProviderEvent.CLICKED,
    Event.EXPIRED: ProviderEvent.EXPIRED,
    Event.FAILED: ProviderEvent.REJECTED,
    Event.UNCONFIRMED: ProviderEvent.NO_REPORT,
    Event.BLOCKED: ProviderEvent.RECIPIENT_BLOCKED,
}


def notice(row: Transaction, message: Message, event: Event, carrier: Carrier, *, at: datetime) -> Notice | None:
    """The request that tells of an event, whole; None where the dialect has no word for it or it was not asked for."""
    word = _WORDS.get(event)
    if word is ProviderEvent.DELIVERED and row.via == Via.SMS:
        word = ProviderEvent.DELIVERED_AS_SMS
    if word is None:
        return None
    facts, number = message.dialect_facts, digits(row.recipient)
    refs = facts.get("client_ref", {})
    destination = Destination(number, refs.get(number, row.correlation_id))
    received = ReceivedMessage(
        sender=carrier.address,
        destinations=(destination,),
        content=Content(),
        notify_url=message.notify_url,
        callback_data=message.callback_data,
        wanted=frozenset(facts.get("wanted", ())),
        parsed=facts.get("parsed"),
    )
    tenant = _tenant(message)
    return server(message.dialect).report(received, destination, str(facts.get("ref", "")), word, tenant, at=at)


def rules(dialect: str) -> PostingRules:
    """How the provider itself posts its receipts. Raises LookupError for one that cannot be served."""
    return server(dialect).POSTING


def _tenant(message: Message) -> Tenant:
    """The caller as the provider's customer: its key's secret stands where that provider's secrets stand."""
    secret = message.api_key.jwt_secret if message.api_key else ""
    fields = registry.provider(message.dialect).client.CREDENTIALS
    return Tenant(
        credentials={one.name: (secret,) for one in fields},
        senders={},
        webhook_url=message.notify_url,
        webhook_key=secret,
    )
