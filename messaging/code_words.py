"""What follows from a provider's code, in words for people: what the portal does, and whether a retry helps."""

from enum import StrEnum

from messaging.gateway.codes import Code, OutcomeClass, Where, Whose
from messaging.statuses import HANDED_OVER, LABELS, Status


class Retry(StrEnum):
    """Whether sending the same message to the same person once more can help; the words are those of the API."""

    NOT_NEEDED = "not_needed"
    BY_ITSELF = "by_itself"
    AFTER_CHANGE = "after_change"
    LATER = "later"
    RISKY = "risky"
    NO = "no"


RETRY_WORDS = {
    Retry.NOT_NEEDED: "Not needed",
    Retry.BY_ITSELF: "Yes, it is tried again by itself",
    Retry.AFTER_CHANGE: "Yes, once the cause is mended",
    Retry.LATER: "Perhaps, later",
    Retry.RISKY: "Only if a second copy would do no harm",
    Retry.NO: "No",
}

DOES = {
    OutcomeClass.ACCEPTED: "The message is with the provider; receipts tell the rest.",
    OutcomeClass.RETRY: "Provably not accepted: the message is kept and tried again by itself.",
    OutcomeClass.FAILED: "The message ends as failed.",
    OutcomeClass.CONFIGURATION: "The message is kept; several of these in a row pause the account.",
    OutcomeClass.BLOCKED: "The message is held back.",
    OutcomeClass.UNKNOWN: "The outcome is unknown: never sent again by itself, a receipt settles it.",
}
DEPENDS = "It depends on how far the call got: tried again, or, when it may have been accepted, never by itself."
PAUSES_SENDER = "The message is kept; several of these in a row pause this sender."

_ANSWERS = {
    OutcomeClass.ACCEPTED: Retry.NOT_NEEDED,
    OutcomeClass.RETRY: Retry.BY_ITSELF,
    OutcomeClass.FAILED: Retry.AFTER_CHANGE,
    # Kept in the queue: what is mended sends it, nobody has to.
    OutcomeClass.CONFIGURATION: Retry.AFTER_CHANGE,
    OutcomeClass.BLOCKED: Retry.NO,
    OutcomeClass.UNKNOWN: Retry.RISKY,
}
_FAILURES = {
    Whose.SENDER: Retry.AFTER_CHANGE,
    Whose.ADMIN: Retry.AFTER_CHANGE,
    Whose.PROVIDER: Retry.LATER,
    Whose.RECIPIENT: Retry.NO,
    Whose.NOBODY: Retry.NO,
}
_STATES = {
    Status.EXPIRED: Retry.LATER,
    Status.BLOCKED: Retry.NO,
    Status.UNKNOWN: Retry.RISKY,
    Status.UNCONFIRMED: Retry.RISKY,
}


def does(code: Code) -> str:
    """What the portal does on this code: one sentence."""
    if code.outcome:
        return PAUSES_SENDER if code.about_sender else DOES[code.outcome]
    if code.where is Where.ANSWER:
        return DEPENDS
    if code.state is None:
        return "Shown on the timeline; the status stays."
    return f"The status becomes “{LABELS[code.state]}”, unless stronger evidence is known."


def retry(code: Code) -> Retry:
    """Whether a retry helps after this code."""
    if code.outcome:
        return _ANSWERS[code.outcome]
    if code.where is Where.ANSWER:
        return Retry.RISKY
    if code.state is Status.FAILED:
        return _FAILURES[code.whose]
    if code.state is None or code.state in HANDED_OVER:
        return Retry.NOT_NEEDED
    return _STATES.get(code.state, Retry.NOT_NEEDED)
