"""Sessions, disks and writers at their limits, and a schema that grows under load (reliability, section 4, rows 19, 21
to 23 and 33)."""

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.faults import collecting
from tests.faults.catalogue import BOTH, Fault, Figures
from tests.faults.crowds import Callers, issue
from tests.faults.rows_receipts import collected
from tests.faults.sheets import Sheet
from tests.faults.world import ROOT, World, end, wait_for

POSTGRES, SQLITE = ("postgresql",), ("sqlite",)
LONGEST = 5.0
NO_ROOT = Figures(notes={"skipped": "needs root, to mount a small disk"})


def too_many(place: World, short: bool) -> Figures:
    """A server of twenty sessions, a web door of sixty threads whose role may have twelve, and a worker beside it."""
    import psycopg  # noqa: PLC0415

    from tests.faults import sending  # noqa: PLC0415  needs the world's settings

    assert place.cluster is not None
    sending.forget_connection()
    place.cluster.stop()
    place.cluster._settings = (*place.cluster._settings, "max_connections=20")
    place.cluster.start()
    with psycopg.connect(place.cluster.url, autocommit=True) as server:
        server.execute("CREATE ROLE web LOGIN CONNECTION LIMIT 12")
        server.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO web")
        server.execute("GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO web")
    own = place.environment["DATABASE_URL"]
    place.environment["DATABASE_URL"] = own.replace("postgres@", "web@")
    sending.open_portal(place, web=("--threads", "60"))
    place.environment["DATABASE_URL"] = own
    keys = sending.order("webex", 100 if short else 400)
    began = time.monotonic()
    place.start_pump()
    with Callers(place, issue(), callers=60, pause=2, again=1) as callers:
        worked = sending.drained(keys, 90)
        drained = time.monotonic() - began
        time.sleep(2 if short else 10)
    keys += callers.rows()
    done = sending.drained(keys, 60)
    told = place.log("pump").count("does not answer")
    refused = sum(one.status == 503 for one in callers.answers)
    share = round(100 * refused / max(1, len(callers.answers)), 1)
    sheet = Sheet({**callers.notes(), "refused_%": share, "worker_drained_s": round(drained, 1), "worker_faults": told})
    strange = {one.status for one in callers.answers} - {201, 503}
    sheet.must(not strange and not callers.untrue(), f"answers {sorted(strange)}; {callers.untrue()}")
    sheet.must(worked and done and not told, f"the worker was held up: {told} times, drained: {worked} and {done}")
    wait_for(f"{place.web}/readyz")
    return sheet.figures(place, keys, began)


@contextmanager
def small_disk(path: Path, size: str, *, owner: str = "") -> Iterator[None]:
    """Put a directory with what is in it on a disk of its own (tmpfs) for a while."""
    aside = path.with_name(f"{path.name}.aside")
    path.mkdir(exist_ok=True)
    subprocess.run(["cp", "-a", str(path), str(aside)], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "tmpfs", str(path)], check=True)
    try:
        if owner:
            subprocess.run(["chown", f"{owner}:", str(path)], check=True)
        subprocess.run(["cp", "-a", f"{aside}/.", str(path)], check=True)
        yield
    finally:
        subprocess.run(["umount", "-l", str(path)], check=False)


def fill(path: Path) -> Path:
    """Write a file until the disk is full. Out: the file; without it there is room again."""
    filler = path / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        for size in (1024 * 1024, 4096):
            with suppress(OSError):
                while True:
                    file.write(b"x" * size)
    return filler


