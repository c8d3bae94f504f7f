"""Templates: a content kept under a name, each change of it a version that can be looked at and restored."""

from django.contrib.auth.models import User
from django.db import IntegrityError
from django.db.transaction import atomic

from messaging.composing import ComposeError, resolve
from messaging.content import Content, FallbackSms, Part, Slide
from messaging.models import Template
from messaging.models.templates import Part as SavedPart
from messaging.models.templates import Slide as SavedSlide


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


def save_template(content: Content, *, name: str, user: User, template: Template | None = None) -> Template:
    """Keep a content as a template, or as the next version of one.

    Raises ComposeError: no name, a name that another template has, or a medium that is not a file of ours.
    """
    name = name.strip()
    if not name or len(name) > 200:
        raise ComposeError("template_name", "Give the template a name of 1 to 200 characters.")
    if len(content.subject) > 80:
        raise ComposeError("subject_too_long", "A template's subject has at most 80 characters.")
    _resolved, findings = resolve(content)
    if findings:
        raise ComposeError(findings[0].code, findings[0].message)
    if any(not part.asset for _where, part in content.parts()):
        raise ComposeError("template_foreign_media", "A template holds files of the library only; upload the file.")
    try:
        with atomic():
            return _write_template(content, name, user, template)
    except IntegrityError as error:
        raise ComposeError("template_name_taken", f"Another template is called “{name}”.") from error


def _write_template(content: Content, name: str, user: User, template: Template | None) -> Template:
    if template is None:
        template = Template(created_by=user)
    else:
        template.version += 1
        template.slides.all().delete()
    template.name, template.subject = name, content.subject
    template.fallback_text = content.fallback.text
    template.fallback_link, template.fallback_disabled = content.fallback.link, content.fallback.disabled
    template.save()
    saved = SavedSlide.objects.bulk_create(
        SavedSlide(template=template, position=index, text=slide.text, duration=min(max(slide.duration, 1), 60))
        for index, slide in enumerate(content.slides)
    )
    SavedPart.objects.bulk_create(
        SavedPart(slide=row, kind=part.kind, asset_id=part.asset)
        for row, slide in zip(saved, content.slides, strict=True)
        for part in slide.parts
    )
    return template
