"""What it costs to accept one message to 10,000 people over the API, or 100,000, beside the bare writing of the rows.

The requests go to a real WSGI server over loopback; its memory is looked at from outside. Alone:
`python -m tests.bench --only accept [--database sqlite]`.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from tests.bench.figures import cpu_seconds, many, ratio, resident, rounds, row
from tests.faults.world import World

SIZES = (1, 1_000, 10_000, 100_000)
CONTENT = {
    "subject": "Hello $(first)",
    "slides": [{"text": "Hello $(first), your order waits in $(area)"}],
    "fallback": {"text": "Hello $(first)"},
}


def measure(place: World) -> list[dict[str, object]]:
    """Recipients a second through the API, by `bulk_create` and by COPY (an executemany on SQLite); seconds, processor
    seconds and memory of requests of each size. In: a world whose settings Django stands on."""
    people = many(10_000, 500)
    key = prepared()
    took: dict[str, list[float]] = {"request": [], "insert": [], "copy": [], "bulk": []}
    with _server(place) as (port, pid):
        _post(port, key, 0, people)
        first = resident(pid)
        for turn in range(1, rounds() + 1):
            took["request"].append(_timed(_post, port, key, turn, people))
            took["copy"].append(_written(_copy, people, entries=False))
            took["bulk"].append(_written(_bulk, people, entries=True))
            took["insert"].append(_written(_insert, people, entries=True))
        grown = resident(pid) - first
        sizes = [one for size in SIZES for one in _of_size(port, pid, key, many(size, min(size, 1_000)))]
    rates = {name: [people / seconds for seconds in turns] for name, turns in took.items()}
    bare, bulk = "a bare COPY of the same transactions", "bulk_create of the same rows"
    return [
        row("accept_10k", rates["request"], "recipients/s", ratio(rates["request"], rates["copy"]), bare, ">= 0.25"),
        row("accept_10k_insert", rates["insert"], "recipients/s", ratio(rates["insert"], rates["bulk"]), bulk, ">= 4"),
        row("accept_10k_whole", rates["request"], "recipients/s", ratio(rates["request"], rates["bulk"]), bulk),
        row("floor_copy", rates["copy"], "rows/s"),
        row("accept_memory", grown, "MB more", None, f"after {rounds()} further requests"),
        *sizes,
    ]


def _of_size(port: int, pid: int, key: str, size: int) -> list[dict[str, object]]:
    """One request of a size: seconds, processor seconds and the most memory that the server has had so far."""
    spent = cpu_seconds(pid)
    seconds = _timed(_post, port, key, 90, size)
    return [
        row(f"accept_{size}_seconds", seconds, "s"),
        row(f"accept_{size}_cpu", cpu_seconds(pid) - spent, "CPU s"),
        row(f"accept_{size}_memory", resident(pid, "VmHWM"), "MB at most"),
    ]


def recipients(turn: int, count: int) -> list[dict[str, Any]]:
    """Recipients with a reference and values of their own."""
    return [
        {
            "msisdn": f"+1{200 + turn}{5_000_000 + n}",
            "correlation_id": f"order-{n}",
            "substitutions": {"first": f"Name{n}", "area": f"EC{n} 4BH"},
        }
        for n in range(count)
    ]


def prepared() -> str:
    """An account that nobody answers for, its sender 55555, and a key that may send as often as it likes."""
    from messaging.models import ApiKey, ProviderAccount, Sender, issue_key  # noqa: PLC0415

    account = ProviderAccount(name="Accepting", provider="webex", base_url="http://127.0.0.1:9/webex")
    account.credentials = {"service_key": "sandbox-service-key"}
    account.save()
    Sender.objects.create(address="55555", kind="short_code", account=account)
    key, shown, *_secret = issue_key(name="Accepting", scopes=["messages:send"])
    ApiKey.objects.filter(pk=key.pk).update(calls_per_second=30_000)
    return shown


@contextmanager
def _server(place: World) -> Iterator[tuple[int, int]]:
    """The portal behind its real server. Out: its port, and the process that answers."""
    master = place.start_web()
    try:
        (worker,) = Path(f"/proc/{master.pid}/task/{master.pid}/children").read_text().split()
        yield place.web_port, int(worker)
    finally:
        master.terminate()
        master.wait(20)


def _timed(work: Callable[..., None], *given: Any) -> float:
    began = time.perf_counter()
    work(*given)
    return time.perf_counter() - began


def _post(port: int, key: str, turn: int, count: int) -> None:
    body = json.dumps({"from": "55555", "to": recipients(turn, count), "content": CONTENT})
    line = HTTPConnection("127.0.0.1", port, timeout=300)
    headers = {"key": key, "Content-Type": "application/json", "Idempotency-Key": f"bench {turn} {time.time()}"}
    line.request("POST", "/api/v1/messages", body, headers)
    answer = line.getresponse()
    said = answer.read()
    line.close()
    if answer.status != 201 or said.count(b'"queued"') != count:
        raise RuntimeError(f"{answer.status}: {said[:300]!r}")


def _written(write: Callable[[Any, list[Any]], None], people: int, *, entries: bool) -> float:
    """Seconds of writing as many transactions as a message has, with their first entries or without, in one commit."""
    from django.db.transaction import atomic  # noqa: PLC0415

    message, rows = _rows(people)
    began = time.perf_counter()
    with atomic():
        write(message, rows)
    seconds = time.perf_counter() - began
    if message.transactions.count() != people or (entries and rows[-1].timeline.count() != 1):
        raise RuntimeError("not all of it was written")
    return seconds


def _rows(people: int) -> tuple[Any, list[Any]]:
    """A message that has no transactions yet, and those of an earlier one as if they were its own."""
    from uuid6 import uuid7  # noqa: PLC0415

    from messaging.models import Message, client_ref  # noqa: PLC0415

    message = Message.objects.filter(total=people).latest("id")
    rows = list(Message.objects.filter(total=people).earliest("id").transactions.order_by("position"))
    message.pk, message.once = uuid7(), None
    message.save(force_insert=True)
    for one in rows:
        one.pk = uuid7()
        one.client_ref, one.message = client_ref(one.pk), message
    return message, rows


def _bulk(_message: Any, rows: list[Any]) -> None:
    from django.utils import timezone  # noqa: PLC0415

    from messaging import timeline  # noqa: PLC0415
    from messaging.models import TimelineEntry, Transaction  # noqa: PLC0415
    from messaging.statuses import Status  # noqa: PLC0415

    Transaction.objects.bulk_create(rows, batch_size=1000)
    entries = [timeline.entry(one, "queued", now=timezone.now(), state=Status.QUEUED) for one in rows]
    TimelineEntry.objects.bulk_create(entries, batch_size=1000)


def _insert(_message: Any, rows: list[Any]) -> None:
    """As the portal does it: what differs of each row, and what all of them share."""
    from django.utils import timezone  # noqa: PLC0415

    from messaging import timeline  # noqa: PLC0415
    from messaging.models import Transaction  # noqa: PLC0415
    from messaging.models.rows import insert, together  # noqa: PLC0415
    from messaging.statuses import Status  # noqa: PLC0415

    one, now = rows[0], timezone.now()
    own = ("position", "client_ref", "recipient", "correlation_id", "substitutions", "held")
    given = ({"id": row.pk.hex, **{name: getattr(row, name) for name in own}} for row in rows)
    same = {field.name: getattr(one, field.attname) for field in Transaction._meta.concrete_fields}
    insert(Transaction, given, **{name: value for name, value in same.items() if name not in {"id", *own}})
    for part in timeline.beginnings((one.pk for one in rows), Status.QUEUED, now=now):
        together([part])


def _copy(_message: Any, rows: list[Any]) -> None:
    from django.db import connection  # noqa: PLC0415

    from messaging.models import Transaction  # noqa: PLC0415

    table, fields = Transaction._meta.db_table, list(Transaction._meta.concrete_fields)
    names = ", ".join(str(field.column) for field in fields)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for one in rows:
                    values = [getattr(one, field.attname) for field in fields]
                    copy.write_row([json.dumps(value) if isinstance(value, dict) else value for value in values])
            return
        marks = ", ".join(["%s"] * len(fields))
        values = [[field.get_db_prep_save(getattr(one, field.attname), connection) for field in fields] for one in rows]
        cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", values)
