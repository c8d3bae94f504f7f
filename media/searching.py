"""Files of the library that somebody looks for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q
from django.utils.http import urlencode

from media.inspection import KINDS
from media.models import Asset, AssetQuerySet, Tag

LONGEST_QUERY = 100
_UUID = re.compile(r"[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: words of name, description or tags, a kind, a tag; `archived` looks into the archive.

    `before` is the id after which the list goes on.
    """

    query: str = ""
    kind: str = ""
    tag: str = ""
    archived: bool = False
    before: UUID | None = None

    @classmethod
    def read(cls, fields: Mapping[str, str]) -> "Wanted":
        """Read an address; what makes no sense in it is as if it were not there."""
        kind, before = fields.get("kind", ""), fields.get("before", "")
        return cls(
            query=_text(fields.get("q", ""))[:LONGEST_QUERY],
            kind=kind if kind in KINDS else "",
            tag=_text(fields.get("tag", ""))[:LONGEST_QUERY],
            archived=fields.get("archived", "") == "1",
            before=UUID(before) if _UUID.fullmatch(before) else None,
        )

    @property
    def narrowed(self) -> bool:
        return bool(self.query or self.kind or self.tag)

    def following(self, before: UUID) -> str:
        """The address of what comes after a file."""
        said = {"q": self.query, "kind": self.kind, "tag": self.tag, "archived": "1" if self.archived else ""}
        return urlencode({**{name: value for name, value in said.items() if value}, "before": str(before)})


def search(wanted: Wanted) -> AssetQuerySet:
    """The files that fit, newest first."""
    status = Asset.Status.ARCHIVED if wanted.archived else Asset.Status.READY
    found: AssetQuerySet = Asset.objects.filter(status=status).order_by("-id")
    if wanted.kind:
        found = found.filter(kind=wanted.kind)
    if wanted.tag:
        found = found.filter(tags__name=wanted.tag)
    if wanted.query:
        tagged = Asset.tags.through.objects.filter(tag__in=Tag.objects.filter(name__icontains=wanted.query))
        named = Q(name__icontains=wanted.query) | Q(alt__icontains=wanted.query)
        found = found.filter(named | Q(pk__in=tagged.values("asset")))
    return found.filter(id__lt=wanted.before) if wanted.before else found


def _text(given: str) -> str:
    return given.replace("\0", "").strip()
