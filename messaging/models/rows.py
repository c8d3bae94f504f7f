"""Reading and writing many rows at once, for the hot paths of accepting and sending.

`QuerySet.bulk_update` builds one CASE for each field and row: measured, it cost more than all other work of a send
together. One prepared statement for all rows does the same (performance, section A). `bulk_create` makes an object of
each row and asks each of its fields: measured, that took longer than the database did.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Any, NamedTuple, Self
from uuid import UUID

from django.db import connection
from django.db.models import Field, JSONField, Model, QuerySet
from django.db.models.base import ModelState
from django.db.transaction import atomic

from messaging.models import prepared
from messaging.models.prepared import POSTGRES as POSTGRES


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


class Insertion(NamedTuple):
    """A statement that inserts rows, with its values."""

    statement: str
    values: list[Any]


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
    by their id; an id may be a UUID or text, a moment a datetime; bytes are taken on PostgreSQL only. The other fields
    get their defaults. With `ignore`, what a unique constraint forbids is left out. No signals, no `auto_now`.
    """
    written = 0
    with prepared.cursor() as cursor:
        for part in insertions(model, rows, ignore=ignore, **same):
            cursor.execute(*part)
            written += cursor.rowcount
    return written


def insertions(
    model: type[Model], rows: Iterable[Mapping[str, Any]], *, ignore: bool = False, **same: Any
) -> Iterator[Insertion]:
    """The statements of `insert`, made one at a time, for `together` or to be run in turn."""
    waiting = iter(rows)
    while some := list(islice(waiting, AT_ONCE)):
        if len(some) == 1:
            # A single row is one value: each parameter costs more than its place in there.
            yield _insertion(model, [{**same, **some[0]}], {}, ignore)
        else:
            yield _insertion(model, some, same, ignore)


def together(parts: Sequence[Insertion]) -> None:
    """Run insertions, in one commit: on PostgreSQL as one statement, which needs no other one around it.

    They may refer to one another's rows, for references are checked at the commit.
    """
    if POSTGRES:
        *others, last = parts
        first = ", ".join(f"part{number} AS ({one.statement})" for number, one in enumerate(others))
        whole = f"WITH {first} {last.statement}" if first else last.statement
        with prepared.cursor() as cursor:
            cursor.execute(whole, [value for one in parts for value in one.values])
        return
    with atomic(savepoint=False), connection.cursor() as cursor:
        for one in parts:
            cursor.execute(*one)


def _insertion(
    model: type[Model], rows: Sequence[Mapping[str, Any]], same: Mapping[str, Any], ignore: bool
) -> Insertion:
    text = _text_of(model, tuple(rows[0]), tuple(same), ignore)
    values = [field.get_db_prep_save(value, connection) for field, value in zip(text.same, same.values(), strict=True)]
    return Insertion(text.statement, [*values, _packed(text.own, rows)])


@dataclass(frozen=True, slots=True)
class _Text:
    """A statement that inserts, and the fields it takes: those of all rows, and those of each."""

    statement: str
    same: "list[Field[Any, Any]]"
    own: "list[Field[Any, Any]]"


@cache
def _text_of(model: type[Model], own_names: tuple[str, ...], same_names: tuple[str, ...], ignore: bool) -> _Text:
    quote, fields = connection.ops.quote_name, {field.name: field for field in model._meta.concrete_fields}
    own, same = [fields.pop(name) for name in own_names], [fields.pop(name) for name in same_names]
    # The database counts an id that is a number itself, and what is left out is NULL.
    rest = {field: _default(field) for field in fields.values() if field is not model._meta.auto_field}
    rest = {field: default for field, default in rest.items() if default != "NULL"}
    named = [quote(str(field.column)) for field in own]
    columns = ", ".join([*(quote(str(field.column)) for field in (*rest, *same)), *named])
    wanted = ", ".join([*rest.values(), *map(_typed, same), *named])
    # "WHERE true": without it SQLite takes the ON of a conflict for that of a join.
    given = _given(own, "" if same else quote(model._meta.db_table))
    statement = f"INSERT INTO {quote(model._meta.db_table)} ({columns}) SELECT {wanted} FROM {given} WHERE true"  # noqa: S608 (our own names)
    return _Text(f"{statement} ON CONFLICT DO NOTHING" if ignore else statement, same, own)


