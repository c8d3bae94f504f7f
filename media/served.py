"""What lies behind a public address: a link of one audience, a file of the library, or a fitted copy."""

import re
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from django.conf import settings
from django.utils import timezone

from media import uses
from media.models import Asset, PublicLink, Rendition

_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
_OFFERED = (Asset.Status.READY, Asset.Status.ARCHIVED)
_OF_ASSET = ("kind", "mime_type", "size", "sha256", "name", "status", "storage_key", "created_at", "expires_at")
MOST_KNOWN = 1000
_OF_RENDITION = ("mime_type", "size", "sha256", "status", "storage_key", "created_at", "asset_id")


@dataclass(frozen=True, slots=True)
class Served:
    """A file as the media host gives it out. `link` is the id of the link it was asked by, None without one.

    `offered` is False for what is not ready, or not any more; `expired` when its time is over and nobody needs it.
    """

    name: str
    kind: str
    mime_type: str
    size: int
    sha256: str
    storage_key: str
    created_at: datetime
    expires_at: datetime | None
    offered: bool
    expired: bool
    link: int | None = None


# Addresses that were served a moment ago, and until when that may be gone by: one message to many means one address
# asked for many times a second.
_known: dict[str, tuple[Served, float]] = {}


def find(token: str) -> Served | None:
    """The file behind a token, as it is or was a second ago; the end of its time counts at once.

    No query for an address that was just asked for; one for a link, which is what providers have; up to three else.
    """
    # Anything else is no token, and PostgreSQL would choke on some of it.
    if not _TOKEN.fullmatch(token):
        return None
    known, until = _known.get(token, (None, 0.0))
    if known and monotonic() < until and (known.expires_at is None or timezone.now() < known.expires_at):
        return known
    found = _find(token)
    # Only what is there: guesses would push it out.
    if found and found.offered and not found.expired:
        if len(_known) >= MOST_KNOWN:
            _known.clear()
        _known[token] = found, monotonic() + settings.MEDIA_KNOWN_SECONDS
    return found


def _find(token: str) -> Served | None:
    if link := _link(token):
        if link.rendition:
            return _copy(link.rendition, link.pk)
        return _file(link.asset, link.pk) if link.asset else None
    if asset := Asset.objects.only(*_OF_ASSET).filter(token=token).first():
        return _file(asset)
    wanted = [*_OF_RENDITION, *(f"asset__{name}" for name in _OF_ASSET)]
    rendition = Rendition.objects.select_related("asset").only(*wanted).filter(token=token).first()
    return _copy(rendition) if rendition else None


def _link(token: str) -> PublicLink | None:
    wanted = [
        "asset_id",
        "rendition_id",
        *(f"asset__{name}" for name in _OF_ASSET),
        *(f"rendition__{name}" for name in _OF_RENDITION),
        *(f"rendition__asset__{name}" for name in _OF_ASSET),
    ]
    return PublicLink.objects.select_related("asset", "rendition__asset").only(*wanted).filter(token=token).first()


def _file(asset: Asset, link: int | None = None) -> Served:
    return Served(
        name=asset.public_name,
        kind=asset.kind,
        mime_type=asset.mime_type,
        size=asset.size,
        sha256=asset.sha256,
        storage_key=asset.storage_key,
        created_at=asset.created_at,
        expires_at=asset.expires_at,
        offered=asset.status in _OFFERED,
        expired=_expired(asset),
        link=link,
    )


def _copy(rendition: Rendition, link: int | None = None) -> Served:
    asset = rendition.asset
    return Served(
        name=rendition.public_name,
        kind=asset.kind,
        mime_type=rendition.mime_type,
        size=rendition.size or 0,
        sha256=rendition.sha256,
        storage_key=rendition.storage_key,
        created_at=rendition.created_at,
        expires_at=asset.expires_at,
        offered=rendition.status == Rendition.Status.READY and asset.status in _OFFERED,
        expired=_expired(asset),
        link=link,
    )


def _expired(asset: Asset) -> bool:
    """Past its time, unless somebody still needs it: a message on its way must find its media."""
    now = timezone.now()
    return asset.expires_at is not None and asset.expires_at <= now and not uses.needed([asset.pk], now)
