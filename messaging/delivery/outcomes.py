"""What a try's result does to its transaction: the classes of reliability, 2.5, turned into facts."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from messaging import saved_contents, timeline
from messaging.gateway.codes import OutcomeClass
from messaging.gateway.contract import Accepted, HttpAnswer, Saved
from messaging.gateway.errors import SendError
from messaging.models import SendAttempt, TimelineEntry, Transaction
from messaging.pauses import LONGEST_WAIT
from messaging.saved_contents import Shelf
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
    """What came of one call: accepted, or the error; with what was asked and answered, redacted.

    `shelf` is the stored content that was sent from, or that the call was to fill: then `saved` says that it did.
    """

    accepted: Accepted | None = None
    error: SendError | None = None
    saved: Saved | None = None
    shelf: Shelf | None = None
    request: dict[str, str] | None = None
    answer: HttpAnswer | None = None

    @property
    def outcome(self) -> OutcomeClass | None:
        """The class of the result; None for a content that was stored, which sends nothing."""
        if self.error:
            return self.error.outcome
        return OutcomeClass.ACCEPTED if self.accepted else None


def apply(row: Transaction, attempt: SendAttempt, result: Result, *, in_time: bool, now: datetime) -> TimelineEntry:
    """Write a result into its try and its transaction (unsaved), and give the entry that tells of it.

    `in_time` is False when the lease was lost meanwhile: then only evidence of acceptance still counts.
    """
    note(attempt, result)
    if result.accepted:
        row.provider_ref = result.accepted.provider_ref[:100]
    if not in_time:
        state = Status.ACCEPTED if result.accepted else None
        return timeline.entry(row, "late_answer", now=now, state=state, code=attempt.code, text=attempt.text)
    row.lease_token = row.lease_until = row.next_attempt_at = None
    if result.accepted:
        return timeline.entry(row, "accepted", now=now, state=Status.ACCEPTED, detail=row.provider_ref)
    if result.saved:
        return _stored(row, result, result.saved, now)
    kind, state = KINDS[result.outcome or OutcomeClass.UNKNOWN]
    if state is Status.QUEUED:
        row.next_attempt_at = _next_try(row, result.error, now)
    return timeline.entry(row, kind, now=now, state=state, code=attempt.code, text=attempt.text)


def _stored(row: Transaction, result: Result, saved: Saved, now: datetime) -> TimelineEntry:
    """The content is at the provider; the message itself has not left, and waits until it may."""
    row.next_attempt_at = now if saved.ready else now + saved_contents.ENCODING
    kind, key = "saved" if saved.ready else "encoding", str(result.shelf.identity) if result.shelf else ""
    return timeline.entry(row, kind, now=now, key=key, state=Status.QUEUED)


def note(attempt: SendAttempt, result: Result) -> None:
    """Write what came of a try into it, unsaved."""
    attempt.outcome = result.outcome or ""
    attempt.request = result.request
    if result.answer:
        attempt.http_status = result.answer.status
        attempt.answer = result.answer.body[:LONGEST_ANSWER].decode("utf-8", "replace").replace("\x00", "")
    if result.accepted:
        attempt.provider_ref = result.accepted.provider_ref[:100]
        attempt.code, attempt.text = result.accepted.code[:40], result.accepted.text[:300]
    if result.saved:
        attempt.code, attempt.text = "content_saved", "The content was stored at the provider; nothing was sent."
    if result.error:
        attempt.code, attempt.text = result.error.code[:40], result.error.text[:300]


def _next_try(row: Transaction, error: SendError | None, now: datetime) -> datetime:
    wait = BACKOFF[min(row.attempt_no, len(BACKOFF)) - 1]
    if error and error.retry_after:
        wait = max(wait, timedelta(seconds=min(error.retry_after, LONGEST_WAIT.total_seconds())))
    return now + wait


KINDS = {
    OutcomeClass.RETRY: ("retry", Status.QUEUED),
    OutcomeClass.CONFIGURATION: ("account_fault", Status.QUEUED),
    OutcomeClass.FAILED: ("failed", Status.FAILED),
    OutcomeClass.BLOCKED: ("blocked", Status.BLOCKED),
    OutcomeClass.UNKNOWN: ("unknown", Status.UNKNOWN),
}
