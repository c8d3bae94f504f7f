"""Webhooks while the database is away: answered 200, kept in the spool, checked and stored when it is back."""

import base64
import hashlib
import hmac
import http.client
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import pytest
from django.db import OperationalError, connection
from django.db.transaction import atomic
from django.test import Client
from django.utils import timezone

from messaging import arrivals, outages, receipts, spool, tasks, webhooks
from messaging.models import ProviderAccount, ReceiptInbox
from tests.conftest import WEBEX_CREDENTIALS
from tests.faults.world import free_port

pytestmark = pytest.mark.django_db
HOME = Path(__file__).resolve().parents[2]
SECONDS = 30.0
NOBODY = "A" * 43


@pytest.fixture(autouse=True)
def home(settings, tmp_path: Path) -> Path:
    settings.SPOOL_DIR = tmp_path / "spool"
    return tmp_path / "spool"


@pytest.fixture
def post(account: ProviderAccount, client: Client) -> Callable[..., int]:
    def send(content: bytes, secret: str = "", **more: str) -> int:
        path = f"/webhooks/webex/{secret or account.webhook_secret}"
        return client.post(path, content, content_type="application/json", **more).status_code

    return send


@contextmanager
def away(statement: str = "") -> Iterator[None]:
    """The database goes away as soon as a statement with these words reaches it."""

    def refuse(execute, sql, params, many, context):
        if statement in sql:
            raise OperationalError("the server closed the connection unexpectedly")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuse):
        yield


