"""The same work as the drain of the inbox, as one would write it well with the ORM: batches of 500, one commit each.

Everything is fetched in bulk, entries and callbacks go in by `bulk_create`, rows are changed by `bulk_update`.
"""

from collections import defaultdict

from django.db.transaction import atomic

from messaging import callbacks, timeline
from messaging.gateway import registry
from messaging.models import ReceiptInbox, TimelineEntry, Transaction
from messaging.models.clock import database_now
from messaging.receipts import entry_of

AT_ONCE = 500


def drain() -> None:
    """Work off the inbox."""
    while rows := list(
        ReceiptInbox.objects.filter(state="new").select_related("account").order_by("next_attempt_at", "id")[:AT_ONCE]
    ):
        _batch(rows)


@atomic
def _batch(rows: list[ReceiptInbox]) -> None:
    now = database_now()
    list(ReceiptInbox.objects.select_for_update().filter(pk__in=[row.pk for row in rows]).values_list("pk"))
    said = [(row, receipt) for row in rows for receipt in registry.provider("webex").client.receipts(bytes(row.body))]
    named = {receipt.client_ref for _row, receipt in said}
    found = Transaction.objects.select_for_update().filter(client_ref__in=named)
    transactions = {row.client_ref: row for row in found}
    entries = []
    for row, receipt in said:
        transaction = transactions[receipt.client_ref]
        if receipt.provider_ref and not transaction.provider_ref:
            transaction.provider_ref = receipt.provider_ref
        entries.append(entry_of(row, receipt, transaction, now))
        row.transaction, row.state, row.next_attempt_at = transaction, ReceiptInbox.State.DONE, None
    before = [(row, row.status, row.clicks) for row in transactions.values()]
    TimelineEntry.objects.bulk_create(entries, ignore_conflicts=True)
    known = defaultdict(list)
    for entry in TimelineEntry.objects.filter(transaction__in=list(transactions.values())).order_by("id"):
        known[entry.transaction_id].append(entry)
    for row in transactions.values():
        facts = known[row.pk]
        clicks = sum(fact.kind == "clicked" for fact in facts)
        timeline.stand(row, timeline.outcome(facts), facts, clicks=clicks, now=now)
    callbacks.owe([callbacks.Change(row, was, clicks, known[row.pk]) for row, was, clicks in before], now=now)
    Transaction.objects.bulk_update(transactions.values(), [*timeline.SETTLED_FIELDS, "provider_ref", "news"])
    ReceiptInbox.objects.bulk_update(rows, ["transaction", "state", "next_attempt_at"])
