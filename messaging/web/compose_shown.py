"""Slides and media as the composer page shows them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext, gettext_lazy, gettext_noop

from media import previews
from media.models import Asset, Rendition
from media.renditions import named
from media.shown import size_text
from messaging.content import Content, Part, Slide

KINDS = {
    "image": (gettext_noop("Image"), "image", ".jpg,.jpeg,.png,.gif,.webp,.heic,.heif,.avif"),
    "video": (gettext_noop("Video"), "film", ".mp4,.m4v,.mov,.3gp"),
    "audio": (gettext_noop("Audio"), "audio-lines", ".mp3,.m4a,.amr,.wav"),
    "contact": ("vCard", "contact-round", ".vcf,.vcard"),
    "calendar": (gettext_noop("Event"), "calendar-days", ".ics,.ical"),
    "pdf": ("PDF", "file-text", ".pdf"),
    "passbook": (gettext_noop("Pass"), "ticket", ".pkpass"),
}
UPLOADS = [{"label": gettext_lazy(label), "icon": icon, "accept": accept} for label, icon, accept in KINDS.values()]
File = Asset | Rendition
DURATIONS = (1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60)


@dataclass(frozen=True, slots=True)
class ShownPart:
    """A medium: `value` is what the form posts for it, `preview` its address on this origin."""

    kind: str
    icon: str
    value: str = ""
    name: str = ""
    meta: str = ""
    size: str = ""
    preview: str = ""
    alt: str = ""


@dataclass(frozen=True, slots=True)
class ShownSlide:
    """A slide: `text` as written, `shown_text` and `shown_subject` as the chosen recipient reads them."""

    key: str
    number: int | str
    text: str
    duration: int
    parts: tuple[ShownPart, ...] = ()
    shown_text: str = ""
    shown_subject: str = ""

    @property
    def durations(self) -> list[int]:
        """The choices of the duration list, with the present value among them."""
        return sorted({*DURATIONS, self.duration})


BLANK = ShownSlide("__key__", "", "", 5)
BLANK_PARTS = [ShownPart(kind, icon) for kind, (_label, icon, _accept) in KINDS.items()]


def assets_of(content: Content) -> dict[str, File]:
    """The files a content names and their copies that are ready, by their ids. One query, one more for copies."""
    wanted = {UUID(part.asset) for _where, part in content.parts() if part.asset}
    files: dict[str, File] = {str(asset.pk): asset for asset in Asset.objects.filter(pk__in=wanted)}
    copies = named({part.rendition for _where, part in content.parts() if part.rendition})
    return files | {name: copy for name, copy in copies.items() if copy.status == Rendition.Status.READY}


def shown_slides(
    content: Content, keys: Iterable[str], assets: Mapping[str, File], values: Mapping[str, str]
) -> list[ShownSlide]:
    """The slides of a content, under the names the page gave them, with `values` filled into the preview's texts."""
    filled = content.substituted(values)
    addresses = previews.shown([file for file in assets.values() if isinstance(file, Asset)])
    return [
        ShownSlide(
            key=key,
            number=index + 1,
            text=slide.text,
            duration=slide.duration,
            parts=_parts(slide, assets, addresses),
            shown_text=filled.slides[index].text,
            shown_subject=filled.subject if index == 0 else "",
        )
        for index, (key, slide) in enumerate(zip(keys, content.slides, strict=True))
    ]


def _parts(slide: Slide, assets: Mapping[str, File], addresses: Mapping[UUID, str]) -> tuple[ShownPart, ...]:
    return tuple(_part(part, assets.get(part.asset), assets.get(part.rendition), addresses) for part in slide.parts)


def _part(part: Part, asset: File | None, copy: File | None, addresses: Mapping[UUID, str]) -> ShownPart:
    label, icon, _accept = KINDS[part.kind]
    if not isinstance(asset, Asset):
        value = f"{part.kind}:asset:{part.asset}" if part.asset else f"{part.kind}:{part.host}:{part.url}"
        name = part.url.rsplit("/", 1)[-1][:120] or gettext("A file that is gone")
        return ShownPart(part.kind, icon, value, name, part.url[:120] or gettext("Choose another file"))
    goes = copy or asset
    return ShownPart(
        part.kind,
        icon,
        value=f"{part.kind}:asset:{part.asset}" + (f":{part.rendition}" if copy else ""),
        name=asset.name,
        meta=meta(label, goes),
        size=size_text(goes.size or 0),
        preview=copy.public_path if copy else addresses[asset.pk],
        alt=asset.alt,
    )


def meta(label: str, asset: File) -> str:
    """What is known of a file beside its size: pixels, seconds and type, or else its label."""
    facts = [f"{asset.width} x {asset.height}"] if asset.width else []
    facts += [f"{asset.seconds:.0f} s"] if asset.seconds else []
    return ", ".join([*facts, asset.mime_type.rsplit("/", 1)[-1].upper() if facts else gettext(label)])
