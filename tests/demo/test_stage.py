"""Ports and surroundings of the demo."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from mmsportal.demo.stage import NotReady, PortTaken, Stage, choose_ports, wait_until_up


@pytest.fixture
def listening() -> Iterator[int]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_taken_port_is_named_with_the_way_out(listening: int) -> None:
    with pytest.raises(PortTaken, match=rf"Port {listening} .* in use.*--port \d+"):
        choose_ports(listening)


def test_the_sandbox_moves_when_the_next_port_is_taken(listening: int) -> None:
    try:
        port, sandbox = choose_ports(listening - 1)
    except PortTaken:
        pytest.skip("somebody took the port before")
    assert port == listening - 1
    assert sandbox not in {port, listening}


def test_the_demo_never_meets_a_real_database_or_bucket(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://somewhere/real")
    monkeypatch.setenv("MEDIA_STORAGE", "s3")
    monkeypatch.setenv("CELERY_BROKER_URL", "redis://somewhere")
    surroundings = Stage(8000, 8001, tmp_path).environment()
    assert "DATABASE_URL" not in surroundings
    assert "MEDIA_STORAGE" not in surroundings
    assert surroundings["CELERY_BROKER_URL"].startswith("filesystem:")
    assert surroundings["MMS_VAR_DIR"] == str(tmp_path)


def test_the_processes_may_reach_one_another_and_nothing_else_private(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.delenv("MMS_ALLOW_PRIVATE_TARGETS", raising=False)
    surroundings = Stage(8000, 8123, tmp_path).environment()
    allowed = set(surroundings["MMS_ALLOW_PRIVATE_TARGETS"].split(","))
    assert allowed == {f"{host}:{port}" for host in ("127.0.0.1", "localhost") for port in (8000, 8123)}
    assert surroundings["PUBLIC_BASE_URL"] == surroundings["MEDIA_PUBLIC_BASE_URL"] == "http://127.0.0.1:8000"


def test_a_server_of_ones_own_may_be_told_news(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMS_ALLOW_PRIVATE_TARGETS", "127.0.0.1:9000")
    allowed = Stage(8000, 8123, tmp_path).environment()["MMS_ALLOW_PRIVATE_TARGETS"].split(",")
    assert {"127.0.0.1:9000", "127.0.0.1:8123"} <= set(allowed)
    assert "" not in allowed


def test_what_never_answers_is_told(monkeypatch) -> None:
    monkeypatch.setattr("mmsportal.demo.stage.READY_SECONDS", 0.2)
    with pytest.raises(NotReady, match=r"127\.0\.0\.1:9/healthz does not answer"):
        wait_until_up("http://127.0.0.1:9", "/healthz", meanwhile=lambda: None)
