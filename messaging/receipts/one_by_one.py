"""One body in one commit: for what is out of the ordinary, and for the one that broke its batch."""

import logging
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import OperationalError
from django.db.transaction import atomic

from messaging import consent, inbound, meanings, retention, saved_contents, timeline
from messaging.addresses import digits, masked
from messaging.gateway.codes import Where
from messaging.gateway.errors import SendError
from messaging.gateway.facts import Fact, Inbound, Receipt, SavedNews, Unreadable
from messaging.interruptions import stops_the_worker
from messaging.matching import Mismatch, match
from messaging.models import OptOut, ReceiptInbox, TimelineEntry
from messaging.models.clock import database_now
from messaging.receipts.claiming import NOBODYS, PATIENCE, State, failed, finished, give_back, put_off, waiting
from messaging.receipts.reading import QUERY, entry_of, facts_of, understood

logger = logging.getLogger(__name__)


def handle(row: ReceiptInbox) -> None:
    """Read one body and apply it, in one commit. Whatever goes wrong stays visible in the inbox."""
    try:
        facts = facts_of(row)
        with atomic():
            _take_all(row, facts, database_now())
    except SendError as error:
        # A question that was not answered is asked again.
        give_back([finished(row, State.DONE, f"No answer to read: {error.code}.")])
    except Unreadable as error:
        _quarantine(row, str(error))
    except OperationalError as error:
        logger.warning("receipt %s is tried again: %s", row.pk, type(error).__name__)
        give_back([put_off(row)])
    except Exception as error:
        if stops_the_worker(error):
            raise
        logger.exception("receipt %s could not be handled", row.pk)
        give_back([failed(row, type(error).__name__)])


def _take_all(row: ReceiptInbox, facts: Sequence[Fact], now: datetime) -> None:
    """Put each fact where it belongs. One that cannot be what it says takes none of the others of its body along."""
    found, wrong, told = True, "", False
    about: UUID | None = None
    for fact in facts:
        told = told or isinstance(fact, Inbound)
        try:
            if isinstance(fact, Receipt):
                meant = apply(row, _understood(row, fact, now), now)
                about, found = meant or about, found and meant is not None
            else:
                found = _take(row, fact, now) and found
        except Mismatch as error:
            wrong = str(error)
    if not found:
        give_back([waiting(row, now, about=about, why=_why_orphaned(row, facts))])
    elif wrong:
        _quarantine(row, wrong, about=about)
    else:
        give_back([finished(row, State.DONE, "Inbound message." if told else "", about=about)])


def _why_orphaned(row: ReceiptInbox, facts: Sequence[Fact]) -> str:
    """What is known of a message that is not there any more: it may have been cleared away (reliability, 2.4)."""
    if row.attempts < len(PATIENCE):
        return NOBODYS
    references = [fact.provider_ref for fact in facts if isinstance(fact, Receipt) and fact.provider_ref]
    gone = next(filter(None, (retention.closed(row.account, one) for one in references)), None)
    return f"Its message {gone.transaction_id} was cleared away; it had ended as {gone.status}." if gone else NOBODYS


def _take(row: ReceiptInbox, fact: Inbound | SavedNews, now: datetime) -> bool:
    """Put other news where it belongs; False when what it is about is not there (yet)."""
    if isinstance(fact, Inbound):
        inbound.keep(row, fact, now)
        return True
    return saved_contents.hear(row.account, fact, now)


def _understood(row: ReceiptInbox, receipt: Receipt, now: datetime) -> Receipt:
    """A receipt as it is to be taken. A code nobody knows is kept, and told to the admins."""
    provider = row.account.provider
    known = understood(provider, receipt)
    if known is None and not row.attempts:
        meanings.note_unknown(provider, Where.RECEIPT, receipt.code, receipt.text, now)
    return known or receipt


def apply(row: ReceiptInbox, receipt: Receipt, now: datetime) -> UUID | None:
    """Add one receipt to its transaction. Out: which one that is, None when there is none (yet). Raises Mismatch."""
    transaction, guessed = match(row, receipt)
    if transaction is None:
        return None
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
    return transaction.pk


def _opt_out(row: ReceiptInbox, fact: TimelineEntry, now: datetime) -> None:
    """The provider says that the recipient wants nothing more from whoever sent this. Once: a replay renews nothing."""
    transaction = fact.transaction
    if transaction.timeline.filter(dedupe_key=fact.dedupe_key).exists():
        return
    by = transaction.attempts.filter(sender__account=row.account).select_related("sender").last()
    sender, evidence = by.sender if by else transaction.sender, f"{fact.code} {fact.text}".strip()
    consent.opt_out(transaction.recipient, sender, source=OptOut.Source.PROVIDER, evidence=evidence, now=now, inbox=row)


def _quarantine(row: ReceiptInbox, why: str, *, about: UUID | None = None) -> None:
    logger.warning("receipt %s quarantined: %s", row.pk, why)
    give_back([finished(row, State.QUARANTINED, why, about=about)])
