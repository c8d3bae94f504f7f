"""The steps that every ordinary send takes, written for many transactions at once: tried, on the wire, accepted.

What is written is what `timeline` would write row by row. A transaction that is "sending" has no evidence against it
yet, so the first acceptance is its status; everything else is judged by `timeline.settle`. Plain SQL, because building
these statements anew through the ORM costs more than running them (performance, section A).
"""

import json
from collections.abc import Collection, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.transaction import atomic
from django.utils import timezone

from messaging import callbacks, queues, timeline
from messaging.models import SendAttempt, Transaction, rows
from messaging.models.loading import AMONG, listed
from messaging.models.rows import POSTGRES
from messaging.statuses import Status
from messaging.step_statements import ACCEPTED, BEGIN, CLAIM, ENTERED, LOOK, LOOKED, MARKED, SETTLED, WIRED

# Of no use to who sends, and dear to read: a database's times are parsed one by one.
UNUSED = {"next_attempt_at", "lease_until", "receipt_deadline", "updated_at"}
TRIED = {
    "outcome": "varchar",
    "http_status": "smallint",
    "provider_ref": "varchar",
    "code": "varchar",
    "text": "varchar",
    "request": "jsonb",
    "answer": "text",
}


@dataclass(frozen=True, slots=True)
class Look:
    """How a leased transaction stands.

    Its status, and whether its message holds it back, its sender, its account or everything is paused, either of the
    two was refused lately, and its recipient has opted out of anything; and whether it goes: nothing is in its way.
    """

    status: str
    held: bool
    paused: bool
    faulty: bool
    opted_out: bool
    goes: bool


@dataclass(frozen=True, slots=True)
class Told:
    """A transaction that a provider has taken, its try with what came of it (`outcomes.note`), the lease under which it
    was sent, and the provider's reference."""

    transaction: Transaction = field(repr=False)
    attempt: SendAttempt = field(repr=False)
    token: UUID
    provider_ref: str


def claim(identities: Collection[UUID], token: UUID, until: datetime, now: datetime) -> dict[UUID, Transaction]:
    """Put those of these transactions that still wait and that nobody holds under a lease. Out: they, without UNUSED.

    The condition is in the statement: SQLite knows no row locks, so the update itself must decide who has them.
    """
    fields = [field.column for field in Transaction._meta.concrete_fields if field.name not in UNUSED]
    statement = CLAIM.format(among=AMONG, columns=", ".join(map(str, fields)))
    values = [queues.stored(token), _moment(until), _moment(now), listed(sorted(identities))]
    return {row.pk: row for row in Transaction.objects.raw(statement, values)}


def begin(identities: Collection[UUID], now: datetime) -> dict[UUID, SendAttempt]:
    """Write a try for each of these transactions, which were just claimed. Out: they, by transaction."""
    found = _run(BEGIN.format(among=AMONG), [_moment(now), listed(sorted(identities))])
    blank = {field.attname: field.get_default() for field in SendAttempt._meta.concrete_fields} | {"started_at": now}
    tries = {}
    for pk, subject, number, sender in found:
        own = {"id": pk, "transaction_id": queues.read(subject), "number": number, "sender_id": queues.read(sender)}
        tries[queues.read(subject)] = SendAttempt.from_db(DEFAULT_DB_ALIAS, blank.keys(), (blank | own).values())
    return tries


def look(leases: Mapping[UUID, UUID], left: timedelta) -> tuple[dict[UUID, Look], datetime]:
    """Lock these transactions, in the order in which everybody locks them. In: each with the token of its lease.

    Out, of those whose lease this is for longer than `left`: how they stand; and the database's time.
    """
    text, values = _looking(leases, left)
    found = _run(f"SELECT {LOOKED} FROM ({text}) AS looked", values)  # noqa: S608 (our own names)
    return _looks(found), _time(found[0][-1]) if found else timezone.now()


