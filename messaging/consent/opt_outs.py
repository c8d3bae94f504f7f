"""Opt-outs as rows: made once, lifted by the recipient's own word or by a person, asked for before every send.

Numbers are E.164 with their plus. A sender of None means all of ours, in either direction: an opt-out for None holds
for every sender, and lifting it leaves those that name a sender.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.db import IntegrityError
from django.db.models import QuerySet
from django.db.transaction import atomic

from messaging.models import OptOut, ReceiptInbox, Sender

# Databases bound the parameters of a query.
AT_ONCE = 10_000
LONGEST_WORDS = 300


def opted_out(pairs: Iterable[tuple[str, UUID]]) -> set[tuple[str, UUID]]:
    """Those of the pairs (number, id of a sender) that may not be written to. One query for each 10,000 numbers."""
    asked = set(pairs)
    numbers = list({number for number, _sender in asked})
    silent: set[tuple[str, UUID | None]] = set()
    for start in range(0, len(numbers), AT_ONCE):
        silent |= _silent(numbers[start : start + AT_ONCE])
    return {pair for pair in asked if pair in silent or (pair[0], None) in silent}


def opt_out(
    number: str,
    sender: Sender | None,
    *,
    source: str,
    evidence: str,
    now: datetime,
    inbox: ReceiptInbox | None = None,
    by: User | None = None,
) -> OptOut | None:
    """Let `sender` write to `number` no more. Out: the new row, or None when that stood already.

    `source` is one of OptOut.Source, `evidence` what was said (cut to 300 characters), `by` who entered it.
    """
    row = OptOut(
        number=number,
        sender=sender,
        source=source,
        evidence=evidence[:LONGEST_WORDS],
        inbox=inbox,
        created_by=by,
        created_at=now,
    )
    try:
        with atomic():
            row.save(force_insert=True)
    except IntegrityError:
        # Whoever was first made the row; anything else that the database refuses is a fault of ours.
        if not _active(number, sender).exists():
            raise
        return None
    return row


def opt_in(number: str, sender: Sender | None, *, why: str, now: datetime) -> int:
    """Let `sender` write to `number` again. Out: how many opt-outs this lifted (0 when none stood).

    One that was entered for all senders stays when only one sender is named.
    """
    return lift(_active(number, sender), why=why, now=now)


def lift(rows: QuerySet[OptOut], *, why: str, now: datetime) -> int:
    """Lift those of the rows that still stand; they remain as history. Out: how many."""
    return rows.filter(lifted_at=None).update(lifted_at=now, lifted_why=why[:LONGEST_WORDS])


def _silent(numbers: Collection[str]) -> set[tuple[str, UUID | None]]:
    rows = OptOut.objects.filter(lifted_at=None, number__in=numbers)
    return set(rows.order_by().values_list("number", "sender_id"))


def _active(number: str, sender: Sender | None) -> QuerySet[OptOut]:
    return OptOut.objects.filter(number=number, sender=sender, lifted_at=None)
