"""The disk that files are kept on: each is there whole or not at all."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files.base import ContentFile

from mmsportal.file_storage import Disk

OLD, NEW = b"old " * 50_000, b"new!" * 50_000


class Dying(ContentFile):
    """A file whose writer dies when half of it is on the disk."""

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        yield self.read(len(NEW) // 2)
        raise KeyboardInterrupt


class Watched(ContentFile):
    """A file that looks at what a reader sees while it is written."""

    def __init__(self, content: bytes, place: Path) -> None:
        super().__init__(content)
        self.place, self.seen = place, set[bytes | None]()

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        for chunk in super().chunks(1000):
            yield chunk
            self.seen.add(self.place.read_bytes() if self.place.exists() else None)


def test_a_file_takes_the_place_of_another_in_one_step(tmp_path):
    disk = Disk(location=tmp_path)
    assert disk.save("a/b.bin", ContentFile(OLD)) == "a/b.bin"
    file = Watched(NEW, tmp_path / "a/b.bin")
    assert disk.save("a/b.bin", file) == "a/b.bin"
    assert file.seen == {OLD}
    assert [path.name for path in tmp_path.rglob("*.*")] == ["b.bin"]
    assert (tmp_path / "a/b.bin").read_bytes() == NEW


def test_nobody_sees_a_file_before_it_is_whole(tmp_path):
    file = Watched(NEW, tmp_path / "b.bin")
    Disk(location=tmp_path).save("b.bin", file)
    assert file.seen == {None}


def test_who_dies_over_a_file_leaves_what_was_there(tmp_path):
    disk = Disk(location=tmp_path)
    with pytest.raises(KeyboardInterrupt):
        disk.save("c.bin", Dying(NEW))
    assert not disk.exists("c.bin")
    disk.save("b.bin", ContentFile(OLD))
    with pytest.raises(KeyboardInterrupt):
        disk.save("b.bin", Dying(NEW))
    assert (tmp_path / "b.bin").read_bytes() == OLD
