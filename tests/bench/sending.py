"""What sending costs: the whole protocol beside bare loops over the same line, and beside one task for each message.

The provider is `responder`, on the core of the database; the sender has the other core to itself. All are measured in
turns: processor time of the sending process for each message, and its steady rate (from the first tenth to the end, by
the responder's clock, so that nobody's start is in it).
"""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.certificates import trust
from tests.bench.figures import MEASURED, OTHERS, cpu_seconds, many, pinned, ratio, rounds, row
from tests.bench.sender import CONCURRENCY
from tests.faults.world import ROOT, World, free_port

CONTENT = {"subject": "Hello", "slides": [{"text": "Hello $(first), your order waits"}], "fallback": {"text": "Hello"}}
LATENCY = 0.05
BOUND = CONCURRENCY / LATENCY


@dataclass(frozen=True, slots=True)
class Took:
    """One turn: processor milliseconds for each message, and messages a second."""

    cpu: float
    rate: float


Turns = dict[str, list[Took]]


def measure(place: World) -> list[dict[str, object]]:
    """In: a world of PostgreSQL on whose settings Django stands. Needs `redis-server` for the tasks."""
    found: list[dict[str, object]] = []
    with pinned(OTHERS):
        with _provider(place) as provider:
            found += _beside_bare(_in_turns(place, provider))
            found += _beside_one(place, provider)
        with _provider(place, delay=LATENCY, tls=True) as provider:
            found += _with_latency(place, provider)
    return found


@dataclass(slots=True)
class Provider:
    """The responder, and the account that leads to it."""

    url: str
    environment: dict[str, str]
    account: Any
    turn: int = 0

    def ask(self, what: str) -> Any:
        context = trust(self.environment["BENCH_TRUSTS"]) if self.url.startswith("https") else None
        with urllib.request.urlopen(f"{self.url}/{what}", timeout=60, context=context) as answer:
            return json.load(answer)

    def queue(self, messages: int) -> None:
        """So many messages to numbers of their own, accepted and due."""
        from django.utils import timezone  # noqa: PLC0415

        from messaging.content import Content  # noqa: PLC0415
        from messaging.models import Message  # noqa: PLC0415
        from messaging.queueing import Order, RecipientOrder, queue  # noqa: PLC0415

        self.turn += 1
        start = 10_000_000_000 + (200 + self.turn) * 10_000_000 + 2_000_000
        people = [RecipientOrder(f"+{start + n}", f"order-{n}", {"first": f"Name{n}"}) for n in range(messages)]
        order = Order(self.account.senders.get(), Content.from_json(CONTENT), people, source=Message.Source.API)
        queue(order, now=timezone.now())

    def forget(self) -> None:
        """Take the account out of the pump's sight."""
        type(self.account).objects.filter(pk=self.account.pk).update(paused_at="2026-01-01T00:00:00Z")


@contextmanager
def _provider(place: World, *, delay: float = 0, tls: bool = False) -> Iterator[Provider]:
    from messaging.models import ProviderAccount, Sender  # noqa: PLC0415

    port = free_port()
    where = f"127.0.0.1:{port}"
    words = [sys.executable, "-m", "tests.bench.responder", str(port), str(delay)]
    environment = {**place.environment, "MMS_ALLOW_PRIVATE_TARGETS": where}
    if tls:
        from tests.bench.certificates import certificate  # noqa: PLC0415

        files = certificate(place.directory)
        words += [str(file) for file in files]
        environment["BENCH_TRUSTS"] = str(files[0])
    child = place.start(*words, name="responder")
    account = ProviderAccount(name=f"Bench {port}", provider="webex", base_url=f"http{'s' if tls else ''}://{where}")
    account.calls_per_second, account.concurrency = 30_000, CONCURRENCY
    account.credentials = {"service_key": "sandbox-service-key"}
    account.save()
    Sender.objects.create(address=str(port)[-5:], kind="short_code", account=account)
    provider = Provider(account.base_url, environment, account)
    try:
        _ready(provider)
        yield provider
    finally:
        child.terminate()
        child.wait(10)
        provider.forget()


