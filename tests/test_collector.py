"""What is left in circles goes between tasks, every few seconds."""

import gc
from collections.abc import Iterator
from weakref import ref

import pytest
from celery.signals import task_postrun, task_prerun

from messaging import tasks
from mmsportal import collector

# A task begins by looking after the sessions of the database.
pytestmark = pytest.mark.django_db


class Link:
    """An object that may be in a circle."""

    other: "Link"


@pytest.fixture(autouse=True)
def by_itself_nothing_is_collected(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(collector, "_tidied", 0.0)
    gc.disable()
    yield
    gc.enable()


def circle() -> "ref[Link]":
    one, other = Link(), Link()
    one.other, other.other = other, one
    return ref(one)


def run(number: int) -> None:
    signals = {"task_id": f"task {number}", "task": tasks.pump}
    task_prerun.send(tasks.pump, **signals)
    task_postrun.send(tasks.pump, **signals, state="SUCCESS")


def test_circles_go_after_a_task_but_not_after_each() -> None:
    first = circle()
    assert first() is not None
    run(1)
    assert first() is None

    second = circle()
    run(2)
    assert second() is not None


def test_sparing_sets_the_pace_and_lets_what_is_loaded_be() -> None:
    before = gc.get_threshold()
    try:
        collector.spare()
        assert gc.get_threshold()[0] == collector.NEW_OBJECTS
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
