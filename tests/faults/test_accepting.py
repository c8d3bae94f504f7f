"""A process that is killed while it accepts a message leaves one message and one answer."""

import json
import subprocess
import sys

import pytest

from tests.faults.accepting import wrong
from tests.faults.test_kills import DATABASE
from tests.faults.world import ROOT, world

# `make faults` dies at every tenth line.
STEP = 110


@pytest.mark.faults
def test_twenty_repeats_after_a_kill_at_any_line_are_one_message():
    with world(DATABASE) as place:
        environment = {**place.environment, "DJANGO_SETTINGS_MODULE": "mmsportal.settings"}
        ended = subprocess.run(
            [sys.executable, "-m", "tests.faults.accepting", str(STEP)],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )
    assert ended.returncode == 0, ended.stderr[-2000:]
    rows = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [row["killed"] for row in rows] == [True] * (len(rows) - 1) + [False], "the last one came to its end"
    assert len(rows) > 3
    assert [row for row in rows if wrong(row)] == []
    # Some died before the commit, and the last one did not.
    assert {row["before"] for row in rows} == {0, 1}
