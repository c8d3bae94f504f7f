"""The body of our own news: Standard Webhooks' `type`, `timestamp` and `data`, frozen when the news is owed."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from messaging import meanings
from messaging.callbacks.events import Event
from messaging.gateway.codes import Where
from messaging.models import Known, Message, TimelineEntry, Transaction

JSON = {"content-type": "application/json"}


@dataclass(frozen=True, slots=True)
class Carrier:
    """Who carries a transaction: the sender's address and its provider."""

    address: str
    provider: str


def moment(at: datetime) -> str:
    """ISO 8601 in UTC with a Z, as everywhere in the API."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def body_of(
    row: Transaction,
    event: Event,
    fact: TimelineEntry | Known | None,
    message: Message,
    carrier: Carrier,
    *,
    sequence: int,
    now: datetime,
) -> bytes:
    """One piece of news. `fact` is the entry it comes from; `status` is the whole present state, whatever the event.

    Never in it: the address or browser of whoever opened a link.
    """
    data: dict[str, Any] = {
        "event": event.value,
        "sequence": sequence,
        "message": str(message.pk),
        "transaction": str(row.pk),
        "to": row.recipient,
        "from": carrier.address,
        "status": row.status,
        "via": row.via or None,
        "clicks": row.clicks,
        "provider": carrier.provider,
        "code": fact.code if fact else row.reason_code,
        "text": _words(fact, carrier.provider) if fact else row.reason_text,
        "at": moment(fact.at if fact else now),
        "correlation_id": row.correlation_id,
        "callback_data": message.callback_data,
    }
    news = {"type": f"message.{event.value}", "timestamp": moment(now), "data": data}
    return json.dumps(news, ensure_ascii=False, separators=(",", ":")).encode()


def _words(fact: TimelineEntry | Known, provider: str) -> str:
    """The provider's code in plain words, else what it said itself."""
    places = (Where.RECEIPT, Where.ANSWER) if fact.source == TimelineEntry.Source.PROVIDER else (Where.ANSWER,)
    known = next(filter(None, (meanings.explain(provider, where, fact.code) for where in places)), None)
    return known.meaning if known else fact.text
