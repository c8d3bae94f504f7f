"""`python -m tests.faults.soak --seconds 1200`: mixed traffic under mixed faults, and the memory of web and worker.

Small and bulk sends through the API, receipts, news to callers, pages read; beside them the faults of rows 2, 11, 16,
25 and 29. Ends with all invariants, and writes var/soak.json.
"""

import argparse
import json
import random
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path
from threading import Event, Thread

from tests.faults import killing, nursery
from tests.faults.receivers import Receiver
from tests.faults.residents import Residents
from tests.faults.stage import kept, stage
from tests.faults.world import ROOT, World, end, enter, free_port, wait_for, world

ROWS = ("2", "11", "16", "25", "29")
# A process that is warm must not grow by more.
MOST_KB_A_MINUTE = 150
# Beside other work much is still on its way when the traffic ends.
PATIENCE = 600
PAGES = ("/", "/messages/", "/messages/?status=delivered", "/conversations/", "/api/v1/docs", "/compose/")


def main() -> int:
    """Exit code 1 when an invariant does not hold or memory grows."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.soak")
    parser.add_argument("--seconds", type=int, default=1200)
    parser.add_argument("--rows", nargs="*", default=list(ROWS), choices=ROWS, help="faults beside the traffic")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="postgresql")
    parser.add_argument("--write", type=Path, default=ROOT / "var" / "soak.json")
    options = parser.parse_args()
    with world(options.database) as place:
        ports = free_port(), free_port()
        place.environment["MMS_ALLOW_PRIVATE_TARGETS"] += "".join(f",127.0.0.1:{port}" for port in ports)
        enter(place)
        calm, moody = Receiver(ports[0]), Receiver(ports[1], moody="29" in options.rows)
        told = Soak(place, options.seconds, options.rows, calm, moody).run()
    options.write.parent.mkdir(parents=True, exist_ok=True)
    options.write.write_text(json.dumps(told, indent=2, default=str) + "\n")
    print(json.dumps({name: value for name, value in told.items() if name != "samples"}, indent=2, default=str))
    return int(bool(told["broken"]))


class Soak:
    """One soak in a world that Django stands on."""

    def __init__(self, place: World, seconds: int, rows: list[str], calm: Receiver, moody: Receiver) -> None:
        self.place, self.seconds, self.rows = place, seconds, rows
        self.receivers = (calm, moody)
        self.over = Event()
        self.did: Counter[str] = Counter()
        self.troubles: Counter[str] = Counter()
        self.slowest_page, self._cookie = 0.0, ""

    def run(self) -> dict[str, object]:
        """All of it. Out: what is written to var/soak.json."""
        from django.db import connection  # noqa: PLC0415

        from messaging.models import Transaction  # noqa: PLC0415  needs the world's settings
        from tests.faults import callers, judge  # noqa: PLC0415

        with stage(self.place, speed=8, pace=60, broker=True, web=False) as seat:
            self.broker = self.place.child("broker")
            steady = [
                killing.web(self.place.web_port, 0),
                killing.worker(0, name="steady", concurrency=2),
                killing.beat(str(self.place.directory / "beat-schedule"), 0),
            ]
            hit = [killing.worker(1, name="hit", concurrency=2)] if "2" in self.rows else []
            with kept(seat, [*steady, *hit], pause=(3, 12)) as killer:
                wait_for(f"{self.place.web}/healthz")
                clients = callers.open_callers(self.place)
                self._name_addresses(clients)
                residents = Residents(partial(self._watched, steady))
                residents.start()
                threads = [self._beside(work) for work in self._works(clients)]
                killer.kill(None if hit else 0, self._until(time.monotonic() + self.seconds))
                self.over.wait(0 if hit else self.seconds)
                self.over.set()
                for thread in threads:
                    thread.join(130)
                # Ours may have been cut as well.
                connection.close()
                rows = Transaction.objects.all()
                drained = judge.wait(lambda: judge.settled(self.place, rows), PATIENCE, step=2)
                growths = residents.stop()
        figures = judge.judge(self.place, rows, requested=clients.taken, drain_s=drained)
        check = self.place.manage("rebuild_status", "--check", timeout=600)
        growing = [one for one in growths if one.kb_a_minute > MOST_KB_A_MINUTE]
        broken = [figures.broken, *clients.refused[:3]]
        broken += ["statuses differ from their timelines"] if check else []
        broken += ["requests that are not one message"] if clients.doubled else []
        broken += [f"{one.name} grows by {one.kb_a_minute} KB a minute" for one in growing]
        return {
            **asdict(figures),
            "broken": "; ".join(part for part in broken if part),
            "seconds": self.seconds,
            "rows": self.rows,
            "rebuild_status": self.place.log("commands").strip().splitlines()[-1:],
            "memory": [asdict(one) for one in growths],
            "most_kb_a_minute": MOST_KB_A_MINUTE,
            "did": dict(self.did) | dict(killer.kills),
            "troubles": dict(self.troubles) | {f"API {name}": count for name, count in clients.repeats.items()},
            "slowest_page_s": round(self.slowest_page, 2),
            "news_heard": [receiver.heard for receiver in self.receivers],
            "unknown": rows.filter(status="unknown").count(),
            "statuses": dict(Counter(rows.values_list("status", flat=True))),
            "tables": tables(),
            "samples": residents.samples,
        }

    def _until(self, ends: float) -> Callable[[], bool]:
        return lambda: time.monotonic() > ends

    def _watched(self, steady: list[killing.Kept]) -> dict[str, int]:
        found = {f"{one.name} main": one.process for one in steady}
        for one in steady:
            found |= {f"{one.name} child {child}": child for child in nursery.children(one.process)}
        return found

    def _name_addresses(self, clients: "object") -> None:
        """Two hosts that hear news of the first key, as if they had been verified."""
        from django.utils import timezone  # noqa: PLC0415

        from messaging.models import ApiKey, CallbackEndpoint  # noqa: PLC0415
        from messaging.models.callbacks import new_signing_secret  # noqa: PLC0415
        from messaging.models.sealing import seal  # noqa: PLC0415

        for receiver in self.receivers:
            CallbackEndpoint.objects.create(
                api_key=ApiKey.objects.get(),
                host=receiver.url.split("/")[2],
                url=receiver.url,
                secrets_sealed=seal({"secret": new_signing_secret()}),
                state="active",
                verified_at=timezone.now(),
            )

    def _works(self, clients: "object") -> list[Callable[[], None]]:
        works = [partial(self._send, clients), self._read_pages]
        works += [self._stop_broker] if "11" in self.rows else []
        works += [self._cut_connections] if "16" in self.rows else []
        return works

    def _beside(self, work: Callable[[], None]) -> Thread:
        from django.db import connection  # noqa: PLC0415

        def repeated() -> None:
            while not self.over.is_set():
                try:
                    work()
                except Exception as error:
                    connection.close()
                    self.troubles[f"{type(error).__name__}: {error}"[:100]] += 1
                    self.over.wait(1)

        thread = Thread(target=repeated, daemon=True)
        thread.start()
        return thread

    def _send(self, clients: "object") -> None:
        """Small requests, a bulk one now and then; with row 25 the bulk ones are storms of receipts."""
        from tests.faults.callers import Callers, numbers  # noqa: PLC0415

        assert isinstance(clients, Callers)
        provider = random.choice(list(clients.bodies))
        bulk = self.did["requests"] % 100 == 50
        count = (1500 if "25" in self.rows else 300) if bulk else random.randint(1, 5)
        self.did["requests"] += 1
        first = self.did[f"to {provider}"]
        self.did[f"to {provider}"] += count
        where = random.choice([receiver.url for receiver in self.receivers] + [""])
        kept_body = dict(clients.bodies[provider])
        if where and not bulk:
            clients.bodies[provider] = {**kept_body, "notify_url": where}
        clients.send(provider, f"{provider} {first}", numbers(provider, first, count))
        clients.bodies[provider] = kept_body
        self.over.wait(random.uniform(0.1, 0.6))

    def _read_pages(self) -> None:
        address = self.place.web + random.choice(PAGES)
        request = urllib.request.Request(address, headers={"Cookie": self._session()})
        began = time.monotonic()
        with urllib.request.urlopen(request, timeout=30) as answer:
            answer.read()
        self.slowest_page = max(self.slowest_page, time.monotonic() - began)
        self.did["pages"] += 1
        self.over.wait(0.5)

    def _session(self) -> str:
        """Of somebody who may see everything, made once."""
        if not self._cookie:
            from django.contrib.auth.models import User  # noqa: PLC0415
            from django.test import Client  # noqa: PLC0415

            client = Client()
            client.force_login(User.objects.create_superuser(f"soak{time.monotonic_ns()}"))
            # Whatever it is called here.
            ((name, cookie),) = client.cookies.items()
            self._cookie = f"{name}={cookie.value}"
        return self._cookie

    def _stop_broker(self) -> None:
        """Twenty seconds in a hundred there is no broker."""
        if self.over.wait(80):
            return
        end(self.broker)
        self.did["broker stopped"] += 1
        self.over.wait(20)
        self.broker = self.place.start_broker()

    def _cut_connections(self) -> None:
        """One of the database's sessions is ended every few seconds; on SQLite there are none."""
        from django.db import connection  # noqa: PLC0415

        self.over.wait(random.uniform(2, 6))
        if connection.vendor != "postgresql":
            return
        with suppress(Exception), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1"
            )
            self.did["sessions cut"] += 1


def tables() -> list[dict[str, object]]:
    """The largest tables: bytes with their indexes, rows, and dead rows."""
    from django.db import connection  # noqa: PLC0415

    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, pg_total_relation_size(relid), n_live_tup, n_dead_tup FROM pg_stat_user_tables"
            " ORDER BY 2 DESC LIMIT 8"
        )
        return [
            {"table": name, "mb": round(size / 2**20, 1), "rows": live, "dead": dead}
            for name, size, live, dead in cursor.fetchall()
        ]


if __name__ == "__main__":
    sys.exit(main())
