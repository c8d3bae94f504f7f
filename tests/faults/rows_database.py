"""PostgreSQL away, cutting us off, answering no commit, locking us out (reliability, section 4, rows 15 to 18, 20)."""

import os
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from tests.faults.breaking import Cut, Line, Link, slow
from tests.faults.catalogue import Fault, Figures
from tests.faults.crowds import Callers, issue
from tests.faults.databases import Cluster
from tests.faults.rows_broker import again_and_again
from tests.faults.sheets import Sheet
from tests.faults.world import World

POSTGRES = ("postgresql",)
# Row 15: how long it is away; ten minutes on request.
AWAY = float(os.environ.get("FAULTS_AWAY", "60"))
LONGEST = 5.0
LATE = "13"
# As psycopg sends it: a simple query, its length, its text.
COMMIT = b"Q\x00\x00\x00\x0bCOMMIT\x00"


def away(place: World, short: bool, mode: str) -> Figures:
    """PostgreSQL is stopped while messages are taken, sent and reported."""
    from messaging.models import SendAttempt  # noqa: PLC0415  needs the world's settings
    from tests.faults import sending  # noqa: PLC0415

    cluster, seconds = _own(place), 15 if short else AWAY
    place.start_broker()
    # A minute late at this speed: while it is away.
    sending.open_portal(place, speed=10)
    place.start_worker()
    place.start_beat()
    place.start_pump()
    began = time.monotonic()
    keys = [key for _each in range(5) for key in sending.order("webex", 20, LATE)]
    with Callers(place, issue(), callers=4, pause=0.2) as callers:
        sending.until(lambda: len(place.accepted("webex")) >= len(keys), 30)
        stopped = time.monotonic()
        told = len(_receipts(place))
        sending.forget_connection()
        cluster.stop(mode)
        time.sleep(seconds)
        reports = _receipts(place)[told:]
        started = time.monotonic()
        cluster.start()
        back = time.monotonic()
        sending.until(lambda: any(one.status == 201 and one.at > back for one in callers.answers), 30, every=0.05)
        answered = time.monotonic() - back
        tries = SendAttempt.objects.count()
        sending.until(lambda: SendAttempt.objects.count() > tries, 60)
        worked = time.monotonic() - back
        time.sleep(2)
    keys += callers.rows()
    done = sending.drained(keys, 90, but=["unknown"])
    sheet = Sheet({"mode": mode, "away_s": seconds, "away": callers.notes(since=stopped + 1, until=started)})
    sheet.notes |= {"api_again_s": round(answered, 1), "workers_again_s": round(worked, 1)}
    kept = sum(one["status"] == 200 for one in reports)
    sheet.notes |= {"receipts_meanwhile": len(reports), "kept": kept}
    meanwhile = [one for one in callers.answers if stopped + 1 <= one.at < started]
    odd = [one for one in meanwhile if one.status != 503 or one.took > LONGEST or not one.retry_after]
    sheet.must(bool(meanwhile) and not odd, f"{len(odd)} of {len(meanwhile)} answers: {odd[:2]}")
    sheet.must(kept == len(reports) > 0, f"{len(reports) - kept} of {len(reports)} receipts not taken meanwhile")
    sheet.must(done and not callers.untrue(), f"all sent: {done}; {callers.untrue()}")
    sheet.must(answered < LONGEST and worked < 30, "the web door or the workers did not come back by themselves")
    return sheet.figures(place, keys, began)


def _own(place: World) -> Cluster:
    assert place.cluster is not None, "this row needs a server of its own"
    return place.cluster


def _receipts(place: World) -> list[dict[str, Any]]:
    from tests.faults import sending  # noqa: PLC0415

    return [entry for entry in sending.ledger(place) if entry["kind"] == "receipt"]


def cut_off(place: World, short: bool) -> Figures:
    """One of our sessions after the other is ended by the server, at random."""
    from tests.faults import sending  # noqa: PLC0415

    place.start_broker()
    sending.open_portal(place)
    place.start_worker()
    place.start_beat()
    place.start_pump()
    began, ended = time.monotonic(), []
    keys = sending.order("webex", 300 if short else 2000)
    with _server() as server:
        spared = _backend()

        def one() -> None:
            pids = [row[0] for row in server.execute(SESSIONS, [spared]).fetchall()]
            if pids:
                server.execute("SELECT pg_terminate_backend(%s)", [random.choice(pids)])
                ended.append(1)

        with Callers(place, issue(), callers=4, pause=0.1) as callers, again_and_again(one, 0.2):
            time.sleep(12 if short else 40)
    keys += callers.rows()
    done = sending.drained(keys, 150, but=["unknown"])
    sheet = Sheet({"sessions_ended": len(ended), **callers.notes(), "resent": sending.resent_after_doubt(keys)})
    # 409 with Retry-After: the server has not noticed yet that the first try of the same message was cut off.
    strange = {one.status for one in callers.answers if not (one.status == 409 and one.retry_after)} - {201, 503}
    sheet.must(not strange, f"the API answered {sorted(strange)}")
    sheet.must(done and not callers.untrue(), f"all came to an end: {done}; {callers.untrue()}")
    sheet.must(not sheet.notes["resent"], "sent again after a doubt")
    return sheet.figures(place, keys, began)


