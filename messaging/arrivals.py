"""From a webhook call to a row of the inbox: whose is it, is it genuine, keep it (reliability, 3.3).

The same for what comes while the database answers and for what is taken up from the spool later.
"""

import base64
import hashlib
import ipaddress
import json
import logging
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from time import monotonic
from typing import Any, NamedTuple
from uuid import UUID

from django.db import DataError, IntegrityError, connection
from django.db import Error as DatabaseFault
from django.db.models.signals import post_delete, post_save
from django.db.transaction import atomic

from messaging import spool
from messaging.gateway import registry
from messaging.gateway.contract import Account
from messaging.gateway.facts import Forged
from messaging.interruptions import stops_the_worker
from messaging.models import ProviderAccount, prepared
from messaging.models.rows import POSTGRES
from messaging.models.sealing import SealBroken

logger = logging.getLogger(__name__)
# The shape of what messaging.models.senders.new_webhook_secret makes.
SECRET = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)

KNOWN_SECONDS = 2.0
MOST_DOORS = 256
# Needed to verify a call, and nobody's to read afterwards.
NEVER_KEPT = frozenset({"authorization"})


# As plain SQL with each constant in its place: what is taken in here costs little more than to keep its body.
INSERT = """
INSERT INTO messaging_receiptinbox (account_id, received_at, method, headers, body, digest,
  next_attempt_at, seen_count, state, attempts, failures, note)"""
COUNT = """
ON CONFLICT (account_id, digest) DO UPDATE
SET seen_count = messaging_receiptinbox.seen_count + EXCLUDED.seen_count"""


class Row(NamedTuple):
    """A row of the inbox, as the database takes it."""

    account: UUID | str
    received_at: Any
    method: str
    headers: str
    body: bytes
    digest: str


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


@dataclass(frozen=True, slots=True)
class Door:
    """An account as its webhook knows it. `opened` is None when its keys cannot be had."""

    pk: UUID
    provider: str
    opened: Account | None = field(repr=False)
    sources: Sequence[str]

    def lets_in(self, source: str) -> bool:
        """Whether calls may come from this address."""
        if not self.sources:
            return True
        try:
            address = ipaddress.ip_address(source)
        except ValueError:
            # A server on a socket of the file system names no address.
            return False
        return any(address in ipaddress.ip_network(cidr, strict=False) for cidr in self.sources)


def door_of(provider: str, secret: str, source: str) -> Door | None:
    """The door that awaits calls under this secret from this address, or None.

    What is known of an account is believed for KNOWN_SECONDS, in the process that changed it not a moment longer: so
    soon after a secret was taken back, or a key or a network, it opens nothing any more.
    """
    kept = _doors.get((provider, secret))
    if kept is None or kept[0] <= monotonic():
        kept = _remember(provider, secret)
    return kept[1] if kept and kept[1].lets_in(source) else None


def _remember(provider: str, secret: str) -> tuple[float, Door] | None:
    """Only what is there: strangers fill no memory."""
    account, key = _account(provider, secret), (provider, secret)
    if account is None:
        _doors.pop(key, None)
        return None
    if len(_doors) >= MOST_DOORS:
        _doors.clear()
    _doors[key] = kept = (monotonic() + KNOWN_SECONDS, _door(account))
    return kept


def _account(provider: str, secret: str) -> ProviderAccount | None:
    if "\x00" in secret:
        # PostgreSQL refuses to look for it, and that would be answered as if the database were down.
        return None
    accounts = ProviderAccount.objects.filter(provider=provider)
    return accounts.filter(webhook_secret=secret).first() or accounts.filter(webhook_secret_previous=secret).first()


def _door(account: ProviderAccount) -> Door:
    try:
        opened = account.opened()
    except SealBroken:
        opened = None
    return Door(account.pk, account.provider, opened, tuple(account.source_cidrs))


def forget(**_signal: object) -> None:
    """Ask the database anew about every account."""
    _doors.clear()


