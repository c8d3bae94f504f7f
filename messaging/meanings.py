"""What a provider's code means: its own table first, then what an admin has said about unknown ones."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from time import monotonic
from typing import Generic, TypeVar

from django.db.models import F, QuerySet
from django.db.models.signals import post_delete, post_save
from django.db.transaction import on_commit

from messaging import portal_codes
from messaging.addresses import masked_in
from messaging.gateway import registry
from messaging.gateway.codes import Code, OutcomeClass, Where, Whose
from messaging.models import ProviderCode
from messaging.statuses import Status

logger = logging.getLogger(__name__)
# Another process learns of a new meaning after this many seconds; this one at once.
REMEMBERED = 5.0
MOST_MAPPED = 5_000

_Key = tuple[str, str, str]
_T = TypeVar("_T")


class _Remembered(Generic[_T]):
    """What `read` says, asked again after REMEMBERED seconds or when it was forgotten."""

    def __init__(self, read: Callable[[], _T]) -> None:
        self._read = read
        self._kept: tuple[float, _T] | None = None

    def __call__(self) -> _T:
        kept = self._kept
        if kept is None or monotonic() - kept[0] > REMEMBERED:
            kept = self._kept = (monotonic(), self._read())
        return kept[1]

    def forget(self) -> None:
        self._kept = None


def explain(provider: str, where: Where, code: str) -> Code | None:
    """What a code means: the provider's table, our own, else what an admin has said; None when nobody has explained it.

    At most one query in five seconds, and none for a code that stands in a table.
    """
    if not code:
        return None
    known = registry.explain(provider, where, code) if provider in registry.names() else None
    known = known or portal_codes.CODES.get((where, code))
    return known or _mapped().get((provider, where.value, key_of(code)))


def mapped() -> list[tuple[str, Code]]:
    """Every code an admin has explained, with its provider; in the order of provider, place and code."""
    return [(key[0], code) for key, code in sorted(_mapped().items(), key=lambda item: item[0])]


def note_unknown(provider: str, where: Where, code: str, sample: str, now: datetime) -> None:
    """Keep a code that has no meaning yet, and raise one alarm when it is the first of its kind.

    In: `sample`, the provider's text; it is kept without numbers. May be called inside a transaction: the alarm
    rings when that is committed.
    """
    key = key_of(code)
    if not key:
        return
    rows = ProviderCode.objects.filter(provider=provider, where=where.value, code=key)
    again = {"seen_count": F("seen_count") + 1, "last_seen_at": now}
    if rows.update(**again):
        return
    text = masked_in(_printable(sample))[:300]
    _row, made = ProviderCode.objects.get_or_create(
        provider=provider,
        where=where.value,
        code=key,
        defaults={"sample": text, "first_seen_at": now, "last_seen_at": now},
    )
    if made:
        on_commit(lambda: logger.error("%s sent a code we do not know: %s (%s)", label_of(provider), key, where))
    else:
        rows.update(**again)


def waiting() -> QuerySet[ProviderCode]:
    """The codes that wait for somebody to say what they mean, the latest seen first."""
    return ProviderCode.objects.filter(mapped_at=None).order_by("-last_seen_at")


def label_of(provider: str) -> str:
    """A provider's name for people; the name itself when its folder is gone."""
    return registry.provider(provider).profile.label if provider in registry.names() else provider


def key_of(code: str) -> str:
    """A code as its row is kept: one line, without numbers of people, at most 40 characters."""
    return masked_in(_printable(code).strip())[:40]


def forget() -> None:
    """Ask the database anew at the next question."""
    _mapped.forget()
    waiting_count.forget()


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)


def _read_mapped() -> Mapping[_Key, Code]:
    rows = ProviderCode.objects.exclude(mapped_at=None).order_by("-mapped_at")[:MOST_MAPPED]
    return {(row.provider, row.where, row.code): _code(row) for row in rows}


def _count_waiting() -> int:
    return ProviderCode.objects.filter(mapped_at=None).count()


def _code(row: ProviderCode) -> Code:
    where = Where(row.where)
    return Code(
        code=row.code,
        where=where,
        meaning=row.meaning,
        whose=Whose(row.whose),
        next_step=row.next_step,
        outcome=OutcomeClass(row.outcome) if row.outcome and where is Where.ANSWER else None,
        state=Status(row.state) if row.state and where is Where.RECEIPT else None,
    )


_mapped = _Remembered(_read_mapped)
# How many codes wait for a meaning, as of a few seconds ago: every page of an admin shows it.
waiting_count = _Remembered(_count_waiting)


def _changed(**_what: object) -> None:
    forget()
    # Whoever asks before the commit still reads, and would remember, the old row.
    on_commit(forget)


post_save.connect(_changed, sender=ProviderCode, dispatch_uid="meanings")
post_delete.connect(_changed, sender=ProviderCode, dispatch_uid="meanings")
