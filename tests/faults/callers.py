"""Integrations that send through the API by HTTP, each request under an idempotency key and repeated until the portal
gives a definite answer, as careful clients do.

Imported once a world's settings are in force.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from threading import Thread

from messaging.gateway import registry
from messaging.models import SCOPES, Message, Sender, issue_key
from messaging.templates import save_template
from tests.faults import orders
from tests.faults.world import World

# The area each provider's numbers lie in, so that they are never the same.
AREAS = dict(zip(registry.names(), (206, 212, 213, 214), strict=True))
PATIENCE = 120.0


@dataclass
class Callers:
    """What the callers did: `taken` are recipients that were answered 201, `repeats` why a request was made again."""

    place: World
    key: str
    bodies: dict[str, dict[str, object]]
    taken: int = 0
    requests: int = 0
    repeats: Counter[str] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)
    slowest: float = 0.0

    def send(self, provider: str, mark: str, numbers: Sequence[str]) -> None:
        """One request, repeated under the same key until the answer is definite."""
        body = json.dumps({**self.bodies[provider], "to": list(numbers), "callback_data": mark})
        headers = {"key": self.key, "Content-Type": "application/json", "Idempotency-Key": mark}
        ends = time.monotonic() + PATIENCE
        self.requests += 1
        while time.monotonic() < ends:
            began = time.monotonic()
            try:
                line = HTTPConnection("127.0.0.1", self.place.web_port, timeout=30)
                line.request("POST", "/api/v1/messages", body, headers)
                answer = line.getresponse()
                status, said = answer.status, answer.read()
                line.close()
            except (OSError, HTTPException) as error:
                self.repeats[type(error).__name__] += 1
                time.sleep(0.1)
                continue
            self.slowest = max(self.slowest, time.monotonic() - began)
            if status == 201:
                self.taken += len(numbers)
                return
            if status not in {409, 429, 500, 502, 503, 504}:
                self.refused.append(f"{status}: {said[:300]!r}")
                return
            self.repeats[str(status)] += 1
            time.sleep(0.2)
        self.refused.append("no definite answer")

    def start(self, people: int, each: int, share: Callable[[], float]) -> list[Thread]:
        """A thread for each provider that sends to `people` numbers, `each` a request; how far they may be is told by
        `share` (0 to 1)."""

        def work(provider: str) -> None:
            for first in range(0, people, each):
                while first > share() * people:
                    time.sleep(0.05)
                self.send(provider, f"{provider} {first}", numbers(provider, first, each))

        threads = [Thread(target=work, args=(provider,), daemon=True) for provider in self.bodies]
        for thread in threads:
            thread.start()
        return threads

    @property
    def doubled(self) -> int:
        """How many requests are more than one message, or none, although they were answered."""
        marks = Counter(Message.objects.exclude(callback_data="").values_list("callback_data", flat=True))
        return sum(count > 1 for count in marks.values()) + abs(len(marks) - self.requests)


def open_callers(place: World) -> Callers:
    """A key with no bound to speak of, and a template for each sender there is."""
    row, key, _secret = issue_key(name="Fault runs", scopes=list(SCOPES))
    type(row).objects.filter(pk=row.pk).update(calls_per_second=1000)
    bodies: dict[str, dict[str, object]] = {}
    for sender in Sender.objects.select_related("account"):
        provider = sender.account.provider
        template = save_template(orders.content(provider, stored=False), name=f"To {provider}", user=None)
        bodies[provider] = {"from": str(sender.pk), "template": str(template.pk)}
    return Callers(place, key, bodies)


def numbers(provider: str, first: int, count: int) -> list[str]:
    """Phone numbers of a provider's area that all take the message; up to 30,000 of them."""
    return [f"+1{AREAS[provider]}{556 + n // 10_000}{n % 10_000:04d}" for n in range(first, first + count)]
