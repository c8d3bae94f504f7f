"""Each question that a page asks of a table which grows is answered by an index: asked of the database itself."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from messaging.web import messages, searching
from tests.bench.crowd import fill
from tests.bench.reading import pages

GROWING = ("messaging_transaction", "messaging_timelineentry", "messaging_message", "messaging_sendattempt")
# A whole table read row by row, in the words of PostgreSQL and of SQLite.
READ_WHOLE = {
    "postgresql": re.compile(rf"Seq Scan on ({'|'.join(GROWING)})\b"),
    # By its number, newest first, it may walk the timeline: what is asked so has a limit.
    "sqlite": re.compile(rf"^SCAN ({'|'.join(name for name in GROWING if 'timeline' not in name)}|U\d+)(?! USING)"),
}
# Some of the indexes that pages must not do without, and one page for each.
NEEDED = {
    "list number": "tx_by_recipient",
    "list last_4": "tx_by_tail",
    "message biggest": "tx_standing",
}


class Plans:
    """Explains every question before it is asked."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []
        self.page = ""

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if sql.startswith("SELECT") and any(table in sql for table in GROWING):
            how = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
            execute(f"{how} {sql}", params, many, context)
            self.lines += [(self.page, str(row[-1])) for row in context["cursor"].fetchall()]
        return execute(sql, params, many, context)


@pytest.mark.django_db
def test_no_page_reads_a_growing_table_from_end_to_end(monkeypatch) -> None:
    # Smaller than the table, as it is where it matters.
    monkeypatch.setattr(messages, "WINDOW", 200)
    monkeypatch.setattr(searching, "READ_THROUGH", 100)
    asks, plans = fill(6_000), Plans()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # So few rows are read whole rather than by an index, if they may be: what is asked is whether they must.
            cursor.execute("SET LOCAL enable_seqscan = off")
    client = Client()
    client.cookies["session"] = asks["session"]
    with connection.execute_wrapper(plans):
        for plans.page, address, by_key in pages(asks):
            answer = client.get(address, headers={"key": asks["keys"][0]} if by_key else {})
            assert answer.status_code in (200, 286), address
    read = READ_WHOLE[connection.vendor]
    assert [line for line in plans.lines if read.search(line[1].strip())] == []
    used = {name: any(name == page and index in line for page, line in plans.lines) for name, index in NEEDED.items()}
    assert [name for name, found in used.items() if not found] == []
