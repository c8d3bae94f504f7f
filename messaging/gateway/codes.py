"""What a provider's code means: its class, in plain words, whose matter it is and what to do next."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from messaging.statuses import Status


class OutcomeClass(StrEnum):
    """What an answer says about the send itself (reliability, 2.5)."""

    ACCEPTED = "A"
    RETRY = "R"
    FAILED = "F"
    CONFIGURATION = "C"
    BLOCKED = "B"
    UNKNOWN = "U"


class Where(StrEnum):
    """Whether a code stands in the answer to a send or in a receipt."""

    ANSWER = "answer"
    RECEIPT = "receipt"


class Whose(StrEnum):
    """Who can do something about it."""

    SENDER = "sender"
    ADMIN = "admin"
    RECIPIENT = "recipient"
    PROVIDER = "provider"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Code:
    """One row of a provider's table. `outcome` is set for answers, `state` for receipts that move the status.

    `about_sender` tells a configuration fault of one sender ID from one of the whole account. `tries` is how often a
    message is tried in all when it keeps getting this answer; 0 means for as long as it is valid. `throttles` says that
    the account sends faster than it may.
    """

    code: str
    where: Where
    meaning: str
    whose: Whose
    next_step: str
    outcome: OutcomeClass | None = None
    state: Status | None = None
    about_sender: bool = False
    tries: int = 0
    throttles: bool = False


CodeTable = Mapping[tuple[Where, str], Code]


def table(rows: Iterable[Code]) -> CodeTable:
    """Index rows by place and code. Raises ValueError when a code stands there twice."""
    indexed: dict[tuple[Where, str], Code] = {}
    for row in rows:
        if (row.where, row.code) in indexed:
            raise ValueError(f"{row.where} code {row.code} is listed twice")
        indexed[row.where, row.code] = row
    return indexed