@pytest.fixture
def cut_off(tmp_path: Path) -> Iterator[int]:
    """The portal as it runs in production, on a PostgreSQL that is not there. Out: its port."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "mmsportal.wsgi", "--workers", "2", "--bind", f"127.0.0.1:{port}"]
    database = f"postgres://nobody@127.0.0.1:{free_port()}/none"
    environment = {**os.environ, "DATABASE_URL": database, "MMS_VAR_DIR": str(tmp_path)}
    log = (tmp_path / "web.log").open("wb")
    process = subprocess.Popen(command, cwd=HOME, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        ends = monotonic() + SECONDS
        while not healthy(port):
            assert monotonic() < ends, (tmp_path / "web.log").read_text()[-3000:]
            sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(SECONDS)
        log.close()


def ask(port: int, method: str, path: str, content: bytes | Iterator[bytes] = b"") -> tuple[int, bytes]:
    call = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        call.request(method, path, content)
        answer = call.getresponse()
        return answer.status, answer.read()
    finally:
        call.close()


def healthy(port: int) -> bool:
    try:
        return ask(port, "GET", "/healthz")[0] == 200
    except OSError:
        return False


def test_a_portal_without_its_database_answers_200_and_loses_nothing(account, cut_off, home, tmp_path):
    path = f"/webhooks/webex/{account.webhook_secret}"
    bodies = [json.dumps({"n": number}).encode() for number in range(20)]

    # Every other one in pieces, as callers send who do not know beforehand how long a body gets.
    answers = {ask(cut_off, "POST", path, iter([one[:4], one[4:]]) if one in bodies[::2] else one) for one in bodies}
    receipts.drain()

    assert answers == {(200, b"ok")}
    assert {bytes(row.body) for row in ReceiptInbox.objects.all()} == set(bodies)
    assert account.webhook_secret not in (tmp_path / "web.log").read_text()
    assert list(home.iterdir()) == []


def test_a_database_that_goes_away_at_the_insert_loses_nothing(post):
    before = timezone.now()
    with away("receiptinbox"):
        assert post(b'{"n": 1}', headers={"user-agent": "Webex"}) == 200
    after = timezone.now()
    assert ReceiptInbox.objects.count() == 0

    receipts.drain()

    row = ReceiptInbox.objects.get()
    assert (bytes(row.body), row.method, row.headers["user-agent"]) == (b'{"n": 1}', "POST", "Webex")
    assert before <= row.received_at <= after


def test_while_the_database_is_still_away_the_spool_waits(post):
    with away():
        post(b"1")
        with pytest.raises(OperationalError):
            receipts.drain()
        post(b"2")
    receipts.drain()

    assert sorted(bytes(row.body) for row in ReceiptInbox.objects.all()) == [b"1", b"2"]


def test_what_came_to_the_spool_and_to_the_door_is_one_row(post):
    with away():
        post(b"the same")
        post(b"the same")
    post(b"the same")
    receipts.drain()

    assert ReceiptInbox.objects.get().seen_count == 3


def test_a_spool_taken_up_twice_is_one_row(post, home):
    with away():
        post(b"once")
    kept = (home / spool.LIVE).read_bytes()
    receipts.drain()
    (home / spool.ASIDE).write_bytes(kept)
    receipts.drain()

    assert ReceiptInbox.objects.count() == 1


def test_without_a_place_to_write_the_provider_is_asked_to_repeat(post, home):
    home.write_text("a file where the folder should be")

    with away():
        assert post(b"{}") == 503


def test_a_full_spool_asks_the_provider_to_repeat(post, monkeypatch):
    monkeypatch.setattr(spool, "MOST_BYTES", 10)

    with away():
        assert post(b"{}") == 503


@pytest.mark.parametrize("secret", ["short", "A" * 42, "A" * 44, "A" * 42 + "."])
def test_what_cannot_be_our_secret_is_not_spooled(post, home, secret):
    with away():
        assert post(b"{}", secret) == 503
    assert not home.exists()


@pytest.mark.parametrize(("provider", "method"), [("nobody", "POST"), ("webex", "GET"), ("webex", "HEAD")])
def test_what_no_provider_of_ours_would_send_is_not_spooled(client: Client, account, home, provider, method):
    with away():
        answer = client.generic(method, f"/webhooks/{provider}/{account.webhook_secret}")

    assert answer.status_code == 503
    assert not home.exists()


def test_a_body_past_the_limit_is_not_spooled(post, home):
    with away():
        assert post(b"x" * (webhooks.LARGEST_BODY + 1)) == 413
    assert not home.exists()


def test_the_largest_body_comes_through_the_spool_whole(post):
    largest = os.urandom(webhooks.LARGEST_BODY)
    with away():
        assert post(largest) == 200
    receipts.drain()

    assert bytes(ReceiptInbox.objects.get().body) == largest


def test_strangers_are_dropped_and_counted_when_the_spool_is_taken_up(post, account, caplog):
    account.source_cidrs = ["192.0.2.0/24"]
    account.credentials = {**WEBEX_CREDENTIALS, "webhook_key": "signing"}
    account.save()
    genuine = "sha256=" + hmac.new(b"signing", b"ours", hashlib.sha256).hexdigest()
    with away():
        post(b"unknown secret", NOBODY, REMOTE_ADDR="192.0.2.1")
        post(b"from elsewhere", REMOTE_ADDR="198.51.100.1")
        post(b"forged", REMOTE_ADDR="192.0.2.1", headers={"x-hub-signature": "sha256=" + "0" * 64})
        post(b"ours", REMOTE_ADDR="192.0.2.1", headers={"x-hub-signature": genuine})
    caplog.clear()
    receipts.drain()

    assert bytes(ReceiptInbox.objects.get().body) == b"ours"
    assert "3 spooled receipts were not authentic" in caplog.text
    assert not any(secret in caplog.text for secret in (NOBODY, account.webhook_secret))


@pytest.mark.parametrize("torn", [b"{", b"[]", b"null", b"\xff", b'{"body": "", "received_at": "now"}', b"\x00" * 500])
def test_an_unreadable_record_is_kept_aside_and_costs_no_other(post, home, torn):
    with away():
        post(b"1")
        with (home / spool.LIVE).open("ab") as file:
            file.write(b"\n" + torn)
        post(b"2")
    receipts.drain()

    assert sorted(bytes(row.body) for row in ReceiptInbox.objects.all()) == [b"1", b"2"]
    assert torn in (home / spool.BAD).read_bytes()


def test_without_a_spool_taking_it_up_costs_no_query(account, django_assert_num_queries):
    with django_assert_num_queries(0):
        arrivals.take_up_spool(until=monotonic())


def test_a_signature_in_a_header_that_is_never_kept_is_checked_after_the_spool_too(client: Client, db, home):
    account = ProviderAccount(name="Telesign", provider="telesign", base_url="http://127.0.0.1:9")
    account.credentials = {"customer_id": "C", "api_key": base64.b64encode(b"made-up").decode()}
    account.save()
    content = b'{"reference_id": "0123", "status": {"code": 3000}}'
    signature = base64.b64encode(hmac.new(b"made-up", content, hashlib.sha256).digest()).decode()
    path = f"/webhooks/telesign/{account.webhook_secret}"
    with away("receiptinbox"):
        for word in (signature, base64.b64encode(b"forged").decode()):
            headers = {"authorization": f"TSA C:{word}"}
            client.generic("GET", path, content, content_type="application/json", headers=headers)

    arrivals.take_up_spool(until=monotonic() + SECONDS)

    row = ReceiptInbox.objects.get()
    assert (bytes(row.body), row.method, row.seen_count) == (content, "GET", 1)
    assert list(row.headers) == ["content-type"]


# Without asking each time ------------------------------------------------------------------------------


def test_a_call_is_one_statement_once_its_account_is_known(post, django_assert_num_queries):
    post(b"1")

    with django_assert_num_queries(1):
        assert post(b"2") == 200


def test_what_is_changed_here_counts_at_once(post, account):
    old = account.webhook_secret
    post(b"1")
    account.webhook_secret = NOBODY
    account.save()

    assert (post(b"2", old), post(b"3", NOBODY)) == (401, 200)


def test_what_is_changed_elsewhere_counts_soon(post, account, monkeypatch):
    post(b"1")
    ProviderAccount.objects.update(source_cidrs=["203.0.113.0/24"])
    assert post(b"2") == 200

    later = monotonic() + arrivals.KNOWN_SECONDS
    monkeypatch.setattr(arrivals, "monotonic", lambda: later)
    assert post(b"3") == 401


def test_strangers_are_not_remembered(post):
    post(b"1", NOBODY)

    assert arrivals._doors == {}


def test_the_same_body_many_times_in_the_spool_is_counted(post):
    with away("receiptinbox"):
        for _time in range(3):
            post(b"1")

    receipts.drain()

    assert ReceiptInbox.objects.get().seen_count == 3


def test_a_row_that_the_database_refuses_is_kept_aside_and_costs_no_other(account, home, caplog):
    good, bad = (
        arrivals.row_of(account, method=method, headers={}, body=method.encode(), now=timezone.now())
        for method in ("POST", "PUT")
    )

    with atomic():
        # A time that is missing is refused by a rule of the table.
        arrivals._ingest_what_can_be([(good, b"the good one"), (bad._replace(received_at=None), b"the bad one")])

    assert ReceiptInbox.objects.get().method == "POST"
    assert (home / spool.BAD).read_bytes() == b"the bad one\n"
    assert "cannot be stored" in caplog.text


def test_many_calls_ring_few_bells(monkeypatch):
    rung = []
    monkeypatch.setattr(tasks, "RING_EVERY", 0.05)
    bell = tasks._Bell(lambda: rung.append(monotonic()))

    for _call in range(1000):
        bell.ring()
    ends = monotonic() + SECONDS
    while not rung and monotonic() < ends:
        sleep(0.01)
    sleep(0.2)
    few = len(rung)
    bell.ring()
    while len(rung) == few and monotonic() < ends:
        sleep(0.01)

    assert few < 20
    assert len(rung) == few + 1


# A database that hangs ---------------------------------------------------------------------------------


@pytest.fixture
def watch(monkeypatch) -> Iterator[outages.Watch]:
    watch = outages.Watch()
    monkeypatch.setattr(webhooks, "watched", watch)
    monkeypatch.setattr(outages, "PATIENCE", 0.3)
    monkeypatch.setattr(outages, "LOOK_EVERY", 0.05)
    monkeypatch.setattr(outages, "TRY_EVERY", 0.05)
    yield watch
    watch.away = False


def test_during_an_outage_nobody_is_asked(post, home, watch, django_assert_num_queries):
    watch.away = True
    with django_assert_num_queries(0):
        assert (post(b"1"), post(b"2", "no secret of ours")) == (200, 503)
    watch.away = False

    receipts.drain()

    assert ReceiptInbox.objects.count() == 1


def test_a_fault_that_is_not_the_lines_is_no_outage(post, watch):
    with away("receiptinbox"):
        post(b"1")

    assert not watch.away


@pytest.mark.skipif(connection.vendor != "postgresql", reason="a database of one file cannot hang")
@pytest.mark.django_db(transaction=True)
def test_a_call_that_hangs_is_cut_off_and_the_database_tried_until_it_is_back(watch):
    began = monotonic()

    with pytest.raises(OperationalError), watch, connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(60)")

    assert monotonic() - began < SECONDS
    ends = monotonic() + SECONDS
    while watch.away and monotonic() < ends:
        sleep(0.05)
    assert not watch.away
    with watch, connection.cursor() as cursor:
        cursor.execute("SELECT 1")
