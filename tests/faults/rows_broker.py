"""The broker stopped, hanging, emptied, restarted and deaf (reliability, section 4, rows 11 to 13)."""

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

from tests.faults.catalogue import BOTH, Fault, Figures
from tests.faults.crowds import Callers, issue
from tests.faults.sheets import Sheet
from tests.faults.world import World, kill

POSTGRES = ("postgresql",)
# Row 11: how long it is away; ten minutes on request.
AWAY = float(os.environ.get("FAULTS_AWAY", "60"))
QUICK = 0.5
POLL = 5.0
# Row 13: when somebody must have been told that nothing leaves.
WATCHED = 60.0


def stopped(place: World, short: bool) -> Figures:
    """Redis is stopped for a while: the API takes messages as ever, and the pump beside the workers sends them."""
    from tests.faults import sending  # noqa: PLC0415  needs the world's settings

    away = 10 if short else AWAY
    broker = place.start_broker()
    sending.open_portal(place)
    worker = place.start_worker()
    place.start_beat()
    place.start_pump()
    began = time.monotonic()
    with Callers(place, issue(), callers=2, pause=0.1) as callers:
        time.sleep(8)
        gone = time.monotonic()
        kill(broker)
        time.sleep(away)
        back = time.monotonic()
        place.start_broker()
        time.sleep(5)
    keys = callers.rows()
    done = sending.drained(keys, 30)
    sheet = Sheet({"away_s": away, "away": callers.notes(since=gone, until=back), "before": callers.notes(until=gone)})
    waits = _waits(callers, gone, back)
    sheet.notes["added_latency_s"] = {"median": sending.median(waits), "most": round(max(waits, default=0), 2)}
    meanwhile = [one for one in callers.answers if gone <= one.at < back]
    slow = [one for one in meanwhile if one.status not in {200, 201} or one.took > QUICK]
    sheet.must(not slow and bool(meanwhile), f"{len(slow)} of {len(meanwhile)} calls were refused or took over 500 ms")
    sheet.must(done and max(waits, default=99) < POLL + 1, "not all were sent within the poller's interval")
    sheet.must(worker.poll() is None, "the worker has ended")
    sheet.must(not callers.untrue(), callers.untrue())
    return sheet.figures(place, keys, began)


def hanging(place: World, short: bool) -> Figures:
    """Redis takes connections and answers nothing."""
    from tests.faults import sending  # noqa: PLC0415

    broker = place.start_broker()
    sending.open_portal(place)
    place.start_worker()
    place.start_beat()
    place.start_pump()
    began = time.monotonic()
    with Callers(place, issue(), callers=2, pause=0.1) as callers:
        time.sleep(6)
        gone = time.monotonic()
        broker.send_signal(signal.SIGSTOP)
        time.sleep(10 if short else 30)
        back = time.monotonic()
        broker.send_signal(signal.SIGCONT)
        time.sleep(3)
    keys = callers.rows()
    done = sending.drained(keys, 30)
    sheet = Sheet({"hanging": callers.notes(since=gone, until=back)})
    meanwhile = [one for one in callers.answers if gone <= one.at < back]
    slow = [one for one in meanwhile if one.status not in {200, 201} or one.took > QUICK]
    sheet.must(not slow and bool(meanwhile), f"{len(slow)} of {len(meanwhile)} calls were refused or took over 500 ms")
    sheet.must(done and not callers.untrue(), f"all sent: {done}; {callers.untrue()}")
    return sheet.figures(place, keys, began)


def _waits(callers: Callers, since: float, until: float) -> list[float]:
    """How long those that were taken meanwhile waited for their first try."""
    from messaging.models import SendAttempt  # noqa: PLC0415

    tags = {one.tag for one in callers.answers if since <= one.at < until}
    tries = SendAttempt.objects.filter(transaction__message__callback_data__in=tags, number=1)
    moments = tries.values_list("started_at", "transaction__created_at")
    return [(started - created).total_seconds() for started, created in moments]


