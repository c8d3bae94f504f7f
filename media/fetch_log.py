"""Who came for which file: one row for each request at the address of an audience."""

import logging
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import DatabaseError
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from media.models import MediaFetch, PublicLink

logger = logging.getLogger(__name__)
LONGEST_CLIENT = 80
LATEST = 500
# Answers after which a fetcher has the file: the whole, a part, or what it had before.
SERVED = (200, 206, 304)


@dataclass(frozen=True, slots=True)
class Fetch:
    """One request as it is told: `whole` is how much the file has, `size` how much of it left."""

    at: datetime
    method: str
    status: int
    size: int
    whole: int
    name: str


@dataclass(frozen=True, slots=True)
class Had:
    """A file that an audience was given an address of, and whether it has ever come for it."""

    name: str
    served: bool


def note(link: int, *, method: str, status: int, size: int, client: str) -> None:
    """Write down a request. Whatever is wrong with that is logged and forgotten: the answer has left already."""
    known = "".join(c for c in client if unicodedata.category(c)[0] != "C")[:LONGEST_CLIENT]
    try:
        MediaFetch(link_id=link, at=timezone.now(), method=method, status=status, size=size, client=known).save(
            force_insert=True
        )
    except DatabaseError as error:
        logger.warning("a fetch of link %s is not on record: %s", link, type(error).__name__)


def fetches(files: Collection[UUID], audience: str, *, since: datetime, most: int) -> list[Fetch]:
    """The first `most` requests of an audience for some files since then, oldest first. One query."""
    rows = (
        MediaFetch.objects.filter(_behind(files, "link__"), link__audience=audience, at__gte=since)
        .select_related("link__asset", "link__rendition__asset")
        .order_by("at", "pk")
    )
    return [
        Fetch(row.at, row.method, row.status, row.size, file.size or 0, file.public_name)
        for row in rows[:most]
        if (file := row.link.rendition or row.link.asset)
    ]


def never_served(*, made: tuple[datetime, datetime]) -> list[PublicLink]:
    """Of the latest addresses those made between two moments from which nobody has had the file yet. One query."""
    latest = PublicLink.objects.order_by("-pk").values("pk")[:LATEST]
    rows = PublicLink.objects.filter(~Exists(_servings()), pk__in=latest, created_at__range=made)
    return list(rows.select_related("rendition").order_by("pk"))


def had(files: Collection[UUID], audience: str) -> list[Had]:
    """For each address that an audience was given of some files, whether it has ever had the file. One query."""
    rows = PublicLink.objects.filter(_behind(files, ""), audience=audience).annotate(served=Exists(_servings()))
    found = rows.select_related("asset", "rendition__asset").order_by("pk")
    return [Had(file.public_name, row.served) for row in found if (file := row.rendition or row.asset)]


def _servings() -> "QuerySet[MediaFetch]":
    """The requests for the address of an outer query after which somebody had the file."""
    return MediaFetch.objects.filter(link=OuterRef("pk"), method="GET", status__in=SERVED)


def _behind(files: Collection[UUID], way: str) -> Q:
    return Q(**{f"{way}asset__in": files}) | Q(**{f"{way}rendition__in": files})
