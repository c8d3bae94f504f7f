"""The least a Django server can do with a webhook body: one view, no middleware, one INSERT of the raw body."""

import os
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mmsportal.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.core.handlers.wsgi import WSGIHandler  # noqa: E402
from django.db import connection  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.urls import path  # noqa: E402

with connection.cursor() as _cursor:
    _kind = "bytea" if connection.vendor == "postgresql" else "blob"
    _key = "bigserial" if connection.vendor == "postgresql" else "integer"
    _cursor.execute(f"CREATE TABLE IF NOT EXISTS bench_bare (id {_key} PRIMARY KEY, body {_kind} NOT NULL)")


def keep(request: HttpRequest) -> HttpResponse:
    """Store the body."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO bench_bare (body) VALUES (%s)", [request.body])
    return HttpResponse("ok")


urlpatterns = [path("bare", keep)]
settings.ROOT_URLCONF = __name__
settings.MIDDLEWARE = []
application: Any = WSGIHandler()
