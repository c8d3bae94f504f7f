"""What stands behind an answer: codes nobody knows are kept and given the class an admin has said, and stored contents
learn how the calls about them went."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from messaging import meanings, saved_contents
from messaging.delivery.outcomes import Result
from messaging.gateway import registry
from messaging.gateway.codes import Code, OutcomeClass, Where
from messaging.gateway.errors import BY_CLASS, Refused
from messaging.models import ProviderAccount, SendAttempt, Transaction
from messaging.saved_contents import Step

# The names of our own faults ("answer_unreadable"); providers' codes hold digits.
OWN = re.compile(r"[a-z_]+")


def judged(account: ProviderAccount, row: Transaction, result: Result, now: datetime) -> Result:
    """A result with the class that an admin has given its code, when no table has it. Inside the caller's commit.

    A code that nobody has explained is kept, and told once; till then the contract's word for other codes counts.
    One that is worth a few tries only ends the message with the last of them.
    """
    error = result.error
    if error is None or result.answer is None or not error.code or OWN.fullmatch(error.code):
        return result
    if listed := registry.explain(account.provider, Where.ANSWER, error.code):
        enough = error.outcome is OutcomeClass.RETRY and _tried_enough(account, row, result, listed)
        return replace(result, error=Refused(error.code, error.text)) if enough else result
    known = meanings.explain(account.provider, Where.ANSWER, error.code)
    if known is None:
        meanings.note_unknown(account.provider, Where.ANSWER, error.code, error.text, now)
    outcome = known.outcome if known else None
    if outcome not in BY_CLASS or (result.shelf and outcome is OutcomeClass.UNKNOWN):
        return result
    return replace(result, error=BY_CLASS[outcome](error.code, error.text, retry_after=error.retry_after))


def _tried_enough(account: ProviderAccount, row: Transaction, result: Result, code: Code) -> bool:
    if not code.tries:
        return False
    earlier = SendAttempt.objects.filter(sender__account=account, code=code.code)
    # A content is stored for all of its message: each recipient's turn to do it is a try of the same.
    storing = result.shelf is not None and result.shelf.step is Step.SAVE
    earlier = earlier.filter(transaction__message=row.message_id) if storing else earlier.filter(transaction=row)
    return earlier.count() + 1 >= code.tries


def keep_contents(account: ProviderAccount, results: Sequence[Result], now: datetime) -> None:
    """Write what calls have shown about stored contents. Inside the caller's commit."""
    for result in results:
        if result.shelf is None:
            continue
        if result.saved:
            saved_contents.stored(result.shelf, result.saved, now)
        elif result.error and result.shelf.step is Step.SAVE:
            saved_contents.not_stored(result.shelf, result.error, now)
        elif result.error and _gone(account, result.error.code):
            saved_contents.gone(result.shelf, now)
        elif result.accepted and result.shelf.encoding:
            saved_contents.proved(result.shelf, now)


def _gone(account: ProviderAccount, code: str) -> bool:
    saving = registry.provider(account.provider).saving
    return saving is not None and code in saving.GONE
