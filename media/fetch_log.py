"""Who came for which file: one row for each request at the address of an audience.

The media host only notes; a thread of each process writes what has gathered, so that no answer waits for the database.
The last moment before a process is killed may be missing: it is a log, not a record of what was sent.
"""

import atexit
import logging
import unicodedata
from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event, Lock, Thread
from time import sleep
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError, connection
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from media.models import MediaFetch, PublicLink

logger = logging.getLogger(__name__)
LONGEST_CLIENT = 80
LATEST = 500
AT_ONCE = 500
# What waits while the database is away; past it the log has a gap and says so.
MOST_WAITING = 20_000
AWAY_SECONDS = 2.0
KEPT = timedelta(days=90)
# Answers after which a fetcher has the file: the whole, a part, or what it had before.
SERVED = (200, 206, 304)


@dataclass(frozen=True, slots=True)
class Fetch:
    """One request as it is told: `whole` is how much the file has, `size` how much of it left."""

    at: datetime
    method: str
    status: int
    size: int
    whole: int
    name: str


@dataclass(frozen=True, slots=True)
class Had:
    """A file that an audience was given an address of, since when, and when it first had the file; None for never, or
    for longer ago than the log is kept."""

    name: str
    given: datetime
    first: datetime | None


_waiting: deque[MediaFetch] = deque()
_writing, _starting = Lock(), Lock()
_came = Event()
_writer: Thread | None = None


def note(link: int, *, method: str, status: int, size: int, client: str) -> None:
    """Have a request written down. Never fails, and never waits for the database."""
    known = "".join(c for c in client if unicodedata.category(c)[0] != "C")[:LONGEST_CLIENT]
    row = MediaFetch(link_id=link, at=timezone.now(), method=method, status=status, size=size, client=known)
    if len(_waiting) >= MOST_WAITING:
        logger.warning("a fetch of link %s is not on record: too many wait for the database", link)
        return
    _waiting.append(row)
    if settings.MEDIA_LOG_SECONDS:
        _wake()
    else:
        flush()


def flush() -> bool:
    """Write what has gathered. Out: False when the database is away and some still waits."""
    with _writing:
        while rows := [_waiting.popleft() for _row in range(min(AT_ONCE, len(_waiting)))]:
            try:
                _write(rows)
            except (OperationalError, InterfaceError) as error:
                logger.warning("%s fetches wait for the database: %s", len(rows), type(error).__name__)
                _waiting.extendleft(reversed(rows))
                return False
            except DatabaseError as error:
                logger.warning("%s fetches are not on record: %s", len(rows), type(error).__name__)
    return True


def _write(rows: Sequence[MediaFetch]) -> None:
    try:
        MediaFetch.objects.bulk_create(rows)
    except IntegrityError:
        # A file that was just cleared away takes its addresses with it, and only their rows are of no use.
        there = PublicLink.objects.in_bulk({row.link_id for row in rows})
        MediaFetch.objects.bulk_create([row for row in rows if row.link_id in there])


def _wake() -> None:
    """See that somebody writes. The thread begins with the first request: before a fork it would be lost."""
    global _writer
    if _writer is None or not _writer.is_alive():
        with _starting:
            if _writer is None or not _writer.is_alive():
                _writer = Thread(target=_write_on, name="fetch-log", daemon=True)
                _writer.start()
                atexit.register(flush)
    _came.set()


def _write_on() -> None:
    while _came.wait():
        sleep(settings.MEDIA_LOG_SECONDS)
        _came.clear()
        try:
            written = flush()
        except Exception:
            logger.exception("the log of fetches goes on")
            written = True
        finally:
            connection.close()
        if not written:
            _came.set()
            sleep(AWAY_SECONDS)


def fetches(files: Collection[UUID], audience: str, *, since: datetime, most: int) -> list[Fetch]:
    """The first `most` requests of an audience for some files since then, oldest first. One query."""
    rows = (
        MediaFetch.objects.filter(_behind(files, "link__"), link__audience=audience, at__gte=since)
        .select_related("link__asset", "link__rendition__asset")
        .order_by("at", "pk")
    )
    return [
        Fetch(row.at, row.method, row.status, row.size, file.size or 0, file.public_name)
        for row in rows[:most]
        if (file := row.link.rendition or row.link.asset)
    ]


def never_served(*, made: tuple[datetime, datetime]) -> list[PublicLink]:
    """Of the latest addresses those made between two moments from which nobody has had the file yet. One query."""
    latest = PublicLink.objects.order_by("-pk").values("pk")[:LATEST]
    rows = PublicLink.objects.filter(~Exists(_servings()), pk__in=latest, created_at__range=made)
    return list(rows.select_related("rendition").order_by("pk"))


def had(files: Collection[UUID], audience: str, *, given: datetime) -> list[Had]:
    """For each address of some files that an audience was given by a moment, when it first had the file. One query."""
    rows = PublicLink.objects.filter(_behind(files, ""), audience=audience, created_at__lte=given)
    rows = rows.annotate(first=Subquery(_servings().order_by("at").values("at")[:1]))
    found = rows.select_related("asset", "rendition__asset").order_by("pk")
    return [Had(file.public_name, row.created_at, row.first) for row in found if (file := row.rendition or row.asset)]


def _servings() -> "QuerySet[MediaFetch]":
    """The requests for the address of an outer query after which somebody had the file."""
    return MediaFetch.objects.filter(link=OuterRef("pk"), method="GET", status__in=SERVED)


def _behind(files: Collection[UUID], way: str) -> Q:
    return Q(**{f"{way}asset__in": files}) | Q(**{f"{way}rendition__in": files})
