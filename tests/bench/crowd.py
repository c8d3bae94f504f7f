"""A database as it is after a long time: many messages, their transactions, four entries each, and conversations.

One message of each kind is made as the portal makes it; the others are copies of its rows, written set by set, on both
databases. The newest messages are alike whatever the size, so that the first pages can be compared.

Run in the environment of the portal to be filled: `python -m tests.bench.crowd 1000000`. It prints, as JSON, what a
reader needs: a session, API keys, and ids and numbers to ask for.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

DAYS = 60
BIGGEST = 100_000
SMALLEST = 10_000
# Of so many a hundred numbers end in the same four digits.
ALIKE = 1_000_000


def fill(rows: int) -> dict[str, Any]:
    """Write so many transactions. Out: what there is to ask for. Django must stand; the database must be empty."""
    from django.contrib.auth.models import User  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from messaging import tallies  # noqa: PLC0415
    from messaging.models import SCOPES, Message, ProviderAccount, Sender, TimelineEntry, Transaction, issue_key  # noqa: PLC0415
    from messaging.queueing import Order, RecipientOrder, queue  # noqa: PLC0415
    from tests.working import HELLO  # noqa: PLC0415

    account = ProviderAccount(name="Crowd", provider="webex", base_url="http://127.0.0.1:9/webex")
    account.credentials = {"service_key": "sandbox-service-key"}
    account.save()
    senders = [Sender.objects.create(address=str(34343 + n), kind="short_code", account=account) for n in range(3)]
    keys = [issue_key(name=name, scopes=list(SCOPES)) for name in ("Shop", "Rare")]
    user = User.objects.create_superuser("reader", "reader@example.com", "not used here")
    now = timezone.now()
    message = queue(Order(senders[0], HELLO, [RecipientOrder("+12005550100")], source="api"), now=now)
    pattern = message.transactions.get()
    begin, step = now - timedelta(days=DAYS), timedelta(days=DAYS).total_seconds() * 1000
    sizes = list(_sizes(rows))
    spell = _Spelling(connection.vendor, begin.timestamp() * 1000, step / len(sizes))
    with connection.cursor() as cursor, _without_indexes(cursor, connection.vendor):
        cursor.execute("CREATE TEMP TABLE nums (n integer PRIMARY KEY)")
        highest = max(len(sizes), BIGGEST)
        cursor.execute(
            f"INSERT INTO nums WITH RECURSIVE up(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM up WHERE n < {highest})"
            " SELECT n FROM up"
        )
        cursor.execute("CREATE TEMP TABLE crowd (n integer PRIMARY KEY, first integer, size integer)")
        first = 0
        groups: list[tuple[int, int, int]] = []
        for n, size in enumerate(sizes):
            groups.append((n, first, size))
            first += size
        for start in range(0, len(groups), 10_000):
            values = ", ".join(f"({n}, {first}, {size})" for n, first, size in groups[start : start + 10_000])
            cursor.execute(f"INSERT INTO crowd VALUES {values}")
        rare = len(sizes) // 3
        sender = _choice(f"crowd.n BETWEEN {rare} AND {rare + 4}", senders[2].pk, "crowd.n % 33 = 7", senders[1].pk)
        _copy(
            cursor,
            Message,
            message.pk,
            "crowd",
            {
                "id": spell.id("crowd.n", "0"),
                "name": "'Crowd ' || crowd.n",
                "sender_id": spell.uuid(sender(senders[0].pk)),
                "total": "crowd.size",
                "created_at": spell.time("crowd.n"),
                "source": f"CASE WHEN crowd.size = 1 AND crowd.n <> {rare} THEN 'api' ELSE 'web' END",
                "api_key_id": spell.uuid(
                    f"CASE WHEN crowd.n BETWEEN {rare} AND {rare + 4} THEN {_text(keys[1][0].pk)}"
                    f" ELSE {_text(keys[0][0].pk)} END"
                ),
            },
        )
        whole = "CAST(crowd.first + nums.n AS bigint)"
        awaited = _quoted(connection, (now + timedelta(days=3)).isoformat(" "))
        _copy(
            cursor,
            Transaction,
            pattern.pk,
            "crowd JOIN nums ON nums.n < crowd.size",
            {
                "id": spell.id("crowd.n", "nums.n + 1"),
                "message_id": spell.id("crowd.n", "0"),
                "sender_id": spell.uuid(sender(senders[0].pk)),
                "position": "nums.n",
                "client_ref": f"'R' || {whole}",
                "recipient": f"'+1' || (2005550100 + ({whole} * {_step(rows)}) % 700000000)",
                "status": f"CASE WHEN {whole} % 100 < 80 THEN 'delivered' WHEN {whole} % 100 < 85 THEN 'read'"
                f" WHEN {whole} % 100 < 90 THEN 'failed' WHEN {whole} % 100 < 93 THEN 'unconfirmed'"
                f" WHEN crowd.n < {rare} AND {whole} % 100 = 99 AND crowd.n % 90 = 0 THEN 'cancelled'"
                f" WHEN crowd.n > {len(sizes) - 2000} THEN 'submitted' ELSE 'expired' END",
                "via": f"CASE WHEN {whole} % 100 < 85 THEN 'mms' ELSE '' END",
                "next_attempt_at": "NULL",
                "receipt_deadline": awaited,
                "provider_ref": f"'P' || {whole}",
                "attempt_no": "1",
                "created_at": spell.time("crowd.n"),
                "updated_at": spell.time("crowd.n"),
            },
        )
        story = ["'queued'", "'accepted'", "'submitted'", "messaging_transaction.status"]
        seed = TimelineEntry.objects.filter(transaction=pattern).values_list("pk", flat=True)[0]
        for place, state in enumerate(story):
            _copy(
                cursor,
                TimelineEntry,
                seed,
                f"messaging_transaction WHERE messaging_transaction.client_ref <> {_text(pattern.client_ref)}",
                {
                    "transaction_id": "messaging_transaction.id",
                    "kind": state if place == 0 else "'sent'" if place == 1 else "'receipt'",
                    "source": "'provider'" if place > 1 else "'portal'",
                    "state": state,
                    "at": "messaging_transaction.created_at",
                    "received_at": "messaging_transaction.created_at",
                    "dedupe_key": f"'{place}'",
                },
            )
        _inbound(cursor, senders[0], spell, max(200, rows // 50))
        cursor.execute("DROP TABLE nums")
        cursor.execute("DROP TABLE crowd")
    message.delete()
    with connection.cursor() as cursor:
        plain = connection.vendor == "sqlite" or connection.in_atomic_block
        cursor.execute("ANALYZE" if plain else "VACUUM ANALYZE")
    while tallies.count():
        pass
    client = Client()
    client.force_login(user)
    biggest = Message.objects.order_by("-total").values_list("pk", flat=True)[0]
    middle = Message.objects.order_by("id").values_list("pk", flat=True)[len(sizes) // 2]
    one = Transaction.objects.filter(message=middle).get(position=0)
    failed = Transaction.objects.filter(status="failed", pk__lte=one.pk).order_by("-pk")[0]
    return {
        "session": client.cookies["session"].value,
        "keys": [key[1] for key in keys],
        "biggest": str(biggest),
        "middle": str(middle),
        "transaction": str(one.pk),
        "number": one.recipient,
        "failed_number": failed.recipient,
        "senders": [str(one.pk) for one in senders],
        "addresses": [one.address for one in senders],
        "rare_day": str((begin + timedelta(days=DAYS / 3)).date()),
    }


def _sizes(rows: int) -> Iterator[int]:
    """Recipients of each message, oldest first. A half goes to one each; the newest sixty are alike at every size."""
    newest = [1_000 if n in (10, 30) else 50 if n % 7 == 3 else 1 for n in range(60)]
    rest = rows - sum(newest) - (biggest := BIGGEST if rows >= 2 * BIGGEST else rows // 10)
    plain, many = rest // 2, rest - rest // 2
    middle = [1_000] * (many // 1_000) + ([many % 1_000] if many % 1_000 else [])
    between = max(1, plain // (len(middle) + 1))
    yield biggest
    for n in range(plain):
        yield 1
        if n % between == between - 1 and middle:
            yield middle.pop()
    yield from middle
    yield from reversed(newest)


def _step(rows: int) -> int:
    """From one number to the next: a multiple of a prime, so that neighbours in the table are none in number.

    In a smaller crowd it is so much larger that as many numbers end alike as in a big one: a search by the last digits
    is compared with one that finds as many.
    """
    return 7919 * max(1, ALIKE // rows)


class _Spelling:
    """How ids and times are written in one database; `begin` and `step` are milliseconds."""

    def __init__(self, vendor: str, begin: float, step: float) -> None:
        self.postgres, self.begin, self.step = vendor == "postgresql", int(begin), step

    def id(self, message: str, place: str) -> str:
        """An id of version 7 whose time is the message's."""
        at = f"CAST({self.begin} + {message} * {self.step} AS bigint)"
        if not self.postgres:
            return f"printf('%012x7%03x8%07x%08x', {at}, {message} % 4096, {message}, {place})"
        part = [f"lpad(to_hex({at}), 12, '0')", f"lpad(to_hex({message} % 4096), 3, '0')"]
        tail = [f"lpad(to_hex({message}), 7, '0')", f"lpad(to_hex({place}), 8, '0')"]
        return f"({part[0]} || '7' || {part[1]} || '8' || {tail[0]} || {tail[1]})::uuid"

    def uuid(self, text: str) -> str:
        return f"CAST({text} AS uuid)" if self.postgres else text

    def time(self, message: str) -> str:
        at = f"({self.begin} + {message} * {self.step}) / 1000.0"
        return f"to_timestamp({at})" if self.postgres else f"strftime('%Y-%m-%d %H:%M:%f', {at}, 'unixepoch')"


