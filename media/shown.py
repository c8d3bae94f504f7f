"""Files as the pages of the library show them: cards, and one file with its copies."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from media import previews, uploads, uses
from media.models import EXTENSIONS, Asset, Rendition
from media.words import said

MOST_COPIES = 10
GIGABYTE = 1_000_000_000
# What is taken out of every file, as the page says beforehand: no news on a card.
EXPECTED = {"metadata_removed", "image_turned"}


def owner_of(request: HttpRequest) -> str:
    return f"user:{request.user.pk}"


def editable(request: HttpRequest, assets: list[Asset]) -> list[dict[str, object]]:
    """Assets as their cards show them, with what this person may do with each. A query or four."""
    mine, user = owner_of(request), request.user
    may_change, may_delete = user.has_perm("media.change_asset"), user.has_perm("media.delete_asset")
    addresses = previews.shown(assets, light=True)
    needed = uses.usage([asset.pk for asset in assets], timezone.now())
    return [
        {
            "row": asset,
            "summary": summary(asset),
            "preview": addresses[asset.pk],
            "users": needed.get(asset.pk, 0),
            "noted": [said(one, _) for one in asset.noted],
            "warned": [said(one, _) for one in asset.noted if one["code"] not in EXPECTED],
            "changeable": may_change or asset.owner == mine,
            "removable": may_delete or asset.owner == mine,
        }
        for asset in assets
    ]


def whole(request: HttpRequest, asset: Asset) -> dict[str, Any]:
    """One file with everything that is known of it, as its own page shows it."""
    [shown] = editable(request, [asset])
    copies = asset.renditions.exclude(target__in=previews.LINES).filter(status=Rendition.Status.READY)
    preview = previews.shown([asset])[asset.pk]
    return {
        "asset": shown | {"preview": preview},
        "waits": not preview and previews.waited_for(asset),
        "archived": asset.status == Asset.Status.ARCHIVED,
        "tags": list(asset.tags.values_list("name", flat=True)),
        "copies": [_copy(asset, copy) for copy in copies.order_by("-used_at")[:MOST_COPIES]],
        "users": uses.users(asset.pk, timezone.now(), request.user),
        "replaced": asset.replaces,
        "successor": asset.replaced_by.order_by("-pk").first(),
    }


def summary(file: Asset | Rendition) -> str:
    """Type, pixels, playing time and size on one line."""
    kind = file.kind if isinstance(file, Asset) else file.mime_type.rpartition("/")[2]
    parts = [EXTENSIONS.get(file.mime_type, kind).upper()]
    if file.width:
        parts.append(f"{file.width} × {file.height}")  # noqa: RUF001
    if file.seconds:
        number = f"{file.seconds:.0f}" if file.seconds >= 1 else f"{file.seconds:.1f}"
        parts.append(_("%(number)s s") % {"number": number})
    return " · ".join([*parts, size_text(file.size or 0)])


def size_text(size: int) -> str:
    """Bytes as people read them, in units of 1000 as the providers count."""
    if size >= 1_000_000:
        return f"{number_format(round(size / 1_000_000, 1))} {_('MB')}"
    return f"{max(1, round(size / 1000))} {_('KB')}"


def space(request: HttpRequest) -> dict[str, object]:
    """How much of one's space is taken, in words and for a meter."""
    taken, most = uploads.used(owner_of(request)), uploads.MAX_BYTES_PER_OWNER
    # The fuller of the two is what stops the next file.
    share = max(taken.size / most, taken.files / uploads.MAX_ASSETS_PER_OWNER)
    return {
        "used": f"{taken.size / GIGABYTE:.1f}",
        "most": f"{most / GIGABYTE:.0f}",
        "count": taken.files,
        "most_count": uploads.MAX_ASSETS_PER_OWNER,
        "percent": min(100, round(100 * share)),
    }


def _copy(asset: Asset, copy: Rendition) -> dict[str, object]:
    measured: Mapping[str, Any] = copy.measured
    alike = measured.get("ssim", measured.get("envelope"))
    return {
        "row": copy,
        "summary": summary(copy),
        "saved": max(0, round(100 - 100 * (copy.size or 0) / asset.size)),
        "alike": None if alike is None else round(100 * alike),
        "done": said(measured.get("done", {}), _),
        "shown": copy.mime_type in previews.SHOWABLE,
    }
