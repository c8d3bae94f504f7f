"""Reading and writing many rows at once, for the hot paths of accepting and sending.

`QuerySet.bulk_update` builds one CASE for each field and row: measured, it cost more than all other work of a send
together. One prepared statement for all rows does the same (performance, section A). `bulk_create` makes an object of
each row and asks each of its fields: measured, that took longer than the database did.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Self
from uuid import UUID

from django.db import connection
from django.db.models import Field, JSONField, Model, QuerySet
from django.db.models.base import ModelState


class Unheard(Model):
    """A model whose rows are read without the signals of `Model.__init__`, for which nobody here listens: measured,
    making the objects so took longer than the database did. Fields that were not read are loaded when asked for."""

    class Meta:
        abstract = True

    @classmethod
    def from_db(  # type: ignore[override]  # the stubs are those of a later Django
        cls, db: str | None, field_names: Collection[str], values: Collection[Any]
    ) -> Self:
        """A row as read. In: its columns by their attributes' names, and their values."""
        row = cls.__new__(cls)
        row.__dict__.update(zip(field_names, values, strict=True))
        row._state = ModelState()
        row._state.adding, row._state.db = False, db
        return row


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


def insert(model: type[Model], rows: Iterable[Mapping[str, Any]], *, ignore: bool = False, **same: Any) -> int:
    """Insert rows of one model, AT_ONCE to a statement, taking no more of them at a time. Out: how many were written.

    In: of each row the fields in which it differs, the same names in all; and `same`, what they share. Foreign keys go
    by their id; an id may be a UUID or text, a moment a datetime, but for bytes there is no way on SQLite. The other
    fields get their defaults. With `ignore`, what a unique constraint forbids is left out. No signals, no `auto_now`.
    """
    waiting, written = iter(rows), 0
    while some := list(islice(waiting, AT_ONCE)):
        written += _insert(model, some, same, ignore)
    return written


def _insert(model: type[Model], rows: Sequence[Mapping[str, Any]], same: Mapping[str, Any], ignore: bool) -> int:
    quote, fields = connection.ops.quote_name, {field.name: field for field in model._meta.concrete_fields}
    own = [fields[name] for name in rows[0]]
    # The database counts an id that is a number itself.
    shared = [field for field in fields.values() if field not in own and field is not model._meta.auto_field]
    values = [
        field.get_db_prep_save(same[field.name] if field.name in same else field.get_default(), connection)
        for field in shared
    ]
    named = [quote(str(field.column)) for field in own]
    columns = ", ".join([*(quote(str(field.column)) for field in shared), *named])
    wanted = ", ".join([*("%s" for _value in values), *named])
    # "WHERE true": without it SQLite takes the ON of a conflict for that of a join.
    statement = f"INSERT INTO {quote(model._meta.db_table)} ({columns}) SELECT {wanted} FROM {_given(own)} WHERE true"  # noqa: S608 (our own names)
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} ON CONFLICT DO NOTHING" if ignore else statement, [*values, _packed(own, rows)])
        return int(cursor.rowcount)


def update(model: type[Model], rows: Sequence[Mapping[str, Any]], *, by: Sequence[str] = ("id",), **same: Any) -> int:
    """Change rows of one model, AT_ONCE to a statement. Out: how many were there to be changed.

    In: of each row the fields named in `by`, which say which row it is, and those to be set, the same names in all;
    and `same`, what all of them are set to. Values as for `insert`. No signals, no `auto_now`. Rows that others may
    change at the same time must be locked before: a statement takes them in an order of its own.
    """
    return sum(_update(model, rows[start : start + AT_ONCE], by, same) for start in range(0, len(rows), AT_ONCE))


def _update(model: type[Model], rows: Sequence[Mapping[str, Any]], by: Sequence[str], same: Mapping[str, Any]) -> int:
    quote, fields = connection.ops.quote_name, {field.name: field for field in model._meta.concrete_fields}
    own, table = [fields[name] for name in rows[0]], quote(model._meta.db_table)
    values = [fields[name].get_db_prep_save(value, connection) for name, value in same.items()]
    named = {field.name: quote(str(field.column)) for field in own}
    wanted = [f"{quote(str(fields[name].column))} = %s" for name in same]
    wanted += [f"{column} = given.{column}" for name, column in named.items() if name not in by]
    fitting = " AND ".join(f"{table}.{named[name]} = given.{named[name]}" for name in by)
    statement = f"UPDATE {table} SET {', '.join(wanted)} FROM {_given(own)} WHERE {fitting}"  # noqa: S608 (our own names)
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, _packed(own, rows)])
        return int(cursor.rowcount)


def _given(fields: Sequence["Field[Any, Any]"]) -> str:
    """The rows of one JSON value as a table called `given`."""
    named = [connection.ops.quote_name(str(field.column)) for field in fields]
    if connection.vendor == "postgresql":
        kinds = [field.rel_db_type(connection) if field.primary_key else field.db_type(connection) for field in fields]
        typed = ", ".join(f"{name} {kind}" for name, kind in zip(named, kinds, strict=True))
        return f"jsonb_to_recordset(%s::jsonb) AS given({typed})"
    taken = ", ".join(f"json_extract(value, '$.{name}') AS {name}" for name in named)
    return f"(SELECT {taken} FROM json_each(%s)) AS given"  # noqa: S608 (our own names)


def _packed(fields: Sequence["Field[Any, Any]"], rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as the JSON value that `_given` takes apart."""
    # SQLite would take JSON apart and put it together in a spelling that Django does not look for.
    spelt = [field.name for field in fields if isinstance(field, JSONField) and connection.vendor == "sqlite"]
    if spelt:
        rows = [{**row, **{name: _spelt(row[name]) for name in spelt}} for row in rows]
    columns = {field.name: str(field.column) for field in fields}
    # As it stands: half a character must be refused, not smuggled in as an escape.
    plain = [{columns[name]: value for name, value in row.items()} for row in rows]
    return json.dumps(plain, default=_plain, ensure_ascii=False)


def _spelt(value: object) -> str | None:
    return None if value is None else json.dumps(value)


def _plain(value: object) -> str:
    """A value that JSON has no word for, as its column spells it."""
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, datetime):
        return str(connection.ops.adapt_datetimefield_value(value))
    raise TypeError(f"{type(value).__name__} cannot be written set-wise")


def insert_from(model: type[Model], query: "QuerySet[Any, Any]", names: Sequence[str]) -> None:
    """Insert a row of one model for each row of a query, which never leaves the database.

    In: a query for tuples, and the fields that its columns go to, in their order. The other columns must do without.
    """
    quote, fields = connection.ops.quote_name, {field.name: field for field in model._meta.concrete_fields}
    columns = ", ".join(quote(str(fields[name].column)) for name in names)
    chosen, values = query.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {quote(model._meta.db_table)} ({columns}) {chosen}", values)
