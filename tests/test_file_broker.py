"""The embedded broker's files: written whole, read whole."""

import multiprocessing
from pathlib import Path
from queue import Empty
from time import monotonic

import pytest
from celery import Celery
from kombu import Connection

from mmsportal.celery import app
from mmsportal.file_broker import Channel, Transport

MESSAGES = 400


def _options(folder: Path) -> dict[str, object]:
    return {"data_folder_in": folder, "data_folder_out": folder, "control_folder": folder / "control"}


def _connect(folder: Path) -> Connection:
    folder.mkdir(exist_ok=True)
    return Connection("filesystem://localhost", transport_options=_options(folder))


def _write(folder: Path) -> None:
    with _connect(folder) as connection, connection.SimpleQueue("work") as queue:
        for number in range(MESSAGES):
            queue.put({"number": number, "padding": "x" * 5000})


def test_the_portal_talks_through_it() -> None:
    assert isinstance(app, Celery)
    with Connection("filesystem://localhost") as connection:
        assert isinstance(connection.transport, Transport)


def test_a_reader_that_polls_without_pause_meets_whole_messages_only(tmp_path: Path) -> None:
    folder = tmp_path / "broker"
    with _connect(folder) as connection, connection.SimpleQueue("work") as queue:
        writer = multiprocessing.get_context("spawn").Process(target=_write, args=(folder,))
        writer.start()
        seen: set[int] = set()
        patience = monotonic() + 60
        while len(seen) < MESSAGES and monotonic() < patience:
            try:
                message = queue.get_nowait()
            except queue.Empty:
                continue
            seen.add(message.payload["number"])
            message.ack()
        writer.join()
    assert len(seen) == MESSAGES


def test_a_file_that_is_no_message_stops_nobody(tmp_path: Path) -> None:
    folder = tmp_path / "broker"
    with _connect(folder) as connection:
        channel = connection.channel()
        assert isinstance(channel, Channel)
        (folder / "1_broken.work.msg").write_text("")
        with pytest.raises(Empty):
            channel._get("work")


def test_a_second_process_that_binds_finds_the_first_ones_queue(tmp_path: Path) -> None:
    folder = tmp_path / "broker"
    with _connect(folder) as first, _connect(folder) as second:
        first.channel()._queue_bind("work", "a", "", "one")
        channel = second.channel()
        channel._queue_bind("work", "b", "", "two")
        assert sorted(row.queue for row in channel.get_table("work")) == ["one", "two"]
    assert [path.suffix for path in (folder / "control").iterdir()] == [".exchange"]
