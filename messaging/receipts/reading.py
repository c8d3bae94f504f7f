"""What a body of the inbox says, and the entry that each of its receipts becomes. Nothing is looked for here."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from messaging import meanings
from messaging.gateway import registry
from messaging.gateway.codes import Where
from messaging.gateway.contract import HttpAnswer
from messaging.gateway.facts import Fact, Receipt
from messaging.models import ProviderAccount, ReceiptInbox, TimelineEntry, Transaction

# Where others have the verb of a webhook call: an answer to a question that `reconciling` asked.
QUERY = "QUERY"
# A provider's clock is shown, but only believed within these bounds.
AHEAD, BEHIND = timedelta(minutes=15), timedelta(days=1)


def facts_of(row: ReceiptInbox) -> Sequence[Fact]:
    """What a body says: a call to our webhook, or an answer to a question of ours. Raises Unreadable, SendError."""
    provider = registry.provider(row.account.provider)
    if row.method == QUERY and provider.query:
        return provider.query.read_query(HttpAnswer(int(row.headers.get("status", 200)), {}, bytes(row.body)))
    return provider.client.receipts(bytes(row.body))


def understood(provider: str, receipt: Receipt) -> Receipt | None:
    """A receipt with what an admin has said about its code, when no table has it; None for a code nobody knows."""
    if receipt.kind != "unrecognised" or registry.explain(provider, Where.RECEIPT, receipt.code):
        return receipt
    known = meanings.explain(provider, Where.RECEIPT, receipt.code)
    return replace(receipt, kind="receipt", state=known.state or receipt.state) if known else None


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