def emptied(place: World, short: bool) -> Figures:
    """FLUSHALL again and again and two restarts while workers send; nobody but the beat finds the work again."""
    import redis  # noqa: PLC0415

    from tests.faults import sending  # noqa: PLC0415

    broker = place.start_broker()
    sending.open_portal(place)
    worker = place.start_worker()
    place.start_beat()
    count, flushes, restarts = (300, 0, 0) if short else (3000, 0, 0)
    began = time.monotonic()
    keys = []
    for part in range(10):
        keys += sending.order("webex", count // 10)
        time.sleep(0.5)
        if part in {3, 6}:
            kill(broker)
            time.sleep(1)
            broker, restarts = place.start_broker(), restarts + 1
        else:
            redis.Redis(port=place.broker_port).flushall()
            flushes += 1
    last = time.monotonic()
    done = sending.drained(keys, 120)
    sheet = Sheet({"flushes": flushes, "restarts": restarts, "after_the_last_s": round(time.monotonic() - last, 1)})
    sheet.must(done, "not all were sent")
    sheet.must(worker.poll() is None, "the worker has ended")
    return sheet.figures(place, keys, began)


def deaf(place: World, short: bool) -> Figures:
    """All connections to Redis are cut ten times a second: workers live and hear little or nothing. Where what is due
    waits for that, the watchdog says so; then a pump is started, and sends."""
    from tests.faults import sending  # noqa: PLC0415

    place.start_broker()
    sending.open_portal(place)
    place.start_worker()
    place.start_beat()
    began = time.monotonic()
    cuts: list[int] = []
    with again_and_again(lambda: cuts.append(_cut(place)), 0.1):
        time.sleep(2)
        keys = sending.order("webex", 40)
        told, helped = detected(keys, 20 if short else WATCHED)
        place.start_pump()
        with Callers(place, issue(), callers=2) as callers:
            time.sleep(10 if short else 60)
    keys += callers.rows()
    heard = sending.drained(keys, 60)
    sheet = Sheet({"cuts": sum(cuts), **callers.notes(), "watchdog_s": told, "sent_by_the_deaf": helped})
    sheet.must(short or told is not None or helped, f"what was due waited for {WATCHED:.0f} s, and nobody was told")
    sheet.must(told is None or told <= WATCHED, f"the watchdog spoke after {told} s")
    sheet.must(heard and not callers.untrue(), f"all sent: {heard}; {callers.untrue()}")
    return sheet.figures(place, keys, began)


def detected(keys: Sequence[UUID], seconds: float) -> tuple[float | None, bool]:
    """Wait for the watchdog to say that what is due does not leave. Out: after how many seconds it did, None where it
    did not within these; and whether all of it left all the same."""
    from messaging import watching  # noqa: PLC0415
    from tests.faults import sending  # noqa: PLC0415

    began = time.monotonic()

    def left() -> bool:
        return not sending.rows(keys).filter(status__in=sending.OPEN).exists()

    def told() -> bool:
        return any(alarm.kind in {"deaf", "stuck"} for alarm in watching.standing())

    sending.until(lambda: told() or left(), seconds)
    return (round(time.monotonic() - began, 1) if told() else None), left()


def _cut(place: World) -> int:
    import redis  # noqa: PLC0415

    with redis.Redis(port=place.broker_port) as client:
        return int(client.client_kill_filter(_type="normal", skipme=True))


@contextmanager
def again_and_again(act: Callable[[], object], pause: float) -> Iterator[None]:
    """Do something over and over beside what goes on, with a pause (seconds, about) in between."""
    over = threading.Event()

    def run() -> None:
        while not over.wait(pause * random.uniform(0.5, 1.5)):
            act()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(10)


FAULTS = [
    Fault("11", "Redis stopped", BOTH, stopped),
    Fault("11", "Redis hanging", POSTGRES, hanging),
    Fault("12", "Redis emptied and restarted", POSTGRES, emptied),
    Fault("13", "Redis connections cut", POSTGRES, deaf),
]
