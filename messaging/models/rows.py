"""Writing the same fields of many rows at once, for the hot path of sending.

`QuerySet.bulk_update` builds one CASE for each field and row: measured, it cost more than all other work of a send
together. One prepared statement for all rows does the same (performance, section A).
"""

from collections.abc import Sequence

from django.db import connection
from django.db.models import Model


def save_fields(rows: Sequence[Model], names: Sequence[str]) -> None:
    """Save the named fields of rows of one model, each row by its primary key, in one round trip.

    No signals, no `auto_now`. The rows must exist; what has vanished meanwhile is not written.
    """
    if not rows:
        return
    meta = rows[0]._meta
    known = {field.name: field for field in meta.concrete_fields}
    fields, key = [known[name] for name in dict.fromkeys(names)], meta.pk
    quote = connection.ops.quote_name
    wanted = ", ".join(f"{quote(str(field.column))} = %s" for field in fields)
    statement = f"UPDATE {quote(meta.db_table)} SET {wanted} WHERE {quote(str(key.column))} = %s"  # noqa: S608 (our own names)
    values = [
        [field.get_db_prep_save(getattr(row, field.attname), connection) for field in (*fields, key)] for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(statement, values)
