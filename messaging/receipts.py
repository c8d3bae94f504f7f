"""From a body in the inbox to facts on a timeline: read, match, fold (reliability, 3.3 and 2.4)."""

import hashlib
import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from time import monotonic
from uuid import uuid4

from django.db import OperationalError
from django.db.models import Q, QuerySet
from django.db.transaction import atomic

from messaging import arrivals, consent, inbound, meanings, saved_contents, timeline
from messaging.addresses import digits, masked
from messaging.gateway import registry
from messaging.gateway.codes import Where
from messaging.gateway.contract import HttpAnswer
from messaging.gateway.errors import SendError
from messaging.gateway.facts import Fact, Inbound, Receipt, SavedNews, Unreadable
from messaging.matching import Mismatch, match
from messaging.models import OptOut, ProviderAccount, ReceiptInbox, TimelineEntry, Transaction
from messaging.models.clock import database_now

logger = logging.getLogger(__name__)
State = ReceiptInbox.State
# Where others have the verb of a webhook call: an answer to a question that `reconciling` asked.
QUERY = "QUERY"
AT_ONCE = 200
MOST_ROUNDS = 500
MOST_FAILURES = 5
LEASE = timedelta(seconds=60)
# Well before the clock of a worker would stop it in the middle of a body.
MOST_SECONDS = 30.0
# A lock that was not got, a database that went away: nobody's fault but the moment's.
HICCUP = timedelta(seconds=5)
# A receipt may overtake the commit that makes its message findable: wait, ever longer, then call it an orphan.
PATIENCE = tuple(timedelta(seconds=wait) for wait in (1, 5, 30, 2 * 60, 10 * 60, 3600, 6 * 3600, 24 * 3600))
# A provider's clock is shown, but only believed within these bounds.
AHEAD, BEHIND = timedelta(minutes=15), timedelta(days=1)


def drain(*, seconds: float = MOST_SECONDS) -> int:
    """Take up the spool, then work off the inbox, until nothing is due or time is up. Out: how many were handled."""
    ends = monotonic() + seconds
    # Half of it: a large spool must not keep the inbox waiting.
    arrivals.take_up_spool(until=ends - seconds / 2)
    handled = 0
    for _round in range(MOST_ROUNDS):
        claimed = _claim()
        for row in claimed:
            if monotonic() >= ends:
                _let_go(claimed)
                return handled
            _handle(row)
            handled += 1
        if len(claimed) < AT_ONCE:
            break
    return handled


def replay(identities: Iterable[int]) -> int:
    """Read bodies of the inbox once more, after a mapping was mended or a message turned up. Out: how many."""
    return ReceiptInbox.objects.filter(pk__in=list(identities)).update(
        state=State.NEW,
        attempts=0,
        failures=0,
        next_attempt_at=database_now(),
        lease_token=None,
        lease_until=None,
        note="",
    )


def _claim() -> list[ReceiptInbox]:
    token = uuid4()
    with atomic():
        now = database_now()
        free = Q(lease_until=None) | Q(lease_until__lt=now)
        due: QuerySet[ReceiptInbox] = ReceiptInbox.objects.filter(
            free, state__in=[State.NEW, State.WAITING], next_attempt_at__lte=now
        )
        chosen = list(
            due.order_by("next_attempt_at")
            .select_for_update(skip_locked=True, of=("self",))
            .values_list("pk", flat=True)[:AT_ONCE]
        )
        ReceiptInbox.objects.filter(free, pk__in=chosen).update(lease_token=token, lease_until=now + LEASE)
    return list(ReceiptInbox.objects.filter(lease_token=token).select_related("account").order_by("pk"))


def _let_go(claimed: list[ReceiptInbox]) -> None:
    """Those not handled yet need not wait for their lease to run out."""
    tokens = {row.lease_token for row in claimed if row.lease_token}
    ReceiptInbox.objects.filter(lease_token__in=tokens).update(lease_token=None, lease_until=None)


