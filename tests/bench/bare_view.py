"""A Django view that inserts what it was sent as one row, and nothing else: the floor of `accept_one`.

Served as `tests.bench.bare_view:application` by the same server as the portal, on the same database.
"""

import json
import os

import environ
import psycopg
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

TABLE = "bench_bare"


def accept(request: HttpRequest) -> HttpResponse:
    """One INSERT, committed, and a small answer."""
    from django.db import connection  # noqa: PLC0415

    members = json.loads(request.body)
    values = [members["from"], json.dumps(members["to"]), json.dumps(members["content"])]
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {TABLE} (sender, people, content) VALUES (%s, %s, %s) RETURNING id", values)
        (number,) = cursor.fetchone()
    answer = JsonResponse({"id": number}, status=201)
    # Without a length the server would close the connection each time.
    answer["Content-Length"] = str(len(answer.content))
    return answer


def prepare(url: str) -> None:
    """Make the table. In: the address of a PostgreSQL database."""
    with psycopg.connect(url, autocommit=True) as line:
        line.execute(f"CREATE TABLE {TABLE} (id bigserial PRIMARY KEY, sender text, people jsonb, content jsonb)")


urlpatterns = [path("accept", accept)]

if not settings.configured and os.environ.get("BENCH_BARE"):
    database = {**environ.Env().db_url("DATABASE_URL"), "CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
    settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], DATABASES={"default": database}, USE_TZ=True)
    application = get_wsgi_application()
