"""Statements of the hot paths, which PostgreSQL takes apart and plans once for each connection.

Django writes the values into each statement, which is new to the server every time: measured, to look up a key with all
that a send needs took four times as long so, and twice the work on our side.
"""

from typing import Any, Self, cast

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.utils import CursorWrapper

# Asked once: a process has one kind of database, and to ask the connection of a thread each time adds up.
POSTGRES = connection.vendor == "postgresql"

if POSTGRES:
    from django.db.backends.postgresql.base import ServerBindingCursor
    from psycopg import Cursor
    from psycopg.errors import FeatureNotSupported
    from psycopg.pq import TransactionStatus

    # The second is there already; the stubs do not know it.
    class _Prepared(ServerBindingCursor, Cursor[Any]):
        def execute(self, query: Any, params: Any = None, **more: Any) -> Self:
            try:
                return super().execute(query, params, **more)
            except FeatureNotSupported:
                # A migration has given a column another type, which what is prepared cannot follow. This line goes
                # without from now on; within a commit that is for the next one.
                self.connection.prepare_threshold = None
                if self.connection.info.transaction_status != TransactionStatus.IDLE:
                    raise
                return super().execute(query, params, **more)


def cursor() -> CursorWrapper:
    """A cursor for statements that are always the same, but for their values.

    A value goes by the type that the server expects at its place: in a SELECT list that is text, unless a cast says
    otherwise. On SQLite it is a cursor like any other, for there each connection keeps what it has taken apart.
    """
    # The thread's own, which the proxy would look up at each step.
    line = connections[DEFAULT_DB_ALIAS]
    # Where statements are written down they are to be read with their values.
    if not POSTGRES or line.queries_logged:
        return line.cursor()
    # As `line.cursor()` does it.
    line.close_if_health_check_failed()
    line.ensure_connection()
    with line.wrap_database_errors:
        return cast("CursorWrapper", line._prepare_cursor(_Prepared(line.connection)))  # type: ignore[attr-defined]  # nor that
