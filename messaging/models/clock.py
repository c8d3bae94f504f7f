"""The one clock that leases and deadlines are compared with: the database's (reliability, 3.1)."""

from datetime import UTC, datetime
from uuid import UUID

from django.db import connection
from django.utils import timezone


def database_now() -> datetime:
    """The database's present time, in UTC. SQLite has none of its own: it lives on this host."""
    if connection.vendor == "sqlite":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        row = cursor.fetchone()
    now: datetime = row[0]
    return now.astimezone(UTC)


def first_id(moment: datetime) -> UUID:
    """The lowest id (of version 7) that something made at a moment may have; ids are compared instead of times."""
    return UUID(int=max(0, int(moment.timestamp() * 1000)) << 80)
