"""The short form of `make faults`: a few places to die, at every provider, on the database at hand."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from messaging.delivery.failpoints import POINTS
from messaging.gateway import registry
from tests.faults.kills import SENDING, STORING, short
from tests.faults.world import ROOT

DATABASE = "sqlite" if "sqlite" in str(settings.DATABASES["default"]["ENGINE"]) else "postgresql"


@pytest.mark.faults
def test_a_worker_killed_anywhere_loses_nothing_and_sends_nothing_twice(tmp_path: Path):
    figures = tmp_path / "faults.json"
    words = ["--database", DATABASE, "--short", "--messages", "12", "--write", str(figures)]

    ended = subprocess.run(
        [sys.executable, "-m", "tests.faults", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )

    assert figures.exists(), ended.stdout + ended.stderr
    rows = json.loads(figures.read_text())
    assert [row["broken"] for row in rows] == [""] * len(short()), ended.stdout


def test_the_runs_leave_out_no_point_and_no_provider():
    assert set(SENDING) | set(STORING) == set(POINTS)
    assert {run.provider for run in short()} == set(registry.names())