def mark(leases: Mapping[UUID, UUID], left: timedelta) -> dict[UUID, Look]:
    """Look at transactions as `look` does, and mark those for the wire that go. One commit, on PostgreSQL one
    statement."""
    if not POSTGRES:
        with atomic(savepoint=False):
            looks, now = look(leases, left)
            sending([pk for pk, one in looks.items() if one.goes], now)
        return looks
    text, values = _looking(leases, left)
    wired = WIRED.format(
        among=AMONG, moment="moment", source=" FROM looked", only=" AND transaction_id = looked.id AND goes"
    )
    entered = _entered(Status.SENDING, "looked WHERE goes", moment="moment")
    statement = MARKED.format(looked=text, wired=wired, entered=entered, columns=LOOKED)
    return _looks(_run(statement, [*values, listed(sorted(leases))]))


def sending(identities: Collection[UUID], now: datetime) -> None:
    """Mark the tries of these transactions for the wire, and enter that they are being sent. Two statements."""
    if identities:
        wired = WIRED.format(among=AMONG, moment="%s", source="", only="")
        _run(wired, [_moment(now), listed(sorted(identities))])
        _enter(identities, Status.SENDING, now)


def accepted(told: Sequence[Told]) -> set[UUID]:
    """Settle transactions that a provider has taken and their tries, and owe the news of it. One commit.

    Out: those that still were on their way under that lease; nothing is written about the others. One statement on
    PostgreSQL, three on SQLite, and what `callbacks.owe` needs where somebody wants to hear of it.
    """
    # In the order in which everybody locks: two that each wait for the other's rows come to a stop.
    ordered = sorted(told, key=lambda one: one.transaction.pk)
    with nullcontext() if POSTGRES and all(one.transaction.news is None for one in told) else atomic(savepoint=False):
        found = _settled_at_once(ordered) if POSTGRES else _settled(ordered)
        if found:
            news = {queues.read(pk): owed for pk, owed, _now in found}
            _owe([one for one in ordered if news.get(one.transaction.pk) is not None], news, _time(found[0][2]))
    return {queues.read(pk) for pk, _owed, _now in found}


def done(tries: Sequence[SendAttempt], now: datetime) -> None:
    """Write what came of these tries, as it stands in them (`outcomes.note`). One statement."""
    own = [{"id": one.pk, **_tried(one)} for one in tries]
    rows.update(SendAttempt, own, phase=SendAttempt.Phase.DONE.value, finished_at=now)


def _looking(leases: Mapping[UUID, UUID], left: timedelta) -> tuple[str, list[Any]]:
    """The question of `look`, with its values."""
    asked = json.dumps([{"subject": pk.hex, "token": token.hex} for pk, token in leases.items()])
    # Named twice, because a planner that knows nothing of the table would read all of it.
    ids, given = listed(sorted(leases)), _given({"subject": "uuid", "token": "uuid"})
    if POSTGRES:
        parts, values = {"now": "clock_timestamp()", "until": "clock_timestamp() + %s"}, [asked, ids, left]
        return LOOK.format(asked=given, among=AMONG, lock="FOR UPDATE OF leased", **parts), values
    now = timezone.now()
    values = [_moment(now), asked, ids, _moment(now + left)]
    return LOOK.format(asked=given, among=AMONG, lock="", now="%s", until="%s"), values


def _looks(found: Sequence[tuple[Any, ...]]) -> dict[UUID, Look]:
    return {
        queues.read(pk): Look(status, bool(held), bool(paused), bool(faults), bool(opted_out), bool(goes))
        for pk, status, held, paused, faults, opted_out, goes, _now in found
    }


