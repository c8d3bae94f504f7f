"""The steps that every ordinary send takes, written for many transactions at once: tried, on the wire, accepted.

What is written is what `timeline` would write row by row. A transaction that is "sending" has no evidence against it
yet, so the first acceptance is its status; everything else is judged by `timeline.settle`. Plain SQL, because building
these statements anew through the ORM costs more than running them (performance, section A).
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from messaging import callbacks, queues, timeline
from messaging.models import SendAttempt, Transaction, rows
from messaging.models.clock import database_now
from messaging.models.loading import AMONG, columns, listed
from messaging.statuses import Status

# Of no use to who sends, and dear to read: a database's times are parsed one by one.
UNUSED = {"next_attempt_at", "lease_until", "receipt_deadline", "updated_at"}
CLAIM = """
UPDATE messaging_transaction SET status = 'sending', lease_token = %s, lease_until = %s, attempt_no = attempt_no + 1,
  updated_at = %s
WHERE id {among} AND status IN ('queued', 'scheduled') AND lease_token IS NULL RETURNING {columns}
"""
# In the order in which everybody locks: an update by itself takes rows as its plan comes upon them.
LOCKED = "WITH locked AS (SELECT id AS ours FROM messaging_transaction WHERE id = ANY(%s) ORDER BY id FOR UPDATE) "
BEGIN = """
INSERT INTO messaging_sendattempt
  (transaction_id, number, sender_id, phase, outcome, provider_ref, code, text, answer, started_at)
SELECT id, attempt_no, sender_id, 'claimed', '', '', '', '', '', %s FROM messaging_transaction WHERE id {among}
RETURNING {columns}
"""
LOOK = """
SELECT leased.id, lease_token, status, held, sender.paused_at IS NOT NULL OR account.paused_at IS NOT NULL
    OR EXISTS (SELECT 1 FROM messaging_sendingpause WHERE resumed_at IS NULL),
  sender.config_faults + account.config_faults,
  EXISTS (SELECT 1 FROM messaging_optout WHERE number = recipient AND lifted_at IS NULL), {now}
FROM messaging_transaction AS leased
  JOIN messaging_sender AS sender ON sender.id = leased.sender_id
  JOIN messaging_provideraccount AS account ON account.id = sender.account_id
WHERE leased.id {among} AND lease_until > {until} ORDER BY leased.id {lock}
"""
WIRED = """
UPDATE messaging_sendattempt SET phase = 'wire', wire_at = %s WHERE transaction_id {among} AND phase = 'claimed'
"""
ENTERED = """
INSERT INTO messaging_timelineentry
  (transaction_id, at, received_at, source, kind, state, via, code, text, data, dedupe_key)
SELECT id, %s, %s, 'portal', %s, %s, '', '', '', {data}, %s || CAST(attempt_no AS text)
FROM messaging_transaction WHERE id {among} ON CONFLICT DO NOTHING
"""
ACCEPTED = """
{locked}UPDATE messaging_transaction AS sent
SET status = 'accepted', provider_ref = told.reference, receipt_deadline = told.deadline, lease_token = NULL,
  lease_until = NULL, next_attempt_at = NULL, reason_code = '', reason_text = '', updated_at = {now}
FROM ({told}) AS told
WHERE sent.id {among} AND sent.id = told.subject AND sent.lease_token = told.token AND sent.status = 'sending'
RETURNING id, news, updated_at
"""


@dataclass(frozen=True, slots=True)
class Look:
    """How a leased transaction stands.

    Its lease and its status, and whether its message holds it back, its sender, its account or everything is paused,
    either of the two was refused lately, and its recipient has opted out of anything.
    """

    token: UUID
    status: str
    held: bool
    paused: bool
    faulty: bool
    opted_out: bool


@dataclass(frozen=True, slots=True)
class Told:
    """A transaction that a provider has taken, the lease under which it was sent, and the provider's reference."""

    transaction: Transaction = field(repr=False)
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
    statement = BEGIN.format(among=AMONG, columns=columns(SendAttempt, "messaging_sendattempt"))
    tries = SendAttempt.objects.raw(statement, [_moment(now), listed(sorted(identities))])
    return {one.transaction_id: one for one in tries}


