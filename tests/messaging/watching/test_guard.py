"""The watchdog of a web process that is loaded before it forks."""

import os
from threading import Event, Thread
from time import sleep

from messaging.watching import looking

LOOKS_FOR = 0.5


def test_no_child_is_made_in_the_middle_of_a_look(monkeypatch):
    begun, over = Event(), Event()

    def look() -> None:
        begun.set()
        sleep(LOOKS_FOR)
        over.set()

    monkeypatch.setattr(looking, "_round", look)
    monkeypatch.setattr(looking, "sleep", lambda _seconds: Event().wait())
    Thread(target=looking._guard, daemon=True).start()
    assert begun.wait(5)

    child = os.fork()
    if child == 0:
        # There it may be taken again: nobody holds it.
        os._exit(0 if over.is_set() and looking._looking.acquire(timeout=1) else 1)

    assert os.waitpid(child, 0)[1] == 0
    assert looking._looking.acquire(timeout=1)
    looking._looking.release()
