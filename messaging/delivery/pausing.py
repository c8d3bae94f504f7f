"""Pausing what a provider refuses as such: an account, or one of its senders. Nothing of their queues is burnt."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import F, QuerySet

from messaging import meanings
from messaging.delivery import throttling
from messaging.delivery.outcomes import Result
from messaging.gateway.codes import OutcomeClass, Where
from messaging.models import ProviderAccount, Sender

# Refusals in a row: one may be a hiccup of the provider's.
MOST_FAULTS = 3


def judge(account: ProviderAccount, results: Sequence[tuple[Sender, Result]], *, now: datetime) -> None:
    """Count refusals of the account and of its senders, and pause what was refused several times in a row; slow down
    what was throttled."""
    throttling.hear(account, [result for _sender, result in results], now)
    for sender in {sender.pk: sender for sender, _result in results}.values():
        own = [result for of, result in results if of.pk == sender.pk]
        against = [result for result in own if about_sender(account, result)]
        _count(Sender.objects.filter(pk=sender.pk), own, against, _reason(account, against), now)
    everything = [result for _sender, result in results]
    faults = [result for result in everything if about_account(account, result)]
    _count(ProviderAccount.objects.filter(pk=account.pk), everything, faults, _reason(account, faults), now)


def about_account(account: ProviderAccount, result: Result) -> bool:
    """Whether a result speaks against the account as a whole: the next call would fare the same."""
    return result.outcome is OutcomeClass.CONFIGURATION and not about_sender(account, result)


def about_sender(account: ProviderAccount, result: Result) -> bool:
    """Whether a result speaks against the sender ID alone."""
    if result.error is None or result.outcome is not OutcomeClass.CONFIGURATION:
        return False
    code = meanings.explain(account.provider, Where.ANSWER, result.error.code)
    return code is not None and code.about_sender


def _count(
    rows: "QuerySet[ProviderAccount] | QuerySet[Sender]",
    results: Sequence[Result],
    faults: list[Result],
    reason: str,
    now: datetime,
) -> None:
    if any(result.accepted for result in results):
        rows.filter(config_faults__gt=0).update(config_faults=0)
    elif faults:
        rows.update(config_faults=F("config_faults") + len(faults))
        rows.filter(config_faults__gte=MOST_FAULTS, paused_at=None).update(paused_at=now, paused_reason=reason)


def _reason(account: ProviderAccount, faults: Sequence[Result]) -> str:
    """What the provider refused, in words, and the way out; "" without a fault."""
    error = faults[0].error if faults else None
    if error is None:
        return ""
    code = meanings.explain(account.provider, Where.ANSWER, error.code)
    said = f"{code.meaning} ({code.code}) {code.next_step}" if code else f"Refused by the provider with {error.code}."
    return said[:300]
