"""Nothing that identifies a person or opens a door gets into a log."""

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from time import sleep

import pytest
from django.core.management import call_command

from messaging import tasks
from mmsportal.logs import Json, Masking, MaskingFormatter, about


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Unauthorized: /webhooks/webex/s3cr3t-Path_x", "Unauthorized: /webhooks/webex/***"),
        ("sent to +16475550142.", "sent to +1647***0142."),
        ("GET /api/v1/messages?to=%2B16475550142", "GET /api/v1/messages?to=%2B1647***0142"),
        ("sent to 16475550142", "sent to 1647***0142"),
        ("key mms_live_0a1b2c3d_AbC-def_123", "key mms_live_***"),
        ("Not Found: /m/AbCdEfGhIjKlMnOpQrStUv/tour.mp4", "Not Found: /m/***/tour.mp4"),
        ("agent\r\nforged line", "agent\\r\\nforged line"),
        ("took 1793719207 ticks of 200 at 12:30", "took 1793719207 ticks of 200 at 12:30"),
        ("transaction 01a1fd89-b541-7cbd-923e-0ede7cf6b8c9", "transaction 01a1fd89-b541-7cbd-923e-0ede7cf6b8c9"),
    ],
)
def test_a_record_is_masked(said: str, kept: str):
    record = logging.LogRecord("x", logging.INFO, "x", 1, "%s", (said,), None)

    Masking().filter(record)

    assert record.getMessage() == kept


def test_a_traceback_is_masked_too():
    try:
        raise ValueError("Key (recipient)=(+16475550142) already exists.")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "x", 1, "refused", (), sys.exc_info())

    line = MaskingFormatter("%(message)s").format(record)

    assert "(recipient)=(+1647***0142)" in line
    assert "16475550142" not in line


SAYS = """
import logging, django
django.setup()
from mmsportal.celery import app
app.log.setup(loglevel="WARNING")
logging.getLogger("celery.app.trace").error("sent to %s", "+16475550142")
logging.getLogger("messaging").info("too quiet to be heard")
"""


def test_a_worker_masks_as_the_web_does():
    done = subprocess.run([sys.executable, "-c", SAYS], capture_output=True, text=True, check=True, timeout=60)
    assert "sent to +1647***0142" in done.stderr
    assert "16475550142" not in done.stderr + done.stdout
    assert "too quiet" not in done.stderr


def test_a_json_line_holds_ids_and_is_masked():
    record = logging.LogRecord("x", logging.ERROR, "x", 1, "sent to %s", ("+16475550142",), None)
    record.account = "0a1b"
    with about(request="r-1"):
        line = json.loads(Json().format(record))
    assert (line["level"], line["said"], line["account"], line["request"]) == (
        "error",
        "sent to +1647***0142",
        "0a1b",
        "r-1",
    )
    assert "request" not in json.loads(Json().format(record))


@pytest.mark.parametrize(
    ("given", "kept"),
    [("trace-4711-abc", True), ("16475550142", False), ("x\ny-and-more", False), ("a" * 65, False), ("", False)],
)
def test_a_request_has_an_id(client, given: str, kept: bool):
    answer = client.get("/healthz", headers={"X-Request-ID": given})
    assert (answer["X-Request-ID"] == given) is kept
    assert len(answer["X-Request-ID"]) >= 8


class Kept(logging.Handler):
    """Everything that is logged, as the console would have it, in both forms."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.formatters = [Json(), MaskingFormatter("%(message)s")]

    def emit(self, record: logging.LogRecord) -> None:
        self.lines += [formatter.format(record) for formatter in self.formatters]


@pytest.fixture
def logged() -> Iterator[list[str]]:
    kept, root = Kept(), logging.getLogger()
    names = ["", "messaging", "media", "mmsportal", "mmsportal.requests", "mmsportal.celery", "django.request"]
    before = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.INFO)
    root.addHandler(kept)
    yield kept.lines
    root.removeHandler(kept)
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


@pytest.mark.django_db(transaction=True)
def test_a_whole_walk_logs_ids_and_nobodys_number_text_or_key(client, sandbox, sender, issued_key, account, logged):
    _row, key, _jwt = issued_key
    # Delivered, refused, lost on the wire, a receipt that nobody can read.
    numbers = ["+14165550100", "+14165550120", "+14165550126", "+14165550132"]
    body = {
        "from": sender.address,
        "to": numbers,
        "content": {"subject": "Zebra", "slides": [{"text": "Xylophone"}], "fallback": {"text": "Quokka"}},
        "purpose": "transactional",
    }
    sent = client.post("/api/v1/messages", body, content_type="application/json", headers={"key": key})
    assert sent.status_code == 201
    call_command("pump", "--once")
    sleep(1.5)
    call_command("pump", "--once")
    tasks.pump.apply()
    client.get("/api/v1/messages", headers={"key": "mms_live_00000000_wrong"})
    client.post(f"/webhooks/webex/{account.webhook_secret}", b"no receipt", content_type="application/json")
    tasks.drain_receipts.apply()

    text = "\n".join(logged)

    assert len(logged) > 4
    assert '"route": "api/v1/' in text
    assert '"task": "messaging.tasks.pump"' in text
    for secret in ("Zebra", "Xylophone", "Quokka", key, account.webhook_secret, "sandbox-service-key"):
        assert secret not in text
    for number in numbers:
        assert number[1:] not in text
