"""Statements that the database takes apart once, asked of it again with other values."""

import pytest
from django.db import NotSupportedError, connection
from django.db.transaction import atomic

from messaging.models import prepared
from messaging.models.prepared import POSTGRES

pytestmark = pytest.mark.django_db


def asked(statement, value):
    with prepared.cursor() as cursor:
        cursor.execute(statement, [value])
        return cursor.fetchone()


def test_the_same_statement_takes_other_values():
    statement = "SELECT provider FROM messaging_provideraccount WHERE name = %s"

    assert (asked(statement, "nobody"), asked(statement, "nobody's 100 % $1")) == (None, None)
    if POSTGRES:
        found = asked("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s", "SELECT provider FROM%")
        assert found == (1,)


@pytest.fixture
def passing_table(transactional_db):
    """A table that is of this test only."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE passing (name varchar(5))")
    yield "SELECT name FROM passing WHERE name = %s"
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE passing")


def migrated():
    """As another process does it."""
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("ALTER TABLE passing ALTER name TYPE varchar(9)")
    other.close()


@pytest.mark.skipif(not POSTGRES, reason="SQLite looks at its tables each time")
def test_a_column_may_get_another_type_meanwhile(passing_table):
    assert asked(passing_table, "a") is None
    migrated()

    assert asked(passing_table, "a") is None


@pytest.mark.skipif(not POSTGRES, reason="SQLite looks at its tables each time")
def test_a_commit_that_meets_such_a_column_fails_once(passing_table):
    assert asked(passing_table, "a") is None
    migrated()

    with pytest.raises(NotSupportedError), atomic():
        asked(passing_table, "a")
    with atomic():
        assert asked(passing_table, "a") is None


def test_it_is_written_down_as_any_other(django_assert_num_queries):
    with django_assert_num_queries(1) as queries:
        asked("SELECT name FROM messaging_apikey WHERE prefix = %s", "0123")

    assert "0123" in str(queries.captured_queries[0])


def test_a_line_that_was_closed_is_opened_again(transactional_db):
    statement = "SELECT id FROM messaging_sender WHERE address = %s"
    asked(statement, "34343")
    connection.close()

    assert asked(statement, "34343") is None
