"""Files that took the place of others, in what people work on: templates and drafts. What was sent is left alone."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import F

from media import uses
from media.models import Asset
from messaging import attached
from messaging.drafts import state_of
from messaging.models import Draft, DraftVersion, Template, TemplateVersion
from messaging.models.templates import Part

KINDS = ("template", "draft")


def follow(*, old: Asset, new: Asset, **_signal: Any) -> None:
    """Name the new file wherever templates and drafts name the old one. Part of the caller's commit."""
    labels = uses.move(old.pk, new.pk, KINDS)
    names = {str(old.pk): str(new.pk)}
    _follow_templates(_ids(labels, "template"), names, old, new)
    _follow_drafts(_ids(labels, "draft"), names)


def forget(*, instance: Draft, **_signal: Any) -> None:
    """A draft that is gone needs no file."""
    uses.forget(f"draft:{instance.pk}")


def _follow_drafts(ids: list[str], names: Mapping[str, str]) -> None:
    drafts = list(Draft.objects.select_for_update().filter(pk__in=ids))
    for draft in drafts:
        draft.content = attached.exchanged(draft.content, names)
    # A page that is open at the old version says the same, with the old name: it is no second tab.
    kept = [DraftVersion(draft=draft, version=draft.version, state=state_of(draft)) for draft in drafts]
    DraftVersion.objects.bulk_create(kept, ignore_conflicts=True)
    for draft in drafts:
        draft.version += 1
    Draft.objects.bulk_update(drafts, ["content", "version"], batch_size=200)


def _follow_templates(ids: list[str], names: Mapping[str, str], old: Asset, new: Asset) -> None:
    """The templates' next versions, with the new file."""
    templates = Template.objects.select_for_update().filter(pk__in=ids)
    # A version that was never kept is kept when the template is changed next.
    now = {template.pk: template.version for template in templates}
    kept = [row for row in TemplateVersion.objects.filter(template__in=now) if row.version == now[row.template_id]]
    Part.objects.filter(slide__template__in=now, asset=old).update(asset=new)
    Template.objects.filter(pk__in=[row.template_id for row in kept]).update(version=F("version") + 1)
    TemplateVersion.objects.bulk_create(
        [
            TemplateVersion(
                template_id=row.template_id,
                version=row.version + 1,
                name=row.name,
                content=attached.exchanged(row.content, names),
                variables=row.variables,
                created_by=row.created_by,
            )
            for row in kept
        ]
    )


def _ids(labels: Iterable[str], kind: str) -> list[str]:
    return [label.partition(":")[2] for label in labels if label.startswith(f"{kind}:")]
