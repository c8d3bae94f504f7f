"""An asset as the doors show it: one shape for the composer's script and the REST API."""

from media import storage
from media.models import Asset

Facts = dict[str, str | int | float | None]


def facts(asset: Asset) -> Facts:
    """`url` is for providers; `preview` is the same file on whatever origin the page came from."""
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
        "preview": asset.public_path,
    }