def _typed(field: "Field[Any, Any]") -> str:
    """The place of a value of a field's type. That goes without its length: a cast would cut off what is longer."""
    return f"%s::{str(field.rel_db_type(connection)).partition('(')[0]}" if POSTGRES else "%s"


def _default(field: "Field[Any, Any]") -> str:
    """A field's default as SQL: written out, because to hand over so many values costs more than to read them."""
    match field.get_default():
        case None:
            return "NULL"
        case bool() | int() as value:
            return str(value).lower() if POSTGRES else str(int(value))
        case "":
            return "''"
        case {} | [] as value if not value:
            return f"'{json.dumps(value)}'"
    raise TypeError(f"{field} has a default that must be given")


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


def _given(fields: Sequence["Field[Any, Any]"], table: str = "") -> str:
    """The rows of one JSON value as a table called `given`: with all columns of a table when that is named, which is
    shorter to say (psycopg takes a long statement apart each time) and slower for many rows."""
    named = [connection.ops.quote_name(str(field.column)) for field in fields]
    if POSTGRES and table:
        return f"jsonb_populate_recordset(NULL::{table}, %s::jsonb) AS given"
    if POSTGRES:
        kinds = [field.rel_db_type(connection) if field.primary_key else field.db_type(connection) for field in fields]
        typed = ", ".join(f"{name} {kind}" for name, kind in zip(named, kinds, strict=True))
        return f"jsonb_to_recordset(%s::jsonb) AS given({typed})"
    taken = ", ".join(f"json_extract(value, '$.{name}') AS {name}" for name in named)
    return f"(SELECT {taken} FROM json_each(%s)) AS given"  # noqa: S608 (our own names)


def _packed(fields: Sequence["Field[Any, Any]"], rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as the JSON value that `_given` takes apart."""
    # SQLite would take JSON apart and put it together in a spelling that Django does not look for.
    spelt = [] if POSTGRES else [field.name for field in fields if isinstance(field, JSONField)]
    if spelt:
        rows = [{**row, **{name: _spelt(row[name]) for name in spelt}} for row in rows]
    columns = {field.name: str(field.column) for field in fields}
    if any(name != column for name, column in columns.items()):
        rows = [{columns[name]: value for name, value in row.items()} for row in rows]
    return _json(rows)


def _spelt(value: object) -> str | None:
    return None if value is None else json.dumps(value)


def _plain(value: object) -> str:
    """A value that JSON has no word for, as its column spells it."""
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, bytes) and POSTGRES:
        return f"\\x{value.hex()}"
    if isinstance(value, datetime):
        return str(value if POSTGRES else connection.ops.adapt_datetimefield_value(value))
    raise TypeError(f"{type(value).__name__} cannot be written set-wise")


# As it stands: half a character must be refused, not smuggled in as an escape. What a row holds came as JSON or was
# made here, so nothing holds itself.
_json = json.JSONEncoder(default=_plain, ensure_ascii=False, check_circular=False).encode


def insert_from(model: type[Model], query: "QuerySet[Any, Any]", names: Sequence[str]) -> None:
    """Insert a row of one model for each row of a query, which never leaves the database.

    In: a query for tuples, and the fields that its columns go to, in their order. The other columns must do without.
    """
    quote, fields = connection.ops.quote_name, {field.name: field for field in model._meta.concrete_fields}
    columns = ", ".join(quote(str(fields[name].column)) for name in names)
    chosen, values = query.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {quote(model._meta.db_table)} ({columns}) {chosen}", values)
