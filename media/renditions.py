"""Fitted copies of files: asked for, made once, kept. The row is the queue; whoever holds its lease makes the copy.

A worker that dies leaves a lease that runs out, and the next one takes the row up; after `MOST_ATTEMPTS` it has failed.
Encoding and storing happen outside of any transaction; each step is recorded in a commit of its own.
"""

import hashlib
import logging
from collections.abc import Collection, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.db.transaction import on_commit
from django.dispatch import Signal
from django.utils import timezone

from media import storage
from media.fitting import Fitted, Target, Unfit, fit
from media.models import EXTENSIONS, Asset, Rendition
from media.words import gettext_noop as _
from media.words import kept

logger = logging.getLogger(__name__)
Status = Rendition.Status
# Renewed while the encoder tells of progress; a worker that died is noticed after this.
LEASE = timedelta(seconds=60)
MOST_ATTEMPTS = 3
# How many are made at a time: encoders take a whole processor each, and sending must go on beside them.
MOST_AT_ONCE = 2
# After the storage could not be reached.
PAUSE = timedelta(seconds=15)
# What failed for a reason that may pass is made anew when somebody asks for it after this.
AGAIN = timedelta(minutes=10)
PASSING = ("media_fitting_failed", "media_gone")
# How old the note of its last use may be: written anew only then, so that askers seldom wait for one another.
FRESH = timedelta(days=1)
# The next try asks for this much less, so that something changes.
SMALLER = 0.7
BROKEN = Unfit(
    "media_fitting_failed", _("The worker stopped over this file again and again. Upload another copy of it.")
)
GONE = Unfit("media_gone", _("The file is no longer there. Upload it again."))
# Sent once something is to be made, and once something is ready or has failed.
asked = Signal()
settled = Signal()


def ask(asset: Asset, target: Target) -> Rendition:
    """The copy of an asset for a target: the one there is, or one that will be made. A few statements."""
    return ask_all([(asset, target)])[0]


def ask_all(wanted: Iterable[tuple[Asset, Target]]) -> list[Rendition]:
    """A copy for each asset and target, in their order; what is new waits for a worker. A few statements for all.

    One that failed for a reason that may pass is tried again, though not at once. May be part of the caller's commit:
    then nothing is made before it.
    """
    pairs = [(asset, str(target)) for asset, target in wanted]
    again = _kept(pairs, timezone.now())
    known = {(row.asset_id, row.target): row for row in _rows(pairs).select_related("asset")}
    missing = [(asset, line) for asset, line in pairs if (asset.pk, line) not in known]
    if missing:
        rows = [Rendition(asset=asset, target=line) for asset, line in dict.fromkeys(missing)]
        # Somebody else may be asking for the same; the first counts.
        Rendition.objects.bulk_create(rows, ignore_conflicts=True)
        known |= {(row.asset_id, row.target): row for row in _rows(missing).select_related("asset")}
    if missing or again:
        on_commit(lambda: asked.send(Rendition))
    return [known[asset.pk, line] for asset, line in pairs]


def _rows(pairs: Collection[tuple[Asset, str]]) -> QuerySet[Rendition]:
    """The copies of these assets for these targets."""
    assets, lines = {asset.pk for asset, _line in pairs}, {line for _asset, line in pairs}
    return Rendition.objects.filter(asset__in=assets, target__in=lines)


def _kept(pairs: Collection[tuple[Asset, str]], now: datetime) -> int:
    """Keep from being cleared away what is asked for, before it is read. Out: how many are to be tried again."""
    _rows(pairs).filter(used_at__lte=now - FRESH).update(used_at=now)
    over = Q(lease_until=None) | Q(lease_until__lte=now)
    failed = _rows(pairs).filter(over, status=Status.FAILED, code__in=PASSING)
    return failed.update(status=Status.WAITING, attempts=0, progress=0, lease_until=None, code="", text="", why={})


def named(identities: Collection[str]) -> dict[str, Rendition]:
    """Renditions by their ids, with their assets; what is no id names none. One query."""
    ids = set()
    for identity in identities:
        with suppress(ValueError):
            ids.add(UUID(identity))
    return {str(row.pk): row for row in Rendition.objects.select_related("asset").filter(pk__in=ids)} if ids else {}


def smaller(rendition: Rendition) -> Rendition:
    """The next smaller copy of the same original: always from the original, never from a copy."""
    target = Target.parse(rendition.target)
    had = min(target.budget, rendition.size or target.budget)
    return ask(rendition.asset, Target(target.types, max(1, int(had * SMALLER)), target.side, target.seconds))


def due() -> bool:
    """Whether something waits to be made, or was left behind."""
    waits: bool = _open(timezone.now()).exists()
    return waits