def _handle(row: ReceiptInbox) -> None:
    """Read one body and apply it, in one commit. Whatever goes wrong stays visible in the inbox."""
    try:
        facts = _facts(row)
        with atomic():
            now = database_now()
            found, wrong = _take_all(row, facts, now)
            if not found:
                _wait(row, now)
            elif wrong:
                _quarantine(row, wrong)
            else:
                _finish(row, State.DONE, "Inbound message." if any(isinstance(f, Inbound) for f in facts) else "")
    except SendError as error:
        # A question that was not answered is asked again.
        _finish(row, State.DONE, f"No answer to read: {error.code}.")
    except Unreadable as error:
        _quarantine(row, str(error))
    except OperationalError as error:
        logger.warning("receipt %s is tried again: %s", row.pk, type(error).__name__)
        _put_off(row, HICCUP, "")
    except Exception as error:
        if arrivals.stops_the_worker(error):
            raise
        logger.exception("receipt %s could not be handled", row.pk)
        _failed(row, type(error).__name__)


def _facts(row: ReceiptInbox) -> Sequence[Fact]:
    """What a body says: a call to our webhook, or an answer to a question of ours. Raises Unreadable, SendError."""
    provider = registry.provider(row.account.provider)
    if row.method == QUERY and provider.query:
        return provider.query.read_query(HttpAnswer(int(row.headers.get("status", 200)), {}, bytes(row.body)))
    return provider.client.receipts(bytes(row.body))


def _take_all(row: ReceiptInbox, facts: Iterable[Fact], now: datetime) -> tuple[bool, str]:
    """Put each fact where it belongs. Out: whether all that they are about is there, and what is wrong with one that
    cannot be what it says; the others of its body count all the same.
    """
    found, wrong = True, ""
    for fact in facts:
        try:
            found = _take(row, fact, now) and found
        except Mismatch as error:
            wrong = str(error)
    return found, wrong


def _take(row: ReceiptInbox, fact: Fact, now: datetime) -> bool:
    """Put one fact where it belongs; False when what it is about is not there (yet). Raises Mismatch."""
    if isinstance(fact, Inbound):
        inbound.keep(row, fact, now)
        return True
    if isinstance(fact, SavedNews):
        return saved_contents.hear(row.account, fact, now)
    return _apply(row, _understood(row, fact, now), now)


def _understood(row: ReceiptInbox, receipt: Receipt, now: datetime) -> Receipt:
    """A receipt with what an admin has said about its code, when no table has it. A code nobody knows is kept."""
    provider = row.account.provider
    if receipt.kind != "unrecognised" or registry.explain(provider, Where.RECEIPT, receipt.code):
        return receipt
    known = meanings.explain(provider, Where.RECEIPT, receipt.code)
    if known:
        return replace(receipt, kind="receipt", state=known.state or receipt.state)
    if not row.attempts:
        meanings.note_unknown(provider, Where.RECEIPT, receipt.code, receipt.text, now)
    return receipt


def _apply(row: ReceiptInbox, receipt: Receipt, now: datetime) -> bool:
    """Add one receipt to its transaction; False when there is none (yet)."""
    transaction, guessed = match(row, receipt)
    if transaction is None:
        return False
    if row.method == QUERY and row.transaction_id not in {None, transaction.pk}:
        raise Mismatch("The answer is about another message than the question.")
    number = digits(receipt.recipient).removeprefix("00")
    if number and number != digits(transaction.recipient):
        raise Mismatch(f"The number {masked(f'+{number}')} is not the one we sent to.")
    fact = entry_of(row, receipt, transaction, now)
    if guessed:
        fact.data["match"] = "heuristic"
    if receipt.opted_out:
        _opt_out(row, fact, now)
    timeline.append([fact])
    if receipt.provider_ref and not transaction.provider_ref and transaction.account_id == row.account_id:
        transaction.provider_ref = receipt.provider_ref[:100]
    timeline.settle([transaction], now=now, also=["provider_ref"])
    row.transaction = transaction
    return True


