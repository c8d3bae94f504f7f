"""Content by its key: let go only when no row names it, whatever happens beside.

Equal content lies once, so whoever deletes it must not take it from somebody who has just found it there. Two rules
make that sure without a lock around the storage. Who keeps content writes its row first and looks for the content
afterwards. Who lets content go puts it aside, then asks once more whether a row names it, and puts it back if so.
"""

from collections.abc import Collection
from contextlib import suppress

from media import storage
from media.models import Asset, Rendition

ASIDE = "aside/"


def named(keys: Collection[str]) -> set[str]:
    """Those keys that a file or a fitted copy names, ready or not. Two queries."""
    wanted = list(keys)
    return {
        *Asset.objects.filter(storage_key__in=wanted).values_list("storage_key", flat=True),
        *Rendition.objects.filter(storage_key__in=wanted).values_list("storage_key", flat=True),
    }


def drop(key: str) -> bool:
    """Delete content that no row names. Out: whether it is gone. Raises Unavailable; may be repeated after that."""
    if named([key]):
        return False
    with suppress(FileNotFoundError):
        storage.copy(key, f"{ASIDE}{key}")
        storage.delete(key)
        return settle(f"{ASIDE}{key}")
    return True


def settle(aside: str) -> bool:
    """End what `drop` began: put back what a row names by now, else let it go for good. Out: whether it is gone."""
    key = aside.removeprefix(ASIDE)
    wanted = bool(named([key]))
    if wanted:
        storage.copy(aside, key)
    storage.delete(aside)
    return not wanted
