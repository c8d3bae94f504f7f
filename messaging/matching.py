"""Which message of ours a receipt is about: by our reference, the provider's, or else by number and time."""

import re
from datetime import timedelta

from django.db.models import Q

from messaging.addresses import digits
from messaging.gateway import registry
from messaging.gateway.facts import Receipt
from messaging.models import ProviderAccount, ReceiptInbox, SendAttempt, Transaction
from messaging.statuses import Status

# A receipt without any reference of ours is believed to be about a call at most this long before it.
WINDOW = timedelta(minutes=15)
MOST_CANDIDATES = 50


class Mismatch(Exception):
    """A receipt that names a message of ours but cannot be about it."""


def match(row: ReceiptInbox, receipt: Receipt) -> tuple[Transaction | None, bool]:
    """The transaction of a receipt, locked, and whether it was only guessed; None when there is none (yet).

    Our own reference first: a receipt can overtake the commit of the provider's. Raises Mismatch.
    """
    ours = Transaction.objects.select_for_update(of=("self",))
    if receipt.client_ref:
        found = ours.filter(client_ref=receipt.client_ref).first()
        if found:
            if not _went_through(found, row.account):
                raise Mismatch("It names a message of another account.")
            return found, False
    if not receipt.provider_ref:
        return None, False
    named = references(receipt)
    candidates = list(ours.filter(account=row.account, provider_ref__in=named)[:MOST_CANDIDATES])
    wanted = wanted_number(receipt)
    fitting = [one for one in candidates if digits(one.recipient) == wanted]
    if candidates:
        # One reference for several messages tells none of them apart.
        meant = fitting or candidates
        return (meant[0] if len(meant) == 1 else None), False
    guess = _guess(row, receipt, wanted)
    return guess, guess is not None


def references(receipt: Receipt) -> set[str]:
    """The provider's references that a message of this receipt may be kept under."""
    if not receipt.provider_ref:
        return set()
    # Several destinations of one request get the same reference with "_1", "_2" behind it (webex.md, section 6).
    return {receipt.provider_ref, re.sub(r"_\d+$", "", receipt.provider_ref)}


def wanted_number(receipt: Receipt) -> str:
    """The digits of the number that a receipt is about; "" when it names none."""
    return digits(receipt.recipient).removeprefix("00")


def may_be_guessed(row: ReceiptInbox, receipt: Receipt) -> bool:
    """Whether a receipt that no reference leads anywhere may be matched by number and time."""
    client = registry.provider(row.account.provider).client
    return not client.ECHOES and not receipt.client_ref and bool(wanted_number(receipt) and receipt.sender)


def _went_through(transaction: Transaction, account: ProviderAccount) -> bool:
    """Whether an account has ever had a transaction: another one may have taken it over since."""
    tries = SendAttempt.objects.filter(transaction=transaction, sender__account=account)
    return transaction.account_id == account.pk or tries.exists()


def _guess(row: ReceiptInbox, receipt: Receipt, number: str) -> Transaction | None:
    """The one message of unclear outcome from this sender to this number shortly before (reliability, 3.1, point 4).

    Any other that might be meant, by its answer still to come for instance, and nothing is guessed.
    """
    if not may_be_guessed(row, receipt):
        return None
    sent = SendAttempt.objects.filter(wire_at__lte=row.received_at, wire_at__gte=row.received_at - WINDOW)
    unclear = Q(status=Status.UNKNOWN) | Q(status=Status.SENDING, attempts__phase=SendAttempt.Phase.WIRE)
    possible = list(
        Transaction.objects.filter(
            unclear,
            account=row.account,
            recipient=f"+{number}",
            provider_ref="",
            attempts__wire_at__lte=row.received_at,
        )
        .select_related("sender")
        .distinct()[:MOST_CANDIDATES]
    )
    meant = [one for one in possible if digits(one.sender.address) == receipt.sender]
    if len(meant) != 1 or meant[0].status != Status.UNKNOWN or not sent.filter(transaction=meant[0]).exists():
        return None
    locked = Transaction.objects.select_for_update(of=("self",)).filter(pk=meant[0].pk, provider_ref="")
    return locked.filter(status=Status.UNKNOWN).first()