def _ready(provider: Provider) -> None:
    for _try in range(100):
        try:
            provider.ask("times")
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("the responder does not answer")


def _in_turns(place: World, provider: Provider) -> Turns:
    """The pump, both bare loops and the tasks, one after another in each round."""
    messages, tasks = many(12_000, 300), many(1_000, 50)
    took: Turns = defaultdict(list)
    with ExitStack() as stack:
        worker = stack.enter_context(_worker(place, provider))
        for turn in range(rounds() + 1):
            # The first turn warms everything up, and shows the bare loops what to send.
            size = messages if turn else 200
            found = {
                "pump": _pumped(provider, size),
                "line": _bare(provider, "line", size),
                "plain": _bare(provider, "plain", size),
                "task": worker.send(tasks if turn else 50),
            }
            for name, one in found.items():
                took[name] += [one] if turn else []
    return took


def _pumped(provider: Provider, messages: int, workers: int = 1) -> Took:
    provider.queue(messages)
    found = _sent(provider, [["pump"]] * workers)
    _check_sent(messages, found)
    return found


def _check_sent(messages: int, _found: Took) -> None:
    from messaging.models import TimelineEntry, Transaction  # noqa: PLC0415
    from messaging.statuses import Status  # noqa: PLC0415

    latest = Transaction.objects.order_by("-pk")[:messages]
    wrong = [one.status for one in latest.only("status") if one.status != Status.ACCEPTED]
    entries = TimelineEntry.objects.filter(transaction__in=latest.values("pk")).count()
    if wrong or entries < 3 * messages:
        raise RuntimeError(f"{len(wrong)} of {messages} are not sent ({set(wrong)}), {entries} entries")


def _bare(provider: Provider, kind: str, times: int) -> Took:
    seen = json.dumps(provider.ask("last"))
    path = json.loads(seen)[0].split()[1]
    return _sent(provider, [[kind, provider.url + path, str(times), seen]])


def _sent(provider: Provider, works: list[list[str]]) -> Took:
    """Let processes of their own send at the same time, on the measured core."""
    provider.ask("times")
    with pinned(MEASURED):
        children = [
            subprocess.Popen(
                [sys.executable, "-m", "tests.bench.sender", *words],
                cwd=ROOT,
                env=provider.environment | {"DJANGO_SETTINGS_MODULE": "mmsportal.settings"},
                stdout=subprocess.PIPE,
                text=True,
            )
            for words in works
        ]
    said = [json.loads(child.communicate(timeout=900)[0].splitlines()[-1]) for child in children]
    times = provider.ask("times")
    return Took(1000 * sum(one["cpu"] for one in said) / len(times), _steady(times))


