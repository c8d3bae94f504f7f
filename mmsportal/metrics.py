"""/metrics for Prometheus: what the database says, and what this host's processes have counted (operating.md)."""

import hmac
import ipaddress
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from time import monotonic
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.transaction import atomic
from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily

from messaging import spool, watching
from messaging.models.clock import database_now
from messaging.watching.figures import Figure, figures

logger = logging.getLogger(__name__)
# Several servers may scrape, each as often as it likes: the database is asked once in this time by a process.
KEPT_SECONDS = 4.0
PATIENCE = "3s"
_asking = Lock()
_kept: tuple[float, bytes] | None = None


def metrics(request: HttpRequest) -> HttpResponse:
    """200 with all that can be told, whether the database answers or not; 403 to those it is not for."""
    if not _may_read(request):
        return HttpResponse("not for you", status=403, content_type="text/plain")
    return HttpResponse(_text(), content_type=CONTENT_TYPE_LATEST)


def _may_read(request: HttpRequest) -> bool:
    """A bearer token opens it from anywhere; without one the address decides, as the connection shows it."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if settings.METRICS_TOKEN and hmac.compare_digest(given.encode(), settings.METRICS_TOKEN.encode()):
        return True
    # Behind a proxy every caller has the proxy's address: who is passed on is no neighbour.
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    try:
        source = ipaddress.ip_address(request.META.get("REMOTE_ADDR") or "")
    except ValueError:
        return False
    return any(source in ipaddress.ip_network(cidr, strict=False) for cidr in settings.METRICS_CIDRS)


def _text() -> bytes:
    global _kept
    with _asking:
        if _kept is None or monotonic() - _kept[0] > KEPT_SECONDS:
            text = _told()
            _kept = (monotonic(), text)
        return _kept[1]


def forget() -> None:
    """Ask again at the next scrape; for tests."""
    global _kept
    _kept = None


def _told() -> bytes:
    registry = CollectorRegistry()
    registry.register(_Collected())
    return generate_latest(registry)


class _Collected:
    """What prometheus_client asks for; it must not be asked when it is registered, hence `describe`."""

    def describe(self) -> list[Any]:
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        started, found = monotonic(), _of_database()
        yield _single("mms_database_up", "1 while the database answers.", 0.0 if found is None else 1.0)
        spooled = "Receipts of this host that wait for the database, in bytes."
        yield _single("mms_spool_bytes", spooled, spool.size())
        for figure in found or ():
            yield _family(figure)
        yield _single("mms_scrape_seconds", "How long it took to gather these figures.", monotonic() - started)


def _of_database() -> list[Figure] | None:
    """None when the database does not answer, or not in time."""
    try:
        # Whoever scrapes is a watchdog as well: it needs neither broker nor worker.
        watching.look()
        with _hurried():
            return list(figures(database_now()))
    except DatabaseError as error:
        logger.warning("no figures from the database: %s", type(error).__name__)
        return None


@contextmanager
def _hurried() -> Iterator[None]:
    """No statement may take long. SQLite has no such limit, and a transaction there would keep writers waiting."""
    if connection.vendor != "postgresql":
        yield
        return
    with atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = '{PATIENCE}'")
        yield


def _family(figure: Figure) -> GaugeMetricFamily:
    values = list(figure.values)
    names = list(values[0][0]) if values else []
    family = GaugeMetricFamily(figure.name, figure.help, labels=names)
    for labels, value in values:
        family.add_metric([labels[name] for name in names], value)
    return family


def _single(name: str, words: str, value: float) -> GaugeMetricFamily:
    return _family(Figure(name, words, [({}, value)]))
