"""The only writer and reader of a transaction's facts: append-only rows of key and data, worded when shown.

Status is what `statuses.fold` makes of them; `settle` is the one place that writes it to a transaction.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db.models import CharField, Count, DateTimeField, F, JSONField, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext as _

from messaging import callbacks, meanings
from messaging.gateway.codes import Code, Where
from messaging.models import Known, Message, TimelineEntry, Transaction
from messaging.models.rows import Insertion, insert_from, insertions, save_fields
from messaging.statuses import AWAITING, CANCELLABLE, HANDED_OVER, LABELS, SETTLED, Fact, Outcome, Status, Via, fold
from messaging.timeline_words import GUESSED, NEXT_STEPS, WORDS, Words

TROUBLED = frozenset({Status.FAILED, Status.EXPIRED, Status.UNKNOWN, Status.BLOCKED, Status.UNCONFIRMED})
# A final receipt is waited for this long after the message itself has run out.
GRACE = timedelta(hours=1)
SETTLED_FIELDS = ["status", "via", "conflict", "reason_code", "reason_text", "clicks", "receipt_deadline", "updated_at"]


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the story, worded: what happened, when, who said so, and how to show it."""

    at: datetime
    received_at: datetime
    kind: str
    source: str
    title: str
    text: str
    code: str
    level: str
    icon: str
    late: bool
    detail: str
    inbox_id: int | None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a transaction is in trouble, in plain words, and what to do next."""

    code: str
    text: str
    next_step: str


def entry(
    transaction: Transaction,
    kind: str,
    *,
    now: datetime,
    key: str = "",
    state: Status | None = None,
    code: str = "",
    text: str = "",
    source: str = TimelineEntry.Source.PORTAL,
    **data: object,
) -> TimelineEntry:
    """A fact of ours, not yet saved. `key` sets it apart from others of its kind; by default the number of the try."""
    return TimelineEntry(
        transaction=transaction,
        at=now,
        received_at=now,
        source=source,
        kind=kind,
        state=state or "",
        code=code[:40],
        text=text[:300],
        data=data,
        dedupe_key=f"{kind}:{key or transaction.attempt_no}",
    )


def append(entries: Sequence[TimelineEntry]) -> None:
    """Write facts; one that is known already stays as it was."""
    TimelineEntry.objects.bulk_create(entries, ignore_conflicts=True, batch_size=1000)


def beginnings(
    transactions: Iterable[UUID], status: Status, *, now: datetime, code: str = "", text: str = ""
) -> Iterator[Insertion]:
    """What writes the first fact about transactions: the status they are written with. A statement for each
    thousand."""
    return insertions(
        TimelineEntry,
        ({"transaction": identity.hex} for identity in transactions),
        at=now,
        received_at=now,
        source=TimelineEntry.Source.PORTAL.value,
        kind=status.value,
        state=status.value,
        code=code,
        text=text,
        dedupe_key=f"{status.value}:0",
    )


def append_all(rows: "QuerySet[Transaction]", kind: str, *, now: datetime) -> None:
    """Write a fact of ours about each of the rows, none of which has it yet: one statement, however many they are."""
    told: dict[str, Any] = {
        "transaction": F("pk"),
        "at": Value(now, DateTimeField()),
        "received_at": Value(now, DateTimeField()),
        "source": Value(TimelineEntry.Source.PORTAL.value),
        "kind": Value(kind),
        "state": Value(""),
        "via": Value(""),
        "code": Value(""),
        "text": Value(""),
        "data": Value({}, JSONField()),
        "dedupe_key": Concat(Value(f"{kind}:"), Cast("attempt_no", CharField()), output_field=CharField()),
    }
    insert_from(TimelineEntry, rows.order_by("position").values_list(*told.values()), list(told))


def settle(transactions: Sequence[Transaction], *, now: datetime, also: Sequence[str] = ()) -> None:
    """Compute and save the status of transactions from all their facts.

    The rows must be locked by the caller; `also` names fields that the caller changed and wants saved with them.
    What callers are to hear of it is owed from this commit on. Two queries for any number of rows, three more when
    there is news.
    """
    before = [(row, row.status, row.clicks) for row in transactions if row.news is not None]
    facts = compute(transactions, now=now)
    callbacks.owe([callbacks.Change(row, was, clicks, facts[row.pk]) for row, was, clicks in before], now=now)
    save_fields(transactions, [*SETTLED_FIELDS, *(["news"] if before else []), *also])


def compute(transactions: Sequence[Transaction], *, now: datetime) -> Mapping[UUID, Sequence[TimelineEntry]]:
    """Set the status of transactions from all their facts, without saving. Out: the facts of each. One query."""
    facts: dict[UUID, list[TimelineEntry]] = defaultdict(list)
    for row in TimelineEntry.objects.filter(transaction__in=transactions).order_by("id"):
        facts[row.transaction_id].append(row)
    for transaction in transactions:
        _apply(transaction, facts[transaction.pk], now)
    return facts


def outcome(entries: Iterable[TimelineEntry]) -> Outcome:
    """What a transaction's entries amount to."""
    return fold(
        Fact(
            Status(row.state) if row.state else None,
            Via(row.via) if row.via else None,
            row.code,
            row.text,
            row.dedupe_key,
        )
        for row in entries
    )


def _apply(transaction: Transaction, entries: Sequence[TimelineEntry], now: datetime) -> None:
    stand(transaction, outcome(entries), entries, clicks=sum(row.kind == "clicked" for row in entries), now=now)


