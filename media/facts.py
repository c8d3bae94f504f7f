"""An asset as the doors show it: one shape for the composer's script and the REST API."""

from media import previews, storage
from media.models import Asset

Facts = dict[str, str | int | float | None]


def facts(asset: Asset) -> Facts:
    """`url` is for providers; `preview` shows it on the origin of the page, "" where it cannot be shown (yet)."""
    return {
        "id": str(asset.id),
        "kind": asset.kind,
        "type": asset.mime_type,
        "size": asset.size,
        "width": asset.width,
        "height": asset.height,
        "seconds": asset.seconds,
        "name": asset.name,
        "alt": asset.alt,
        "status": asset.status,
        "url": storage.public_url(asset),
        "preview": previews.shown([asset])[asset.pk],
    }
