"""Callers with servers on loopback, and messages that they want news of."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime

import pytest
from django.utils import timezone

from messaging import callbacks, timeline
from messaging.models import ApiKey, CallbackEndpoint, Message, TimelineEntry, Transaction
from messaging.statuses import Status, Via
from tests.messaging.callbacks.receiver import Receiver, receiving


@pytest.fixture
def receivers(settings) -> Iterator[Callable[..., list[Receiver]]]:
    with ExitStack() as stack:

        def make(*moods: str) -> list[Receiver]:
            made = stack.enter_context(receiving(*moods))
            settings.ALLOW_PRIVATE_TARGETS = settings.ALLOW_PRIVATE_TARGETS | {one.host for one in made}
            return made

        yield make


@pytest.fixture
def make_endpoint(issued_key) -> Callable[..., CallbackEndpoint]:
    def make(receiver: Receiver, key: ApiKey | None = None) -> CallbackEndpoint:
        end = callbacks.register(key or issued_key[0], receiver.url)
        callbacks.vouch(end, now=timezone.now())
        receiver.secret = end.secret
        return end

    return make


@pytest.fixture
def told(queued, make_endpoint) -> Callable[..., Message]:
    """A message of the endpoint's key whose news goes to a receiver."""

    def make(end: CallbackEndpoint, *numbers: str, **more: object) -> Message:
        order = {"endpoint": end, "notify_url": end.url, "api_key": end.api_key, "source": "api", **more}
        return queued(*numbers, **order)

    return make


@pytest.fixture
def happen() -> Callable[..., Transaction]:
    """Let a provider say something about transactions, as a receipt would."""

    def say(
        rows: list[Transaction], state: Status | None, *, kind: str = "receipt", code: str = "7500", key: str = ""
    ) -> None:
        now = timezone.now()
        for row in rows:
            row.refresh_from_db()
            row.next_attempt_at = None
        timeline.append([fact(row, state, kind, code, key, now) for row in rows])
        timeline.settle(rows, now=now, also=["next_attempt_at"])

    def fact(row: Transaction, state: Status | None, kind: str, code: str, key: str, now: datetime) -> TimelineEntry:
        return TimelineEntry(
            transaction=row,
            at=now,
            received_at=now,
            source="provider",
            kind=kind,
            state=state or "",
            via=Via.MMS,
            code=code,
            text="as the provider says it",
            dedupe_key=f"{kind}:{state}:{code}:{key}",
        )

    return say
