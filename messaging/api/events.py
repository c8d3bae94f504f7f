"""The feed of events: everything that happens to a key's messages, oldest first, resumable at any place."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from time import monotonic, sleep
from typing import Any

from django.db import connection
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from messaging import feed
from messaging.api import callback_docs as docs
from messaging.api.errors import invalid
from messaging.api.paging import query_values, read_limit, read_whole
from messaging.api.shapes import moment
from messaging.api.views import ServiceView
from messaging.models import ApiKey, TimelineEntry
from messaging.timeline import Moment

LOOK_SECONDS = 0.5
# Of one process's threads so many may wait for news, and one for each key; whoever comes later is answered at once.
MOST_WAITING = 2
MOST_DIGITS = 18
_waiting: set[str] = set()
_lock = Lock()


class Events(ServiceView):
    required_scopes = {"GET": "events:read"}

    @extend_schema(**docs.LIST_EVENTS)
    def get(self, request: Request) -> Response:
        """What happened after a place, oldest first; with `wait` the answer comes when something has, or time is up."""
        values = query_values(request, docs.EVENT_FILTERS)
        limit, wait = read_limit(values), read_whole(values, "wait", highest=docs.WAIT)
        place = _place(values["after"]) if "after" in values else feed.beginning(self.key)
        found = _awaited(self.key, place, limit, wait) if wait else feed.after(self.key, place, limit=limit)
        results = [event(row, words) for row, words in found.entries]
        return Response({"next": str(found.next), "more": found.more, "results": results})


def event(row: TimelineEntry, words: Moment) -> dict[str, Any]:
    """One entry; needs its transaction, account and message loaded."""
    transaction = row.transaction
    return {
        "cursor": str(row.pk),
        "at": moment(row.at),
        "received_at": moment(row.received_at),
        "event": row.state or row.kind,
        "kind": row.kind,
        "source": row.source,
        "message": str(transaction.message_id),
        "transaction": str(transaction.pk),
        "to": transaction.recipient,
        "status": transaction.status,
        "via": row.via or None,
        "provider": transaction.account.provider,
        "code": row.code,
        "text": words.text or words.title,
        "correlation_id": transaction.correlation_id,
        "callback_data": transaction.message.callback_data,
    }


def _awaited(key: ApiKey, place: int, limit: int, seconds: int) -> feed.Stretch:
    """The first news within so many seconds. Between two looks no connection to the database is held."""
    ends = monotonic() + seconds
    with _place_to_wait(key) as may_wait:
        while True:
            found = feed.after(key, place, limit=limit)
            if found.entries or not may_wait or monotonic() >= ends:
                return found
            # What belongs to others is not read again.
            place = found.next
            if not connection.in_atomic_block:
                connection.close()
            sleep(min(LOOK_SECONDS, max(0.0, ends - monotonic())))


@contextmanager
def _place_to_wait(key: ApiKey) -> Iterator[bool]:
    with _lock:
        granted = len(_waiting) < MOST_WAITING and key.prefix not in _waiting
        if granted:
            _waiting.add(key.prefix)
    try:
        yield granted
    finally:
        if granted:
            with _lock:
                _waiting.discard(key.prefix)


def _place(written: str) -> int:
    if written.isascii() and written.isdigit() and len(written) <= MOST_DIGITS:
        return int(written)
    raise invalid(
        "after", "wrong_value", "This cursor is not ours.", fix="Give `next` of the answer before, unchanged."
    )
