"""What workers live through when Redis goes away under them."""

import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from time import monotonic, sleep

import pytest
from kombu import Connection
from redis import Redis

from mmsportal.redis_broker import Transport
from tests.faults.world import free_port

pytestmark = [
    pytest.mark.services,
    pytest.mark.skipif(which("redis-server") is None, reason="redis-server is not installed"),
]


@contextmanager
def redis_server(port: int, folder: Path) -> Iterator[None]:
    words = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL) as server:
        try:
            ends = monotonic() + 20
            while not _listens(port):
                assert monotonic() < ends, "redis-server does not start"
                sleep(0.05)
            yield
        finally:
            server.kill()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def port() -> int:
    return free_port()


def test_the_portal_talks_through_it(port: int) -> None:
    for scheme in ("redis", "rediss"):
        with Connection(f"{scheme}://127.0.0.1:{port}/0") as connection:
            assert isinstance(connection.transport, Transport)


def test_work_in_hand_ends_without_redis(
    port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    dumps = tmp_path / "dumps"
    dumps.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(dumps))
    connection = Connection(f"redis://127.0.0.1:{port}/0")
    with redis_server(port, tmp_path):
        queue = connection.SimpleQueue("work")
        for number in range(3):
            queue.put({"number": number})
        done, under_way, _in_hand = (queue.get(timeout=5) for _number in range(3))
        done.ack()
    under_way.ack()
    # As a worker does that has lost its broker.
    queue.consumer.channel.qos.restore_unacked_once()
    connection.collect()
    assert "RESTORE" not in caplog.text
    assert list(dumps.iterdir()) == []


def test_nothing_is_kept_of_what_a_worker_has(port: int, tmp_path: Path) -> None:
    with redis_server(port, tmp_path), Connection(f"redis://127.0.0.1:{port}/0") as connection:
        queue = connection.SimpleQueue("work")
        queue.put({"number": 1})
        queue.get(timeout=5)
        assert list(Redis(port=port).scan_iter("*unacked*")) == []
