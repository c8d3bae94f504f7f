"""Taking files in: inspect, store once, one row per owner; and letting them go."""

import hashlib
import logging
import unicodedata
from datetime import timedelta
from pathlib import Path, PurePath
from typing import NamedTuple, Protocol

from django.db.models import Count, Sum
from django.utils import timezone

from media import contents, storage, uses
from media.fetching import LARGEST, fetch
from media.inspection import LARGEST_UPLOAD, Inspection, Refused, inspect
from media.models import Asset
from media.words import gettext_noop as _

logger = logging.getLogger(__name__)
MAX_ASSETS_PER_OWNER = 20_000
MAX_BYTES_PER_OWNER = 20_000_000_000
FETCH_SECONDS = 20.0
# An archived file stays fetchable this long: a message that uses it may still be on its way or be retried.
KEPT_AFTER_ARCHIVING = timedelta(days=30)
ALT_LENGTH = 500


class Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class Space(NamedTuple):
    """How many files an owner keeps, and how many bytes they have together."""

    files: int
    size: int


def store(source: bytes | Path | Readable, *, name: str, owner: str, alt: str = "", apart: bool = False) -> Asset:
    """Inspect a file and keep it for `owner` ("user:3", "key:<uuid>").

    Takes the content, a path or an open binary file; `name` is only shown, never trusted. The same content under
    the same name and description gives the owner's asset of before, unless it is to stand `apart` from that. Raises
    Refused, and stores nothing then.
    """
    alt = clean_alt(alt)
    inspection = inspect(_bounded(source))
    shown = clean_name(name, inspection)
    sha256 = hashlib.sha256(inspection.data).hexdigest()
    same = Asset.objects.usable().of(owner).filter(sha256=sha256, name=shown, alt=alt, expires_at=None).first()
    if same is not None and not apart:
        return same
    check_quota(owner, inspection.size)
    asset = Asset(
        kind=inspection.kind,
        mime_type=inspection.mime_type,
        size=inspection.size,
        width=inspection.width,
        height=inspection.height,
        seconds=inspection.seconds,
        sha256=sha256,
        name=shown,
        alt=alt,
        storage_key=storage.key_for(sha256, inspection.extension),
        owner=owner,
        noted=[finding.kept() for finding in inspection.findings],
        status=Asset.Status.PENDING,
    )
    # The row comes first: content that a row names is not let go.
    asset.save(force_insert=True)
    return _kept(asset, inspection)


def _kept(asset: Asset, inspection: Inspection) -> Asset:
    try:
        storage.put(
            inspection.data, sha256=asset.sha256, extension=inspection.extension, mime_type=inspection.mime_type
        )
    except storage.Unavailable as error:
        logger.error("a file cannot be kept: %s", error)
        asset.delete()
        raise storage_away() from error
    asset.status = Asset.Status.READY
    asset.save(update_fields=["status"])
    return asset


def storage_away() -> Refused:
    """The refusal of a file for no fault of its own."""
    return Refused(
        "storage_unavailable",
        _("The storage for files does not answer right now; nothing was kept."),
        fix=_("Try again in a minute. If it goes on, tell an administrator."),
    )


def store_from_url(url: str, *, owner: str, alt: str = "") -> Asset:
    """Fetch a caller's address under guard and keep what it held. Raises FetchRefused and Refused."""
    fetched = fetch(url, limit_bytes=LARGEST, deadline_seconds=FETCH_SECONDS)
    return store(fetched.data, name=fetched.name, owner=owner, alt=alt)


def archive(asset: Asset) -> None:
    """Take an asset out of the library; its address goes on answering for a while, then it is 410."""
    asset.status = Asset.Status.ARCHIVED
    asset.expires_at = asset.expires_at or timezone.now() + KEPT_AFTER_ARCHIVING
    asset.save(update_fields=["status", "expires_at"])


def bring_back(asset: Asset) -> bool:
    """Out of the archive, if it is there still. Out: whether it was. One statement."""
    archived = Asset.objects.filter(pk=asset.pk, status=Asset.Status.ARCHIVED)
    return bool(archived.update(status=Asset.Status.READY, expires_at=None))


def purge(asset: Asset) -> None:
    """Delete an asset for good, and its content and that of its fitted copies when nobody else has it.

    Raises ProtectedError while a template holds it. While the storage is away the content is left to the clean-up.
    """
    keys = {asset.storage_key, *asset.renditions.exclude(storage_key="").values_list("storage_key", flat=True)}
    asset.delete()
    for key in keys:
        try:
            contents.drop(key)
        except storage.Unavailable as error:
            logger.warning("content is left to the clean-up: %s", error)


def let_go(asset: Asset) -> bool:
    """Purge an asset that nobody needs, archive any other: its messages are still on their way. Out: whether purged."""
    if uses.needed([asset.pk], timezone.now()):
        archive(asset)
        return False
    purge(asset)
    return True


def clean_name(name: str, inspection: Inspection) -> str:
    """A display name: no path, no control or direction marks, at most 120 characters, never empty."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(c for c in unicodedata.normalize("NFC", last) if unicodedata.category(c)[0] != "C")
    kept = " ".join(kept.split()).strip(". ")
    stem, suffix = PurePath(kept).stem[:100], PurePath(kept).suffix[:12]
    return f"{stem}{suffix}" if stem.strip(".") else f"{inspection.kind}.{inspection.extension}"


def clean_alt(alt: str) -> str:
    """The description on one line without control characters. Raises Refused `alt_too_long`."""
    kept = " ".join("".join(c if unicodedata.category(c) not in ("Cc", "Cs") else " " for c in alt).split())
    if len(kept) > ALT_LENGTH:
        raise Refused(
            "alt_too_long",
            _("The description has {actual} characters; at most {limit} are kept."),
            {"actual": len(kept), "limit": ALT_LENGTH},
            limit=ALT_LENGTH,
            actual=len(kept),
            fix=_("Shorten the description."),
        )
    return kept


def _bounded(source: bytes | Path | Readable) -> bytes | Path:
    if isinstance(source, (bytes, Path)):
        return source
    if callable(place := getattr(source, "temporary_file_path", None)):
        # A large form lies on the disk already.
        return Path(place())
    # One byte more than any kind may have: enough to be refused by its size, never an endless read.
    return source.read(LARGEST_UPLOAD + 1)


def used(owner: str) -> Space:
    """The space of an owner that is taken, the archive included. One query."""
    rows = Asset.objects.of(owner).aggregate(count=Count("id"), bytes=Sum("size"))
    return Space(rows["count"], rows["bytes"] or 0)


def check_quota(owner: str, size: int) -> None:
    """Raises Refused when an owner may not keep `size` bytes more."""
    taken = used(owner)
    if taken.files >= MAX_ASSETS_PER_OWNER:
        raise Refused(
            "media_quota_files",
            _("No more files can be kept for you."),
            limit=MAX_ASSETS_PER_OWNER,
            actual=taken.files,
            fix=_("Ask an administrator to delete files you no longer need."),
        )
    if taken.size + size > MAX_BYTES_PER_OWNER:
        raise Refused(
            "media_quota_bytes",
            _("The space for your files is used up."),
            limit=MAX_BYTES_PER_OWNER,
            actual=taken.size + size,
            fix=_("Ask an administrator to delete files you no longer need."),
        )
