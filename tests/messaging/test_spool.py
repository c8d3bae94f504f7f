"""Lines in local files, appended by many, taken up by one: whole, once kept never lost, bounded."""

import os
import stat
import subprocess
import sys
from pathlib import Path
from time import monotonic

import pytest

from messaging import spool

FOREVER = float("inf")
WRITER = """
import sys
from django.conf import settings
settings.configure(SPOOL_DIR=sys.argv[1])
from messaging import spool
for number in range(500):
    spool.append(f"{sys.argv[2]}-{number}-".encode() + b"x" * 3000)
print("written")
"""

FILLER = """
import resource, sys
from django.conf import settings
settings.configure(SPOOL_DIR=sys.argv[1])
from messaging import spool
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
for name in (b"1", b"2", b"3"):
    try:
        spool.append(name * 3000)
    except OSError:
        print("refused", name.decode())
"""


@pytest.fixture(autouse=True)
def home(settings, tmp_path: Path) -> Path:
    settings.SPOOL_DIR = tmp_path / "spool"
    return tmp_path / "spool"


def taken(until: float = FOREVER) -> list[bytes]:
    seen: list[bytes] = []
    spool.take_up(seen.append, until=until)
    return seen


def start(script: str, *words: object) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", script, *map(str, words)]
    return subprocess.Popen(command, cwd=Path(spool.__file__).parents[1], stdout=subprocess.PIPE, text=True)


def test_what_was_appended_is_taken_up_in_its_order_and_gone(home):
    for one in (b"a", b"b", b"c"):
        spool.append(one)

    assert taken() == [b"a", b"b", b"c"]
    assert taken() == []
    assert list(home.iterdir()) == []


def test_only_the_owner_can_read_it(home):
    spool.append(b"a")

    assert stat.S_IMODE((home / spool.LIVE).stat().st_mode) == 0o600
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_two_processes_lose_nothing_while_a_third_takes_up(home):
    writers = [start(WRITER, home, name) for name in ("one", "two")]
    seen: list[bytes] = []
    while any(writer.poll() is None for writer in writers):
        seen += taken()
    seen += taken()

    assert [writer.communicate()[0] for writer in writers] == ["written\n"] * 2
    assert sorted(seen) == sorted(
        f"{name}-{number}-".encode() + b"x" * 3000 for name in ("one", "two") for number in range(500)
    )


def test_a_torn_record_costs_no_other(home):
    spool.append(b"first")
    with (home / spool.LIVE).open("ab") as file:
        file.write(b"\ntorn in the mid")
    spool.append(b"last")

    assert taken() == [b"first", b"torn in the mid", b"last"]


def test_a_spoilt_record_is_kept_aside_and_told_once(home, caplog):
    spool.append(b"good")
    spool.append(b"spoilt")
    spool.append(b"good too")
    seen = []

    def keep(record: bytes) -> None:
        if record == b"spoilt":
            raise spool.Spoilt
        seen.append(record)

    spool.take_up(keep, until=FOREVER)
    spool.take_up(keep, until=FOREVER)

    assert seen == [b"good", b"good too"]
    assert (home / spool.BAD).read_bytes() == b"spoilt\n"
    assert stat.S_IMODE((home / spool.BAD).stat().st_mode) == 0o600
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_after_a_fault_the_rest_comes_again_and_the_new_behind_it(monkeypatch):
    # A record and the empty line before it.
    monkeypatch.setattr(spool, "AT_ONCE", 2)
    for one in (b"1", b"2", b"3"):
        spool.append(one)
    seen = []

    def keep(record: bytes) -> None:
        if record == b"2":
            raise RuntimeError
        seen.append(record)

    with pytest.raises(RuntimeError):
        spool.take_up(keep, until=FOREVER)
    spool.append(b"4")

    assert seen == [b"1"]
    assert taken() == [b"2", b"3", b"4"]


def test_what_was_handed_out_and_not_settled_comes_again():
    for one in (b"1", b"2"):
        spool.append(one)
    seen, settled = [], []

    def settle() -> None:
        settled.append(list(seen))
        if len(settled) == 1:
            raise RuntimeError

    with pytest.raises(RuntimeError):
        spool.take_up(seen.append, until=FOREVER, settle=settle)
    spool.take_up(seen.append, until=FOREVER, settle=settle)

    assert settled == [[b"1", b"2"], [b"1", b"2", b"1", b"2"]]
    assert taken() == []


def test_time_that_is_up_stops_it_and_it_goes_on_where_it_was(monkeypatch):
    # A record and the empty line before it.
    monkeypatch.setattr(spool, "AT_ONCE", 2)
    for one in (b"1", b"2", b"3"):
        spool.append(one)

    assert [taken(monotonic()) for _time in range(4)] == [[b"1"], [b"2"], [b"3"], []]


def test_a_crash_in_the_middle_leaves_everything_to_be_taken_up(home):
    spool.append(b"1")
    spool.append(b"2")
    os.rename(home / spool.LIVE, home / spool.ASIDE)
    spool.append(b"3")

    assert taken() == [b"1", b"2", b"3"]


def test_the_offset_of_a_file_that_is_gone_counts_for_nothing(home):
    spool.append(b"1")
    (home / spool.OFFSET).write_text("3")

    assert taken() == [b"1"]


def test_a_full_spool_refuses(home, monkeypatch):
    spool.append(b"x" * 50)
    monkeypatch.setattr(spool, "MOST_BYTES", 100)

    with pytest.raises(OSError, match="full"):
        spool.append(b"x" * 50)
    assert taken() == [b"x" * 50]


def test_a_disk_that_fills_up_refuses_and_keeps_what_it_took(home):
    assert start(FILLER, home).communicate()[0] == "refused 2\nrefused 3\n"
    spool.append(b"when there is room again")

    seen = taken()
    assert seen[0] == b"1" * 3000
    assert seen[-1] == b"when there is room again"


def test_a_second_one_that_takes_up_meanwhile_finds_nothing():
    spool.append(b"1")
    inner: list[bytes] = []

    spool.take_up(lambda _record: inner.extend(taken()), until=FOREVER)

    assert inner == []


def test_nothing_is_made_where_nothing_was_spooled(home):
    assert taken() == []
    assert not home.exists()
