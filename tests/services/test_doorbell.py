"""A ring at the doorbell reaches a worker through the broker of the environment: files, Redis or RabbitMQ."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest
from django.db import connection
from django.utils import timezone

from messaging import arrivals, callbacks, tasks
from messaging.models import ProviderAccount, ReceiptInbox
from messaging.steering import stop
from tests.messaging.callbacks.receiver import receiving

HOME = Path(__file__).resolve().parents[2]
SECONDS = 60.0

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.services]


def database_url() -> str:
    """The database of this test, as a worker is told of it."""
    place = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{place['NAME']}"
    return f"postgres://{place['USER']}:{place['PASSWORD']}@{place['HOST']}:{place['PORT']}/{place['NAME']}"


@pytest.fixture
def worker(db: None, tmp_path: Path) -> Iterator[Path]:
    """A Celery worker as it runs in production, on this test's database. Out: its log."""
    log = tmp_path / "worker.log"
    command = [sys.executable, "-m", "celery", "-A", "mmsportal", "worker", "--concurrency", "1", "--loglevel", "INFO"]
    environment = {**os.environ, "DATABASE_URL": database_url()}
    with log.open("wb") as file:
        process = subprocess.Popen(command, cwd=HOME, env=environment, stdout=file, stderr=subprocess.STDOUT)
    try:
        eventually(lambda: "ready." in log.read_text() or process.poll() is not None, log)
        yield log
    finally:
        process.terminate()
        try:
            process.wait(SECONDS)
        finally:
            process.kill()


def eventually(true: Callable[[], object], log: Path) -> None:
    ends = monotonic() + SECONDS
    while not true():
        assert monotonic() < ends, f"waited for {SECONDS:.0f} s in vain; the worker said:\n{log.read_text()[-3000:]}"
        sleep(0.1)


def test_a_ring_makes_a_worker_read_the_inbox(account: ProviderAccount, worker: Path) -> None:
    arrivals.ingest(account, method="POST", headers={}, body=b"no receipt at all", now=timezone.now())
    waiting = ReceiptInbox.objects.get()
    assert waiting.state == ReceiptInbox.State.NEW

    tasks.ring_receipts()

    eventually(lambda: ReceiptInbox.objects.get().state == ReceiptInbox.State.QUARANTINED, worker)
    assert "messaging.tasks.drain_receipts" in worker.read_text()


def sessions() -> set[int]:
    """The sessions of others on this test's database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return {pid for (pid,) in cursor.fetchall()}


@pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL only")
def test_a_worker_keeps_its_session_from_task_to_task(account: ProviderAccount, worker: Path) -> None:
    seen = []
    for body in (b"no receipt at all", b"nor this one"):
        arrivals.ingest(account, method="POST", headers={}, body=body, now=timezone.now())
        tasks.ring_receipts()
        eventually(lambda: not ReceiptInbox.objects.filter(state="new").exists(), worker)
        seen.append(sessions())

    assert seen[0]
    assert seen[0] == seen[1]


def test_a_ring_makes_a_worker_tell_callers_through_a_queue_of_its_own(
    queued, issued_key, settings, monkeypatch, request: pytest.FixtureRequest
) -> None:
    with receiving("ok") as (shop,):
        settings.ALLOW_PRIVATE_TARGETS = frozenset({shop.host})
        monkeypatch.setenv("MMS_ALLOW_PRIVATE_TARGETS", shop.host)
        monkeypatch.setenv("CREDENTIALS_KEYS", ",".join(settings.CREDENTIALS_KEYS))
        log = request.getfixturevalue("worker")
        end = callbacks.register(issued_key[0], shop.url)
        callbacks.vouch(end, now=timezone.now())
        shop.secret = end.secret
        message = queued(endpoint=end, notify_url=shop.url, api_key=end.api_key, source="api")
        stop(message)

        tasks.ring_callbacks()

        eventually(lambda: shop.heard, log)
        assert [news["type"] for news in shop.verified()] == ["message.cancelled"]
