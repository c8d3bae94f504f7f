"""A file that takes the place of another: who used the old one uses the new one, what was sent keeps the old one."""

from collections.abc import Collection
from pathlib import PurePath
from uuid import UUID

from django.db.transaction import atomic
from django.dispatch import Signal

from media import uploads
from media.inspection import Refused
from media.models import EXTENSIONS, Asset
from media.words import gettext_noop as _

# Sent within the commit, with `old` and `new`: whoever names files by their ids changes the names in it.
replaced = Signal()
MOST_STEPS = 20


def replace(old: Asset, new: Asset) -> Asset:
    """Give `new` the name, description, tags, owner and place of `old`, which goes into the archive.

    Again changes nothing. Raises Refused for a file of another kind, the same content, or an `old` that is archived.
    """
    if new.replaces_id == old.pk:
        return new
    _demand_alike(old, new)
    with atomic():
        row = Asset.objects.select_for_update().get(pk=old.pk)
        if row.status != Asset.Status.READY:
            raise Refused("file_archived", _("The file is in the archive."), fix=_("Bring it back first."))
        new.replaces, new.name, new.alt, new.owner = row, _name(row, new), row.alt, row.owner
        new.save(update_fields=["replaces", "name", "alt", "owner"])
        new.tags.set(row.tags.all())
        uploads.archive(row)
        replaced.send(Asset, old=row, new=new)
    return new


def latest(names: Collection[str]) -> dict[str, str]:
    """Those of the files, by their ids, whose place another one has taken, with the id of that. One query for most."""
    found: dict[str, str] = {}
    ahead = {UUID(name): name for name in names}
    for _step in range(MOST_STEPS):
        taken = Asset.objects.filter(replaces__in=ahead, replaces__status=Asset.Status.ARCHIVED)
        steps = dict(taken.exclude(status=Asset.Status.PENDING).order_by("pk").values_list("replaces_id", "pk"))
        if not steps:
            break
        ahead = {new: ahead[old] for old, new in steps.items()}
        found |= {name: str(new) for new, name in ahead.items()}
    return found


def _demand_alike(old: Asset, new: Asset) -> None:
    if new.kind != old.kind:
        raise Refused(
            "other_kind",
            _("{name} is of kind {old}, the new file of kind {new}."),
            {"name": old.name, "old": old.kind, "new": new.kind},
            limit=old.kind,
            actual=new.kind,
            fix=_("Choose a file of the same kind, or upload this one beside it."),
        )
    if new.sha256 == old.sha256:
        raise Refused("same_file", _("This is the same file."), fix=_("Choose the new one."))


def _name(old: Asset, new: Asset) -> str:
    """The old name, with the ending of the true type where that is another one."""
    if new.mime_type == old.mime_type:
        return old.name
    return f"{PurePath(old.name).stem[:100]}.{EXTENSIONS.get(new.mime_type, 'bin')}"
