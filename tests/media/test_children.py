"""Limited children: whatever one does, the next is well."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from media import children

MODULE = "tests.media.misbehaving"


def work(*args: str, seconds: float = 10.0, cpu_seconds: int = 5) -> dict[str, object]:
    return children.run(MODULE, list(args), seconds=seconds, cpu_seconds=cpu_seconds)


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_each_piece_of_work_has_a_process_of_its_own_without_our_environment(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "not for decoders")
    first, second = work("well"), work("well")
    assert len({first["process"], second["process"], os.getpid()}) == 3
    assert "SECRET_KEY" not in first["environment"]


@pytest.mark.parametrize("how", ["crash", "swell", "flood", "raise"])
def test_a_child_that_fails_is_said_to_and_the_next_is_well(how, tmp_path: Path):
    with pytest.raises(children.ChildFailed) as caught:
        work(how, str(tmp_path / "out"))
    assert not caught.value.slow
    assert work("well")["process"]


def test_a_child_that_hangs_is_killed_at_its_limit(tmp_path: Path):
    place, started = tmp_path / "process", time.monotonic()
    with pytest.raises(children.ChildFailed) as caught:
        work("hang", str(place), seconds=0.5)
    assert caught.value.slow
    assert time.monotonic() - started < 3
    until = time.monotonic() + 5
    while is_alive(int(place.read_text())) and time.monotonic() < until:
        time.sleep(0.02)
    assert not is_alive(int(place.read_text()))
    assert work("well")["process"]


def test_a_child_that_spins_is_ended_by_its_processor_limit():
    with pytest.raises(children.ChildFailed):
        work("spin", seconds=10, cpu_seconds=1)


def test_a_warm_process_that_was_killed_is_replaced():
    work("well")
    os.kill(children._keeper.process.pid, signal.SIGKILL)
    assert work("well")["process"]


def test_a_forked_worker_has_a_warm_process_of_its_own():
    work("well")
    ours = children._keeper.process.pid
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        work("well")
        os.write(writing, str(children._keeper.process.pid).encode())
        children._end()
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as pipe:
        theirs = int(pipe.read())
    os.waitpid(child, 0)
    assert theirs != ours
    assert work("well")["process"]
    assert children._keeper.process.pid == ours


def test_the_warm_process_ends_with_the_one_it_belongs_to():
    keeper = children._Keeper()
    keeper.line.close()
    assert keeper.process.wait(5) == 0


def test_many_threads_get_their_own_answers():
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(work("well")["process"])) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(set(found)) == 12
