"""Third commit of a send: what came of the calls (reliability, 3.1)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db.transaction import atomic

from messaging import steps, timeline
from messaging.delivery import failpoints, judging, pausing, rerouting
from messaging.delivery.claiming import CHANGED, Claim
from messaging.delivery.outcomes import Result, apply, note
from messaging.models import ProviderAccount, TimelineEntry, Transaction
from messaging.models.clock import database_now

Results = Sequence[tuple[Claim, Result]]


def record(account: ProviderAccount, results: Results) -> None:
    """Third commit: what came of the calls. An answer that comes after its lease was swept is only noted."""
    failpoints.reach("before_record")
    if all(_is_ordinary(taken, result) for taken, result in results):
        # By far the most: what settles them needs no commit around it.
        done = _accept(results)
        results = [pair for pair in results if pair[0].transaction.pk not in done]
    if results:
        _record_others(account, results)
    failpoints.reach("after_record")


def _is_ordinary(taken: Claim, result: Result) -> bool:
    return bool(result.accepted and not result.shelf and not taken.faulty)


def _record_others(account: ProviderAccount, results: Results) -> None:
    with atomic():
        plain = [(taken, result) for taken, result in results if result.accepted and not result.shelf]
        done, now = _accept(plain), database_now()
        others = _judge(account, [pair for pair in results if pair[0].transaction.pk not in done], now)
        judged = [*(pair for pair in plain if pair[0].transaction.pk in done), *others]
        pausing.judge(account, [(taken.transaction.sender, result) for taken, result in judged], now=now)


def _accept(results: Results) -> set[UUID]:
    """The ordinary end, for any number in a few statements: taken by the provider, under a lease that is still ours
    and with no receipt before. Out: for whom that was so."""
    told = []
    for taken, result in results:
        if result.accepted:
            note(taken.attempt, result)
            reference = result.accepted.provider_ref[:100]
            told.append(steps.Told(taken.transaction, taken.attempt, taken.token, reference))
    return steps.accepted(told) if told else set()


def _judge(account: ProviderAccount, results: Results, now: datetime) -> Results:
    """Everything else: the rows are locked, and their status is computed from all facts. Out: the results as judged."""
    if not results:
        return []
    locked = Transaction.objects.select_for_update(of=("self",)).order_by("pk")
    rows = locked.in_bulk([taken.transaction.pk for taken, _result in results])
    judged = [(taken, judging.judged(account, taken.transaction, result, now)) for taken, result in results]
    ours = {pk for pk, token in _tokens(results).items() if rows[pk].lease_token == token}
    entries: list[TimelineEntry] = []
    for taken, result in judged:
        row = rows[taken.transaction.pk]
        entries.append(apply(row, taken.attempt, result, in_time=row.pk in ours, now=now))
    steps.done([taken.attempt for taken, _result in judged], now)
    timeline.append(entries)
    timeline.settle(list(rows.values()), now=now, also=[*CHANGED, "receipt_deadline"])
    judging.keep_contents(account, [result for _taken, result in judged], now)
    refused = [(_known(rows, taken), result) for taken, result in judged if taken.transaction.pk in ours]
    rerouting.after_refusals(refused, now)
    return judged


def _tokens(results: Results) -> dict[UUID, UUID]:
    return {taken.transaction.pk: taken.token for taken, _result in results}


def _known(rows: Mapping[UUID, Transaction], taken: Claim) -> Transaction:
    """A row with what its claim has loaded already."""
    row = rows[taken.transaction.pk]
    row.message, row.sender = taken.transaction.message, taken.transaction.sender
    return row
