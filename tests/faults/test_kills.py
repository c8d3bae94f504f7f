"""The short form of `make faults`: a few places to die, at every provider, on the database at hand."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from messaging.delivery.failpoints import POINTS
from messaging.gateway import registry
from tests.faults import encoders
from tests.faults.catalogue import faults
from tests.faults.rows_kills import SENDING, STORING, runs
from tests.faults.world import ROOT

DATABASE = "sqlite" if "sqlite" in str(settings.DATABASES["default"]["ENGINE"]) else "postgresql"
# Each provider and each commit of the protocol is among them.
FEW = [
    "1 webex: before_wire",
    "1 telesign: before_record",
    "1 skycore: during_call",
    "1 sinch: during_save, storing",
    "1 skycore: before_record, storing",
    f"1 webex: {encoders.POINT}",
]


@pytest.mark.faults
def test_a_worker_killed_anywhere_loses_nothing_and_sends_nothing_twice(tmp_path: Path):
    figures = tmp_path / "faults.json"

    ended = subprocess.run(
        [sys.executable, "-m", "tests.faults.playing", DATABASE, str(figures), *FEW, "--short"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )

    assert figures.exists(), ended.stdout + ended.stderr
    rows = json.loads(figures.read_text())
    assert [row["broken"] for row in rows] == [""] * len(FEW), ended.stdout


def test_the_runs_leave_out_no_point_and_no_provider():
    assert set(SENDING) | set(STORING) == set(POINTS)
    assert {run.provider for run in runs()} == set(registry.names())
    assert set(FEW) <= {fault.title for fault in faults(["1"])}
