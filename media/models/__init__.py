"""What is stored of files: library, fitted copies, public addresses, uploads under way."""

from media.models.arrivals import Upload
from media.models.assets import EXTENSIONS, Asset, AssetQuerySet, AssetUse, Tag, new_token
from media.models.hosting import MediaFetch, PublicLink
from media.models.renditions import Rendition

__all__ = [
    "EXTENSIONS",
    "Asset",
    "AssetQuerySet",
    "AssetUse",
    "MediaFetch",
    "PublicLink",
    "Rendition",
    "Tag",
    "Upload",
    "new_token",
]
