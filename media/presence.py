"""Whether stored files can be read right now, asked right before somebody is sent to fetch them."""

import logging
from collections.abc import Mapping
from enum import StrEnum
from time import monotonic

from media import storage

logger = logging.getLogger(__name__)
# All questions of one call together; the last one may take as long as the storage's own limits allow.
PATIENCE = 5.0
# How long an answer counts: what was there a moment ago is asked for again only after that.
TRUSTED = 10.0
# How long nothing is asked of a storage that did not answer.
LEFT_ALONE = 3.0
MOST_REMEMBERED = 10_000


class Trouble(StrEnum):
    """What is wrong with a stored file."""

    LOST = "lost"
    UNAVAILABLE = "unavailable"


_seen: dict[str, float] = {}
_away_until = 0.0


def troubles(files: Mapping[str, int]) -> dict[str, Trouble]:
    """Those of the stored files that cannot be read as they were stored, and why. In: the bytes of each by its key.

    One short question for each that is not known.
    """
    global _away_until
    found: dict[str, Trouble] = {}
    ends = monotonic() + PATIENCE
    for key, size in files.items():
        now = monotonic()
        if _seen.get(key, 0.0) > now:
            continue
        if now < _away_until or now > ends:
            found[key] = Trouble.UNAVAILABLE
            continue
        try:
            whole = storage.size(key) == size
        except FileNotFoundError:
            found[key] = Trouble.LOST
            logger.error("the content %s is not in the storage", key)
        except storage.Unavailable as error:
            found[key] = Trouble.UNAVAILABLE
            _away_until = monotonic() + LEFT_ALONE
            logger.warning("media cannot be read: %s", error)
        else:
            if whole:
                _remember(key)
                continue
            # A provider would fetch half a picture, and the recipient see none.
            found[key] = Trouble.LOST
            logger.error("the content %s is not whole in the storage", key)
    return found


def _remember(key: str) -> None:
    if len(_seen) >= MOST_REMEMBERED:
        _seen.clear()
    _seen[key] = monotonic() + TRUSTED


def forget() -> None:
    """Ask anew from now on."""
    global _away_until
    _seen.clear()
    _away_until = 0.0
