"""What `make bench` and `make faults` begin with can be loaded, with all their rooms and rows."""

from importlib import import_module

import pytest

from tests.bench.__main__ import ROOMS
from tests.faults.__main__ import main


@pytest.mark.parametrize("room", ROOMS)
def test_each_room_can_be_measured(room: str) -> None:
    assert callable(import_module(f"tests.bench.{room}").measure)


def test_the_catalogue_can_be_run() -> None:
    assert callable(main)
