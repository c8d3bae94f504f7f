"""A trial call to Webex Connect: a message whose only number is none, so that it can never be sent.

Credentials are checked first, then the sender, then the number: how far the call gets tells what holds (webex.md,
section 7).
"""

from datetime import datetime

from messaging.content import Content, FallbackSms, Slide
from messaging.gateway.codes import OutcomeClass, Where
from messaging.gateway.contract import Account, HttpAnswer, HttpRequest, OutboundMessage, Trial, Verdict
from messaging.gateway.errors import SendError
from messaging.providers.webex.client import build, read
from messaging.providers.webex.codes import CODES

__all__ = ["build_probe", "read_probe"]

# No number of any numbering plan begins with a nought after its plus, and none has a single digit.
NOBODY = "+0"
HARMLESS = Content("Test", "Test", (Slide("Test"),), FallbackSms("Test"))
BAD_CREDENTIALS = frozenset({"http_401", "7001", "7002"})
BAD_SENDER = "7101"
BAD_NUMBER = "7102"


def build_probe(account: Account, sender: str, *, now: datetime) -> HttpRequest:
    """The call. Without a sender it can tell about the credentials only. Raises Misconfigured."""
    return build(account, OutboundMessage("trial-call", sender, NOBODY, HARMLESS), now=now)


def read_probe(answer: HttpAnswer) -> Trial:
    """What its answer proves; "7102" is the good one, for it comes after the checks of credentials and sender."""
    try:
        read(answer)
    except SendError as error:
        return Trial(*_verdicts(error.code), error.code, error.text)
    return Trial(Verdict.GOOD, Verdict.GOOD)


def _verdicts(code: str) -> tuple[Verdict, Verdict]:
    if code in BAD_CREDENTIALS:
        return Verdict.BAD, Verdict.UNKNOWN
    if code == BAD_SENDER:
        return Verdict.GOOD, Verdict.BAD
    if code == BAD_NUMBER:
        return Verdict.GOOD, Verdict.GOOD
    row = CODES.get((Where.ANSWER, code))
    # A fault of the request itself, such as a sender that was left out, is found after the credentials have passed.
    passed = row is not None and row.outcome is OutcomeClass.FAILED and not code.startswith("http_")
    return (Verdict.GOOD if passed else Verdict.UNKNOWN), Verdict.UNKNOWN
