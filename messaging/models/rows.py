"""Writing many rows at once, for the hot paths of accepting and sending.

`QuerySet.bulk_update` builds one CASE for each field and row: measured, it cost more than all other work of a send
together. One prepared statement for all rows does the same (performance, section A). `bulk_create` makes an object of
each row and asks each of its fields: measured, that took longer than the database did.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from django.db import connection
from django.db.models import AutoField, JSONField, Model, QuerySet

# They travel as one JSON value, of which PostgreSQL takes 256 MB; a row of a wide list alone may have 200 KB.
AT_ONCE = 1000


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


def insert(model: type[Model], rows: Iterable[Mapping[str, Any]], **same: Any) -> None:
    """Insert rows of one model, AT_ONCE to a statement, taking no more of them at a time.

    In: of each row the fields in which it differs, the same names in all, with values as JSON has them (an id as text);
    and `same`, what they share, foreign keys by their id. The other fields get their defaults. No signals, no
    `auto_now`; the id is among what is given, unless the database counts.
    """
    waiting = iter(rows)
    while some := list(islice(waiting, AT_ONCE)):
        _insert(model, some, same)


def _insert(model: type[Model], rows: Sequence[Mapping[str, Any]], same: Mapping[str, Any]) -> None:
    quote, fields = connection.ops.quote_name, {field.name: field for field in model._meta.concrete_fields}
    own = [fields[name] for name in rows[0]]
    shared = [field for field in fields.values() if field not in own and not isinstance(field, AutoField)]
    values = [
        field.get_db_prep_save(same[field.name] if field.name in same else field.get_default(), connection)
        for field in shared
    ]
    named = [quote(str(field.column)) for field in own]
    if connection.vendor == "postgresql":
        typed = ", ".join(f"{name} {field.db_type(connection)}" for name, field in zip(named, own, strict=True))
        taken, source = named, f"jsonb_to_recordset(%s::jsonb) AS given({typed})"
    else:
        taken, source = [f"json_extract(value, '$.{name}')" for name in named], "json_each(%s)"
        # It would take JSON apart and put it together in a spelling that Django does not look for.
        spelt = [field.name for field in own if isinstance(field, JSONField)]
        rows = [{**row, **{name: json.dumps(row[name]) for name in spelt}} for row in rows]
    columns = ", ".join([*(quote(str(field.column)) for field in shared), *named])
    wanted = ", ".join([*("%s" for _value in values), *taken])
    texts = json.dumps([{str(fields[name].column): value for name, value in row.items()} for row in rows])
    statement = f"INSERT INTO {quote(model._meta.db_table)} ({columns}) SELECT {wanted} FROM {source}"  # noqa: S608 (our own names)
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, texts])


def insert_from(model: type[Model], query: "QuerySet[Any, Any]", names: Sequence[str]) -> None:
    """Insert a row of one model for each row of a query, which never leaves the database.

    In: a query for tuples, and the fields that its columns go to, in their order. The other columns must do without.
    """
    quote, fields = connection.ops.quote_name, {field.name: field for field in model._meta.concrete_fields}
    columns = ", ".join(quote(str(fields[name].column)) for name in names)
    chosen, values = query.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {quote(model._meta.db_table)} ({columns}) {chosen}", values)