def _text(value: object) -> str:
    return f"'{str(value).replace('-', '')}'"


def _quoted(connection: Any, moment: str) -> str:
    return f"timestamptz '{moment}'" if connection.vendor == "postgresql" else f"'{moment[:26]}'"


def _choice(one: str, first: object, other: str, second: object) -> Any:
    return lambda last: f"CASE WHEN {one} THEN {_text(first)} WHEN {other} THEN {_text(second)} ELSE {_text(last)} END"


def _copy(cursor: Any, model: Any, key: object, source: str, own: dict[str, str]) -> None:
    """Insert a row for each row of `source`: the columns of `own` as told, the others as the row `key` has them."""
    columns = [str(field.column) for field in model._meta.concrete_fields if field.column != "id" or "id" in own]
    chosen = ", ".join(own.get(column, f'pattern."{column}"') for column in columns)
    names, table = ", ".join(f'"{column}"' for column in columns), model._meta.db_table
    identity = key if isinstance(key, int) else _text(key)
    pattern = f"(SELECT * FROM {table} WHERE id = {identity}) AS pattern"
    tail = source.replace(" WHERE", f" CROSS JOIN {pattern} WHERE", 1) if " WHERE" in source else None
    cursor.execute(
        f"INSERT INTO {table} ({names}) SELECT {chosen} FROM {tail or f'{source} CROSS JOIN {pattern}'}"
        + (" ORDER BY 1" if "id" in own else "")
    )


