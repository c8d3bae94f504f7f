"""Putting news down as owed, in the commit of the fact it tells of: none is lost, and none is about nothing.

Called by `timeline.settle`, the one place that changes a status. What nobody wants news of costs no query.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from messaging.callbacks import dialects
from messaging.callbacks.bodies import JSON, Carrier, body_of
from messaging.callbacks.events import Event, events_between, wanted
from messaging.gateway.serving import Notice
from messaging.models import Callback, Known, Message, Sender, TimelineEntry, Transaction
from messaging.models.rows import POSTGRES, insert

# The content is long, and no news tells of it. Whatever is left out here and looked at costs a query for each message.
NEEDED = (
    "pk",
    "api_key",
    "sender",
    "notify_url",
    "callback_data",
    "requested_receipts",
    "endpoint",
    "dialect",
    "dialect_facts",
    "dialect_ref",
    "created_at",
    "api_key__prefix",
    "api_key__jwt_secret_sealed",
)
# Of a callback, beside what it refers to. The other fields have their defaults until it is tried.
OWED = (
    "id",
    "sequence",
    "event",
    "dialect",
    "method",
    "url",
    "headers",
    "body",
    "state",
    "next_attempt_at",
    "created_at",
)


@dataclass(frozen=True, slots=True)
class Change:
    """A transaction that was settled (locked, its row not saved yet): what it was before, and all its facts."""

    row: Transaction
    status_before: str
    clicks_before: int
    facts: Sequence[TimelineEntry | Known] = field(repr=False)

    @property
    def events(self) -> list[Event]:
        """What there is to tell of it."""
        return events_between(self.status_before, self.row.status, self.clicks_before, self.row.clicks)

    def fact_of(self, event: Event) -> TimelineEntry | Known | None:
        """The latest fact that says so."""
        said = (fact for fact in reversed(self.facts) if event in (fact.state, fact.kind))
        return next(said, None)


class News:
    """What is owed for many changes, one after another, and written in the end.

    In: the transactions that may change, all with `news` set. Two queries for any number of them, none for none.
    """

    def __init__(self, rows: Iterable[Transaction]) -> None:
        about = [(row.message_id, row.sender_id) for row in rows]
        self._messages = _messages({message for message, _sender in about}) if about else {}
        self._carriers = _carriers({sender for _message, sender in about}) if about else {}
        self._owed: list[Callback] = []

    def add(self, change: Change, *, now: datetime) -> None:
        """Put down each piece of news in a change, and count it in the row's `news`, left unsaved."""
        for event in change.events:
            message, carrier = self._messages[change.row.message_id], self._carriers[change.row.sender_id]
            if callback := _callback(change, event, message, carrier, now):
                self._owed.append(callback)
                change.row.news = callback.sequence

    def write(self) -> None:
        """Owe it from this commit on; a thousand pieces to a statement."""
        if POSTGRES:
            insert(Callback, map(_fields, self._owed))
        else:
            # SQLite takes no bytes out of JSON.
            Callback.objects.bulk_create(self._owed, batch_size=1000)
        self._owed = []


def owe(changes: Sequence[Change], *, now: datetime) -> None:
    """Write a callback for each piece of news in these changes, and count it in their rows' `news`, left unsaved.

    All rows must have `news` set. Three queries for any number of changes, none when there is nothing to tell.
    """
    telling = [change for change in changes if change.events]
    news = News(change.row for change in telling)
    for change in telling:
        news.add(change, now=now)
    news.write()


def _fields(owed: Callback) -> dict[str, Any]:
    ids = {"endpoint": owed.endpoint_id, "transaction": owed.transaction_id}
    return {**ids, **{name: getattr(owed, name) for name in OWED}}


def _messages(identities: Iterable[UUID]) -> dict[UUID, Message]:
    rows = Message.objects.filter(pk__in=identities).select_related("api_key").only(*NEEDED)
    return {row.pk: row for row in rows}


def _carriers(identities: Iterable[UUID]) -> dict[UUID, Carrier]:
    rows = Sender.objects.filter(pk__in=identities).values_list("pk", "address", "account__provider")
    return {pk: Carrier(address, provider) for pk, address, provider in rows}


def _callback(change: Change, event: Event, message: Message, carrier: Carrier, now: datetime) -> Callback | None:
    """One callback, unsaved; None when its caller did not ask for this, or its dialect has no word for it."""
    row, sequence, fact = change.row, (change.row.news or 0) + 1, change.fact_of(event)
    if message.dialect:
        link = str(fact.data.get("detail", "")) if fact and event is Event.CLICKED else ""
        notice = dialects.notice(row, message, event, carrier, at=fact.at if fact else now, link=link)
    elif wanted(event, message.requested_receipts):
        notice = Notice(JSON, body_of(row, event, fact, message, carrier, sequence=sequence, now=now))
    else:
        notice = None
    if notice is None or message.endpoint_id is None:
        return None
    return Callback(
        endpoint_id=message.endpoint_id,
        transaction=row,
        sequence=sequence,
        event=event.value,
        dialect=message.dialect,
        method=notice.method,
        url=message.notify_url,
        headers=dict(notice.headers),
        body=notice.body,
        next_attempt_at=now,
        created_at=now,
    )
