"""From what was composed to what is known of it: every file that a content names is looked up."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from media import renditions
from media.models import Asset, Rendition
from media.replacing import latest
from media.storage import public_url
from messaging import attached
from messaging.content import Content, Part
from messaging.slide_rules import Finding, Severity
from messaging.slide_rules.findings import Values, finding
from messaging.slide_rules.findings import gettext_noop as _


class ComposeError(ValueError):
    """Work that cannot be saved; `code` is stable, `message` says why and what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def resolve(content: Content, *, pointer: str = "/content", owner: str | None = None) -> tuple[Content, list[Finding]]:
    """Fill in what we know of each file that the content names.

    In: a content as composed; `owner` limits the files to one owner's (integrations), None takes any (staff).
    Out: the content with type, size, seconds, name, description, digest and public address of every asset, or of its
    fitted copy where one is named, and a blocking finding for each that is unknown, not ready, or of another kind. One
    query, and one more for copies; none when no file is named.
    """
    wanted = {part.asset for _where, part in content.parts() if part.asset}
    if not wanted:
        return content, []
    assets = {str(asset.pk): asset for asset in _assets(wanted, owner)}
    copies = renditions.named({part.rendition for _where, part in content.parts() if part.rendition})
    findings: list[Finding] = []
    slides = []
    for index, slide in enumerate(content.slides):
        parts = []
        for part in slide.parts:
            filled, wrong = _fill(part, assets, f"{pointer}/slides/{index}/{part.kind}")
            if part.rendition and wrong is None:
                filled, wrong = _copied(filled, copies, f"{pointer}/slides/{index}/{part.kind}/rendition")
            parts.append(filled)
            findings += [wrong] if wrong else []
        slides.append(replace(slide, parts=tuple(parts)))
    return replace(content, slides=tuple(slides)), findings


def followed(content: Mapping[str, Any]) -> dict[str, Any]:
    """A content in its JSON form with the files that stand in the place of those it names. A query if it names any."""
    named = attached.named_in(content)
    return attached.exchanged(content, latest(named)) if named else dict(content)


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
        return part, _asset_finding(
            "asset_unknown", pointer, _("There is no such file."), _("Upload or choose it again.")
        )
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
            _("{file} is a file of kind {kind}, not {wanted}."),
            _("Add it as such."),
            {"file": asset.name, "kind": asset.kind, "wanted": part.kind},
        )
    if asset.status != Asset.Status.READY:
        return filled, _asset_finding(
            "asset_not_ready",
            pointer,
            _("{file} cannot be sent; it is {status}."),
            _("Choose another file."),
            {"file": asset.name, "status": asset.status},
        )
    return filled, None


def _copied(part: Part, copies: dict[str, Rendition], pointer: str) -> tuple[Part, Finding | None]:
    """The part with what is known of its fitted copy; one that is not ready is made, if it must be, on sending."""
    copy = copies.get(part.rendition)
    if copy is None or str(copy.asset_id) != part.asset:
        message = _("There is no such copy of this file.")
        fix = _("Leave the copy out; one that fits is made on sending.")
        return replace(part, rendition=""), _asset_finding("rendition_unknown", pointer, message, fix)
    if copy.status != Rendition.Status.READY:
        return replace(part, rendition=""), None
    return with_copy(part, copy), None


def with_copy(part: Part, copy: Rendition) -> Part:
    """The part as it goes out by a fitted copy that is ready."""
    return replace(
        part,
        rendition=str(copy.pk),
        url=public_url(copy),
        mime_type=copy.mime_type,
        size=copy.size or 0,
        seconds=copy.seconds if part.seconds is not None else None,
        sha256=copy.sha256,
    )


def _asset_finding(code: str, pointer: str, words: str, fix: str, values: Values | None = None) -> Finding:
    return finding(code, Severity.BLOCKS, pointer, words, values, fix=fix)
