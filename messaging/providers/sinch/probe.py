"""A trial call to Sinch: a message without slides and without fallback, so that there is nothing to send.

The key is checked first, then the service, the number, the sender, and last the slides: how far the call gets tells
what holds (sinch.md, section 5.1, order of checks).
"""

from datetime import datetime

from messaging.gateway.codes import OutcomeClass, Where
from messaging.gateway.contract import Account, HttpAnswer, HttpRequest, Trial, Verdict
from messaging.gateway.errors import SendError
from messaging.providers.sinch import bodies
from messaging.providers.sinch.answers import success
from messaging.providers.sinch.codes import CODES

__all__ = ["build_probe", "read_probe"]

# Kept free for use in fiction: it belongs to nobody.
NOBODY = "12065550100"
NO_SLIDES = "E312"
BAD_SENDER = "E111"
# Checked between the number and the slides: whoever gets so far has a sender that holds.
AFTER_THE_SENDER = frozenset({NO_SLIDES, "E115", "E228", "E313", "E314", "E617", "E622"})
# The account was known, and nothing more was looked at.
AFTER_THE_KEY = frozenset({"E106", "E110", "E113", "E114", "E120"})


def build_probe(account: Account, sender: str, *, now: datetime) -> HttpRequest:  # noqa: ARG001
    """The call. Without a sender it can tell about the key only. Raises Misconfigured."""
    members = {
        "action": "sendmms",
        **bodies.service(account),
        "to": NOBODY,
        "from": sender.strip().lstrip("+"),
        "message-subject": "Test",
        "disable-fallback-sms": True,
        "client-reference": "trial-call",
        "slide": [],
    }
    return bodies.request(account, members)


def read_probe(answer: HttpAnswer) -> Trial:
    """What its answer proves; "E312" (no slides) is the good one, for it comes after key, service and sender."""
    try:
        success(answer, "tracking-id")
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
