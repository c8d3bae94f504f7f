"""Nothing that identifies a person or opens a door gets into a log."""

import logging
import subprocess
import sys

import pytest

from mmsportal.logs import Masking, MaskingFormatter


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
