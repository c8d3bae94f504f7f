"""The feed of an integration: the timeline entries of its messages, in the order of their numbers, none left out.

A place in the feed is the number of an entry. Numbers are given out before their commits, so one that is seen may have
a lower one still to come: what is read ends where every writer of that moment has finished.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic, sleep

from django.db import connection
from django.db.models import Max, Min

from messaging import timeline
from messaging.models import ApiKey, TimelineEntry, Transaction
from messaging.timeline import Moment

# One question reads so many numbers at most, whoever's they are: its cost must not grow with the table.
WINDOW = 20_000
# How long the writers of a moment are waited for; commits take milliseconds.
WRITERS_SECONDS, LOOK_SECONDS = 1.0, 0.02


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some entries with their words, the place to go on from, and whether more is known to lie behind it."""

    entries: Sequence[tuple[TimelineEntry, Moment]] = field(repr=False)
    next: int
    more: bool


def beginning(key: ApiKey) -> int:
    """The place before everything of an integration; the newest of all when it has sent nothing yet. Three queries."""
    message = key.messages.order_by("pk").values_list("pk", flat=True).first()
    if message is None:
        return newest()
    # The first entries of a message are written in the order of its recipients.
    first = Transaction.objects.filter(message=message).order_by("position").values_list("pk", flat=True)[:1]
    entries = TimelineEntry.objects.filter(transaction__in=list(first))
    return (entries.aggregate(first=Min("id"))["first"] or 1) - 1


def after(key: ApiKey, place: int, *, limit: int) -> Stretch:
    """Up to `limit` entries behind a place, oldest first, with transaction and message loaded.

    No database transaction may be open. `more` without entries: they lie further on, or a writer is not done yet.
    """
    last = newest()
    if last <= place:
        return Stretch([], place, more=False)
    if not all_written():
        return Stretch([], place, more=True)
    end = min(last, place + WINDOW)
    rows = list(
        TimelineEntry.objects.filter(pk__gt=place, pk__lte=end, transaction__message__api_key=key)
        .select_related("transaction__message", "transaction__account")
        .defer("transaction__message__content", "transaction__message__routing")
        .order_by("pk")[:limit]
    )
    worded = [(row, timeline.worded(row, row.transaction.account.provider)) for row in rows]
    full = len(rows) == limit
    return Stretch(worded, rows[-1].pk if full else end, more=full or end < last)


def newest() -> int:
    """The highest number that an entry has, 0 without any."""
    return TimelineEntry.objects.aggregate(newest=Max("id"))["newest"] or 0


def all_written() -> bool:
    """Wait until whoever was writing when the newest number was read has finished: all lower numbers are there now, or
    never will be. SQLite has one writer at a time, whose numbers come in the order of its commits.

    Who appends entries has locked their table before a number is given out, and until the commit can be seen.
    """
    if connection.vendor == "sqlite":
        return True
    writing, ends = _writers(), monotonic() + WRITERS_SECONDS
    while writing := writing and writing & _writers():
        if monotonic() > ends:
            return False
        sleep(LOOK_SECONDS)
    return True


def _writers() -> set[str]:
    """The transactions that have written entries and not finished, here and not in another database beside ours."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT virtualtransaction FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database"
            " WHERE datname = current_database() AND relation = %s::regclass AND mode = 'RowExclusiveLock' AND granted",
            [TimelineEntry._meta.db_table],
        )
        return {str(row[0]) for row in cursor.fetchall()}
