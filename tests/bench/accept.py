"""What it costs to accept one message to 10,000 people over the API, beside the bare writing of the same rows.

The request goes to a real WSGI server over loopback; its memory is looked at from outside. Alone:
`DATABASE_URL=postgres://... python -m tests.bench.accept`.
"""

import json
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from tests.faults.world import World, world

PEOPLE = 10_000
ROUNDS = 5
CONTENT = {
    "subject": "Hello $(first)",
    "slides": [{"text": "Hello $(first), your order waits in $(area)"}],
    "fallback": {"text": "Hello $(first)"},
}


def measure(place: World) -> list[dict[str, object]]:
    """Recipients a second through the API, by `bulk_create` and by COPY (an executemany on SQLite); seconds of a whole
    request and by how much the server grew over the later ones. In: a world whose settings Django stands on."""
    key = _prepared()
    with _server(place) as (port, pid):
        _post(port, key, 0)
        first, took = _resident(pid), []
        for turn in range(1, ROUNDS + 1):
            began = time.perf_counter()
            _post(port, key, turn)
            took.append(time.perf_counter() - began)
        grown = _resident(pid) - first
    request = statistics.median(took)
    written = statistics.median(_timed(_bulk) for _round in range(ROUNDS))
    bare = statistics.median(_timed(_bare) for _round in range(ROUNDS))
    return [
        _row("accept_10000", request, "s", None, ""),
        _row("accept_memory", grown, "MB more", None, f"after {ROUNDS} further requests"),
        _row("accept_rows", PEOPLE / request, "recipients/s", bare / request, "a bare write of the same transactions"),
        _row("accept_bulk_create", PEOPLE / written, "recipients/s", bare / written, "the same bare write"),
    ]


def people(turn: int) -> list[dict[str, Any]]:
    """Recipients with a reference and values of their own."""
    return [
        {
            "msisdn": f"+1{200 + turn}{5_000_000 + n}",
            "correlation_id": f"order-{n}",
            "substitutions": {"first": f"Name{n}", "area": f"EC{n} 4BH"},
        }
        for n in range(PEOPLE)
    ]


def _prepared() -> str:
    from messaging.models import ProviderAccount, Sender, issue_key  # noqa: PLC0415

    account = ProviderAccount(name="Accepting", provider="webex", base_url="http://127.0.0.1:9/webex")
    account.credentials = {"service_key": "sandbox-service-key"}
    account.save()
    Sender.objects.create(address="55555", kind="short_code", account=account)
    return issue_key(name="Accepting", scopes=["messages:send"])[1]


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


def _post(port: int, key: str, turn: int) -> None:
    body = json.dumps({"from": "55555", "to": people(turn), "content": CONTENT})
    line = HTTPConnection("127.0.0.1", port, timeout=120)
    headers = {"key": key, "Content-Type": "application/json", "Idempotency-Key": f"bench {turn} {time.time()}"}
    line.request("POST", "/api/v1/messages", body, headers)
    answer = line.getresponse()
    said = answer.read()
    line.close()
    if answer.status != 201 or said.count(b'"queued"') != PEOPLE:
        raise RuntimeError(f"{answer.status}: {said[:300]!r}")


def _resident(pid: int) -> float:
    """Megabytes that a process holds now."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def _rows() -> list[Any]:
    """Transactions as the last message has them, of a message that has none yet."""
    from uuid6 import uuid7  # noqa: PLC0415

    from messaging.models import Message, Transaction, client_ref  # noqa: PLC0415

    message = Message.objects.latest("id")
    rows = list(message.transactions.order_by("position"))
    message.pk, message.once = uuid7(), None
    message.save(force_insert=True)
    for row in rows:
        row.pk = uuid7()
        row.client_ref, row.message = client_ref(row.pk), message
    assert Transaction.objects.filter(pk=rows[0].pk).count() == 0
    return rows


def _timed(write: Any) -> float:
    from django.db.transaction import atomic  # noqa: PLC0415

    rows = _rows()
    began = time.perf_counter()
    with atomic():
        write(rows)
    return time.perf_counter() - began


def _bulk(rows: list[Any]) -> None:
    from messaging.models import Transaction  # noqa: PLC0415

    Transaction.objects.bulk_create(rows, batch_size=1000)


def _bare(rows: list[Any]) -> None:
    from django.db import connection  # noqa: PLC0415

    from messaging.models import Transaction  # noqa: PLC0415

    table, fields = Transaction._meta.db_table, list(Transaction._meta.concrete_fields)
    names = ", ".join(str(field.column) for field in fields)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    values = [getattr(row, field.attname) for field in fields]
                    copy.write_row([json.dumps(value) if isinstance(value, dict) else value for value in values])
            return
        marks = ", ".join(["%s"] * len(fields))
        values = [[field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields] for row in rows]
        cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", values)


def _row(name: str, value: float, unit: str, ratio: float | None, against: str) -> dict[str, object]:
    return {
        "name": name,
        "value": round(value, 3),
        "unit": unit,
        "ratio": ratio and round(ratio, 3),
        "against": against,
    }


def main() -> int:
    """Measure in a world of its own, and print."""
    import os  # noqa: PLC0415

    import django  # noqa: PLC0415

    kind = "postgresql" if os.environ.get("DATABASE_URL", "").startswith("postgres") else "sqlite"
    with world(kind) as place:
        os.environ.update({**place.environment, "DJANGO_SETTINGS_MODULE": "mmsportal.settings"})
        django.setup()
        for row in measure(place):
            ratio = f"{row['ratio']} of {row['against']}" if row["ratio"] else row["against"]
            print(f"{row['name']:22}{row['value']:>12} {row['unit']:16}{ratio}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
