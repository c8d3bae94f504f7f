"""What a try's result does to its transaction: the classes of reliability, 2.5, turned into facts."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from messaging import timeline
from messaging.gateway.codes import OutcomeClass
from messaging.gateway.contract import Accepted, HttpAnswer
from messaging.gateway.errors import SendError
from messaging.models import SendAttempt, TimelineEntry, Transaction
from messaging.statuses import Status

BACKOFF = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
)
LONGEST_ANSWER = 4000


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one call: accepted, or the error; with what was asked and answered, redacted."""

    accepted: Accepted | None = None
    error: SendError | None = None
    request: dict[str, str] | None = None
    answer: HttpAnswer | None = None

    @property
    def outcome(self) -> OutcomeClass:
        """The class of the result."""
        return self.error.outcome if self.error else OutcomeClass.ACCEPTED


def apply(row: Transaction, attempt: SendAttempt, result: Result, *, in_time: bool, now: datetime) -> TimelineEntry:
    """Write a result into its try and its transaction (unsaved), and give the entry that tells of it.

    `in_time` is False when the lease was lost meanwhile: then only evidence of acceptance still counts.
    """
    _note(attempt, result, now)
    if result.accepted:
        row.provider_ref = result.accepted.provider_ref[:100]
    if not in_time:
        state = Status.ACCEPTED if result.accepted else None
        return timeline.entry(row, "late_answer", now=now, state=state, code=attempt.code, text=attempt.text)
    row.lease_token = row.lease_until = row.next_attempt_at = None
    if result.accepted:
        return timeline.entry(row, "accepted", now=now, state=Status.ACCEPTED, detail=row.provider_ref)
    kind, state = KINDS[result.outcome]
    if state is Status.QUEUED:
        row.next_attempt_at = _next_try(row, result.error, now)
    return timeline.entry(row, kind, now=now, state=state, code=attempt.code, text=attempt.text)


def _note(attempt: SendAttempt, result: Result, now: datetime) -> None:
    attempt.phase = SendAttempt.Phase.DONE
    attempt.outcome = result.outcome
    attempt.finished_at = now
    attempt.request = result.request
    if result.answer:
        attempt.http_status = result.answer.status
        attempt.answer = result.answer.body[:LONGEST_ANSWER].decode("utf-8", "replace").replace("\x00", "")
    if result.accepted:
        attempt.provider_ref = result.accepted.provider_ref[:100]
        attempt.code, attempt.text = result.accepted.code[:40], result.accepted.text[:300]
    if result.error:
        attempt.code, attempt.text = result.error.code[:40], result.error.text[:300]


def _next_try(row: Transaction, error: SendError | None, now: datetime) -> datetime:
    wait = BACKOFF[min(row.attempt_no, len(BACKOFF)) - 1]
    if error and error.retry_after:
        wait = max(wait, timedelta(seconds=min(error.retry_after, 3600)))
    return now + wait


KINDS = {
    OutcomeClass.RETRY: ("retry", Status.QUEUED),
    OutcomeClass.CONFIGURATION: ("account_fault", Status.QUEUED),
    OutcomeClass.FAILED: ("failed", Status.FAILED),
    OutcomeClass.BLOCKED: ("blocked", Status.BLOCKED),
    OutcomeClass.UNKNOWN: ("unknown", Status.UNKNOWN),
}
