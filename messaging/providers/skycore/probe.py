"""A trial call to Skycore: a message without slides to a number that belongs to nobody, so that nothing can be sent.

The key is checked first, then the action, the recipient, the sender, the campaign, and last the slides: how far the
call gets tells what holds (skycore.md, section 3.2, order of all checks).
"""

from datetime import datetime

from messaging.gateway.codes import OutcomeClass, Where
from messaging.gateway.contract import Account, HttpAnswer, HttpRequest, Trial, Verdict
from messaging.gateway.errors import SendError
from messaging.providers.skycore.client import of_account, sender_of, told_in
from messaging.providers.skycore.codes import CODES
from messaging.providers.skycore.document import request

__all__ = ["build_probe", "read_probe"]

# Kept free for use in fiction: it belongs to nobody.
NOBODY = "12065550100"
WORDS = "Test"
BAD_SENDER = "E111"
# Checked after the sender, up to the slides that this message lacks.
AFTER_THE_SENDER = frozenset({"E311", "E312", "E617", "E622"})
# The account was known; its rate, its campaign or the made-up number then stopped the call.
AFTER_THE_KEY = frozenset({"E106", "E110", "E113", "E114", "E120", "E715", "E718", "E721", "http_429"})


def build_probe(account: Account, sender: str, *, now: datetime) -> HttpRequest:  # noqa: ARG001
    """The call. Without a sender it can tell about the key only. Raises Misconfigured."""
    operator, campaign = of_account(account)
    head = [
        ("TO", NOBODY),
        ("FROM", sender_of(sender)),
        operator,
        ("SUBJECT", WORDS),
        campaign,
        ("NAME", WORDS),
    ]
    return request(account, "sendMMS", head, tail=[("FALLBACKSMSTEXT", WORDS)])


def read_probe(answer: HttpAnswer) -> Trial:
    """What its answer proves. "E312" (no slides) is the good one, for it comes after the key and the sender."""
    try:
        told_in(answer)
    except SendError as error:
        return Trial(*_verdicts(error.code), error.code, error.text)
    return Trial(Verdict.GOOD, Verdict.GOOD)


def _verdicts(code: str) -> tuple[Verdict, Verdict]:
    """About the credentials and the sender."""
    if code in AFTER_THE_SENDER:
        return Verdict.GOOD, Verdict.GOOD
    if code == BAD_SENDER:
        return Verdict.GOOD, Verdict.BAD
    if code in AFTER_THE_KEY:
        return Verdict.GOOD, Verdict.UNKNOWN
    row = CODES.get((Where.ANSWER, code))
    if row is not None and row.outcome is OutcomeClass.CONFIGURATION:
        return Verdict.BAD, Verdict.UNKNOWN
    return Verdict.UNKNOWN, Verdict.UNKNOWN
