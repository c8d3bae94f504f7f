"""Drafts and templates on the way to a Content: files looked up, work saved, nothing sent."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import IntegrityError
from django.db.models import F
from django.db.transaction import atomic
from django.utils import timezone

from media.models import Asset
from media.storage import public_url
from messaging.content import Content, ContentError, FallbackSms, Part, Slide
from messaging.models import Draft, Message, Template
from messaging.models.templates import Part as SavedPart
from messaging.models.templates import Slide as SavedSlide
from messaging.slide_rules import Finding, Severity

EMPTY = Content(slides=(Slide(),)).to_json()


class ComposeError(ValueError):
    """Work that cannot be saved; `code` is stable, `message` says why and what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class StaleDraft(Exception):
    """The draft was saved elsewhere since it was read; `current` is how it stands now."""

    def __init__(self, current: Draft) -> None:
        super().__init__("saved elsewhere")
        self.current = current


def resolve(content: Content, *, pointer: str = "/content", owner: str | None = None) -> tuple[Content, list[Finding]]:
    """Fill in what we know of each file that the content names.

    In: a content as composed; `owner` limits the files to one owner's (integrations), None takes any (staff).
    Out: the content with type, size, seconds, name, description, digest and public address of every asset, and a
    blocking finding for each that is unknown, not ready, or of another kind. One query.
    """
    wanted = {part.asset for _where, part in content.parts() if part.asset}
    assets = {str(asset.pk): asset for asset in _assets(wanted, owner)}
    findings: list[Finding] = []
    slides = []
    for index, slide in enumerate(content.slides):
        parts = []
        for part in slide.parts:
            filled, finding = _fill(part, assets, f"{pointer}/slides/{index}/{part.kind}")
            parts.append(filled)
            findings += [finding] if finding else []
        slides.append(replace(slide, parts=tuple(parts)))
    return replace(content, slides=tuple(slides)), findings


def _assets(wanted: set[str], owner: str | None) -> list[Asset]:
    known = []
    for name in wanted:
        try:
            known.append(UUID(name))
        except ValueError:
            continue
    assets = Asset.objects.filter(pk__in=known)
    return list(assets.filter(owner=owner) if owner else assets)


def _fill(part: Part, assets: dict[str, Asset], pointer: str) -> tuple[Part, Finding | None]:
    if not part.asset:
        return part, None
    asset = assets.get(part.asset)
    if asset is None:
        return part, _asset_finding("asset_unknown", pointer, "There is no such file.", "Upload or choose it again.")
    filled = replace(
        part,
        url=public_url(asset),
        host="ours",
        mime_type=asset.mime_type,
        size=asset.size,
        seconds=asset.seconds,
        name=asset.name,
        alt=asset.alt,
        sha256=asset.sha256,
    )
    if asset.kind != part.kind:
        return filled, _asset_finding(
            "asset_wrong_kind",
            pointer,
            f"{asset.name} is a file of kind {asset.kind}, not {part.kind}.",
            "Add it as such.",
        )
    if asset.status != Asset.Status.READY:
        return filled, _asset_finding(
            "asset_not_ready", pointer, f"{asset.name} cannot be sent; it is {asset.status}.", "Choose another file."
        )
    return filled, None


def _asset_finding(code: str, pointer: str, message: str, fix: str) -> Finding:
    return Finding(code, Severity.BLOCKS, pointer, message, fix=fix)


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


def start_draft(user: User, *, template: Template | None = None, message: Message | None = None) -> Draft:
    """A new draft: empty, from a template, or from a message already sent."""
    if message is not None:
        return Draft.objects.create(
            owner=user,
            sender=message.sender,
            content=_named_files(message.frozen).to_json(),
            substitutions=message.substitutions,
        )
    content = template_content(template).to_json() if template else EMPTY
    return Draft.objects.create(owner=user, content=content)


def _named_files(content: Content) -> Content:
    """The content with nothing but the names of its files, to be resolved afresh."""
    return replace(
        content,
        slides=tuple(
            replace(slide, parts=tuple(Part(p.kind, p.asset, "" if p.asset else p.url, p.host) for p in slide.parts))
            for slide in content.slides
        ),
    )


def save_draft(
    draft_id: UUID,
    *,
    user: User,
    version: int,
    sender_id: UUID | None,
    any_sender: bool = False,
    content: dict[str, Any],
    recipients: str,
    substitutions: dict[str, str],
) -> Draft:
    """Save what is being typed, if nobody saved since `version` was read.

    Raises StaleDraft when somebody did, Draft.DoesNotExist when it is not this person's, ComposeError when the
    content has not the form of one.
    """
    try:
        Content.from_json(content)
    except ContentError as error:
        raise ComposeError(error.code, f"{error.message} ({error.pointer})") from error
    changed = Draft.objects.filter(pk=draft_id, owner=user, version=version).update(
        sender_id=sender_id,
        any_sender=any_sender,
        content=content,
        recipients=recipients,
        substitutions=substitutions,
        version=F("version") + 1,
        updated_at=timezone.now(),
    )
    draft = Draft.objects.select_related("sender").get(pk=draft_id, owner=user)
    if not changed:
        raise StaleDraft(draft)
    return draft
