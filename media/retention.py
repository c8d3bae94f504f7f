"""Letting go of what nobody needs any more: a little at a time, and repeated by the beat until nothing is left.

Every step may be broken off and repeated: rows go first, content that no row names is found again by walking the
storage.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import chain, islice, takewhile
from typing import Any

from django.db.models import Exists, OuterRef, ProtectedError, Q, QuerySet
from django.db.transaction import atomic
from django.utils import timezone

from media import contents, direct_uploads, fetch_log, storage, uploads, uses
from media.models import Asset, AssetUse, MediaFetch, Rendition

logger = logging.getLogger(__name__)
AT_ONCE = 500
# What lies in the storage without a row may be on its way in; after so long it is not.
ORPHANED = timedelta(days=1)
# A fitted copy that no message has used for so long is made anew when it is needed again.
UNUSED_COPY = timedelta(days=30)
# A walk through the storage looks at so many files in one run; the next run begins elsewhere.
WALKED_AT_ONCE = 5000
TURN = 600
# Each folder, and what its keys have before their digits.
WALKED = (("assets/", ""), (contents.ASIDE, "assets/"), (direct_uploads.ARRIVING, ""))


def clean() -> dict[str, int]:
    """One run. Out: how many of each were let go. While the storage is away only rows go."""
    now = timezone.now()
    steps: dict[str, Callable[[datetime], int]] = {
        "assets": _assets,
        "unfinished": _unfinished,
        "copies": _copies,
        "uses": _ended_uses,
        "uploads": lambda now: direct_uploads.clear_expired(now, most=AT_ONCE),
        "fetches": _fetches,
        "orphans": _orphans,
    }
    done = {name: step(now) for name, step in steps.items()}
    if any(done.values()):
        logger.info("let go: %s", ", ".join(f"{number} {name}" for name, number in done.items() if number))
    return done


def _assets(now: datetime) -> int:
    """Archived files whose time is over and that nobody needs, with their content."""
    over = Asset.objects.filter(_needed_by_nobody(now, "pk"), status=Asset.Status.ARCHIVED, expires_at__lte=now)
    gone = 0
    for asset in over.order_by("expires_at")[:AT_ONCE]:
        try:
            uploads.purge(asset)
        except ProtectedError:
            # A template shows it still: it is looked at again after as long as it was kept before.
            Asset.objects.filter(pk=asset.pk).update(expires_at=now + uploads.KEPT_AFTER_ARCHIVING)
        else:
            gone += 1
    return gone


def _unfinished(now: datetime) -> int:
    """Rows of files whose worker died before the content was kept."""
    stuck = Asset.objects.filter(status=Asset.Status.PENDING, created_at__lte=now - ORPHANED)
    return _delete(stuck.order_by("pk"))


def _copies(now: datetime) -> int:
    """Fitted copies that no message has used lately, and whose file no message needs; also those that failed."""
    idle = Rendition.objects.filter(
        _needed_by_nobody(now, "asset_id"),
        status__in=[Rendition.Status.READY, Rendition.Status.FAILED],
        used_at__lte=now - UNUSED_COPY,
    )
    with atomic():
        # Locked, so that who asks for one meanwhile finds it, and it stays, or does not, and a new one is made.
        rows = list(idle.select_for_update(of=("self",)).order_by("used_at")[:AT_ONCE])
        Rendition.objects.filter(pk__in=[row.pk for row in rows]).delete()
    for row in rows:
        if row.storage_key:
            _drop(row.storage_key)
    return len(rows)


def _needed_by_nobody(now: datetime, asset: str) -> Q:
    return ~Q(Exists(AssetUse.objects.filter(uses.living(now), asset=OuterRef(asset))))


def _ended_uses(now: datetime) -> int:
    return _delete(AssetUse.objects.filter(until__lte=now).order_by("pk"))


def _fetches(now: datetime) -> int:
    return _delete(MediaFetch.objects.filter(at__lte=now - fetch_log.KEPT).order_by("at"))


def _delete(rows: "QuerySet[Any]") -> int:
    """The first rows, by their keys: a bounded statement however many there are."""
    keys = list(rows.values_list("pk", flat=True)[:AT_ONCE])
    rows.model._default_manager.filter(pk__in=keys).delete()
    return len(keys)


def _orphans(now: datetime) -> int:
    """Content that no row names, and what was put aside by a process that died over it."""
    # The keys begin with random digits. Each run begins elsewhere, so that however many there are, all get their turn.
    turn = f"{int(now.timestamp()) // TURN % 256:02x}"
    try:
        return sum(_walk(folder, below, turn, now - ORPHANED) for folder, below in WALKED)
    except storage.Unavailable as error:
        logger.warning("the storage cannot be walked: %s", error)
        return 0


def _walk(folder: str, below: str, turn: str, before: datetime) -> int:
    start = f"{folder}{below}{turn}"
    around = chain(storage.walk(folder, after=start), takewhile(lambda found: found[0] <= start, storage.walk(folder)))
    keys = [key for key, at in islice(around, WALKED_AT_ONCE) if at < before]
    return sum(_let_go(folder, keys[first : first + AT_ONCE]) for first in range(0, len(keys), AT_ONCE))


def _let_go(folder: str, keys: list[str]) -> int:
    if folder == contents.ASIDE:
        return sum(contents.settle(key) for key in keys)
    if folder == direct_uploads.ARRIVING:
        for key in keys:
            storage.delete(key)
        return len(keys)
    return sum(contents.drop(key) for key in sorted(set(keys) - contents.named(keys)))


def _drop(key: str) -> None:
    try:
        contents.drop(key)
    except storage.Unavailable as error:
        logger.warning("content is left to the clean-up: %s", error)
