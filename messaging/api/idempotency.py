"""A request that is repeated is answered, not carried out again (reliability, 3.5)."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, OperationalError, connection
from django.db.transaction import atomic
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from messaging.api.answering import written
from messaging.api.errors import Problem, fault, invalid
from messaging.api.parsing import body_digest
from messaging.models import ApiKey, IdempotencyRecord
from messaging.repeats import KEPT

HEADER = "Idempotency-Key"
REUSED = "This idempotency key belongs to another request."
LONGEST = 255
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
        record = self._records().first()
        if record is None:
            return None
        if record.created_at < timezone.now() - KEPT:
            self._records().filter(pk=record.pk).delete()
            return None
        if record.fingerprint != self.fingerprint:
            raise Problem(422, "idempotency_key_reused", REUSED, errors=[_reused()])
        return _answer(record.answer, record.answer_status or 200, {"Idempotent-Replayed": "true"})

    def run(self, work: Callable[[], tuple[int, dict[str, Any]]]) -> HttpResponse:
        """Carry `work` out and keep its answer, all in one database transaction; a racing copy gets the same answer.

        An answer may hold iterators (see `answering.written`), which are read inside of it.

        What `work` raises undoes everything, and the key stays free. Raises Problem 409 while a copy is running.
        """
        if self.key is None:
            with atomic():
                status, answer = work()
                text = written(answer)
            return _answer(text, status)
        try:
            with atomic():
                record = self._insert()
                status, answer = work()
                # As text: PostgreSQL would put the members of a stored object into another order.
                record.answer_status, record.answer = status, (text := written(answer))
                record.save(update_fields=["answer_status", "answer"])
        except _Taken:
            earlier = self.replay()
            if earlier is None:
                raise _running() from None
            return earlier
        return _answer(text, status)

    def _insert(self) -> IdempotencyRecord:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '2s'")
        try:
            with atomic():
                return IdempotencyRecord.objects.create(
                    api_key=self.api_key, route=self.route, key=self.key or "", fingerprint=self.fingerprint
                )
        except IntegrityError as error:
            raise _Taken from error
        except OperationalError as error:
            raise _running() from error

    def _records(self) -> Any:
        return IdempotencyRecord.objects.filter(api_key=self.api_key, route=self.route, key=self.key)


class _Taken(Exception):
    """Another copy holds the key."""


def once(request: Request, api_key: ApiKey) -> Once:
    """Read the header of a request whose body has been read. Raises Problem 400 for a key that cannot be one."""
    key = request.headers.get(HEADER)
    if key is not None and not PRINTABLE.fullmatch(key):
        message = f"The key is 1 to {LONGEST} printable ASCII characters."
        raise invalid(HEADER, "idempotency_key_wrong", message, limit=LONGEST, actual=len(key), fix="Use a UUID.")
    query = request.META.get("QUERY_STRING", "")
    fingerprint = hashlib.sha256(f"{body_digest(request)}?{query}".encode()).hexdigest()
    return Once(api_key, f"{request.method} {request.path}"[:80], key, fingerprint)


def _answer(text: str, status: int, headers: Mapping[str, str] | None = None) -> HttpResponse:
    return HttpResponse(text, content_type="application/json", status=status, headers=headers)


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
