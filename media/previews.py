"""What a page shows of a file: the file itself, or a small copy where browsers cannot show it or it is too large."""

from collections.abc import Collection
from uuid import UUID

from media import renditions
from media.fitting import Target
from media.models import Asset, Rendition

# What browsers show as it is; of the other kinds nothing is shown.
SHOWABLE = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp", "image/avif"})
SHOWABLE |= {"video/mp4", "audio/mpeg", "audio/mp4", "audio/wav"}
TARGETS = {
    "image": Target(("image/jpeg", "image/png", "image/gif"), 150_000, side=960),
    "video": Target(("video/mp4",), 1_500_000, side=640),
    "audio": Target(("audio/mpeg",), 1_500_000),
}
LINES = frozenset(map(str, TARGETS.values()))
# A page of pictures larger than this would take a minute to come.
HEAVY = 400_000


def shown(assets: Collection[Asset], *, light: bool = False) -> dict[UUID, str]:
    """Where each file can be looked at on our own origin; "" where it cannot, or not yet.

    A copy is asked for when somebody looks for the first time. `light` takes one for large pictures too, for pages that
    show many; the original stands in until it is made. No query, or three.
    """
    wanted = [asset for asset in assets if asset.kind in TARGETS and _needs_copy(asset, light)]
    copies = renditions.ask_all([(asset, TARGETS[asset.kind]) for asset in wanted]) if wanted else []
    ready = {copy.asset_id: copy.public_path for copy in copies if copy.status == Rendition.Status.READY}
    return {asset.pk: ready.get(asset.pk) or _itself(asset) for asset in assets}


def waited_for(asset: Asset) -> bool:
    """Whether a copy that has to be shown instead of the file is being made. One query, or none."""
    if asset.kind not in TARGETS or asset.mime_type in SHOWABLE:
        return False
    waiting = asset.renditions.filter(target=str(TARGETS[asset.kind]), status__in=["waiting", "running"])
    answer: bool = waiting.exists()
    return answer


def _needs_copy(asset: Asset, light: bool) -> bool:
    heavy = light and asset.kind == "image" and asset.size > HEAVY
    return asset.mime_type not in SHOWABLE or heavy


def _itself(asset: Asset) -> str:
    return asset.public_path if asset.mime_type in SHOWABLE else ""
