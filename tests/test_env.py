"""What is set wrongly in the environment is said at the start, without its secrets."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HOME = Path(__file__).parents[1]


def started(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """A process that reads the environment with these variables, and nothing else."""
    environment = {"PATH": os.environ["PATH"], "MMS_VAR_DIR": str(folder), **variables}
    words = [sys.executable, "-c", "from mmsportal import env; print(env.BROKER_URL)"]
    return subprocess.run(words, cwd=HOME, env=environment, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    "url",
    [
        "sentinel://:hush@127.0.0.1:26379",
        "memory://:hush@x[",
        "AMQP://:hush@x",
        "amqp://a;sentinel://:hush@b",
        "redis.example",
    ],
)
def test_a_broker_that_nobody_tried_is_refused_by_name(tmp_path, url):
    said = started(tmp_path, CELERY_BROKER_URL=url)

    assert said.returncode == 1
    assert "CELERY_BROKER_URL begins with" in said.stderr
    assert "redis, rediss, amqp" in said.stderr
    assert "hush" not in said.stderr


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("", "filesystem://"),
        ("amqps://mq.example/mms", "amqps://mq.example/mms"),
        ("redis://:p[a@x/0", "redis://:p[a@x/0"),
    ],
)
def test_a_broker_that_is_known_is_taken(tmp_path, given, used):
    said = started(tmp_path, CELERY_BROKER_URL=given)

    assert (said.returncode, said.stdout.strip()) == (0, used)


def test_a_time_to_call_back_longer_than_a_message_may_live_is_refused(tmp_path):
    assert "MMS_UNDO_SECONDS is 600; give 0 to 240" in started(tmp_path, MMS_UNDO_SECONDS="600").stderr
