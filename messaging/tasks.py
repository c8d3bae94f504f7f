"""Celery doors: they carry no data, only "look now". Losing or repeating one changes latency, never results."""

import os
from collections.abc import Callable
from threading import Event, Lock, Thread
from time import sleep

from celery import shared_task
from django.utils import timezone

from media.doorbell import ring as _ring
from messaging import (
    callbacks,
    delivery,
    encoding,
    inbound,
    lists,
    receipts,
    reconciling,
    repeats,
    retention,
    steering,
    tallies,
    watching,
)

# How often a storm of messages may ring, and one of receipts: a drain of a few costs little less than one of a hundred.
RING_EVERY = 0.25
RECEIPTS_EVERY = 0.5


@shared_task
def pump() -> None:
    """Send what is due; while there was something, there may be more."""
    watching.alive(watching.SEND)
    if delivery.pump(once=True):
        ring_pump()
    ring_callbacks()


@shared_task
def drain_receipts() -> None:
    """Read what came in."""
    watching.alive(watching.RECEIPTS)
    with receipts.turn() as ours:
        if not ours:
            return
        receipts.drain()
    if receipts.asked_again():
        ring_receipts()
    if inbound.texts_due():
        _ring(fetch_texts)
    ring_callbacks()


@shared_task
def fetch_texts() -> None:
    """Fetch what handsets wrote, where the provider only told where it lies."""
    inbound.fetch_texts()


@shared_task
def send_callbacks() -> None:
    """Tell callers their news; while there was some, there may be more."""
    watching.alive(watching.CALLBACKS)
    if callbacks.send(once=True):
        ring_callbacks()


@shared_task
def clear_callbacks() -> None:
    """Clear away news that was told or given up long ago."""
    callbacks.purge(now=timezone.now())


@shared_task
def sweep() -> None:
    """Take up what was left behind."""
    delivery.sweep()


@shared_task
def pass_canaries() -> None:
    """Let the rest follow where all that went first have arrived."""
    if steering.pass_ripe_canaries():
        ring_pump()


@shared_task
def finish_encoding() -> None:
    """Let messages go whose media have been made to fit."""
    if encoding.finish():
        ring_pump()


@shared_task
def clear_lists() -> None:
    """Clear away the recipient lists that nobody can reach any more."""
    lists.purge(now=timezone.now())


@shared_task
def clear_repeats() -> None:
    """Clear away the answers that nobody can ask for again."""
    while repeats.purge(now=timezone.now()):
        pass


@shared_task
def count_transactions() -> None:
    """Bring the counts of the charts up to date."""
    tallies.count()
    tallies.purge(now=timezone.now())


@shared_task
def clear_history() -> None:
    """Clear away what was kept long enough."""
    retention.purge(now=timezone.now())


@shared_task
def watch() -> None:
    """Count calls and receipts for each account, and look whether all is well."""
    watching.fold()
    watching.look()


@shared_task
def clear_tallies() -> None:
    """Forget the counts that no page shows any more."""
    watching.purge(timezone.now())


@shared_task
def reconcile() -> None:
    """Ask providers about messages nothing final was heard of."""
    if reconciling.reconcile():
        ring_receipts()


def ring_pump() -> None:
    """Tell a worker that there is something to send, if the broker is up."""
    _ring(pump)


def ring_pump_soon() -> None:
    """The same for whoever must not wait for a broker, however many they are: at most one ring in RING_EVERY."""
    _send_bell.ring()


def ring_encoding(*_args: object, **_signal: object) -> None:
    """Tell a worker that media are ready which a message may wait for, if the broker is up."""
    _ring(finish_encoding)


def ring_receipts() -> None:
    """Tell a worker that there is something to read, if the broker is up."""
    _ring(drain_receipts)


def ring_receipts_soon() -> None:
    """The same for receipts: at most one ring in RECEIPTS_EVERY."""
    _receipt_bell.ring()


def ring_callbacks() -> None:
    """Tell a worker that there is news to tell, if there is and the broker is up."""
    if callbacks.due():
        _ring(send_callbacks)


class _Bell:
    """Rings for many from a thread of its own: at once for the first, once more behind the last."""

    def __init__(self, ring: Callable[[], None], every: float | None = None) -> None:
        self._ring, self._every = ring, every
        self._wanted, self._lock, self._process = Event(), Lock(), 0

    def ring(self) -> None:
        self._wanted.set()
        if self._process != os.getpid():
            with self._lock:
                if self._process != os.getpid():
                    self._process = os.getpid()
                    Thread(target=self._listen, name="bell", daemon=True).start()

    def _listen(self) -> None:
        while self._wanted.wait():
            self._wanted.clear()
            self._ring()
            sleep(self._every or RING_EVERY)


# By their names: whoever is to ring is looked up when it does.
_send_bell, _receipt_bell = _Bell(lambda: ring_pump()), _Bell(lambda: ring_receipts(), RECEIPTS_EVERY)