def verify(door: Door, headers: Mapping[str, str], body: bytes) -> None:
    """Check the provider's signature, where there is one. Raises Forged."""
    if door.opened is None:
        # Without the keys nothing can be told from a forgery; the secret in the path has spoken for it.
        logger.error("account %s cannot be opened to verify a receipt", door.pk)
        return
    registry.provider(door.provider).client.verify(door.opened, headers, body)


def ingest(
    account: ProviderAccount | Door, *, method: str, headers: Mapping[str, str], body: bytes, now: datetime
) -> None:
    """Keep a webhook body as it came; the same body again is only counted. One statement, nothing is understood."""
    ingest_all([row_of(account, method=method, headers=headers, body=body, now=now)])


def row_of(
    account: ProviderAccount | Door, *, method: str, headers: Mapping[str, str], body: bytes, now: datetime
) -> Row:
    """A webhook body as the values of its row."""
    digest = hashlib.sha256(method.encode() + b"\n" + body).hexdigest()
    kept = {name: value for name, value in headers.items() if name.lower() not in NEVER_KEPT}
    own, moment = (account.pk, now) if POSTGRES else (account.pk.hex, connection.ops.adapt_datetimefield_value(now))
    return Row(own, moment, method, json.dumps(kept), body, digest)


def ingest_all(rows: Sequence[Row]) -> None:
    """Keep many, in one statement."""
    # No statement may come upon the same row twice.
    once = {(row.account, row.digest): row for row in rows}
    seen = Counter((row.account, row.digest) for row in rows) if len(once) < len(rows) else {}
    values = [value for key, row in once.items() for value in (*row, row.received_at, seen.get(key, 1))]
    # What calls bring one by one is always the same statement.
    with prepared.cursor() if len(once) == 1 else connection.cursor() as cursor:
        cursor.execute(_statement(len(once)), values)


@cache
def _statement(rows: int) -> str:
    marks = ", ".join(["(%s, %s, %s, %s, %s, %s, %s, %s, 'new', 0, 0, '')"] * rows)
    return f"{INSERT} VALUES {marks} {COUNT}"


def take_up_spool(*, until: float) -> None:
    """Put into the inbox what came while the database was away, until `time.monotonic()` is past `until`.

    Raises the database's own errors while it is still away: nothing is lost, all of it comes again.
    """
    foreign, rows = 0, list[tuple[Row, bytes]]()

    def keep(record: bytes) -> None:
        nonlocal foreign
        try:
            row = _admitted(Arrival.unpacked(record))
        except Exception as error:
            if isinstance(error, DatabaseFault) or stops_the_worker(error):
                raise
            raise spool.Spoilt from error
        if row is None:
            foreign += 1
        else:
            rows.append((row, record))

    def settle() -> None:
        if rows:
            _ingest_what_can_be(rows)
        rows.clear()

    try:
        spool.take_up(keep, until=until, settle=settle)
    except OSError:
        logger.exception("the spool cannot be taken up")
    finally:
        if foreign:
            logger.warning("%s spooled receipts were not authentic and are dropped", foreign)


def _ingest_what_can_be(rows: Sequence[tuple[Row, bytes]]) -> None:
    """All at once; one by one where the database refuses one of them, which is kept aside."""
    try:
        with atomic():
            ingest_all([row for row, _record in rows])
    except (DataError, IntegrityError):
        for row, record in rows:
            try:
                with atomic():
                    ingest_all([row])
            except (DataError, IntegrityError):
                spool.reject(record)


def _admitted(arrival: Arrival) -> Row | None:
    """The live door once more, for what came while nobody could be asked; None when it is not authentic."""
    door = door_of(arrival.provider, arrival.secret, arrival.source)
    if door is None:
        return None
    try:
        verify(door, arrival.headers, arrival.body)
    except Forged:
        return None
    return row_of(door, method=arrival.method, headers=arrival.headers, body=arrival.body, now=arrival.received_at)


_doors: dict[tuple[str, str], tuple[float, Door]] = {}
post_save.connect(forget, sender=ProviderAccount, dispatch_uid="arrivals")
post_delete.connect(forget, sender=ProviderAccount, dispatch_uid="arrivals")
