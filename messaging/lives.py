"""Locked transactions that hear one fact after the other, as if each had a commit of its own.

Its status is folded on from what is known, so that a thousandth fact costs no more than the first.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from messaging import timeline
from messaging.callbacks import Change
from messaging.models import Known, TimelineEntry, Transaction
from messaging.models.rows import insert, update
from messaging.statuses import Fact, Standing, Status, Via

SAVED = [*timeline.SETTLED_FIELDS, "provider_ref", "news"]
WRITTEN = [*Known._fields[1:], "received_at", "data"]


class Life:
    """A transaction (locked, unsaved) and what was known of it."""

    def __init__(self, row: Transaction, known: Sequence[Known]) -> None:
        self.row, self.fresh, self.changed = row, list[TimelineEntry](), False
        self._facts: list[TimelineEntry | Known] = []
        self._keys, self._standing, self._clicks = set[str](), Standing(), 0
        for fact in known:
            self._add(fact)

    def hear(self, entry: TimelineEntry, *, now: datetime) -> Change:
        """Add a fact, unless it is known. Out: the change that it made, for news of it."""
        if entry.dedupe_key not in self._keys:
            self.fresh.append(entry)
            self._add(entry)
        self.changed = True
        was, clicks = self.row.status, self.row.clicks
        timeline.stand(self.row, self._standing.outcome(), self._facts, clicks=self._clicks, now=now)
        return Change(self.row, was, clicks, self._facts)

    def learn(self, reference: str) -> None:
        """Keep the provider's reference, which its answer has not brought yet."""
        if reference and not self.row.provider_ref:
            self.row.provider_ref, self.changed = reference[:100], True

    def _add(self, fact: TimelineEntry | Known) -> None:
        self._facts.append(fact)
        self._keys.add(fact.dedupe_key)
        self._clicks += fact.kind == "clicked"
        state, via = Status(fact.state) if fact.state else None, Via(fact.via) if fact.via else None
        self._standing.add(Fact(state, via, fact.code, fact.text, fact.dedupe_key))


def locked(identities: Iterable[UUID]) -> dict[UUID, Life]:
    """Transactions locked in the order of their ids, so that two workers never wait for one another. Two queries."""
    # Values for a recipient may be long, and no receipt needs them.
    rows = Transaction.objects.select_for_update(of=("self",)).filter(pk__in=identities).order_by("pk")
    return {life.row.pk: life for life in of(list(rows.defer("substitutions")))}


def of(rows: Sequence[Transaction]) -> list[Life]:
    """The same for rows that the caller has locked, in their order. One query."""
    facts = _facts(row.pk for row in rows)
    return [Life(row, facts[row.pk]) for row in rows]


def save(lives: Iterable[Life]) -> None:
    """Write the new facts and what they made of their transactions. Two statements."""
    changed = [life for life in lives if life.changed]
    entries = [_entry(entry) for life in changed for entry in life.fresh]
    insert(TimelineEntry, entries, ignore=True)
    update(Transaction, [{"id": life.row.pk, **_named(life.row, SAVED)} for life in changed])


def _facts(identities: Iterable[UUID]) -> Mapping[UUID, list[Known]]:
    known: dict[UUID, list[Known]] = defaultdict(list)
    rows = TimelineEntry.objects.filter(transaction__in=list(identities)).order_by("id")
    for values in rows.values_list(*Known._fields):
        known[values[0]].append(Known(*values))
    return known


def _entry(entry: TimelineEntry) -> dict[str, Any]:
    ids = {"transaction": entry.transaction_id, "inbox": entry.inbox_id}
    return {**ids, **_named(entry, WRITTEN)}


def _named(row: Transaction | TimelineEntry, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}
