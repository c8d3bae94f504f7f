"""The state of a message, asked for in the format it came in."""

from messaging.compat.callers import Caller
from messaging.compat.dialects import Dialect
from messaging.gateway.contract import HttpAnswer
from messaging.gateway.serving import Refusal
from messaging.models import Message


def answer(dialect: Dialect, caller: Caller, ref: str) -> HttpAnswer:
    """What the provider would answer for a message of this key; its own "not found" for every other reference."""
    sent = Message.objects.for_key(caller.key).filter(dialect=dialect.name, dialect_ref=ref[:64])
    message = sent.exclude(dialect_ref="").first()
    if message is None:
        return dialect.server.refuse(Refusal.NOT_FOUND) or HttpAnswer(404, {}, b"")
    raise NotImplementedError