def _opt_out(row: ReceiptInbox, fact: TimelineEntry, now: datetime) -> None:
    """The provider says that the recipient wants nothing more from whoever sent this. Once: a replay renews nothing."""
    transaction = fact.transaction
    if transaction.timeline.filter(dedupe_key=fact.dedupe_key).exists():
        return
    by = transaction.attempts.filter(sender__account=row.account).select_related("sender").last()
    sender, evidence = by.sender if by else transaction.sender, f"{fact.code} {fact.text}".strip()
    consent.opt_out(transaction.recipient, sender, source=OptOut.Source.PROVIDER, evidence=evidence, now=now, inbox=row)


def entry_of(row: ReceiptInbox, receipt: Receipt, transaction: Transaction, now: datetime) -> TimelineEntry:
    """The fact that one receipt of an inbox row adds to a transaction, unsaved; the same for every reading of it."""
    believed = receipt.at and transaction.created_at - BEHIND <= receipt.at <= now + AHEAD
    data: dict[str, object] = {"detail": receipt.detail} if receipt.detail else {}
    if not believed and receipt.at_text:
        data["clock"] = receipt.at_text[:40]
    return TimelineEntry(
        transaction=transaction,
        at=receipt.at if believed and receipt.at else row.received_at,
        received_at=row.received_at,
        source=TimelineEntry.Source.PROVIDER,
        kind=receipt.kind,
        state=receipt.state or "",
        via=receipt.via or "",
        code=receipt.code[:40],
        text=receipt.text[:300],
        data=data,
        dedupe_key=_dedupe_key(row.account, receipt),
        inbox=row,
    )


def _dedupe_key(account: ProviderAccount, receipt: Receipt) -> str:
    """The same news, however it was serialised (reliability, 2.4); clicks differ by their link and time.

    What we make of it is part of it: read again after a code was added to the table, it is a fact of its own.
    """
    said = (
        account.provider,
        str(account.pk),
        receipt.provider_ref or receipt.client_ref,
        receipt.code,
        receipt.text,
        receipt.at_text or str(receipt.at),
        receipt.via or "",
        receipt.detail,
        receipt.kind,
        receipt.state or "",
    )
    return hashlib.sha256("\x1f".join(said).encode("utf-8", "replace")).hexdigest()


def _wait(row: ReceiptInbox, now: datetime) -> None:
    if row.attempts >= len(PATIENCE):
        _finish(row, State.ORPHAN, "No message of ours answers to it.")
        return
    row.state, row.next_attempt_at = State.WAITING, now + PATIENCE[row.attempts]
    row.attempts += 1
    _release(row)


def _finish(row: ReceiptInbox, state: State, note: str) -> None:
    row.state, row.note, row.next_attempt_at = state, note[:300], None
    _release(row)


def _quarantine(row: ReceiptInbox, why: str) -> None:
    logger.warning("receipt %s quarantined: %s", row.pk, why)
    _finish(row, State.QUARANTINED, why)


def _failed(row: ReceiptInbox, note: str) -> None:
    row.failures += 1
    if row.failures >= MOST_FAILURES:
        _finish(row, State.DEAD, note)
        return
    _put_off(row, PATIENCE[row.failures], note)


def _put_off(row: ReceiptInbox, wait: timedelta, note: str) -> None:
    row.next_attempt_at, row.note = database_now() + wait, note
    _release(row)


def _release(row: ReceiptInbox) -> None:
    token, row.lease_token, row.lease_until = row.lease_token, None, None
    ReceiptInbox.objects.filter(pk=row.pk, lease_token=token).update(
        state=row.state,
        note=row.note,
        attempts=row.attempts,
        failures=row.failures,
        next_attempt_at=row.next_attempt_at,
        lease_token=None,
        lease_until=None,
        transaction=row.transaction,
    )