def _settled_at_once(told: Sequence[Told]) -> list[tuple[Any, ...]]:
    """Who is settled, what news each is owed, and when: one statement that writes all of it."""
    given = [{**_settling(one), **_tried(one.attempt), "attempt": one.attempt.pk} for one in told]
    kinds = {**SETTLING, **TRIED, "attempt": "bigint"}
    statement = SETTLED.format(
        told=_given(kinds),
        among=AMONG,
        accepted=ACCEPTED.format(
            told="told JOIN locked ON ours = subject", among=AMONG, now="clock_timestamp()", of="sent."
        ),
        entered=_entered(Status.ACCEPTED, "settled", moment="updated_at"),
        written=", ".join(f"{name} = told.{name}" for name in TRIED),
    )
    ids = listed([one.transaction.pk for one in told])
    return _run(statement, [_json(given), ids, ids, [one.attempt.pk for one in told]])


def _settled(told: Sequence[Told]) -> list[tuple[Any, ...]]:
    """The same where a statement writes to one table."""
    now, ids = timezone.now(), listed([one.transaction.pk for one in told])
    statement = ACCEPTED.format(told=f"({_given(SETTLING)}) AS told", among=AMONG, now="%s", of="")
    found = [
        (pk, news, at)
        for pk, _number, _reference, news, at in _run(statement, [_moment(now), _json(list(map(_settling, told))), ids])
    ]
    settled = {queues.read(pk) for pk, _news, _at in found}
    if settled:
        _enter(settled, Status.ACCEPTED, now)
        done([one.attempt for one in told if one.transaction.pk in settled], now)
    return found


SETTLING = {"subject": "uuid", "token": "uuid", "reference": "varchar", "deadline": "timestamptz"}


def _settling(one: Told) -> dict[str, str]:
    return {
        "subject": one.transaction.pk.hex,
        "token": one.token.hex,
        "reference": one.provider_ref,
        "deadline": str(_moment(one.transaction.expires_at + timeline.GRACE)),
    }


def _tried(one: SendAttempt) -> dict[str, Any]:
    return {name: getattr(one, name) for name in TRIED}


def _owe(told: Sequence[Told], news: dict[UUID, int], now: datetime) -> None:
    changes = []
    for one in told:
        row = one.transaction
        before, row.status, row.news = row.status, Status.ACCEPTED, news[row.pk]
        row.provider_ref, row.updated_at = one.provider_ref, now
        fact = timeline.entry(row, "accepted", now=now, state=Status.ACCEPTED, detail=one.provider_ref)
        changes.append(callbacks.Change(row, before, row.clicks, [fact]))
    if changes:
        callbacks.owe(changes, now=now)
        rows.update(Transaction, [{"id": change.row.pk, "news": change.row.news} for change in changes])


def _enter(identities: Collection[UUID], state: Status, now: datetime) -> None:
    moment, source = _moment(now), f"messaging_transaction WHERE id {AMONG}"
    _run(_entered(state, source, moment="%s"), [moment, moment, listed(sorted(identities))])


def _entered(state: Status, source: str, *, moment: str) -> str:
    """What enters a state for each row of a source, with the provider's reference where it has taken them."""
    data = "'{}'"
    if state is Status.ACCEPTED:
        data = "jsonb_build_object('detail', provider_ref)" if POSTGRES else _SPELT
    return ENTERED.format(moment=moment, state=state.value, data=data, source=source)


_SPELT = "'{\"detail\": ' || json_quote(provider_ref) || '}'"
_json = json.JSONEncoder(ensure_ascii=False).encode


def _run(statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def _given(columns: dict[str, str]) -> str:
    """A table made of one parameter: rows as JSON, with these columns."""
    if POSTGRES:
        typed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        return f"SELECT * FROM jsonb_to_recordset(%s::jsonb) AS given({typed})"  # noqa: S608 (our own names)
    taken = ", ".join(f"json_extract(value, '$.{name}') AS {name}" for name in columns)
    return f"SELECT {taken} FROM json_each(%s)"  # noqa: S608 (our own names)


def _moment(moment: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(moment)


def _time(value: datetime | str) -> datetime:
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
