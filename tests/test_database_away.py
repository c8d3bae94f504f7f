"""What the doors say while the database does not answer, and what our sessions ask of it."""

import pytest
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.test import Client, RequestFactory

from messaging import tasks
from messaging.models import Heartbeat
from messaging.watching import RECEIPTS
from messaging.watching.life import forget
from mmsportal.errors import server_error


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
@pytest.mark.parametrize(("path", "kind"), [("/api/v1/messages", "application/problem+json"), ("/", "text/html")])
def test_a_database_that_does_not_answer_is_503_and_says_when_to_ask_again(path, kind, error):
    try:
        raise error("gone")
    except error:
        answer = server_error(RequestFactory().get(path))

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert answer.headers["Content-Type"].startswith(kind)


@pytest.mark.parametrize("path", ["/api/v1/messages", "/"])
def test_what_nobody_foresaw_is_still_500(path):
    try:
        raise ValueError("odd")
    except ValueError:
        answer = server_error(RequestFactory().get(path))

    assert answer.status_code == 500
    assert "Retry-After" not in answer.headers


def test_a_page_whose_database_is_away_is_503_all_the_way(client: Client, monkeypatch):
    def gone(*_more: object) -> None:
        raise OperationalError("gone")

    client.raise_request_exception = False
    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.load", gone)
    client.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32

    answer = client.get("/")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL only")
@pytest.mark.parametrize(
    ("setting", "value"),
    [("idle_in_transaction_session_timeout", "30s"), ("lock_timeout", "2s"), ("statement_timeout", "1min")],
)
def test_our_sessions_wait_for_nothing_too_long(setting: str, value: str):
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s)", [setting])
        assert cursor.fetchone() == (value,)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL only")
def test_a_task_whose_connection_has_died_since_the_last_one_takes_another():
    forget()
    tasks.drain_receipts.apply(throw=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        before = cursor.fetchone()
    tasks.drain_receipts.apply(throw=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        kept = cursor.fetchone()
    connection.connection.close()

    tasks.drain_receipts.apply(throw=True)

    assert kept == before
    assert Heartbeat.objects.filter(pk=RECEIPTS).exists()
