"""A request that is repeated is answered, not carried out again (reliability, 3.5)."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, OperationalError
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from messaging.api.errors import Problem, fault, invalid
from messaging.api.parsing import body_digest
from messaging.models import ApiKey, IdempotencyRecord
from messaging.models.loading import ask, columns, listed, loaded
from messaging.models.rows import Insertion, insertions
from messaging.repeats import KEPT

HEADER = "Idempotency-Key"
REUSED = "This idempotency key belongs to another request."
LONGEST = 255
LOCK_NOT_AVAILABLE = "55P03"
_KNOWN = (
    f"SELECT {columns(IdempotencyRecord, 'known')} FROM messaging_idempotencyrecord AS known"  # noqa: S608 (our own names)
    " WHERE api_key_id {among} AND route = %s AND key = %s"
)
PRINTABLE = re.compile(r"[\x20-\x7e]{1,255}")


@dataclass(frozen=True, slots=True)
class Once:
    """One request under its idempotency key; without a key it is simply carried out."""

    api_key: ApiKey
    route: str
    key: str | None
    fingerprint: str

    def replay(self) -> HttpResponse | None:
        """The stored answer of an earlier copy, if there is one. Raises Problem 422 for another request."""
        if self.key is None:
            return None
        found = ask(_KNOWN, [listed([self.api_key.pk]), self.route, self.key])
        if not found:
            return None
        record = loaded(IdempotencyRecord, found[0])
        if record.created_at < timezone.now() - KEPT:
            IdempotencyRecord.objects.filter(pk=record.pk).delete()
            return None
        if record.fingerprint != self.fingerprint:
            raise Problem(422, "idempotency_key_reused", REUSED, errors=[_reused()])
        return _answer(str(record.answer), record.answer_status or 200, {"Idempotent-Replayed": "true"})

    def kept(self, status: int, answer: str) -> list[Insertion]:
        """What keeps an answer for whoever repeats the request: to be written in the commit that carries it out, which
        it stops when another copy has been carried out before. Nothing without a key."""
        if self.key is None:
            return []
        # The answer as text: PostgreSQL would put the members of a stored object into another order.
        row = {
            "api_key": self.api_key.pk,
            "route": self.route,
            "key": self.key,
            "fingerprint": self.fingerprint,
            "answer_status": status,
            "answer": answer,
            "created_at": timezone.now(),
        }
        return list(insertions(IdempotencyRecord, [row]))

    def run(self, status: int, work: Callable[[], str]) -> HttpResponse:
        """Carry `work` out, which gives its answer and writes what `kept` says in its commit; a racing copy gets the
        same answer.

        What `work` raises has undone everything, and the key stays free. Raises Problem 409 while a copy is running.
        """
        try:
            return _answer(work(), status)
        except (IntegrityError, OperationalError, Problem) as error:
            if self.key is None:
                raise
            if isinstance(error, OperationalError) and _waited(error):
                raise _running() from None
            # What stands in the way may be what the other copy has just written.
            if isinstance(error, OperationalError) or (earlier := self.replay()) is None:
                raise
            return earlier


def _waited(error: OperationalError) -> bool:
    """Whether somebody else's lock was waited for in vain."""
    return getattr(error.__cause__, "sqlstate", "") == LOCK_NOT_AVAILABLE or "locked" in str(error)


def once(request: Request, api_key: ApiKey) -> Once:
    """Read the header of a request whose body has been read. Raises Problem 400 for a key that cannot be one."""
    key = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if key is not None and not PRINTABLE.fullmatch(key):
        message = f"The key is 1 to {LONGEST} printable ASCII characters."
        raise invalid(HEADER, "idempotency_key_wrong", message, limit=LONGEST, actual=len(key), fix="Use a UUID.")
    query = request.META.get("QUERY_STRING", "")
    fingerprint = hashlib.sha256(f"{body_digest(request)}?{query}".encode()).hexdigest()
    return Once(api_key, route_of(request), key, fingerprint)


def route_of(request: Request) -> str:
    """What a key belongs to: the same key may be used once at each address."""
    return f"{request.method} {request.path}"[:80]


def _answer(text: str, status: int, headers: Mapping[str, str] | None = None) -> HttpResponse:
    return HttpResponse(text.encode(), content_type="application/json", status=status, headers=headers)


def _reused() -> dict[str, Any]:
    message = "This key belongs to an earlier request with another body."
    return fault(HEADER, "idempotency_key_reused", message, fix="Use a new key for a new request.")


def _running() -> Problem:
    message = "The first request with this key is still running."
    return Problem(
        409,
        "idempotency_in_progress",
        errors=[fault(HEADER, "idempotency_in_progress", message, fix="Repeat it in a second.")],
        headers={"Retry-After": "1"},
    )
