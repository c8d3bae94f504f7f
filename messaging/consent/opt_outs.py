"""Opt-outs as rows: made once, lifted by the recipient's own word or by a person, asked for before every send.

Numbers are E.164 with their plus. A sender of None means all of ours, in either direction: an opt-out for None holds
for every sender, and lifting it leaves those that name a sender. A handset sees addresses, not accounts: what it said
to one sender holds for all that have the same address.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.db import IntegrityError
from django.db.models import OuterRef, Q, QuerySet
from django.db.transaction import atomic

from messaging.models import ApiKey, OptOut, ReceiptInbox, Sender
from messaging.models.loading import ask, listed

# Databases bound the parameters of a query.
AT_ONCE = 10_000
LONGEST_WORDS = 300
# As a query, 10,000 numbers took longer to write into it than to look up.
_SILENT = """
SELECT said.number, sender.address
FROM messaging_optout AS said LEFT JOIN messaging_sender AS sender ON sender.id = said.sender_id
WHERE said.lifted_at IS NULL AND said.number {among}
"""
SAID_AGAIN = "Said again by somebody else: see the opt-out that stands in its place."


def opted_out(pairs: Iterable[tuple[str, UUID]]) -> set[tuple[str, UUID]]:
    """Those of the pairs (number, id of a sender) that may not be written to.

    One query for each 10,000 numbers, and one more when any of them has opted out of anything.
    """
    asked = set(pairs)
    numbers = list({number for number, _sender in asked})
    silent: set[tuple[str, str | None]] = set()
    for start in range(0, len(numbers), AT_ONCE):
        silent |= _silent(numbers[start : start + AT_ONCE])
    if not silent:
        return set()
    senders = Sender.objects.filter(pk__in={sender for _number, sender in asked})
    addresses: dict[UUID, str] = dict(senders.order_by().values_list("pk", "address"))
    return {pair for pair in asked if {(pair[0], None), (pair[0], addresses.get(pair[1], ""))} & silent}


def opt_out(
    number: str,
    sender: Sender | None,
    *,
    source: str,
    evidence: str,
    now: datetime,
    inbox: ReceiptInbox | None = None,
    by: User | None = None,
    api_key: ApiKey | None = None,
) -> OptOut | None:
    """Let `sender` write to `number` no more. Out: the new row, or None when that stood already.

    `source` is one of OptOut.Source, `evidence` what was said (cut to 300 characters), `by` or `api_key` who
    entered it. What an integration entered gives way to what anybody else says: it must not be able to lift that.
    """
    row = OptOut(
        number=number,
        sender=sender,
        source=source,
        evidence=evidence[:LONGEST_WORDS],
        inbox=inbox,
        created_by=by,
        api_key=api_key,
        created_at=now,
    )
    try:
        with atomic():
            if source != OptOut.Source.API:
                entered = OptOut.objects.filter(number=number, sender=sender, source=OptOut.Source.API)
                lift(entered, why=SAID_AGAIN, now=now)
            row.save(force_insert=True)
    except IntegrityError:
        # Whoever was first made the row; anything else that the database refuses is a fault of ours.
        if not OptOut.objects.filter(number=number, sender=sender, lifted_at=None).exists():
            raise
        return None
    return row


def opt_in(number: str, sender: Sender | None, *, why: str, now: datetime) -> int:
    """Let `sender`, and whoever has its address, write to `number` again. Out: how many opt-outs this lifted.

    One that was entered for all senders stays when a single sender is named, and the other way round.
    """
    rows = OptOut.objects.filter(number=number)
    rows = rows.filter(sender__address=sender.address) if sender else rows.filter(sender=None)
    return lift(rows, why=why, now=now)


def lift(rows: QuerySet[OptOut], *, why: str, now: datetime) -> int:
    """Lift those of the rows that still stand; they remain as history. Out: how many."""
    return rows.filter(lifted_at=None).update(lifted_at=now, lifted_why=why[:LONGEST_WORDS])


def standing(number: str | OuterRef, address: str | OuterRef) -> QuerySet[OptOut]:
    """The opt-outs that keep whoever has `address` ("" for an address of nobody's) from writing to `number`."""
    return OptOut.objects.filter(Q(sender=None) | Q(sender__address=address), number=number, lifted_at=None)


def standing_for(number: OuterRef, addresses: Collection[str]) -> QuerySet[OptOut]:
    """The opt-outs that keep any of these addresses from writing to `number`, for a query about many numbers."""
    return OptOut.objects.filter(
        Q(sender=None) | Q(sender__address__in=addresses), number=number, lifted_at=None
    ).order_by()


def _silent(numbers: Collection[str]) -> set[tuple[str, str | None]]:
    return set(ask(_SILENT, [listed(numbers)]))