def _steady(times: list[float]) -> float:
    """Messages a second, the first tenth left out."""
    later = times[len(times) // 10 :]
    return (len(later) - 1) / max(later[-1] - later[0], 1e-9)


class Worker:
    """A Celery worker that sends a message in each task."""

    def __init__(self, provider: Provider, pid: int, broker: str) -> None:
        self._provider, self._pid, self._broker = provider, pid, broker

    def send(self, messages: int) -> Took:
        from celery import Celery  # noqa: PLC0415

        from messaging.models import Transaction  # noqa: PLC0415

        self._provider.queue(messages)
        self._provider.ask("times")
        before, times = cpu_seconds(self._pid), list[float]()
        app = Celery()
        with app.connection_for_write(self._broker) as line:
            for (pk,) in Transaction.objects.filter(status="queued").values_list("pk"):
                app.send_task("tests.bench.task_per_message.send", [str(pk)], connection=line)
        for _wait in range(3000):
            times += self._provider.ask("times")
            if len(times) >= messages and not Transaction.objects.filter(status__in=["queued", "sending"]).exists():
                took = Took(1000 * (cpu_seconds(self._pid) - before) / messages, _steady(times))
                _check_sent(messages, took)
                return took
            time.sleep(0.1)
        raise TimeoutError(f"{len(times)} of {messages} tasks were done")


@contextmanager
def _worker(place: World, provider: Provider) -> Iterator[Worker]:
    port = free_port()
    broker = f"redis://127.0.0.1:{port}/0"
    words = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    redis = place.start(*words, "--dir", str(place.directory), name="redis")
    time.sleep(0.5)
    celery = ["-m", "celery", "-A", "tests.bench.task_per_message", "worker", "-P", "threads", "-c", "8"]
    celery += ["--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "warning"]
    with pinned(MEASURED), Path(place.directory / "tasks.log").open("ab") as log:
        worker = subprocess.Popen(
            [sys.executable, *celery],
            cwd=ROOT,
            env={**provider.environment, "CELERY_BROKER_URL": broker},
            stdout=log,
            stderr=log,
        )
    try:
        yield Worker(provider, worker.pid, broker)
    finally:
        worker.terminate()
        worker.wait(30)
        redis.terminate()


def _of(turns: list[Took], name: str) -> list[float]:
    return [getattr(one, name) for one in turns]


def _beside_bare(took: Turns) -> list[dict[str, object]]:
    pump, found = took["pump"], []
    floors = {"line": ("send_vs_bare", "the same line, bare"), "plain": ("send_vs_plain", "plain httpx, bare")}
    goal = ">= 0.7"
    for kind, (name, against) in floors.items():
        cpu = ratio(_of(took[kind], "cpu"), _of(pump, "cpu"))
        rate = ratio(_of(pump, "rate"), _of(took[kind], "rate"))
        found += [
            row(f"{name}_cpu", _of(pump, "cpu"), "CPU ms/message", cpu, against, goal),
            row(f"{name}_rate", _of(pump, "rate"), "messages/s", rate, against, goal),
            row(f"floor_{kind}_cpu", _of(took[kind], "cpu"), "CPU ms/call"),
            row(f"floor_{kind}_rate", _of(took[kind], "rate"), "calls/s"),
        ]
    task, against = took["task"], "a Celery task for each message"
    more = ratio(_of(pump, "rate"), _of(task, "rate"))
    return [
        *found,
        row("send_vs_task_per_message", _of(task, "rate"), "messages/s", more, against, ">= 5"),
        row("send_vs_task_cpu", _of(task, "cpu"), "CPU ms/message", ratio(_of(task, "cpu"), _of(pump, "cpu")), against),
    ]


def _beside_one(place: World, provider: Provider) -> list[dict[str, object]]:
    """Two workers against one. Where there are no two cores for them, neither may cost more for the other's sake."""
    messages, one, two = many(8_000, 200), list[Took](), list[Took]()
    for _turn in range(rounds()):
        one.append(_pumped(provider, messages))
        two.append(_pumped(provider, messages, workers=2))
    rate, cpu = ratio(_of(two, "rate"), _of(one, "rate")), ratio(_of(two, "cpu"), _of(one, "cpu"))
    free = (os.cpu_count() or 1) > 3
    return [
        row("two_workers", _of(two, "rate"), "messages/s", rate, "one worker", ">= 1.8" if free else ""),
        row("two_workers_cpu", _of(two, "cpu"), "CPU ms/message", cpu, "one worker", "<= 1.1"),
    ]


def _with_latency(place: World, provider: Provider) -> list[dict[str, object]]:
    """The pump against what so many calls at a time can be when each takes so long."""
    messages = many(5_000, 200)
    _pumped(provider, 100)
    took = [_pumped(provider, messages) for _turn in range(rounds())]
    against = f"{CONCURRENCY} calls at a time, {1000 * LATENCY:.0f} ms each, TLS"
    share = ratio(_of(took, "rate"), [BOUND])
    return [
        row("send_latency_50ms", _of(took, "rate"), "messages/s", share, against, ">= 0.85"),
        row("send_latency_cpu", _of(took, "cpu"), "CPU ms/message"),
    ]
