"""What an answer of Sinch says: decided by its body, never by its HTTP status alone (sinch.md, sections 7 and 8)."""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from messaging.gateway.codes import OutcomeClass, Where
from messaging.gateway.contract import HttpAnswer
from messaging.gateway.errors import BY_CLASS, SendError
from messaging.providers.sinch.codes import CODES
from messaging.providers.sinch.wire import loose, parse

ENCODING = "E626"
# Seconds between two tries to send a content that is still being encoded (sinch.md, section 8).
ENCODING_WAIT = 60.0
LONGEST_WAIT = 3600.0
LONGEST_REFERENCE = 100
LONGEST_CODE = 40


def success(answer: HttpAnswer, reference: str) -> tuple[str, str]:
    """The member named `reference` of an answer that says yes, and its text. Raises the SendError it stands for.

    Success without that member is Unclear: something was taken, and nobody can say what.
    """
    members = _members(answer.body)
    if _status(members) == "success" and (given := loose(members.get(reference), LONGEST_REFERENCE)):
        return given, loose(members.get("status-details"))
    raise _refusal(members, answer)


def _refusal(members: Mapping[str, Any], answer: HttpAnswer) -> SendError:
    status, text = _status(members), loose(members.get("error-info"))
    if status == "failure":
        code = loose(members.get("error-code"), LONGEST_CODE) or "refused_without_code"
        row = CODES.get((Where.ANSWER, code))
        # A code that no table has is a refusal all the same, and kept so that it can be looked up (section 8).
        return _error(row.outcome if row else OutcomeClass.FAILED, code, text, answer)
    if status == "success" or 200 <= answer.status < 300:
        return _error(OutcomeClass.UNKNOWN, "answer_unreadable", "The answer says neither yes nor no.", answer)
    row = CODES.get((Where.ANSWER, f"http_{answer.status}")) or CODES[Where.ANSWER, _likest(answer.status)]
    return _error(row.outcome, row.code, text or f"HTTP {answer.status}", answer)


def _likest(status: int) -> str:
    """The row that stands for a status without one of its own (section 7)."""
    return "http_400" if 400 <= status < 500 else "http_500" if status >= 500 else "answer_unreadable"


def _error(outcome: OutcomeClass | None, code: str, text: str, answer: HttpAnswer) -> SendError:
    kind = BY_CLASS[outcome or OutcomeClass.UNKNOWN]
    wait = _retry_after(answer.headers) if outcome is OutcomeClass.RETRY else None
    return kind(code, text, retry_after=ENCODING_WAIT if code == ENCODING and wait is None else wait)


def _members(body: bytes) -> dict[str, Any]:
    try:
        value = parse(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _status(members: Mapping[str, Any]) -> str:
    """The status in lower case: one page of the vendor's writes it with a capital (section 7)."""
    return loose(members.get("status")).lower()


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
