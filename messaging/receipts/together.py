"""Many bodies in one commit: matched, locked, folded and marked set-wise, whatever their number.

What comes of them is what would come of them one by one. Whatever is out of the ordinary is left to that: whole, with
everything else of the batch about the same messages, so that the order of a message's news stays as it was.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.transaction import atomic

from messaging import callbacks
from messaging.addresses import digits
from messaging.gateway.facts import Receipt
from messaging.interruptions import stops_the_worker
from messaging.lives import Life, locked, save
from messaging.matching import references, wanted_number
from messaging.models import ReceiptInbox
from messaging.models.clock import database_now
from messaging.receipts.claiming import PATIENCE, Mark, State, finished, give_back, waiting
from messaging.receipts.finding import Finder, NotPlain, Reading
from messaging.receipts.reading import QUERY, entry_of, facts_of, understood


@dataclass(frozen=True, slots=True)
class Plan:
    """A reading and the transactions that its receipts were found to be about, in their order; None for not found.

    `sure` when that is all there is to it.
    """

    reading: Reading
    found: Sequence[UUID | None]
    sure: bool

    @property
    def about(self) -> set[UUID]:
        """Which transactions it touches."""
        return {pk for pk in self.found if pk}


def read(rows: Iterable[ReceiptInbox]) -> list[Reading]:
    """Those of the rows in which there is any receipt."""
    return [reading for row in rows if (reading := _reading(row))]


@atomic
def take(readings: Sequence[Reading]) -> list[ReceiptInbox]:
    """Apply what was read, in one commit. Out: the rows that must be handled one by one.

    About ten statements for any number of readings, each of which must be leased to the caller.
    """
    finder = Finder(readings)
    plans = [_plan(finder, reading) for reading in readings]
    lives = locked({pk for plan in plans for pk in plan.about})
    together, alone = _parted([(plan, plan.sure and _fits(plan, lives)) for plan in plans])
    _apply(together, lives)
    return [plan.reading.row for plan in alone]


def _parted(judged: Sequence[tuple[Plan, bool]]) -> tuple[list[Plan], list[Plan]]:
    """Those that go together, and those that do not: the odd ones, and whatever touches what they touch."""
    together, alone = [plan for plan, fits in judged if fits], [plan for plan, fits in judged if not fits]
    touched = {pk for plan in alone for pk in plan.about}
    while bound := [plan for plan in together if plan.about & touched]:
        together = [plan for plan in together if not plan.about & touched]
        alone += bound
        touched = {pk for plan in bound for pk in plan.about}
    return together, alone


def _reading(row: ReceiptInbox) -> Reading | None:
    try:
        facts = facts_of(row)
    except Exception as error:
        if stops_the_worker(error):
            raise
        # It breaks once more by itself, and is seen to there.
        return None
    said = [one for one in facts if isinstance(one, Receipt)]
    known = [understood(row.account.provider, one) for one in said]
    plain = len(said) == len(facts) and all(one and not one.opted_out for one in known)
    return Reading(row, [one or raw for one, raw in zip(known, said, strict=True)], plain) if said else None


def _plan(finder: Finder, reading: Reading) -> Plan:
    found, sure = list[UUID | None](), reading.plain
    for receipt in reading.receipts:
        try:
            found.append(finder.find(reading.row, receipt))
        except NotPlain as odd:
            found.append(odd.about)
            sure = False
    # Its last look, which has words of its own.
    return Plan(reading, found, sure and (None not in found or reading.row.attempts < len(PATIENCE)))


def _fits(plan: Plan, lives: Mapping[UUID, Life]) -> bool:
    """Whether each receipt is about what was found, now that nobody else can change it."""
    return all(
        _is_about(plan.reading.row, receipt, lives.get(pk))
        for receipt, pk in zip(plan.reading.receipts, plan.found, strict=True)
        if pk
    )


def _is_about(row: ReceiptInbox, receipt: Receipt, life: Life | None) -> bool:
    if life is None or life.row.account_id != row.account_id:
        return False
    transaction, number = life.row, wanted_number(receipt)
    named = transaction.client_ref == receipt.client_ref or transaction.provider_ref in references(receipt)
    asked = row.method != QUERY or row.transaction_id in {None, transaction.pk}
    return named and asked and (not number or number == digits(transaction.recipient))


def _apply(plans: Sequence[Plan], lives: Mapping[UUID, Life]) -> None:
    now = database_now()
    news = callbacks.News(life.row for life in lives.values() if life.row.news is not None)
    marks = [_applied(plan, lives, news, now) for plan in plans]
    save(lives.values())
    news.write()
    give_back(marks)


def _applied(plan: Plan, lives: Mapping[UUID, Life], news: callbacks.News, now: datetime) -> Mark:
    row, about = plan.reading.row, None
    for receipt, pk in zip(plan.reading.receipts, plan.found, strict=True):
        if pk is None:
            continue
        life, about = lives[pk], pk
        life.learn(receipt.provider_ref)
        change = life.hear(entry_of(row, receipt, life.row, now), now=now)
        if life.row.news is not None:
            news.add(change, now=now)
    return finished(row, State.DONE, about=about) if None not in plan.found else waiting(row, now, about=about)
