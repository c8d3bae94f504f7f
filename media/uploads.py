"""Taking files in: inspect, store once, one row per owner; and letting them go."""

import hashlib
import unicodedata
from datetime import timedelta
from pathlib import Path, PurePath
from typing import Protocol

from django.db.models import Count, Sum
from django.utils import timezone

from media import storage
from media.fetching import fetch
from media.inspection import LARGEST_UPLOAD, Inspection, Refused, inspect
from media.models import Asset

MAX_ASSETS_PER_OWNER = 20_000
MAX_BYTES_PER_OWNER = 20_000_000_000
FETCH_SECONDS = 20.0
# An archived file stays fetchable this long: a message that uses it may still be on its way or be retried.
KEPT_AFTER_ARCHIVING = timedelta(days=30)
ALT_LENGTH = 500


class Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


def store(source: bytes | Path | Readable, *, name: str, owner: str, alt: str = "") -> Asset:
    """Inspect a file and keep it for `owner` ("user:3", "key:<uuid>").

    Takes the content, a path or an open binary file; `name` is only shown, never trusted. The same content under
    the same name and description gives the owner's asset of before. Raises Refused, and stores nothing then.
    """
    alt = clean_alt(alt)
    inspection = inspect(_bounded(source))
    shown = clean_name(name, inspection)
    sha256 = hashlib.sha256(inspection.data).hexdigest()
    same = Asset.objects.usable().of(owner).filter(sha256=sha256, name=shown, alt=alt, expires_at=None).first()
    if same is not None:
        return same
    _check_quota(owner, inspection.size)
    key = storage.put(inspection.data, sha256=sha256, extension=inspection.extension, mime_type=inspection.mime_type)
    return Asset.objects.create(
        kind=inspection.kind,
        mime_type=inspection.mime_type,
        size=inspection.size,
        width=inspection.width,
        height=inspection.height,
        seconds=inspection.seconds,
        sha256=sha256,
        name=shown,
        alt=alt,
        storage_key=key,
        owner=owner,
    )


def store_from_url(url: str, *, owner: str, alt: str = "") -> Asset:
    """Fetch a caller's address under guard and keep what it held. Raises FetchRefused and Refused."""
    fetched = fetch(url, limit_bytes=LARGEST_UPLOAD, deadline_seconds=FETCH_SECONDS)
    return store(fetched.data, name=fetched.name, owner=owner, alt=alt)


def archive(asset: Asset) -> None:
    """Take an asset out of the library; its address goes on answering for a while, then it is 410."""
    asset.status = Asset.Status.ARCHIVED
    asset.expires_at = asset.expires_at or timezone.now() + KEPT_AFTER_ARCHIVING
    asset.save(update_fields=["status", "expires_at"])


def purge(asset: Asset) -> None:
    """Delete an asset for good, and its content when no other owner has it."""
    key = asset.storage_key
    asset.delete()
    if not Asset.objects.filter(storage_key=key).exists():
        storage.delete(key)


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
            f"The description has {len(kept)} characters; at most {ALT_LENGTH} are kept.",
            limit=ALT_LENGTH,
            actual=len(kept),
            fix="Shorten the description.",
        )
    return kept


def _bounded(source: bytes | Path | Readable) -> bytes | Path:
    if isinstance(source, (bytes, Path)):
        return source
    # One byte more than any kind may have: enough to be refused by its size, never an endless read.
    return source.read(LARGEST_UPLOAD + 1)


def _check_quota(owner: str, size: int) -> None:
    used = Asset.objects.of(owner).aggregate(count=Count("id"), bytes=Sum("size"))
    if used["count"] >= MAX_ASSETS_PER_OWNER:
        raise Refused(
            "media_quota_files",
            "No more files can be kept for you.",
            limit=MAX_ASSETS_PER_OWNER,
            actual=used["count"],
            fix="Ask an administrator to delete files you no longer need.",
        )
    if (used["bytes"] or 0) + size > MAX_BYTES_PER_OWNER:
        raise Refused(
            "media_quota_bytes",
            "The space for your files is used up.",
            limit=MAX_BYTES_PER_OWNER,
            actual=(used["bytes"] or 0) + size,
            fix="Ask an administrator to delete files you no longer need.",
        )
