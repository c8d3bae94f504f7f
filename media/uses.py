"""Who needs which file, and how long: noted by whoever uses one, honoured by whoever lets files go.

A label says who: "template:<id>", "draft:<id>", "message:<id>".
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q

from media.models import Asset, AssetUse

MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Users:
    """Those of one sort that need a file, in words ("2 templates"), and the names and addresses of the latest."""

    words: str
    named: Sequence[tuple[str, str]] = ()


# Who notes uses says here how they are shown to a person: by the beginning of the label, from how many there are and
# the rest of the latest labels.
tellers: dict[str, Callable[[int, Sequence[str], Any], Users]] = {}


def note(asset_ids: Collection[UUID | str], label: str, until: datetime | None) -> None:
    """Keep files for `label` until then, or for good. Noted again, the new time counts. Two statements.

    What is no file of the library is passed over.
    """
    known = Asset.objects.filter(pk__in=_ids(asset_ids)).values_list("pk", flat=True)
    AssetUse.objects.bulk_create(
        [AssetUse(asset_id=pk, label=label, until=until) for pk in known],
        update_conflicts=True,
        unique_fields=["asset", "label"],
        update_fields=["until"],
    )


def forget(label: str, *, keeping: Collection[UUID | str] = ()) -> None:
    """End what was noted under a label, but for the files it still needs. One statement."""
    AssetUse.objects.filter(label=label).exclude(asset__in=_ids(keeping)).delete()


def living(now: datetime) -> Q:
    """The uses that have not ended, as a condition on AssetUse."""
    return Q(until=None) | Q(until__gt=now)


def needed(asset_ids: Collection[UUID], now: datetime) -> set[UUID]:
    """Those of the files that somebody still needs. One query."""
    return set(AssetUse.objects.filter(living(now), asset__in=asset_ids).values_list("asset_id", flat=True))


def usage(asset_ids: Collection[UUID], now: datetime) -> dict[UUID, int]:
    """How many need each file; a file that nobody needs is not in it. One query."""
    rows = AssetUse.objects.filter(living(now), asset__in=asset_ids).values("asset").annotate(number=Count("pk"))
    return {row["asset"]: row["number"] for row in rows.order_by()}


def users(asset_id: UUID, now: datetime, person: Any) -> list[Users]:
    """Who needs a file, as `tellers` put it for a person. One query, and those of each sort there is."""
    rows = AssetUse.objects.filter(living(now), asset=asset_id)
    numbers = rows.aggregate(**{kind: Count("pk", filter=Q(label__startswith=f"{kind}:")) for kind in tellers})
    told = []
    for kind, tell in tellers.items():
        if numbers[kind]:
            latest = rows.filter(label__startswith=f"{kind}:").order_by("-pk").values_list("label", flat=True)
            ids = [label.partition(":")[2] for label in latest[:MOST_NAMED]]
            told.append(tell(numbers[kind], ids, person))
    return told


def move(old: UUID, new: UUID, kinds: Collection[str]) -> list[str]:
    """Note for another file what those kinds of labels have noted for this one. Out: the labels. Three statements."""
    wanted = Q(*(Q(label__startswith=f"{kind}:") for kind in kinds), _connector=Q.OR)
    moved = list(AssetUse.objects.filter(wanted, asset=old).select_for_update().values_list("label", flat=True))
    AssetUse.objects.filter(wanted, asset=old).exclude(label__in=_labels_of(new)).update(asset=new)
    AssetUse.objects.filter(wanted, asset=old).delete()
    return moved


def labels(asset_ids: Collection[UUID], prefix: str) -> list[tuple[UUID, str]]:
    """Who has noted each file, of those whose label begins so, without that beginning. One query."""
    rows = AssetUse.objects.filter(asset__in=asset_ids, label__startswith=prefix)
    return [(asset, label.removeprefix(prefix)) for asset, label in rows.values_list("asset_id", "label")]


def _labels_of(asset_id: UUID) -> Any:
    return AssetUse.objects.filter(asset=asset_id).values("label")


def _ids(given: Iterable[UUID | str]) -> list[UUID]:
    ids = []
    for one in given:
        try:
            ids.append(one if isinstance(one, UUID) else UUID(one))
        except ValueError:
            continue
    return ids