def full_database(place: World, short: bool) -> Figures:
    """The disk of the database is full for a while."""
    from django.db import connection  # noqa: PLC0415

    from tests.faults import sending  # noqa: PLC0415

    if not sending.is_root():
        return NO_ROOT
    sending.forget_connection()
    if place.cluster:
        place.cluster.stop()
        place.cluster._settings = (*place.cluster._settings, "max_wal_size=48MB", "min_wal_size=32MB")
        disk, size, owner = place.cluster.data, "140m", "postgres"
    else:
        disk, size, owner = place.directory / "disk", "16m", ""
        disk.mkdir()
        file = Path(connection.settings_dict["NAME"])
        file.rename(disk / file.name)
        file.symlink_to(disk / file.name)
    with small_disk(disk, size, owner=owner):
        if place.cluster:
            place.cluster.start()
        sending.open_portal(place)
        began = time.monotonic()
        with Callers(place, issue(), callers=4, pause=0.05) as callers:
            time.sleep(3)
            filler = fill(disk)
            filled = time.monotonic()
            sending.until(lambda: any(one.status == 503 for one in callers.answers), 20 if short else 40)
            time.sleep(3 if short else 10)
            filler.unlink()
            freed = time.monotonic()
            if place.cluster and subprocess.run(["kill", "-0", _postmaster(place)], check=False).returncode:
                place.cluster.start()
            again = sending.until(lambda: any(one.status == 201 and one.at > freed for one in callers.answers), 30)
            back = time.monotonic() - freed
        sending.forget_connection()
        place.start_pump()
        keys = callers.rows()
        done = sending.drained(keys, 90)
        sheet = Sheet({"full": callers.notes(since=filled, until=freed), "answers_again_s": round(back, 1)})
        meanwhile = [one for one in callers.answers if filled <= one.at < freed]
        refused = [one for one in meanwhile if one.status == 503]
        strange = {one.status for one in meanwhile} - {201, 503, 409}
        sheet.notes["false_2xx"] = callers.untrue() or 0
        sheet.must(bool(refused), "the disk was never full")
        sheet.must(not strange, f"answers {sorted(strange)} while it was full")
        sheet.must(max((one.took for one in meanwhile), default=0) < LONGEST, "an answer took over 5 s")
        sheet.must(again and done and not callers.untrue(), f"back: {again}, all sent: {done}; {callers.untrue()}")
        figures = sheet.figures(place, keys, began)
        sending.forget_connection()
        place.stop()
        if place.cluster:
            place.cluster.stop("immediate")
    return figures


def _postmaster(place: World) -> str:
    with suppress(OSError):
        return (place.cluster.data / "postmaster.pid").read_text().split()[0] if place.cluster else "0"
    return "999999999"


def full_spool(place: World, short: bool) -> Figures:
    """The database is away, the disk of the spool fills up, and the log cannot be written either."""
    from tests.faults import sending  # noqa: PLC0415

    if not sending.is_root():
        return NO_ROOT
    assert place.cluster is not None
    keys, kept = collected(place, 100 if short else 300)
    began = time.monotonic()
    web = next(child for child in place._children if "gunicorn" in child.args)
    end(web)
    # Two thirds of what comes.
    size = f"{len(kept) * 1100 * 2 // 3 // 4096 * 4}k"
    with small_disk(place.directory / "spool", size):
        gunicorn = [sys.executable, "-m", "gunicorn", "mmsportal.wsgi", "-b", f"127.0.0.1:{place.web_port}"]
        place.start(
            "sh", "-c", 'exec "$@" >/dev/full 2>&1', "sh", *gunicorn, "-k", "gthread", "--threads", "4", name="w"
        )
        wait_for(f"{place.web}/healthz")
        sending.forget_connection()
        place.cluster.stop()
        first = collecting.storm(place.web, kept, seconds=3)
        place.cluster.start()
        place.start_pump()
        time.sleep(3)
        # As a provider does: what was not taken comes again.
        second = collecting.storm(place.web, first.refused, seconds=2)
        done = sending.drained(keys, 90)
        figures_of = {"database_away": first.statuses, "again": second.statuses, **sending.spread(first.took)}
        sheet = Sheet({**figures_of, "spool": size})
        sheet.must(set(first.statuses) == {200, 503}, f"answers {first.statuses}")
        sheet.must(set(second.statuses) <= {200}, f"then {second.statuses}")
        sheet.must(done, "a receipt that was taken is lost")
        figures = sheet.figures(place, keys, began)
        place.stop()
    return figures


def full_upload(place: World, short: bool) -> Figures:
    """The disk for uploads under way is full: a refusal, and the web door lives on."""
    from messaging.models import issue_key  # noqa: PLC0415
    from tests.faults import sending  # noqa: PLC0415
    from tests.media import samples  # noqa: PLC0415

    if not sending.is_root():
        return NO_ROOT
    key = issue_key(name="Faults", scopes=["media:write", "messages:send"])[1]
    began = time.monotonic()
    disk = place.directory / "temporary"
    with small_disk(disk, "1m"):
        place.environment["TMPDIR"] = str(disk)
        sending.open_portal(place)
        film = samples.film() + b"\0" * 6_000_000
        fill(disk)
        answers = [_upload(place, key, film) for _try in range(3)]
        (disk / "filler").unlink()
        wait_for(f"{place.web}/readyz")
        keys = sending.order("webex", 5)
        place.start_pump()
        done = sending.drained(keys, 30)
        sheet = Sheet({"answers": answers})
        sheet.must(all(status in {413, 503, 507} for status in answers), f"answers {answers}")
        sheet.must(done, "the portal does not go on")
        figures = sheet.figures(place, keys, began)
        place.stop()
    return figures


