"""Pictures by Pillow: every frame decoded, everything but the picture left behind."""

import io
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pillow_heif
from PIL import Image, ImageOps
from PIL.JpegImagePlugin import get_sampling

from media.inspection import gifs, heifs, jpegs, pngs, webps
from media.inspection.verdicts import Finding, Inspection, Refused, corrupt
from media.words import gettext_noop as _

MAX_PIXELS = 25_000_000
MAX_FRAMES = 500
MAX_FRAME_PIXELS = 200_000_000  # all frames of an animation together
# Loaded while this module is, and not anew for every file.
Image.init()
pillow_heif.register_heif_opener()
_EXIF_ORIENTATION = 0x0112
_DAMAGE = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, MemoryError, RuntimeError)


@dataclass(frozen=True, slots=True)
class _Form:
    """What Pillow calls it, its extension, and what keeps its picture and drops the rest, without loss."""

    name: str
    extension: str
    only_picture: Callable[[bytes], bytes]


_FORMS = {
    "image/jpeg": _Form("JPEG", "jpg", jpegs.only_picture),
    "image/png": _Form("PNG", "png", pngs.only_picture),
    "image/gif": _Form("GIF", "gif", gifs.only_pictures),
    "image/webp": _Form("WEBP", "webp", webps.only_picture),
    "image/heic": _Form("HEIF", "heic", heifs.only_picture),
    "image/avif": _Form("AVIF", "avif", heifs.only_picture),
}


def read(data: bytes, mime_type: str) -> Inspection:
    """Decode all frames within the caps, of what will be kept. Raises Refused."""
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    form = _FORMS[mime_type]
    try:
        # Before anything else: how large it says it is, and whether it has to be turned.
        with Image.open(io.BytesIO(data), formats=[form.name]) as image:
            check_pixels(*image.size)
            orientation = image.getexif().get(_EXIF_ORIENTATION, 1)
        clean = _kept(data, form)
        with Image.open(io.BytesIO(clean), formats=[form.name]) as image:
            _load_every_frame(image)
            image.seek(0)
            findings, size = _findings(data, clean, form), image.size
            if orientation in range(2, 9):
                clean, size = _upright(image, data, clean, form)
                findings.append(Finding("image_turned", _("The picture was turned upright.")))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many_pixels("more") from None
    except _DAMAGE:
        raise corrupt(_("picture")) from None
    return Inspection("image", mime_type, form.extension, clean, *size, findings=tuple(findings))


def check_pixels(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise _too_many_pixels(f"{width} x {height}")


def _too_many_pixels(actual: str) -> Refused:
    return Refused(
        "image_too_many_pixels",
        _("The picture has more than {limit} million pixels."),
        {"limit": MAX_PIXELS // 1_000_000},
        limit=MAX_PIXELS,
        actual=actual,
        fix=_("Save it at a lower resolution; 1600 pixels on the long side are plenty for a phone."),
    )


def _load_every_frame(image: Image.Image) -> int:
    count = 0
    width, height = image.size
    while True:
        if count >= MAX_FRAMES or (count + 1) * width * height > MAX_FRAME_PIXELS + width * height:
            raise Refused(
                "image_too_many_frames",
                _("The animation has too many frames to be decoded safely."),
                limit=f"{MAX_FRAMES} frames, {MAX_FRAME_PIXELS:,} pixels in all",
                actual=f"more than {count} frames of {width} x {height}",
                fix=_("Shorten the animation or save it smaller."),
            )
        image.load()
        count += 1
        try:
            image.seek(count)
        except EOFError:
            return count


def _kept(data: bytes, form: _Form) -> bytes:
    try:
        return form.only_picture(data)
    except Refused:
        if form.name != "JPEG":
            raise
    # Not by the book, yet decoders may follow it: written anew then.
    with Image.open(io.BytesIO(data), formats=[form.name]) as image:
        image.load()
        return _written(image, image, form)


def _findings(data: bytes, clean: bytes, form: _Form) -> list[Finding]:
    if clean == data:
        return []
    if form.name == "PNG" and b"acTL" in data[:200]:
        words = _("Phones show the first frame of an animated PNG; only it is kept.")
        return [Finding("animation_dropped", words)]
    words = _("Camera, place and author data, comments and whatever else is no picture were taken out.")
    return [Finding("metadata_removed", words)]


def _upright(image: Image.Image, data: bytes, clean: bytes, form: _Form) -> tuple[bytes, tuple[int, int]]:
    """The picture turned as its camera data say, and its size then."""
    with Image.open(io.BytesIO(data), formats=[form.name]) as with_camera_data:
        turned = ImageOps.exif_transpose(with_camera_data)
    # An AVIF says so in the picture itself, which stays as it is: only its size is told as shown.
    return clean if form.name == "AVIF" else _written(turned, image, form), turned.size


def _written(picture: Image.Image, like: Image.Image, form: _Form) -> bytes:
    """The picture compressed like another one, with nothing beside it."""
    out, profile = io.BytesIO(), like.info.get("icc_profile")
    options: dict[str, Any] = {"quality": 95, "method": 4}
    if form.name == "JPEG":
        if picture.mode in ("RGB", "L") and (tables := getattr(like, "quantization", None)):
            # The same quantisation tables as before: written anew without a visible loss.
            options = {"qtables": tables, "subsampling": get_sampling(like)}
        elif picture.mode not in ("RGB", "L"):
            picture = picture.convert("RGB")
        options |= {"optimize": True, "progressive": "progressive" in like.info}
    picture.save(out, form.name, icc_profile=profile, exif=b"", **options)
    return out.getvalue()
