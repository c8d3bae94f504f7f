"""What was kept long enough goes: texts and media first, then raw receipts, numbers, and in the end the history itself.

Deleted in batches, on both databases alike (docs/decisions). Each batch is one commit that leaves nothing half done,
and finds what is left by looking, so a killed round is simply continued. What is open, or owed to a caller, stays.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.transaction import atomic
from django.utils import timezone
from django.utils.crypto import salted_hmac

from messaging.addresses import masked_in
from messaging.content import Content
from messaging.models import (
    Callback,
    ClosedOutcome,
    InboundMessage,
    Message,
    ProviderAccount,
    ReceiptInbox,
    SendAttempt,
    Transaction,
    Veiled,
    rows,
)
from messaging.statuses import SETTLED

AT_ONCE = 1000
# One round of the beat; what is left is the next one's.
ROUND_SECONDS = 45.0
# How long a late receipt is still understood after its transaction has gone: thirteen months.
CLOSED_KEPT = timedelta(days=396)
VEIL = "#"
# Of the digest so much fits beside the mark where a number was.
VEIL_DIGITS = 19
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
OVER = [status.value for status in SETTLED]


def purge(*, now: datetime) -> dict[str, int]:
    """Clear away what is due, as far as one round comes. Out: how many rows of each kind."""
    ends = monotonic() + ROUND_SECONDS
    steps: list[tuple[str, int, Callable[[datetime], int]]] = [
        ("contents", settings.CONTENT_DAYS, _empty_messages),
        ("texts", settings.CONTENT_DAYS, _empty_inbound),
        ("receipts", settings.RECEIPT_DAYS, _delete_receipts),
        ("transactions", settings.HISTORY_DAYS, _delete_transactions),
        ("messages", settings.HISTORY_DAYS, _delete_messages),
        ("numbers", settings.NUMBER_DAYS, _veil_transactions),
        ("handsets", settings.NUMBER_DAYS, _veil_inbound),
        ("closed", CLOSED_KEPT.days, _delete_closed),
    ]
    done = dict.fromkeys([name for name, _days, _step in steps], 0)
    for name, days, step in steps:
        while days and monotonic() < ends and (number := step(now - timedelta(days=days))):
            done[name] += number
    return done


def closed(account: ProviderAccount, provider_ref: str) -> ClosedOutcome | None:
    """What is left of the transaction that a provider knows by this reference, None when nothing is."""
    digest = _ref_digest(account.pk, provider_ref)
    return ClosedOutcome.objects.filter(account=account, ref_digest=digest).order_by("-cleared_at").first()


def _open(**which: Any) -> Exists:
    return Exists(Transaction.objects.filter(**which).exclude(status__in=OVER))


def _empty_messages(before: datetime) -> int:
    """Take the content of the oldest message that is over, a batch of its transactions at a time."""
    due = Message.objects.filter(~_open(message=OuterRef("pk")), emptied_at=None, created_at__lt=before)
    message = due.order_by("created_at").first()
    if message is None:
        return 0
    said = Q(request__isnull=False) | ~Q(answer="")
    own = SendAttempt.objects.filter(said, transaction=OuterRef("pk"))
    full = message.transactions.filter(Exists(own) | ~Q(substitutions={})).order_by("position")
    with atomic():
        ids = list(full.values_list("pk", flat=True)[:AT_ONCE])
        SendAttempt.objects.filter(transaction__in=ids).update(request=None, answer="")
        Transaction.objects.filter(pk__in=ids).update(substitutions={})
        # Last of all, for it is what says that there is nothing left to do.
        if len(ids) < AT_ONCE:
            message.content = Content(message.name).to_json()
            message.substitutions, message.dialect_facts, message.callback_data = {}, {}, ""
            message.emptied_at = timezone.now()
            message.save(update_fields=["content", "substitutions", "dialect_facts", "callback_data", "emptied_at"])
    return len(ids) + 1


def _empty_inbound(before: datetime) -> int:
    due = InboundMessage.objects.filter(~Q(text="", subject="", media_urls=[]), fetch_at=None, at__lt=before)
    ids = list(due.order_by("at").values_list("pk", flat=True)[:AT_ONCE])
    return InboundMessage.objects.filter(pk__in=ids).update(text="", subject="", media_urls=[], text_urls=[])


def _delete_receipts(before: datetime) -> int:
    waiting = [ReceiptInbox.State.NEW, ReceiptInbox.State.WAITING]
    return _delete(ReceiptInbox.objects.filter(received_at__lt=before).exclude(state__in=waiting), "received_at")


def _delete_transactions(before: datetime) -> int:
    """Delete a batch, and keep of each what a late receipt is understood by."""
    owed = Callback.objects.filter(transaction=OuterRef("pk"), state=Callback.State.WAITING)
    due = Transaction.objects.filter(~Exists(owed), created_at__lt=before, status__in=OVER, lease_token=None)
    with atomic():
        chosen = list(
            due.order_by("created_at")
            .select_for_update(of=("self",))
            .only("account", "provider_ref", "status")[:AT_ONCE]
        )
        kept = [
            ClosedOutcome(
                account_id=row.account_id,
                ref_digest=_ref_digest(row.account_id, row.provider_ref),
                transaction_id=row.pk,
                status=row.status,
                cleared_at=timezone.now(),
            )
            for row in chosen
            if row.provider_ref
        ]
        ClosedOutcome.objects.bulk_create(kept, ignore_conflicts=True)
        Transaction.objects.filter(pk__in=[row.pk for row in chosen]).delete()
    return len(chosen)


def _delete_messages(before: datetime) -> int:
    empty = Message.objects.filter(~Exists(Transaction.objects.filter(message=OuterRef("pk"))), created_at__lt=before)
    return _delete(empty, "created_at")


def _delete_closed(before: datetime) -> int:
    return _delete(ClosedOutcome.objects.filter(cleared_at__lt=before), "cleared_at")


def _delete(due: "QuerySet[Any]", by: str) -> int:
    ids = list(due.order_by(by).values_list("pk", flat=True)[:AT_ONCE])
    if ids:
        with atomic():
            due.model._default_manager.filter(pk__in=ids).delete()
    return len(ids)


def _veil_transactions(before: datetime) -> int:
    over = Transaction.objects.filter(status__in=OVER, lease_token=None)
    return _veil(over, "created_at", "recipient", before, also="correlation_id")


def _veil_inbound(before: datetime) -> int:
    return _veil(InboundMessage.objects.filter(fetch_at=None), "at", "number", before)


def _veil(due: "QuerySet[Any]", at: str, field: str, before: datetime, *, also: str = "") -> int:
    """Put digests in the place of a batch of numbers, from where the last one ended."""
    table, names = due.model._meta.db_table, [field, also] if also else [field]
    place, _made = Veiled.objects.get_or_create(table=table, defaults={"until": BEGINNING})
    known = Q(**{f"{field}__startswith": VEIL})
    with atomic():
        young = due.filter(~known, **{f"{at}__gte": place.until, f"{at}__lt": before}).order_by(at)
        chosen = list(young.select_for_update(of=("self",)).only("pk", *names)[:AT_ONCE])
        for row in chosen:
            setattr(row, field, veiled(getattr(row, field)))
            if also:
                setattr(row, also, masked_in(getattr(row, also)))
        rows.save_fields(chosen, names)
        if len(chosen) < AT_ONCE:
            # What was not over yet is looked at again.
            left = due.model._default_manager.filter(~known, **{f"{at}__gte": place.until, f"{at}__lt": before})
            place.until = left.order_by(at).values_list(at, flat=True).first() or before
            place.save()
    return len(chosen)


def veiled(number: str) -> str:
    """What stands for a number when it may not be known any more: the same for the same number, and no way back."""
    return VEIL + salted_hmac("messaging.retention.number", number, algorithm="sha256").hexdigest()[:VEIL_DIGITS]


def _ref_digest(account: UUID, provider_ref: str) -> str:
    return salted_hmac("messaging.retention.ref", f"{account}:{provider_ref}", algorithm="sha256").hexdigest()
