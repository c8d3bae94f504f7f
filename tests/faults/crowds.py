"""Callers of the API in threads of their own: each sends one message after another, and repeats what was not taken."""

import http.client
import itertools
import json
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from tests.faults.world import World

PATIENCE = 30
SCOPES = ["messages:send", "messages:read"]


@dataclass(frozen=True, slots=True)
class Answer:
    """One call: its status (0 for none), how long it took, when it was made (monotonic), which message it asked for."""

    status: int
    took: float
    at: float
    tag: str
    retry_after: str = ""


@dataclass(slots=True)
class Callers:
    """So many callers at once, with a pause (seconds) between two calls of each. Use it as a context."""

    place: World
    key: str
    callers: int = 4
    pause: float = 0.05
    # How long a caller waits before it repeats a call that was not taken.
    again: float = 0.2
    answers: list[Answer] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)
    _stopped: threading.Event = field(default_factory=threading.Event)
    _numbers: Any = field(default_factory=itertools.count)

    def __enter__(self) -> "Callers":
        self._threads = [threading.Thread(target=self._call, daemon=True) for _one in range(self.callers)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join(PATIENCE + 5)

    def taken(self) -> set[str]:
        """The messages whose callers were told that they are taken."""
        return {answer.tag for answer in self.answers if answer.status in {200, 201, 202}}

    def rows(self) -> list[UUID]:
        """The transactions of everything that was asked for, taken or not."""
        from messaging.models import Transaction  # noqa: PLC0415  needs the world's settings

        asked = {answer.tag for answer in self.answers}
        return list(Transaction.objects.filter(message__callback_data__in=asked).values_list("pk", flat=True))

    def untrue(self) -> str:
        """What is wrong between the answers and the database, or "": taken and not there, or there twice."""
        from messaging.models import Message  # noqa: PLC0415

        asked = {answer.tag for answer in self.answers}
        found = list(Message.objects.filter(callback_data__in=asked).values_list("callback_data", flat=True))
        missing, twice = self.taken() - set(found), len(found) - len(set(found))
        return f"{len(missing)} taken and not there, {twice} there twice" if missing or twice else ""

    def notes(self, *, since: float = 0, until: float = float("inf")) -> dict[str, object]:
        """How many answers of each status there were, and the 99th percentile and longest in milliseconds."""
        some = [one for one in self.answers if since <= one.at < until]
        took = sorted(one.took for one in some)
        statuses = {str(status): sum(one.status == status for one in some) for status in {one.status for one in some}}
        cut = {"p99_ms": took[int(len(took) * 0.99)], "most_ms": took[-1]} if took else {}
        return {"answers": statuses, **{name: round(value * 1000) for name, value in cut.items()}}

    def _call(self) -> None:
        while not self._stopped.is_set():
            tag = f"{id(self)}-{next(self._numbers)}"
            while not self._once(tag) and not self._stopped.wait(self.again):
                pass
            self._stopped.wait(self.pause)

    def _once(self, tag: str) -> bool:
        """Ask for a message. Out: whether it was taken."""
        number = int(tag.rpartition("-")[2])
        body = {
            "from": "34343",
            "to": [f"+1416{560 + number // 10_000 % 400}{number % 10_000:04d}"],
            "content": {"subject": "Hello", "slides": [{"text": "Hello"}], "fallback": {"text": "Hello"}},
            "callback_data": tag,
        }
        headers = {"key": self.key, "Content-Type": "application/json", "Idempotency-Key": tag}
        began, status, after = time.monotonic(), 0, ""
        with suppress(OSError, http.client.HTTPException):
            call = http.client.HTTPConnection("127.0.0.1", self.place.web_port, timeout=PATIENCE)
            try:
                call.request("POST", "/api/v1/messages", json.dumps(body).encode(), headers)
                answer = call.getresponse()
                answer.read()
                status, after = answer.status, answer.getheader("Retry-After") or ""
            finally:
                call.close()
        self.answers.append(Answer(status, time.monotonic() - began, began, tag, after))
        return status in {200, 201, 202}


def issue(name: str = "Faults") -> str:
    """A key that may send as fast as it likes, through the sender of Webex alone."""
    from messaging.models import ApiKey, Sender, issue_key  # noqa: PLC0415

    row, whole, _secret = issue_key(name=name, scopes=SCOPES)
    ApiKey.objects.filter(pk=row.pk).update(calls_per_second=10_000)
    row.senders.set(Sender.objects.filter(account__provider="webex", address="34343"))
    return str(whole)
