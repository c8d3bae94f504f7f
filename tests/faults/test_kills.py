"""The short form of `make faults`: each place to die once, on the database at hand."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests.faults.kills import POINTS
from tests.faults.world import ROOT

DATABASE = "sqlite" if "sqlite" in str(settings.DATABASES["default"]["ENGINE"]) else "postgresql"


@pytest.mark.faults
def test_a_worker_killed_anywhere_loses_nothing_and_sends_nothing_twice(tmp_path: Path):
    figures = tmp_path / "faults.json"
    words = ["--database", DATABASE, "--messages", "30", "--write", str(figures)]

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
    assert [row["broken"] for row in rows] == [""] * len(POINTS), ended.stdout