def _upload(place: World, key: str, body: bytes) -> int:
    edge = "faults-edge"
    head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="film.mp4"\r\n\r\n'.encode()
    headers = {"key": key, "Content-Type": f"multipart/form-data; boundary={edge}"}
    call = http.client.HTTPConnection("127.0.0.1", place.web_port, timeout=30)
    try:
        # Who refuses need not read to the end: the answer is there all the same.
        with suppress(ConnectionError):
            call.request("POST", "/api/v1/media", head + body + f"\r\n--{edge}--\r\n".encode(), headers)
        return call.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        call.close()


def writers(place: World, short: bool) -> Figures:
    """Eight processes write to the one file, beside the web door, a pump and receipts."""
    from messaging.models import Transaction  # noqa: PLC0415
    from tests.faults import sending  # noqa: PLC0415

    sending.open_portal(place)
    place.start_pump()
    seconds, rate = (8, 5) if short else (20, 8)
    words = [sys.executable, "-m", "tests.faults.writing", str(seconds), str(rate)]
    environment = {**place.environment, "DJANGO_SETTINGS_MODULE": "mmsportal.settings"}
    began = time.monotonic()
    some = [
        subprocess.Popen([*words, str(number)], cwd=ROOT, env=environment, stdout=subprocess.PIPE)
        for number in range(8)
    ]
    told = [json.loads(one.communicate(timeout=120)[0]) for one in some]
    took = sorted(second for one in told for second in one["took"])
    keys = list(Transaction.objects.values_list("pk", flat=True))
    done = sending.drained(keys, 240)
    errors = [error for one in told for error in one["errors"]]
    logged = sum(place.log(name).count("locked") for name in ("pump", "web"))
    sheet = Sheet({"writes": len(took), "locked": len(errors), "locked_logged": logged, **sending.spread(took)})
    sheet.must(not errors and not logged, f"{len(errors)} errors of writers ({errors[:1]}), {logged} logged")
    sheet.must(done, "not all were sent")
    return sheet.figures(place, keys, began)


def growing(place: World, short: bool) -> Figures:
    """A migration that adds columns and indexes while the code of before takes and sends messages."""
    from tests.faults import sending  # noqa: PLC0415

    sending.open_portal(place)
    place.start_pump()
    keys = sending.order("webex", 300 if short else 3000)
    began = time.monotonic()
    with Callers(place, issue(), callers=4, pause=0.05) as callers:
        time.sleep(5)
        start = time.monotonic()
        settings = "--settings=tests.faults.growing.settings"
        codes = [place.manage("migrate", "growing", "--verbosity", "0", settings)]
        took = time.monotonic() - start
        codes.append(place.manage("migrate", "growing", "zero", "--verbosity", "0", settings))
        time.sleep(2)
    keys += callers.rows()
    done = sending.drained(keys, 200)
    bad = sorted(one.at for one in callers.answers if one.status >= 500 or not one.status)
    burst = bad[-1] - bad[0] if bad else 0.0
    meanwhile = callers.notes(since=start, until=start + took)
    sheet = Sheet({"migrate_s": round(took, 1), "meanwhile": meanwhile, "errors": len(bad), "burst_s": round(burst, 1)})
    sheet.must(codes == [0, 0], f"migrate ended with {codes}: {place.log('commands')[-300:]}")
    sheet.must(burst < 1 and done and not callers.untrue(), f"a burst of {burst:.1f} s, all sent: {done}")
    return sheet.figures(place, keys, began)


FAULTS = [
    Fault("19", "more callers than sessions", POSTGRES, too_many, cluster=True),
    Fault("21", "disk full: database", POSTGRES, full_database, cluster=True),
    Fault("21", "disk full: database file", SQLITE, full_database),
    Fault("22", "disk full: spool and log", POSTGRES, full_spool, cluster=True),
    Fault("22", "disk full: uploads", BOTH, full_upload),
    Fault("23", "eight writers on SQLite", SQLITE, writers),
    Fault("33", "migrating under load", BOTH, growing),
]