def stand(
    transaction: Transaction, result: Outcome, entries: Sequence[TimelineEntry | Known], *, clicks: int, now: datetime
) -> None:
    """Set a transaction, unsaved, to what all its entries (in their order) were found to amount to."""
    # A claim leaves no entry of its own: its lease says that a worker has the message in hand.
    claimed = transaction.lease_token is not None and result.status in CANCELLABLE
    transaction.status = Status.SENDING if claimed else result.status
    transaction.via = (result.via or Via.MMS) if result.status in HANDED_OVER else ""
    transaction.conflict = result.conflict
    transaction.reason_code, transaction.reason_text = _reason_of(result, entries)
    transaction.clicks = clicks
    if result.status in SETTLED:
        transaction.receipt_deadline = None
    elif result.status in AWAITING:
        # However it got there (an answer, a receipt, a lost worker), the sweep must find it one day.
        transaction.receipt_deadline = transaction.expires_at + GRACE
    transaction.updated_at = now


def _reason_of(result: Outcome, entries: Sequence[TimelineEntry | Known]) -> tuple[str, str]:
    if result.status not in TROUBLED:
        return "", ""
    if result.decisive:
        return result.decisive.code, result.decisive.text
    last = next((row for row in reversed(entries) if row.state == result.status), None)
    return (last.code, last.text) if last else ("", "")


def story(transaction: Transaction) -> list[Moment]:
    """Everything known about a transaction, worded, newest first. One query."""
    rows = list(transaction.timeline.order_by("id"))
    providers = _providers(rows, transaction.account.provider)
    settled = [row.at for row in rows if row.source == TimelineEntry.Source.PROVIDER and row.state in SETTLED]
    newest: TimelineEntry | None = None
    moments = []
    for row, provider in zip(rows, providers, strict=True):
        newest = newest or row
        # A step is history that comes along with other news, and what waited here for its message was here in time.
        late = row.kind != "step" and row.at < newest.at and row.received_at > newest.received_at
        newest = max(newest, row, key=attrgetter("at"))
        known = any(at < row.at for at in settled)
        moments.append((row.at, row.pk, worded(row, provider, late=late, known=known)))
    return [moment for _at, _pk, moment in sorted(moments, key=lambda item: item[:2], reverse=True)]


def _providers(rows: Sequence[TimelineEntry], last: str) -> list[str]:
    """Whose codes each of the rows speaks in: another sender may have taken over between them."""
    providers = []
    for row in reversed(rows):
        providers.append(last)
        last = str(row.data.get("provider", last)) if row.kind == "rerouted" else last
    return providers[::-1]


def worded(row: TimelineEntry, provider: str, *, late: bool = False, known: bool = False) -> Moment:
    """One entry in words; its code is one of this provider's; `known`: receipts had told before. No query."""
    # A newer release beside this one may write kinds that have no words here.
    kind = "unanswered" if known and row.kind == "unknown" else row.kind
    words = WORDS.get(kind) or Words(kind.replace("_", " ").capitalize())
    meaning = _meaning(row, provider)
    title = LABELS[Status(row.state)] if words.title == "" and row.state else words.title or "Receipt"
    detail = str(row.data.get("detail", ""))
    if row.kind == "step" and detail:
        title, detail = _("On the %(channel)s channel") % {"channel": detail.upper()}, ""
    if row.state in HANDED_OVER and row.via == Via.SMS:
        title = _("%(status)s as fallback SMS") % {"status": _(title)}
    text = meaning.meaning if meaning else row.text or words.text
    if row.data.get("match") == "heuristic":
        text = f"{_(text)} {_(GUESSED)}"
    elif kind == "unanswered" and text != words.text:
        text = f"{_(text)} {_(words.text)}"
    return Moment(
        at=row.at,
        received_at=row.received_at,
        kind=row.kind,
        source=row.source,
        title=title,
        text=text,
        code=row.code,
        level=words.level or LEVELS.get(Status(row.state) if row.state else Status.QUEUED, "info"),
        icon=words.icon or ICONS.get(Status(row.state) if row.state else Status.QUEUED, "circle"),
        late=late,
        detail=detail,
        inbox_id=row.inbox_id,
    )


def _meaning(row: TimelineEntry, provider: str) -> Code | None:
    if not row.code:
        return None
    where = Where.RECEIPT if row.source == TimelineEntry.Source.PROVIDER and row.kind in RECEIPTS else Where.ANSWER
    return meanings.explain(provider, where, row.code)


def reason(transaction: Transaction) -> Reason | None:
    """Why a transaction failed, expired, is held back or unclear; None when it is not in trouble. No query."""
    status = Status(transaction.status)
    if status not in TROUBLED:
        return None
    provider = transaction.account.provider
    known = next(filter(None, (meanings.explain(provider, where, transaction.reason_code) for where in Where)), None)
    text = known.meaning if known else transaction.reason_text or WORDS[status.value].text
    return Reason(transaction.reason_code, text, known.next_step if known else NEXT_STEPS[status])


def counts(message: Message) -> dict[str, int]:
    """How many of a message's transactions stand in each status. One query."""
    rows = message.transactions.order_by().values("status").annotate(number=Count("pk"))
    return dict(Counter({row["status"]: row["number"] for row in rows}))


RECEIPTS = frozenset({"receipt", "clicked", "step", "unrecognised"})
LEVELS = {
    Status.DELIVERED: "ok",
    Status.READ: "ok",
    Status.FAILED: "err",
    Status.EXPIRED: "err",
    Status.UNKNOWN: "warn",
    Status.UNCONFIRMED: "warn",
    Status.BLOCKED: "warn",
}
ICONS = {
    Status.SUBMITTED: "radio-tower",
    Status.DELIVERED: "check-check",
    Status.READ: "eye",
    Status.FAILED: "circle-x",
    Status.EXPIRED: "clock-alert",
    Status.UNKNOWN: "circle-question-mark",
}