def _inbound(cursor: Any, sender: Any, spell: _Spelling, count: int) -> None:
    from django.utils import timezone  # noqa: PLC0415

    from messaging.models import InboundMessage  # noqa: PLC0415

    one = InboundMessage.objects.create(
        account=sender.account,
        sender=sender,
        address=sender.address,
        number="+12005550100",
        kind="sms",
        text="Hello",
        at=timezone.now(),
        received_at=timezone.now(),
        dedupe_key="pattern",
    )
    _copy(
        cursor,
        InboundMessage,
        one.pk,
        f"nums WHERE nums.n < {count}",
        {
            "id": spell.id("nums.n", "0"),
            "number": "'+1' || (2005550100 + ((CAST(nums.n AS bigint) / 3) * 7919) % 700000000)",
            "at": spell.time("nums.n"),
            "received_at": spell.time("nums.n"),
            "dedupe_key": "'n' || nums.n",
        },
    )


@contextmanager
def _without_indexes(cursor: Any, vendor: str) -> Iterator[None]:
    """Load first, index afterwards: a quarter of the time."""
    postgres = vendor == "postgresql"
    tables = "('messaging_transaction', 'messaging_timelineentry', 'messaging_message')"
    known = (
        f"SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN {tables}"
        " AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = indexname)"
        if postgres
        else f"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name IN {tables} AND sql IS NOT NULL"
    )
    if postgres:
        # What a test wrote before in the same transaction must not be in the way.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    cursor.execute(known)
    indexes = cursor.fetchall()
    for name, _how in indexes:
        cursor.execute(f'DROP INDEX "{name}"')
    # Millions of rows in one statement; and what is written refers to what was written just before.
    cursor.execute("SET session_replication_role = replica" if postgres else "PRAGMA foreign_keys = OFF")
    if postgres:
        cursor.execute("SET statement_timeout = 0")
    yield
    for _name, how in indexes:
        cursor.execute(how)
    cursor.execute("SET session_replication_role = origin" if postgres else "PRAGMA foreign_keys = ON")


def main() -> int:
    import os  # noqa: PLC0415

    import django  # noqa: PLC0415

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mmsportal.settings")
    django.setup()
    print(json.dumps(fill(int(sys.argv[1]))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
