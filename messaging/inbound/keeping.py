"""One piece of news from a handset becomes one row, and what it asks for is done in the same commit."""

import hashlib
from datetime import datetime, timedelta

from django.db import IntegrityError
from django.db.transaction import atomic

from messaging import consent
from messaging.addresses import AddressError, digits, normalise
from messaging.gateway.facts import Action, Inbound
from messaging.inbound.acting import act
from messaging.models import InboundMessage, ProviderAccount, ReceiptInbox, Sender, Transaction

MOST_FILES = 50
LONGEST_TEXT = 20_000
# A provider's clock is believed within these bounds: which word came last depends on it.
AHEAD, BEHIND = timedelta(minutes=15), timedelta(days=7)


def keep(row: ReceiptInbox, fact: Inbound, now: datetime) -> InboundMessage:
    """Store one fact of a webhook body, once, and let a STOP or START in it take effect.

    Out: its row, the old one when the news is known. To be called inside the commit that settles the inbox row.
    """
    message = _message(row, fact, now)
    try:
        with atomic():
            message.save(force_insert=True)
    except IntegrityError:
        known = InboundMessage.objects.filter(account=row.account, dedupe_key=message.dedupe_key).first()
        if known is None:
            raise
        _ask_again(known, now)
        return known
    act(message, now)
    return message


def _ask_again(known: InboundMessage, now: datetime) -> None:
    """A replay is a person's wish: a text that was given up is fetched anew."""
    if known.text_urls and not known.text and known.fetch_at is None:
        known.fetch_at, known.fetch_attempts = now, 0
        known.save(update_fields=["fetch_at", "fetch_attempts"])


def _message(row: ReceiptInbox, fact: Inbound, now: datetime) -> InboundMessage:
    number, text, subject = number_of(fact.sender), _clean(fact.text, LONGEST_TEXT), _clean(fact.subject, 200)
    believed = fact.at and row.received_at - BEHIND <= fact.at <= row.received_at + AHEAD
    return InboundMessage(
        account=row.account,
        sender=sender_at(row.account, fact.recipient, number),
        address=_clean(fact.recipient, 40),
        number=number,
        kind=fact.kind,
        subject=subject,
        text=text,
        media_urls=list(fact.media_urls[:MOST_FILES]),
        text_urls=list(fact.text_urls[:MOST_FILES]),
        fetch_at=now if fact.text_urls else None,
        action=fact.action or meaning(fact.kind, text, subject),
        provider_ref=_clean(fact.provider_ref, 100),
        at=fact.at if believed and fact.at else row.received_at,
        received_at=row.received_at,
        inbox=row,
        dedupe_key=_dedupe_key(row, fact, number),
    )


def meaning(kind: str, text: str, subject: str) -> Action:
    """What the words of a message ask for: its text first, its subject where that says nothing."""
    if kind == InboundMessage.Kind.SUBSCRIPTION:
        return Action.NONE
    return consent.keyword(text) or consent.keyword(subject)


def sender_at(account: ProviderAccount, address: str, number: str) -> Sender | None:
    """The sender of an account that a handset wrote to; None when it cannot be told, or is none of ours (any more).

    `address` is in the provider's spelling. Telesign leaves it out (telesign.md, section 13): then it is the one sender
    that has ever written to the number, or that the account has.
    """
    if not address.strip():
        return _only_one(account, number)
    plain = digits(address).removeprefix("00")
    if not plain:
        return account.senders.filter(address__iexact=address.strip()).first()
    spellings = [plain, f"+{plain}", *([f"+1{plain}"] if len(plain) == 10 else [])]
    return account.senders.filter(address__in=spellings).first()


def _only_one(account: ProviderAccount, number: str) -> Sender | None:
    wrote = Transaction.objects.filter(account=account, recipient=number).order_by()
    senders = list(account.senders.filter(pk__in=wrote.values("sender"))[:2] or account.senders.all()[:2])
    return senders[0] if len(senders) == 1 else None


def number_of(written: str) -> str:
    """A handset's number in E.164; what cannot be one (an address of e-mail, a short code) as it was written."""
    try:
        return normalise(f"+{digits(written)}" if digits(written) == written.lstrip("+") else written)
    except AddressError:
        return _clean(written, 20)


def _clean(text: str, longest: int) -> str:
    # Halves of surrogate pairs and the null character are refused by databases.
    return text.encode("utf-8", "replace").decode().replace("\0", "")[:longest]


def _dedupe_key(row: ReceiptInbox, fact: Inbound, number: str) -> str:
    """The same news however often it is told. Leaving a campaign a second time is news, under the same reference."""
    at = str(fact.at or "")
    if fact.provider_ref and fact.kind != InboundMessage.Kind.SUBSCRIPTION:
        said = [fact.provider_ref, fact.kind, number]
    else:
        # Without a time the body itself is all there is to know it by.
        files = [*fact.media_urls, *fact.text_urls]
        said = [fact.provider_ref, fact.kind, number, fact.recipient, fact.action, at or f"body {row.digest}"]
        said += [fact.subject, fact.text, *files]
    return hashlib.sha256("\x1f".join(said).encode("utf-8", "replace")).hexdigest()
