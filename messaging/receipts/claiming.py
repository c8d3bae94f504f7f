"""Whose turn it is in the inbox, and how a row of it is left: done, waiting for its message, or given up in sight."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import connection
from django.db.models import Q, QuerySet
from django.db.transaction import atomic

from messaging import queues
from messaging.models import ProviderAccount, ReceiptInbox
from messaging.models.clock import database_now
from messaging.models.loading import AMONG, columns, listed
from messaging.models.rows import update

State = ReceiptInbox.State
AT_ONCE = 500
LEASE = timedelta(seconds=60)
MOST_FAILURES = 5
# A lock that was not got, a database that went away: nobody's fault but the moment's.
HICCUP = timedelta(seconds=5)
# A receipt may overtake the commit that makes its message findable: wait, ever longer, then call it an orphan.
PATIENCE = tuple(timedelta(seconds=wait) for wait in (1, 5, 30, 2 * 60, 10 * 60, 3600, 6 * 3600, 24 * 3600))

NOBODYS = "No message of ours answers to it."
FREE: dict[str, Any] = {"lease_token": None, "lease_until": None}
# What is to be written to one row, by the names of its fields.
Mark = dict[str, Any]
# The condition again: SQLite knows no row locks, so the update itself decides who has it.
LEASED = """
UPDATE messaging_receiptinbox SET lease_token = %s, lease_until = %s
WHERE (lease_until IS NULL OR lease_until < %s) AND id {among} RETURNING {columns}
"""


def claim() -> list[ReceiptInbox]:
    """The rows that are due longest, at most AT_ONCE of them, leased to the caller; in the order of their ids."""
    token = uuid4()
    with atomic():
        now = database_now()
        free = Q(lease_until=None) | Q(lease_until__lt=now)
        due: QuerySet[ReceiptInbox] = ReceiptInbox.objects.filter(
            free, state__in=[State.NEW, State.WAITING], next_attempt_at__lte=now
        )
        chosen = list(
            due.order_by("next_attempt_at")
            .select_for_update(skip_locked=True, of=("self",))
            .values_list("pk", flat=True)[:AT_ONCE]
        )
        rows = _leased(chosen, token, now) if chosen else []
    # One object for all rows of an account, so that what it knows is found out once.
    accounts = ProviderAccount.objects.in_bulk({row.account_id for row in rows})
    for row in rows:
        row.account = accounts[row.account_id]
    return rows


def _leased(chosen: Iterable[int], token: UUID, now: datetime) -> list[ReceiptInbox]:
    statement = LEASED.format(among=AMONG, columns=columns(ReceiptInbox, "messaging_receiptinbox"))
    moments = [connection.ops.adapt_datetimefield_value(moment) for moment in (now + LEASE, now)]
    rows = ReceiptInbox.objects.raw(statement, [queues.stored(token), *moments, listed(chosen)])
    return sorted(rows, key=lambda row: row.pk)


def let_go(rows: Iterable[ReceiptInbox]) -> None:
    """Those not handled yet need not wait for their lease to run out."""
    left = [{"id": row.pk, "lease_token": row.lease_token} for row in rows]
    update(ReceiptInbox, left, by=("id", "lease_token"), **FREE)


def give_back(marks: Sequence[Mark]) -> None:
    """Write how rows were left, in one statement. A row whose lease was lost meanwhile is another worker's."""
    update(ReceiptInbox, marks, by=("id", "lease_token"), **FREE)


def finished(row: ReceiptInbox, state: State, note: str = "", *, about: UUID | None = None) -> Mark:
    """Nothing more is to be done with a row. `about` is the transaction it was found to be about."""
    return _mark(row, state=state, note=note, next_attempt_at=None, transaction=about)


def waiting(row: ReceiptInbox, now: datetime, *, about: UUID | None = None, why: str = NOBODYS) -> Mark:
    """Its message is not there (yet): looked for again, ever later, until it is called an orphan; `why` says then what
    is known of it."""
    if row.attempts >= len(PATIENCE):
        return finished(row, State.ORPHAN, why, about=about)
    due = now + PATIENCE[row.attempts]
    return _mark(row, state=State.WAITING, attempts=row.attempts + 1, next_attempt_at=due, transaction=about)


def put_off(row: ReceiptInbox) -> Mark:
    """The moment was to blame: tried again soon, as often as it takes."""
    return _mark(row, note="", next_attempt_at=database_now() + HICCUP)


def failed(row: ReceiptInbox, note: str) -> Mark:
    """Reading it broke: tried again a few times, then given up."""
    failures = row.failures + 1
    if failures >= MOST_FAILURES:
        return {**finished(row, State.DEAD, note), "failures": failures}
    return _mark(row, note=note, failures=failures, next_attempt_at=database_now() + PATIENCE[failures])


def replay(identities: Iterable[int]) -> int:
    """Read bodies of the inbox once more, after a mapping was mended or a message turned up. Out: how many."""
    return ReceiptInbox.objects.filter(pk__in=list(identities)).update(
        state=State.NEW,
        attempts=0,
        failures=0,
        next_attempt_at=database_now(),
        note="",
        **FREE,
    )


def _mark(row: ReceiptInbox, **changed: Any) -> Mark:
    mark = {
        "id": row.pk,
        "lease_token": row.lease_token,
        "state": row.state,
        "note": row.note,
        "attempts": row.attempts,
        "failures": row.failures,
        "next_attempt_at": row.next_attempt_at,
        **changed,
    }
    # Halves of surrogate pairs and the null character are refused by databases.
    mark["note"] = mark["note"].encode("utf-8", "replace").decode().replace("\0", "")[:300]
    mark["transaction"] = changed.get("transaction") or row.transaction_id
    return mark
