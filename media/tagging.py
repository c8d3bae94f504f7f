"""Words that files are found by: put on a file, taken off, suggested."""

import unicodedata

from django.db.models import Count, Q

from media.inspection import Refused
from media.models import Asset, Tag
from media.words import gettext_noop as _

LONGEST = 40
MOST_OF_A_FILE = 20


def clean(word: str) -> str:
    """A tag as it is kept: lower case, one space between words, nothing invisible. Raises Refused."""
    kept = " ".join("".join(c if unicodedata.category(c)[0] != "C" else " " for c in word).split()).lower()
    if not kept or len(kept) > LONGEST:
        raise Refused(
            "tag_length",
            _("A tag has 1 to {limit} characters; this one has {actual}."),
            {"limit": LONGEST, "actual": len(kept)},
            limit=LONGEST,
            actual=len(kept),
            fix=_("Write a shorter word.") if kept else _("Write a word."),
        )
    return kept


def add(asset: Asset, words: str) -> None:
    """Put tags on a file, several with commas between them. Again changes nothing. Raises Refused."""
    wanted = {clean(word) for word in words.split(",")[: MOST_OF_A_FILE + 1]}
    number = len(wanted.union(asset.tags.values_list("name", flat=True)))
    if number > MOST_OF_A_FILE:
        raise Refused(
            "tags_too_many",
            _("A file has at most {limit} tags; these would be {actual}."),
            {"limit": MOST_OF_A_FILE, "actual": number},
            limit=MOST_OF_A_FILE,
            actual=number,
            fix=_("Take one off first."),
        )
    # Somebody else may be inventing the same word.
    Tag.objects.bulk_create([Tag(name=word) for word in wanted], ignore_conflicts=True)
    asset.tags.add(*Tag.objects.filter(name__in=wanted))


def drop(asset: Asset, word: str) -> None:
    """Take a tag off a file; one that it has not is passed over."""
    asset.tags.remove(*asset.tags.filter(name=word))


def known(most: int) -> list[str]:
    """The tags of the files that can be used, those of the most files first. One query."""
    of_files = Count("assets", filter=Q(assets__status=Asset.Status.READY))
    used = Tag.objects.annotate(number=of_files).filter(number__gt=0).order_by("-number", "name")
    return list(used.values_list("name", flat=True)[:most])
