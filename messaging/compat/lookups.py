"""The state of a message, asked for in the format it came in."""

from messaging.callbacks import dialects
from messaging.callbacks.events import Event
from messaging.compat.callers import Caller
from messaging.compat.dialects import Dialect
from messaging.content import UNSTORABLE
from messaging.gateway.contract import HttpAnswer
from messaging.gateway.serving import Refusal
from messaging.models import Message


def answer(dialect: Dialect, caller: Caller, ref: str) -> HttpAnswer:
    """What the provider would answer for a message of this key; its own "not found" for every other reference."""
    sent = Message.objects.for_key(caller.key).filter(dialect=dialect.name, dialect_ref=ref[:64])
    known = sent.exclude(dialect_ref="").select_related("api_key")
    message = None if UNSTORABLE.search(ref) else known.first()
    if message is None:
        return dialect.server.refuse(Refusal.NOT_FOUND) or HttpAnswer(404, {}, b"")
    row = message.transactions.select_related("account").order_by("position")[0]
    received, destination = dialects.remembered(row, message)
    told = row.status in set(Event)
    event = dialects.word_for(row, Event(row.status), row.account.provider) if told else None
    tenant = dialects.tenant_of(message)
    return dialect.server.describe(
        received,
        destination,
        message.dialect_ref,
        event,
        accepted_at=message.created_at,
        updated_at=row.updated_at,
        tenant=tenant,
    )