SESSIONS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid NOT IN (%s, pg_backend_pid())"


@contextmanager
def _server() -> Iterator[Any]:
    """A session of the run's own, beside Django's."""
    import psycopg  # noqa: PLC0415

    with psycopg.connect(_address(), autocommit=True) as session:
        yield session


def _address() -> str:
    from django.db import connection  # noqa: PLC0415

    told = connection.settings_dict
    return f"postgresql://{told['USER']}@{told['HOST']}:{told['PORT']}/{told['NAME']}"


def _backend() -> int:
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def unanswered_commits(place: World, short: bool) -> Figures:
    """The connection breaks while a COMMIT is under way: half of them had reached the server, half had not."""
    from django.db import connection  # noqa: PLC0415

    from tests.faults import sending  # noqa: PLC0415

    eater = CommitEater(0.1)
    with Line(int(connection.settings_dict["PORT"]), up=eater.up, down=eater.down) as line:
        place.environment["DATABASE_URL"] = _through(place.environment["DATABASE_URL"], line.port)
        sending.open_portal(place)
        keys = sending.order("webex", 300 if short else 2000)
        began = time.monotonic()
        place.start_pump()
        place.start_pump()
        with Callers(place, issue(), callers=4, pause=0.1) as callers:
            time.sleep(15 if short else 40)
        eater.share = 0
        keys += callers.rows()
        done = sending.drained(keys, 150, but=["unknown"])
    sheet = Sheet({"commits": eater.seen, "answers_eaten": eater.eaten, "commits_cut": eater.cut, **callers.notes()})
    sheet.notes["resent"] = sending.resent_after_doubt(keys)
    sheet.must(eater.eaten > 0 and eater.cut > 0, "no commit was hit")
    sheet.must(done and not callers.untrue(), f"all came to an end: {done}; {callers.untrue()}")
    sheet.must(not sheet.notes["resent"], "sent again after a doubt")
    return sheet.figures(place, keys, began)


class CommitEater:
    """Hooks of a line to PostgreSQL: a share of all commits loses its answer, or does not arrive."""

    def __init__(self, share: float) -> None:
        self.share, self.seen, self.eaten, self.cut = share, 0, 0, 0
        self._chance = random.Random(17)

    def up(self, link: Link, data: bytes) -> bytes:
        """From us to the server."""
        if COMMIT in data:
            self.seen += 1
            if self._chance.random() < self.share:
                if self._chance.random() < 0.5:
                    self.cut += 1
                    raise Cut
                link.note["eat"] = True
        return data

    def down(self, link: Link, data: bytes) -> bytes:
        """From the server to us."""
        if link.note.get("eat"):
            self.eaten += 1
            raise Cut
        return data


def _through(address: str, port: int) -> str:
    head, _, tail = address.rpartition(":")
    return f"{head}:{port}/{tail.partition('/')[2]}"


def locked(place: World, short: bool) -> Figures:
    """Sessions beside ours lock the same rows in any order, some longer than we wait for a lock."""
    from tests.faults import sending  # noqa: PLC0415

    sending.open_portal(place)
    over = threading.Event()
    rivals = [threading.Thread(target=_rival, args=(over, number), daemon=True) for number in range(4)]
    # Calls that take a second leave the rivals time to lock what is being sent.
    with _server() as server, Line(place.sandbox_port, up=slow(1.0)) as line:
        sending.send_to(place, "webex", line.port)
        keys = sending.order("webex", 200 if short else 1000)
        began, before = time.monotonic(), server.execute(DEADLOCKS).fetchone()[0]
        place.start_pump()
        place.start_pump()
        for rival in rivals:
            rival.start()
        with Callers(place, issue(), callers=2, pause=0.2) as callers:
            time.sleep(15 if short else 40)
        over.set()
        for rival in rivals:
            rival.join(15)
        keys += callers.rows()
        done = sending.drained(keys, 150, but=["unknown"])
        seen = server.execute(DEADLOCKS).fetchone()[0] - before
    again = sum(place.log("pump").count(words) for words in ("is tried again", "trying again"))
    sheet = Sheet({"deadlocks": seen, "tried_again": again, **callers.notes()})
    sheet.notes["resent"] = sending.resent_after_doubt(keys)
    sheet.must(done and not callers.untrue(), f"all came to an end: {done}; {callers.untrue()}")
    sheet.must(not sheet.notes["resent"], "sent again after a doubt")
    return sheet.figures(place, keys, began)


DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


def _rival(over: threading.Event, number: int) -> None:
    """Lock a few messages one after the other, in any order, hold them for a while, let go; again and again."""
    import psycopg  # noqa: PLC0415

    chance = random.Random(number)
    with psycopg.connect(_address()) as session:
        while not over.is_set():
            with suppress(psycopg.errors.DeadlockDetected, psycopg.errors.LockNotAvailable):
                some = session.execute(UNDER_WAY).fetchall()[:8]
                chance.shuffle(some)
                for (key,) in some:
                    session.execute("SELECT 1 FROM messaging_transaction WHERE id = %s FOR UPDATE", [key])
                    time.sleep(0.05)
                time.sleep(chance.choice([0.1, 1.0, 7.0]))
            session.rollback()
            time.sleep(0.1)


# Those that are being sent first: their results and receipts are what must get at them.
UNDER_WAY = """SELECT id FROM messaging_transaction WHERE status IN ('sending', 'accepted', 'submitted')
    ORDER BY status = 'sending' DESC, random() LIMIT 20"""


def idle_holder(place: World, short: bool) -> Figures:
    """A session like ours locks some of the queue, and does nothing more."""
    import psycopg  # noqa: PLC0415
    from django.conf import settings  # noqa: PLC0415

    from messaging.models import SendAttempt  # noqa: PLC0415
    from tests.faults import sending  # noqa: PLC0415

    sending.open_portal(place)
    ours = str(settings.DATABASES["default"]["OPTIONS"]["options"])
    sheet = Sheet()
    sheet.must("idle_in_transaction_session_timeout=30s" in ours, "our sessions are not ended after 30 s idle")
    limit = 12 if short else 30
    told = ours.replace("idle_in_transaction_session_timeout=30s", f"idle_in_transaction_session_timeout={limit}s")
    keys = sending.order("webex", 120)
    held, free = keys[:20], keys[20:]
    began = time.monotonic()
    with psycopg.connect(_address(), options=told) as holder:
        holder.execute("SELECT 1 FROM messaging_transaction WHERE id = ANY(%s) FOR UPDATE", [held])
        taken = time.monotonic()
        place.start_pump()
        passed = sending.until(lambda: len(place.accepted("webex")) >= len(free), limit - 1)
        beside = time.monotonic() - taken
        waiting = sending.rows(held).filter(status="queued").count()
        done = sending.drained(keys, limit + 30)
        freed = time.monotonic() - taken
        killed = _is_dead(holder)
    tries = SendAttempt.objects.filter(transaction__in=free).order_by("wire_at").values_list("wire_at", flat=True)
    span = (tries.last() - tries.first()).total_seconds()
    sheet.notes |= {
        "others_sent_within_s": round(span, 1),
        "others_done_s": round(beside, 1),
        "held_done_s": round(freed, 1),
        "session_killed": killed,
    }
    sheet.must(passed and waiting == len(held), f"the others passed by: {passed}; {waiting} of {len(held)} waited")
    sheet.must(killed and done, f"session killed: {killed}, all sent: {done}")
    return sheet.figures(place, keys, began)


def _is_dead(session: Any) -> bool:
    import psycopg  # noqa: PLC0415

    try:
        session.execute("SELECT 1")
    except psycopg.Error:
        return True
    return False


FAULTS = [
    Fault("15", "PostgreSQL stopped: fast", POSTGRES, lambda place, short: away(place, short, "fast"), cluster=True),
    Fault("15", "PostgreSQL stopped: crash", POSTGRES, lambda p, short: away(p, short, "immediate"), cluster=True),
    Fault("16", "PostgreSQL ends our sessions", POSTGRES, cut_off),
    Fault("17", "commits without an answer", POSTGRES, unanswered_commits),
    Fault("18", "deadlocks and lock timeouts", POSTGRES, locked),
    Fault("20", "an idle session holds rows", POSTGRES, idle_holder),
]