def work() -> bool:
    """Make the copy that has waited longest. Out: False when there was nothing to do, or enough is being made."""
    rendition = _claim(timezone.now())
    if rendition is None:
        return False
    lease = _Lease(rendition)
    try:
        fitted = _made(rendition, lease)
        facts = _facts(fitted)
        # The row names the content before it is looked for: the clean-up lets go only what no row names.
        if not lease.keep(storage_key=facts["storage_key"]):
            return True
        _store(fitted, facts["sha256"])
    except Unfit as unfit:
        lease.end(status=Status.FAILED, **_failure(unfit))
    except FileNotFoundError:
        lease.end(status=Status.FAILED, **_failure(GONE))
    except storage.Unavailable as error:
        logger.error("rendition %s waits for the storage: %s", rendition.pk, error)
        # No fault of the file: the try does not count.
        lease.put_off(timezone.now() + PAUSE)
        return True
    else:
        lease.end(status=Status.READY, progress=100, **facts)
    settled.send(Rendition)
    return True


def _open(now: datetime) -> QuerySet[Rendition]:
    free = Q(lease_until=None) | Q(lease_until__lte=now)
    return Rendition.objects.filter(free, status__in=[Status.WAITING, Status.RUNNING])


def _claim(now: datetime) -> Rendition | None:
    """Take the longest waiting row, by one conditional update: of two that want it, one gets it."""
    if Rendition.objects.filter(status=Status.RUNNING, lease_until__gt=now).count() >= MOST_AT_ONCE:
        return None
    for row in _open(now).select_related("asset").order_by("id")[:10]:
        mine = Rendition.objects.filter(pk=row.pk, lease_until=row.lease_until, status=row.status)
        if row.attempts >= MOST_ATTEMPTS:
            if mine.update(status=Status.FAILED, lease_until=now + AGAIN, **_failure(BROKEN)):
                settled.send(Rendition)
            continue
        until = now + LEASE
        if mine.update(status=Status.RUNNING, lease_until=until, attempts=F("attempts") + 1, progress=0):
            row.lease_until = until
            return row
    return None


class _Lease:
    """What a worker holds of a row: renewed as the encoder goes on, worth nothing once somebody else has taken it."""

    def __init__(self, rendition: Rendition) -> None:
        self.pk, self.until = rendition.pk, rendition.lease_until
        self.shown = 0

    def tell(self, done: int) -> None:
        """How much is done, in percent: written when it has changed or half of the lease is over."""
        now = timezone.now()
        if done < self.shown + 2 and self.until and self.until - now > LEASE / 2:
            return
        until = now + LEASE
        if self._mine().update(progress=done, lease_until=until):
            self.shown, self.until = done, until

    def keep(self, **fields: object) -> bool:
        """Write down what is known so far. Out: False when somebody else has taken the row over."""
        return bool(self._mine().update(**fields))

    def end(self, **fields: object) -> None:
        """Write what came of it, unless somebody else has taken the row over."""
        # A failure keeps the row from being tried again right away.
        until = timezone.now() + AGAIN if fields.get("status") == Status.FAILED else None
        if not self._mine().update(lease_until=until, **fields):
            logger.warning("rendition %s was taken over before it was done", self.pk)

    def put_off(self, until: datetime) -> None:
        """Back into the queue until then, as if it had not been tried."""
        self._mine().update(status=Status.WAITING, lease_until=until, attempts=F("attempts") - 1)

    def _mine(self) -> QuerySet[Rendition]:
        return Rendition.objects.filter(pk=self.pk, status=Status.RUNNING, lease_until=self.until)


def _made(rendition: Rendition, lease: _Lease) -> Fitted:
    with TemporaryDirectory(prefix="original-") as folder:
        original = Path(folder, "original")
        with storage.open(rendition.asset.storage_key) as stored, original.open("wb") as copy:
            copyfileobj(stored, copy)
        return fit(original, Target.parse(rendition.target), told=lease.tell)


def _store(fitted: Fitted, sha256: str) -> None:
    extension = EXTENSIONS[fitted.mime_type]
    storage.put(fitted.data, sha256=sha256, extension=extension, mime_type=fitted.mime_type)


def _failure(unfit: Unfit) -> dict[str, Any]:
    return {"code": unfit.code, "text": unfit.message[:300], "why": kept(unfit.words, unfit.values)}


def _facts(fitted: Fitted) -> dict[str, Any]:
    sha256 = hashlib.sha256(fitted.data).hexdigest()
    return {
        "mime_type": fitted.mime_type,
        "size": fitted.size,
        "width": fitted.width,
        "height": fitted.height,
        "seconds": fitted.seconds,
        "measured": dict(fitted.measured),
        "sha256": sha256,
        "storage_key": storage.key_for(sha256, EXTENSIONS[fitted.mime_type]),
        "code": "",
        "text": "",
        "why": {},
    }
