"""Providers that throttle: the account is slowed down at once and climbs back by itself.

Halved at each throttling answer, though once a second at most: the calls of one moment are told the same. It climbs
evenly (`ProviderAccount.rate_at`): nothing has to be written down for that, and all processes read the same.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Q

from messaging.delivery.outcomes import Result
from messaging.gateway import registry
from messaging.gateway.codes import OutcomeClass, Where
from messaging.models import ProviderAccount

SLOWER = 0.5
# One call in so many seconds goes however hard an account is throttled, to find out whether it still is.
SLOWEST_SECONDS = 5.0
ONE_MOMENT = timedelta(seconds=1)
# Who asks for more is asked again after this.
LONGEST_PAUSE = timedelta(minutes=5)
# Where a code says nothing, the answer's status does.
TOO_MANY, UNAVAILABLE = 429, 503


def hear(account: ProviderAccount, results: Sequence[Result], now: datetime) -> bool:
    """Slow an account down when one of these answers throttles it. Inside the caller's commit.

    Out: whether one did. Two queries then, none otherwise.
    """
    throttled = [result for result in results if throttles(account, result)]
    if not throttled:
        return False
    known = ProviderAccount.objects.get(pk=account.pk)
    asked = max((result.error.retry_after or 0 for result in throttled if result.error), default=0)
    until = now + min(timedelta(seconds=asked), LONGEST_PAUSE) if asked else None
    rate = max(known.rate_at(now) or known.slowed_to or 0.0, 1 / SLOWEST_SECONDS)
    slower = max(rate * SLOWER, 1 / SLOWEST_SECONDS)
    if until and (known.slowed_until is None or until > known.slowed_until):
        ProviderAccount.objects.filter(pk=account.pk).update(slowed_until=until)
        account.slowed_until = until
    fresh = Q(slowed_at=None) | Q(slowed_at__lte=now - ONE_MOMENT)
    if ProviderAccount.objects.filter(fresh, pk=account.pk).update(slowed_to=slower, slowed_at=now):
        account.slowed_to, account.slowed_at = slower, now
    return True


def throttles(account: ProviderAccount, result: Result) -> bool:
    """Whether an answer says that the account sends too fast."""
    error, answer = result.error, result.answer
    if error is None or answer is None or error.outcome is not OutcomeClass.RETRY:
        return False
    code = registry.explain(account.provider, Where.ANSWER, error.code) if error.code else None
    if code and code.throttles:
        return True
    return answer.status == TOO_MANY or (answer.status == UNAVAILABLE and error.retry_after is not None)
