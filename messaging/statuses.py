"""The states of one message to one recipient, and the fold that computes a status (reliability, section 2).

A status is a function of the *set* of facts known about a transaction, never of the order in which they came.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """Every state a transaction can be in; the words are those of the API."""

    SCHEDULED = "scheduled"
    QUEUED = "queued"
    SENDING = "sending"
    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    SUBMITTED = "submitted"
    UNCONFIRMED = "unconfirmed"
    EXPIRED = "expired"
    FAILED = "failed"
    DELIVERED = "delivered"
    READ = "read"
    CANCELLED = "cancelled"
    BLOCKED = "blocked"


class Via(StrEnum):
    """What reached the handset."""

    MMS = "mms"
    SMS = "sms"


LABELS = {
    Status.SCHEDULED: "Scheduled",
    Status.QUEUED: "Queued",
    Status.SENDING: "Sending",
    Status.UNKNOWN: "Outcome unknown",
    Status.ACCEPTED: "Accepted",
    Status.SUBMITTED: "Submitted",
    Status.UNCONFIRMED: "Unconfirmed",
    Status.EXPIRED: "Expired",
    Status.FAILED: "Failed",
    Status.DELIVERED: "Delivered",
    Status.READ: "Read",
    Status.CANCELLED: "Cancelled",
    Status.BLOCKED: "Held back",
}

# Evidence: what a provider, a handset or a deadline said. A higher rank wins, whenever it arrives.
RANKS = {
    Status.UNKNOWN: 5,
    Status.ACCEPTED: 10,
    Status.SUBMITTED: 20,
    Status.UNCONFIRMED: 25,
    Status.EXPIRED: 30,
    Status.FAILED: 35,
    Status.DELIVERED: 40,
    Status.READ: 50,
}
# Our own steps, taken in one order under a lease: the last one written counts.
LOCAL = frozenset({Status.SCHEDULED, Status.QUEUED, Status.SENDING, Status.CANCELLED, Status.BLOCKED})
WITHDRAWN = frozenset({Status.CANCELLED, Status.BLOCKED})
FINAL = frozenset({Status.EXPIRED, Status.FAILED, Status.DELIVERED, Status.READ, Status.CANCELLED, Status.BLOCKED})
# Nothing more is expected here: a page may stop asking, though a late receipt can still lift the status.
SETTLED = FINAL | {Status.UNCONFIRMED}
# The provider has it, or may have it: a receipt is waited for, and not for ever.
AWAITING = frozenset({Status.UNKNOWN, Status.ACCEPTED, Status.SUBMITTED})
CANCELLABLE = frozenset({Status.SCHEDULED, Status.QUEUED})
HANDED_OVER = frozenset({Status.DELIVERED, Status.READ})
LOST = frozenset({Status.EXPIRED, Status.FAILED})


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing known about a transaction: the state it claims, if any, and what it adds to the picture."""

    state: Status | None
    via: Via | None = None
    code: str = ""
    text: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the facts amount to.

    `decisive` is the fact that gave the status (None while only our own steps are known); `conflict` says that
    facts contradict one another, as a failure beside a delivery does.
    """

    status: Status
    via: Via | None
    decisive: Fact | None
    conflict: bool


class Standing:
    """What the facts known so far amount to; the same for every permutation and repetition of the evidence."""

    def __init__(self) -> None:
        self._local = Status.QUEUED
        self._decisive: Fact | None = None
        self._states: set[Status] = set()
        self._vias: set[Via] = set()

    def add(self, fact: Fact) -> None:
        """One fact more: our own steps in the order we wrote them, evidence in any order and any number of copies."""
        if fact.state is None:
            return
        if fact.state not in RANKS:
            self._local = fact.state
            return
        self._states.add(fact.state)
        if fact.via:
            self._vias.add(fact.via)
        if self._decisive is None or _weight(fact) > _weight(self._decisive):
            self._decisive = fact

    def outcome(self) -> Outcome:
        """The outcome so far."""
        via = Via.SMS if Via.SMS in self._vias else Via.MMS if self._vias else None
        if self._local in WITHDRAWN:
            return Outcome(self._local, via, None, conflict=bool(self._states))
        if self._decisive is None:
            return Outcome(self._local, via, None, conflict=False)
        status = self._decisive.state or self._local
        conflict = bool(self._states & HANDED_OVER and self._states & LOST)
        return Outcome(status, via, self._decisive, conflict=conflict)


def fold(facts: Iterable[Fact]) -> Outcome:
    """The status that a transaction's facts amount to (reliability, 2.3 and 2.4).

    In: all facts, our own steps in the order we wrote them, evidence in any order and any number of copies.
    Out: the outcome, the same for every permutation and repetition of the evidence.
    """
    standing = Standing()
    for fact in facts:
        standing.add(fact)
    return standing.outcome()


def _weight(fact: Fact) -> tuple[int, str, str, str, str]:
    """Rank first; then the fact's own words, so that ties never fall to the order of arrival."""
    return (RANKS[fact.state or Status.UNKNOWN], fact.code, fact.text, fact.key, fact.via or "")
