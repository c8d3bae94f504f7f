"""The supervisor with real children: who is asked to end, who is killed, and that nobody is left."""

import os
import signal
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest

from mmsportal.demo.supervisor import Child, Died, Stopped, Supervisor

# A worker as Celery is one: a main process that lets its helper finish, and a helper that TERM would cut off.
WORKER = """
    import os, pathlib, signal, subprocess, sys, time
    helper = subprocess.Popen([sys.executable, "-c", sys.argv[1]])
    pathlib.Path("helper.pid").write_text(str(helper.pid))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(helper.wait()))
    pathlib.Path("main.ready").touch()
    while True:
        time.sleep(0.05)
"""
TASK = "import pathlib, time; pathlib.Path('begun').touch(); time.sleep(1); pathlib.Path('finished').touch()"
ENDLESS = "import time; time.sleep(60)"
STUBBORN = "import pathlib, signal, time; signal.signal(15, signal.SIG_IGN); pathlib.Path('main.ready').touch(); "


def _python(name: str, code: str, *arguments: str) -> Child:
    return Child(name, [sys.executable, "-c", textwrap.dedent(code), *arguments])


def _until(holds: Callable[[], bool], seconds: float = 10) -> bool:
    patience = monotonic() + seconds
    while not holds():
        if monotonic() > patience:
            return False
        sleep(0.02)
    return True


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A killed orphan stays a zombie until init collects it.
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    supervisor = Supervisor(dict(os.environ), tmp_path, grace=5)
    yield supervisor
    supervisor.grace = 0
    supervisor.stop()


def test_only_the_main_process_is_asked_so_the_task_in_hand_ends(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start(_python("worker", WORKER, TASK))
    assert _until((tmp_path / "begun").exists)
    supervisor.stop()
    assert (tmp_path / "finished").exists()


def test_what_does_not_end_in_time_is_killed_with_its_group(supervisor: Supervisor, tmp_path: Path, capsys) -> None:
    supervisor.grace = 0.3
    process = supervisor.start(_python("worker", WORKER, ENDLESS))
    assert _until((tmp_path / "main.ready").exists)
    helper = int((tmp_path / "helper.pid").read_text())
    supervisor.stop()
    assert process.returncode == -signal.SIGKILL
    assert _until(lambda: not _lives(helper))
    assert "worker did not end in time" in capsys.readouterr().out


def test_helpers_that_outlive_their_main_process_are_killed(supervisor: Supervisor, tmp_path: Path) -> None:
    process = supervisor.start(_python("worker", WORKER, ENDLESS))
    assert _until((tmp_path / "main.ready").exists)
    helper = int((tmp_path / "helper.pid").read_text())
    process.kill()
    with pytest.raises(Died, match="worker was ended by signal 9"):
        supervisor.watch()
    assert _lives(helper)
    supervisor.stop()
    assert _until(lambda: not _lives(helper))


def test_a_second_wish_to_end_is_obeyed_at_once(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.grace = 60
    process = supervisor.start(_python("worker", STUBBORN + ENDLESS))
    assert _until((tmp_path / "main.ready").exists)
    supervisor.asked = 2
    supervisor.stop()
    assert process.returncode == -signal.SIGKILL


def test_a_signal_that_comes_twice_at_once_is_one_wish(supervisor: Supervisor) -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    supervisor.listen()
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)
        assert _until(lambda: supervisor.asked > 0)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert supervisor.asked == 1


def test_the_end_of_one_child_is_told_and_ends_the_others(supervisor: Supervisor) -> None:
    other = supervisor.start(_python("web", ENDLESS))
    supervisor.start(_python("sandbox", "import sys; sys.exit(3)"))
    with pytest.raises(Died, match="sandbox ended with exit code 3"):
        supervisor.watch()
    supervisor.stop()
    assert other.returncode == -signal.SIGTERM


def test_the_last_one_started_is_stopped_first(supervisor: Supervisor, tmp_path: Path) -> None:
    note = """
        import pathlib, signal, sys, time
        def end(*_):
            with open("order", "a") as file: file.write(sys.argv[1])
            sys.exit()
        signal.signal(signal.SIGTERM, end)
        pathlib.Path(sys.argv[1]).touch()
        time.sleep(60)
    """
    for name in "abc":
        supervisor.start(_python(name, note, name))
    assert _until(lambda: all((tmp_path / name).exists() for name in "abc"))
    supervisor.stop()
    assert (tmp_path / "order").read_text() == "cba"


def test_lines_come_with_the_name_of_their_child(supervisor: Supervisor, capsys) -> None:
    supervisor.start(_python("web", "import sys; print('ready', file=sys.stderr)"))
    shown: list[str] = []
    assert _until(lambda: bool(shown.append(capsys.readouterr().out) or "web      | ready\n" in "".join(shown)))


def test_a_preparation_gives_back_what_it_printed(supervisor: Supervisor) -> None:
    assert supervisor.run(_python("prepare", "print('all there')")) == "all there\n"
    supervisor.stop()


def test_a_preparation_that_fails_is_told(supervisor: Supervisor) -> None:
    with pytest.raises(Died, match="prepare ended with exit code 4"):
        supervisor.run(_python("prepare", "import sys; sys.exit(4)"))


def test_a_preparation_is_left_when_the_end_is_asked_for(supervisor: Supervisor) -> None:
    supervisor.asked = 1
    with pytest.raises(Stopped):
        supervisor.run(_python("prepare", ENDLESS))
    began = monotonic()
    supervisor.stop()
    assert monotonic() - began < 4
