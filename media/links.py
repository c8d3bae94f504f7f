"""Addresses of files for one audience each, so that it is known who came for them.

A file is the id of an asset, or of its fitted copy. An address never changes, so each process remembers those it
has asked for.
"""

from collections import OrderedDict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from media.models import Asset, PublicLink, Rendition

MOST_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class Hosted:
    """Where a file is fetched, as a path on the media host, and where its bytes lie and how many they are."""

    path: str
    storage_key: str
    size: int

    @property
    def url(self) -> str:
        """The whole address."""
        return f"{settings.MEDIA_PUBLIC_BASE_URL}{self.path}"


_remembered: OrderedDict[tuple[UUID, str], Hosted] = OrderedDict()


def address(file: Asset | Rendition, audience: str) -> str:
    """The address of one file for an audience ("account:<id>")."""
    return hosted([file.pk], audience)[file.pk].url


def hosted(files: Collection[UUID], audience: str) -> dict[UUID, Hosted]:
    """Addresses for an audience of assets and fitted copies, made where they are missing.

    A file that does not exist is not in the answer. No query for what is remembered; for all the others together one,
    and a few more when an address is new. Not to be called inside a transaction that may be rolled back.
    """
    unknown = {file for file in files if (file, audience) not in _remembered}
    if unknown:
        missing = unknown - _remember(unknown, audience)
        if missing:
            _make(missing, audience)
            _remember(missing, audience)
    return {file: _remembered[file, audience] for file in files if (file, audience) in _remembered}


def _remember(files: Iterable[UUID], audience: str) -> set[UUID]:
    """Look up addresses that exist. Out: whose. One query."""
    wanted = list(files)
    rows = PublicLink.objects.filter(
        Q(asset__in=wanted) | Q(rendition__in=wanted, rendition__status=Rendition.Status.READY), audience=audience
    )
    found = set()
    for row in rows.select_related("asset", "rendition__asset"):
        file = row.rendition or row.asset
        if file is None:
            continue
        found.add(file.pk)
        _remembered[file.pk, audience] = Hosted(f"/m/{row.token}/{file.public_name}", file.storage_key, file.size or 0)
    while len(_remembered) > MOST_REMEMBERED:
        _remembered.popitem(last=False)
    return found


def _make(files: Iterable[UUID], audience: str) -> None:
    wanted = list(files)
    assets = Asset.objects.filter(pk__in=wanted).values_list("pk", flat=True)
    copies = Rendition.objects.filter(pk__in=wanted, status=Rendition.Status.READY).values_list("pk", flat=True)
    # Another process may be making the same ones; the first of each counts.
    PublicLink.objects.bulk_create(
        [
            *(PublicLink(asset_id=pk, audience=audience) for pk in assets),
            *(PublicLink(rendition_id=pk, audience=audience) for pk in copies),
        ],
        ignore_conflicts=True,
    )
