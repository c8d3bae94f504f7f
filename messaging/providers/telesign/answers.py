"""What an answer of Telesign means: `status.code` decides, not the HTTP status (telesign.md, sections 1, 6 and 7)."""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from messaging.addresses import masked_in
from messaging.gateway.codes import Code, OutcomeClass, Where
from messaging.gateway.contract import Accepted, HttpAnswer
from messaging.gateway.errors import BY_CLASS, SendError, Unclear
from messaging.providers.telesign.codes import CODES
from messaging.providers.telesign.wire import LONGEST, lenient, members

LONGEST_WAIT = 3600.0
UNREADABLE = "answer_unreadable"


def read(answer: HttpAnswer) -> Accepted:
    """The provider's reference, if it took the message.

    Raises the SendError that the code stands for; without one that is known, the one of the HTTP status; Unclear when
    neither says anything (reliability, 2.5).
    """
    body = members(answer.body)
    code, text = _status(body)
    row = CODES.get((Where.ANSWER, code))
    if row and row.outcome is OutcomeClass.ACCEPTED:
        reference = lenient(body.get("reference_id"), 100)
        if reference:
            return Accepted(reference, code, text)
    raise refusal(answer)


def refusal(answer: HttpAnswer) -> SendError:
    """The error that an answer without acceptance stands for."""
    body = members(answer.body)
    said = [_status(body), *_errors(body)]
    for code, text in said:
        row = CODES.get((Where.ANSWER, code))
        if row and row.outcome is OutcomeClass.ACCEPTED:
            return Unclear(UNREADABLE, text or "The answer says yes, but names no reference.")
        if row:
            return _error(row, code, text, answer)
    code, text = said[0]
    if 200 <= answer.status < 300 or (answer.status == 400 and not body):
        return Unclear(code or UNREADABLE, text or "The answer says neither yes nor no.")
    by_status = CODES.get((Where.ANSWER, f"http_{answer.status}"))
    if by_status is None:
        return Unclear(code or f"http_{answer.status}", text or "The answer is none that the provider is known for.")
    # An unknown code is kept, so that it can be looked up with the provider.
    return _error(by_status, code or by_status.code, text, answer)


def code_of(answer: HttpAnswer) -> str:
    """The code an answer carries, or ""."""
    return _status(members(answer.body))[0]


def _status(body: Mapping[str, Any]) -> tuple[str, str]:
    status = body.get("status")
    return _coded(status) if isinstance(status, dict) else ("", "")


def _errors(body: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The first of `errors`, where other products of the vendor put the true code."""
    errors = body.get("errors")
    return [_coded(error) for error in errors[:1] if isinstance(error, dict)] if isinstance(errors, list) else []


def _coded(said: Mapping[str, Any]) -> tuple[str, str]:
    return lenient(said.get("code"), 40), masked_in(lenient(said.get("description")))[:LONGEST]


def _error(row: Code, code: str, text: str, answer: HttpAnswer) -> SendError:
    outcome = row.outcome or OutcomeClass.UNKNOWN
    retry = outcome is OutcomeClass.RETRY
    return BY_CLASS[outcome](code, text, retry_after=_retry_after(answer.headers) if retry else None)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from either spelling of Retry-After; a date is measured against the answer's own."""
    given = headers.get("retry-after", "").strip()
    try:
        if given.isdecimal():
            seconds = float(given[:9])
        else:
            seconds = (parsedate_to_datetime(given) - parsedate_to_datetime(headers.get("date", ""))).total_seconds()
    except (TypeError, ValueError, OverflowError):
        return None
    return min(max(seconds, 0.0), LONGEST_WAIT)
