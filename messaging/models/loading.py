"""Rows as models by plain SQL, for the hot paths: to build a query anew each time costs more than to ask it."""

import json
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, OperationalError, connection
from django.db.models import Field, Model
from django.db.models.expressions import Col

from messaging import outages
from messaging.models import prepared
from messaging.models.rows import POSTGRES

_M = TypeVar("_M", bound=Model)
# Any of a list, which `listed` makes.
AMONG = "= ANY(%s)" if POSTGRES else "IN (SELECT value FROM json_each(%s))"


def columns(model: type[Model], alias: str, only: Sequence[str] = ()) -> str:
    """The columns of a model, as `loaded` takes them: all, or only those of some fields."""
    return ", ".join(f"{alias}.{field.column}" for field in _fields(model, only))


def loaded(model: type[_M], values: Sequence[Any], only: tuple[str, ...] = ()) -> _M:
    """A row of a model from the values of `columns`, as if a query had found it."""
    names, conversions = _shape(model, only)
    found = list(values)
    for place, convert, column in conversions:
        found[place] = convert(found[place], column, connection)
    return model.from_db(DEFAULT_DB_ALIAS, names, found)


def ask(statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows that a statement finds. `{among}` in it takes one of the values, which is a list (see `listed`)."""
    with prepared.cursor() as cursor:
        cursor.execute(statement.replace("{among}", AMONG), values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def listed(values: Iterable[str | int | UUID]) -> Any:
    """Texts or ids for `{among}`."""
    if POSTGRES:
        return list(values)
    return json.dumps([value.hex if isinstance(value, UUID) else value for value in values])


def ask_first(statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The same for the first question of a request, which only reads: the line may have broken since the last one.

    Then it is asked once more on another line, instead of asking each time beforehand whether the line still stands.
    """
    if connection.connection is None or connection.in_atomic_block:
        return ask(statement, values)
    connection.health_check_done = True  # type: ignore[attr-defined]  # the stubs do not know it
    try:
        return ask(statement, values)
    except OperationalError:
        if not outages.is_lost():
            raise
        connection.close()
        return ask(statement, values)


def _fields(model: type[Model], only: Sequence[str]) -> "list[Field[Any, Any]]":
    return [field for field in model._meta.concrete_fields if not only or field.name in only]


@cache
def _shape(model: type[Model], only: tuple[str, ...]) -> tuple[list[str], list[tuple[int, Callable[..., Any], Col]]]:
    """The names of a model's columns, and what has to be done to the values of some, by their places."""
    fields = _fields(model, only)
    every = [field.get_col(model._meta.db_table) for field in fields]
    conversions = [
        (place, convert, column)
        for place, column in enumerate(every)
        for convert in (*connection.ops.get_db_converters(column), *column.get_db_converters(connection))
    ]
    return [field.attname for field in fields], conversions
