"""From a webhook call to a row of the inbox: whose is it, is it genuine, keep it (reliability, 3.3).

The same for what comes while the database answers and for what is taken up from the spool later.
"""

import base64
import hashlib
import ipaddress
import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import DataError, IntegrityError
from django.db import Error as DatabaseFault
from django.db.models import F
from django.db.transaction import atomic

from messaging import spool
from messaging.gateway import registry
from messaging.gateway.facts import Forged
from messaging.models import ProviderAccount, ReceiptInbox
from messaging.models.sealing import SealBroken

logger = logging.getLogger(__name__)
# The shape of what messaging.models.senders.new_webhook_secret makes.
SECRET = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)

# Needed to verify a call, and nobody's to read afterwards.
NEVER_KEPT = frozenset({"authorization"})


@dataclass(frozen=True)
class Arrival:
    """One webhook call as it came."""

    provider: str
    secret: str = field(repr=False)
    method: str
    headers: Mapping[str, str]
    body: bytes
    source: str
    received_at: datetime

    def packed(self) -> bytes:
        """One line of JSON, for the spool."""
        plain = {
            **vars(self),
            "headers": dict(self.headers),
            "body": base64.b64encode(self.body).decode(),
            "received_at": self.received_at.isoformat(),
        }
        return json.dumps(plain).encode()

    @classmethod
    def unpacked(cls, record: bytes) -> "Arrival":
        """The way back. Raises ValueError or TypeError for what was never packed, or not wholly written."""
        plain = json.loads(record)
        if not isinstance(plain, dict) or not plain.keys() >= {"body", "received_at"}:
            raise ValueError("no webhook call")
        body = base64.b64decode(plain.pop("body"), validate=True)
        received_at = datetime.fromisoformat(plain.pop("received_at"))
        return cls(**plain, body=body, received_at=received_at)


def may_be_ours(provider: str, secret: str, method: str) -> bool:
    """What can be told without the database: whether a call could be one that an account of ours is waiting for."""
    known = provider in registry.names() and SECRET.fullmatch(secret) is not None
    return known and method != "HEAD" and method in registry.provider(provider).client.METHODS


def account_of(provider: str, secret: str, source: str) -> ProviderAccount | None:
    """The account that awaits calls under this secret from this address, or None."""
    if "\x00" in secret:
        # PostgreSQL refuses to look for it, and that would be answered as if the database were down.
        return None
    accounts = ProviderAccount.objects.filter(provider=provider)
    account = accounts.filter(webhook_secret=secret).first() or accounts.filter(webhook_secret_previous=secret).first()
    return account if account and _is_known_source(source, account) else None


def verify(account: ProviderAccount, headers: Mapping[str, str], body: bytes) -> None:
    """Check the provider's signature, where there is one. Raises Forged."""
    try:
        registry.provider(account.provider).client.verify(account.opened(), headers, body)
    except SealBroken:
        # Without the keys nothing can be told from a forgery; the secret in the path has spoken for it.
        logger.error("account %s cannot be opened to verify a receipt", account.pk)


def ingest(account: ProviderAccount, *, method: str, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
    """Keep a webhook body as it came; the same body again is only counted. One statement, nothing is understood."""
    digest = hashlib.sha256(method.encode() + b"\n" + body).hexdigest()
    row = ReceiptInbox(
        account=account,
        received_at=now,
        method=method,
        headers={name: value for name, value in headers.items() if name.lower() not in NEVER_KEPT},
        body=body,
        digest=digest,
        next_attempt_at=now,
    )
    with atomic():
        known = ReceiptInbox.objects.filter(account=account, digest=digest).update(seen_count=F("seen_count") + 1)
        if not known:
            # Two copies at the same moment: the second insert is ignored, which loses a count but no receipt.
            ReceiptInbox.objects.bulk_create([row], ignore_conflicts=True)


def take_up_spool(*, until: float) -> None:
    """Put into the inbox what came while the database was away, until `time.monotonic()` is past `until`.

    Raises the database's own errors while it is still away: nothing is lost, all of it comes again.
    """
    foreign = 0

    def keep(record: bytes) -> None:
        nonlocal foreign
        try:
            foreign += not _admit(Arrival.unpacked(record))
        except Exception as error:
            passes = isinstance(error, DatabaseFault) and not isinstance(error, DataError | IntegrityError)
            if passes or stops_the_worker(error):
                raise
            raise spool.Spoilt from error

    try:
        spool.take_up(keep, until=until)
    except OSError:
        logger.exception("the spool cannot be taken up")
    finally:
        if foreign:
            logger.warning("%s spooled receipts were not authentic and are dropped", foreign)


def stops_the_worker(error: Exception) -> bool:
    """Whether a worker's soft time limit struck: an ordinary Exception to Python, and no fault of what was at hand."""
    return type(error).__module__.partition(".")[0] in {"billiard", "celery"}


def _admit(arrival: Arrival) -> bool:
    """The live door once more, for what came while nobody could be asked; False when it is not authentic."""
    account = account_of(arrival.provider, arrival.secret, arrival.source)
    if account is None:
        return False
    try:
        verify(account, arrival.headers, arrival.body)
    except Forged:
        return False
    ingest(account, method=arrival.method, headers=arrival.headers, body=arrival.body, now=arrival.received_at)
    return True


def _is_known_source(source: str, account: ProviderAccount) -> bool:
    if not account.source_cidrs:
        return True
    try:
        address = ipaddress.ip_address(source)
    except ValueError:
        # A server on a socket of the file system names no address.
        return False
    return any(address in ipaddress.ip_network(cidr, strict=False) for cidr in account.source_cidrs)
