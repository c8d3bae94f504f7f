"""Templates: a content kept under a name, each change of it a version that can be looked at and restored."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError
from django.db.models import Count, Max, Sum
from django.db.transaction import atomic
from django.utils import timezone

from media import uses
from messaging import attached
from messaging.composing import ComposeError, followed, resolve
from messaging.content import Content, FallbackSms, Part, Slide
from messaging.models import Draft, Message, Template, TemplateVersion
from messaging.models.templates import Part as SavedPart
from messaging.models.templates import Slide as SavedSlide

LONGEST_NAME = 200
LONGEST_SUBJECT = 80
NAME = re.compile(r"[A-Za-z0-9_]{1,64}")
MOST_VARIABLES, LONGEST_SAMPLE, LONGEST_ABOUT = 100, 1000, 200
Variables = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Usage:
    """What became of a template: messages sent from it and to how many, the latest, and drafts begun with it."""

    messages: int
    recipients: int
    latest: datetime | None
    drafts: int


def template_content(template: Template) -> Content:
    """The content that a template holds; its files are named, not yet resolved. Two queries."""
    return Content(
        name=template.name,
        subject=template.subject,
        slides=tuple(
            Slide(slide.text, slide.duration, tuple(Part(p.kind, asset=str(p.asset_id)) for p in slide.parts.all()))
            for slide in template.slides.prefetch_related("parts")
        ),
        fallback=FallbackSms(template.fallback_text, link=template.fallback_link, disabled=template.fallback_disabled),
    )


def save_template(
    content: Content,
    *,
    name: str,
    user: User | None,
    template: Template | None = None,
    variables: Variables | None = None,
) -> Template:
    """Keep a content as a template, or as the next version of one; what its placeholders mean stays unless given.

    Without a user it is an integration that saves. Raises ComposeError: no name, a name that another template has, a
    variable that is none, or a medium that is not a file of ours.
    """
    name = name.strip()
    _demand_sound(content, name, variables or {})
    try:
        with atomic():
            return _write(content, name, user, template, variables)
    except IntegrityError as error:
        raise ComposeError("template_name_taken", f"Another template is called “{name}”.") from error


def rename_template(template: Template, name: str, user: User) -> Template:
    """The same content under another name, as the next version. Raises as `save_template`."""
    return save_template(template_content(template), name=name, user=user, template=template)


def save_variables(template: Template, variables: Variables, user: User) -> Template:
    """What the placeholders mean, with an example of each, as the next version. Raises as `save_template`."""
    return save_template(
        template_content(template), name=template.name, user=user, template=template, variables=variables
    )


def restore_template(template: Template, version: int, user: User) -> Template:
    """Make the content and variables of an earlier version the next one; the name stays as it is.

    Raises TemplateVersion.DoesNotExist, and as `save_template` when a file of it is gone meanwhile.
    """
    kept = TemplateVersion.objects.get(template=template, version=version)
    content = Content.from_json(followed(kept.content), stored=True)
    return save_template(content, name=template.name, user=user, template=template, variables=kept.variables)


def duplicate_template(template: Template, user: User) -> Template:
    """A new template with the same content, named after the old one. Raises as `save_template`."""
    stem = template.name[: LONGEST_NAME - 12]
    taken = set(Template.objects.filter(name__startswith=f"{stem} (").values_list("name", flat=True))
    name = next(name for number in range(2, len(taken) + 3) if (name := f"{stem} ({number})") not in taken)
    return save_template(template_content(template), name=name, user=user, variables=template.variables)


def archive_template(template: Template, *, archived: bool) -> None:
    """Out of the list, or back into it. Nothing is lost either way."""
    Template.objects.filter(pk=template.pk).update(archived_at=timezone.now() if archived else None)


def delete_template(template: Template) -> None:
    """Away with it and its versions; messages sent from it keep their own copy."""
    label = _label(template)
    with atomic():
        template.delete()
        uses.forget(label)


def keep_version(template: Template, user: User | None) -> None:
    """Keep the template as it stands as its present version, unless that is kept already."""
    content = template_content(template)
    TemplateVersion.objects.get_or_create(
        template=template,
        version=template.version,
        defaults={
            "name": template.name,
            "content": content.to_json(),
            "variables": template.variables,
            "created_by": user,
        },
    )
    uses.note(attached.files(content), _label(template), None)


def usage(template: Template) -> Usage:
    """How often and for what it was used. Two queries."""
    sent: dict[str, Any] = Message.objects.filter(template=template, test=False).aggregate(
        number=Count("pk"), recipients=Sum("total"), latest=Max("created_at")
    )
    drafts = Draft.objects.filter(template=template).count()
    return Usage(sent["number"], sent["recipients"] or 0, sent["latest"], drafts)


def samples(template: Template) -> dict[str, str]:
    """An example for each placeholder that has one."""
    return {name: about["sample"] for name, about in template.variables.items() if about.get("sample")}


def _demand_sound(content: Content, name: str, variables: Variables) -> None:
    if not name or len(name) > LONGEST_NAME:
        raise ComposeError("template_name", f"Give the template a name of 1 to {LONGEST_NAME} characters.")
    if len(content.subject) > LONGEST_SUBJECT:
        raise ComposeError("subject_too_long", f"A template's subject has at most {LONGEST_SUBJECT} characters.")
    _demand_variables(variables)
    _resolved, findings = resolve(content)
    if findings:
        raise ComposeError(findings[0].code, findings[0].message)
    if any(not part.asset for _where, part in content.parts()):
        raise ComposeError("template_foreign_media", "A template holds files of the library only; upload the file.")


def _demand_variables(variables: Variables) -> None:
    if len(variables) > MOST_VARIABLES:
        raise ComposeError("variables_too_many", f"A template has at most {MOST_VARIABLES} variables.")
    for name, about in variables.items():
        if not NAME.fullmatch(name):
            raise ComposeError("variable_name", f"“{name[:40]}” cannot be a placeholder. Use letters, digits and _.")
        if len(about.get("sample", "")) > LONGEST_SAMPLE or len(about.get("about", "")) > LONGEST_ABOUT:
            limits = f"{LONGEST_SAMPLE} characters as an example, {LONGEST_ABOUT} as its meaning"
            raise ComposeError("variable_too_long", f"“{name}” takes at most {limits}.")


def _write(
    content: Content, name: str, user: User | None, template: Template | None, variables: Variables | None
) -> Template:
    if template is None:
        template = Template(created_by=user)
    else:
        # Who else writes waits here; both become versions.
        template = Template.objects.select_for_update().get(pk=template.pk)
        keep_version(template, template.created_by)
        template.version += 1
        template.slides.all().delete()
    template.name, template.subject = name, content.subject
    template.fallback_text = content.fallback.text
    template.fallback_link, template.fallback_disabled = content.fallback.link, content.fallback.disabled
    if variables is not None:
        template.variables = {name: dict(about) for name, about in variables.items()}
    template.save()
    _write_slides(template, content)
    keep_version(template, user)
    return template


def _write_slides(template: Template, content: Content) -> None:
    saved = SavedSlide.objects.bulk_create(
        SavedSlide(template=template, position=index, text=slide.text, duration=min(max(slide.duration, 1), 60))
        for index, slide in enumerate(content.slides)
    )
    SavedPart.objects.bulk_create(
        SavedPart(slide=row, kind=part.kind, asset_id=part.asset)
        for row, slide in zip(saved, content.slides, strict=True)
        for part in slide.parts
    )


def _label(template: Template) -> str:
    return f"template:{template.pk}"