def look(identities: Collection[UUID], left: timedelta) -> tuple[dict[UUID, Look], datetime]:
    """Lock these transactions, in the order in which everybody locks them.

    Out, of those that somebody holds for longer than `left`: how they stand; and the database's time.
    """
    now, ids = timezone.now(), listed(sorted(identities))
    if connection.vendor == "postgresql":
        parts = {"now": "clock_timestamp()", "until": "clock_timestamp() + %s", "lock": "FOR UPDATE OF leased"}
        found = _run(LOOK, ids, left, **parts)
    else:
        found = _run(LOOK, _moment(now), ids, _moment(now + left), now="%s", until="%s", lock="")
    looks = {
        _uuid(pk): Look(_uuid(token), status, bool(held), bool(paused), bool(faults), bool(opted_out))
        for pk, token, status, held, paused, faults, opted_out, _now in found
    }
    return looks, _time(found[0][-1]) if found else now


def sending(identities: Collection[UUID], now: datetime) -> None:
    """Mark the tries of these transactions for the wire, and enter that they are being sent. Two statements."""
    if identities:
        _run(WIRED, _moment(now), listed(sorted(identities)))
        _enter(identities, Status.SENDING, "'{}'", now)


def accepted(told: Sequence[Told]) -> tuple[set[UUID], datetime]:
    """Settle transactions that a provider has taken, and owe the news of it.

    Out: those that still were on their way under that lease (nothing is written about the others), and the database's
    time. Two statements, and what `callbacks.owe` needs where somebody wants to hear of it.
    """
    # In the order in which everybody locks: two that each wait for the other's rows come to a stop.
    ordered = sorted(told, key=lambda one: one.transaction.pk)
    given = [
        {
            "subject": one.transaction.pk.hex,
            "token": one.token.hex,
            "reference": one.provider_ref,
            "deadline": str(_moment(one.transaction.expires_at + timeline.GRACE)),
        }
        for one in ordered
    ]
    # Named twice, because a planner that knows nothing of the table would read all of it.
    table, ids = json.dumps(given, ensure_ascii=False), listed([one.transaction.pk for one in ordered])
    source = _told({"subject": "uuid", "token": "uuid", "reference": "varchar", "deadline": "timestamptz"})
    if connection.vendor == "postgresql":
        source += " JOIN locked ON ours = subject"
        found = _run(ACCEPTED, ids, table, ids, locked=LOCKED, told=source, now="clock_timestamp()")
    else:
        found = _run(ACCEPTED, _moment(timezone.now()), table, ids, locked="", told=source, now="%s")
    if not found:
        return set(), database_now()
    now = _time(found[0][2])
    news = {_uuid(pk): owed for pk, owed, _now in found}
    _enter(news, Status.ACCEPTED, _DETAIL[connection.vendor], now)
    _owe([one for one in ordered if news.get(one.transaction.pk) is not None], news, now)
    return set(news), now


def done(tries: Sequence[SendAttempt], now: datetime) -> None:
    """Write what came of these tries, as it stands in them (`outcomes.note`). One statement."""
    own = [{"id": one.pk, **{name: getattr(one, name) for name in _TOLD_OF_TRIES}} for one in tries]
    rows.update(SendAttempt, own, phase=SendAttempt.Phase.DONE.value, finished_at=now)


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


def _enter(identities: Collection[UUID], state: Status, data: str, now: datetime) -> None:
    moment = _moment(now)
    _run(ENTERED, moment, moment, state.value, state.value, f"{state.value}:", listed(sorted(identities)), data=data)


_TOLD_OF_TRIES = ("outcome", "http_status", "provider_ref", "code", "text", "request", "answer")
_DETAIL = {
    "postgresql": "jsonb_build_object('detail', provider_ref)",
    "sqlite": "'{\"detail\": ' || json_quote(provider_ref) || '}'",
}


def _run(statement: str, *values: Any, **parts: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement.format(among=AMONG, **parts), values)
        return cursor.fetchall() if cursor.description else []


def _told(columns: dict[str, str]) -> str:
    """A table made of one parameter: rows as JSON, with these columns."""
    if connection.vendor == "postgresql":
        typed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        return f"SELECT * FROM jsonb_to_recordset(%s::jsonb) AS given({typed})"  # noqa: S608 (our own names)
    taken = ", ".join(f"json_extract(value, '$.{name}') AS {name}" for name in columns)
    return f"SELECT {taken} FROM json_each(%s)"  # noqa: S608 (our own names)


def _moment(moment: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(moment)


def _time(value: datetime | str) -> datetime:
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _uuid(value: UUID | str) -> UUID:
    return value if isinstance(value, UUID) else UUID(value)
