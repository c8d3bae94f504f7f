"""JPEG, PNG and GIF by Pillow: every frame decoded, everything but the picture left behind."""

import io
import warnings

from PIL import Image, ImageOps
from PIL.JpegImagePlugin import get_sampling

from media.inspection.gifs import only_pictures
from media.inspection.verdicts import Finding, Inspection, Refused, corrupt

MAX_PIXELS = 25_000_000
MAX_FRAMES = 500
MAX_FRAME_PIXELS = 200_000_000  # all frames of an animation together
_EXIF_ORIENTATION = 0x0112
_DAMAGE = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, MemoryError)


def read(data: bytes, mime_type: str) -> Inspection:
    """Decode all frames within the caps, and write the picture anew. Raises Refused."""
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    name = {"image/jpeg": "JPEG", "image/png": "PNG", "image/gif": "GIF"}[mime_type]
    try:
        if name == "PNG":
            with Image.open(io.BytesIO(data), formats=[name]) as image:
                check_pixels(*image.size)
                image.verify()  # only this looks at the checksums of the pixel data
        with Image.open(io.BytesIO(data), formats=[name]) as image:
            check_pixels(*image.size)
            frames = _load_every_frame(image)
            image.seek(0)
            return {"JPEG": _jpeg, "PNG": _png, "GIF": _gif}[name](image, data, frames)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many_pixels("more") from None
    except _DAMAGE:
        raise corrupt("picture") from None


def check_pixels(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise _too_many_pixels(f"{width} x {height}")


def _too_many_pixels(actual: str) -> Refused:
    return Refused(
        "image_too_many_pixels",
        f"The picture has more than {MAX_PIXELS:,} pixels.",
        limit=MAX_PIXELS,
        actual=actual,
        fix="Save it at a lower resolution; 1600 pixels on the long side are plenty for a phone.",
    )


def _load_every_frame(image: Image.Image) -> int:
    count = 0
    width, height = image.size
    while True:
        if count >= MAX_FRAMES or (count + 1) * width * height > MAX_FRAME_PIXELS + width * height:
            raise Refused(
                "image_too_many_frames",
                "The animation has too many frames to be decoded safely.",
                limit=f"{MAX_FRAMES} frames, {MAX_FRAME_PIXELS:,} pixels in all",
                actual=f"more than {count} frames of {width} x {height}",
                fix="Shorten the animation or save it smaller.",
            )
        image.load()
        count += 1
        try:
            image.seek(count)
        except EOFError:
            return count


def _jpeg(image: Image.Image, _data: bytes, _frames: int) -> Inspection:
    findings = _metadata_findings(image)
    tables, sampling = getattr(image, "quantization", None), get_sampling(image)
    turned = ImageOps.exif_transpose(image) if image.getexif().get(_EXIF_ORIENTATION, 1) != 1 else image
    if turned.mode not in ("RGB", "L"):
        turned, tables, sampling = turned.convert("RGB"), None, -1
    # The same quantisation tables as before: written anew without a visible loss.
    options = {"qtables": tables, "subsampling": sampling} if tables else {"quality": 92}
    out = io.BytesIO()
    profile = image.info.get("icc_profile")
    turned.save(out, "JPEG", optimize=True, progressive="progressive" in image.info, icc_profile=profile, **options)
    return _answer("image/jpeg", "jpg", out.getvalue(), turned.size, findings)


def _png(image: Image.Image, _data: bytes, frames: int) -> Inspection:
    findings = _metadata_findings(image)
    if frames > 1:
        findings.append(
            Finding("animation_dropped", "Phones show the first frame of an animated PNG; only it is kept.")
        )
    out = io.BytesIO()
    ImageOps.exif_transpose(image).save(out, "PNG", optimize=image.width * image.height < 4_000_000)
    with Image.open(io.BytesIO(out.getvalue())) as written:
        return _answer("image/png", "png", out.getvalue(), written.size, findings)


def _gif(image: Image.Image, data: bytes, frames: int) -> Inspection:
    clean = only_pictures(data)
    findings = []
    if len(clean) != len(data):
        findings.append(Finding("metadata_removed", "Comments and data beside the frames were taken out."))
    with Image.open(io.BytesIO(clean), formats=["GIF"]) as written:
        if _load_every_frame(written) != frames:
            raise corrupt("animation")
    return _answer("image/gif", "gif", clean, image.size, findings)


def _metadata_findings(image: Image.Image) -> list[Finding]:
    exif = image.getexif()
    findings = []
    if len(exif) or "xmp" in image.info or getattr(image, "text", None):
        findings.append(Finding("metadata_removed", "Camera, place and author data were taken out of the picture."))
    if exif.get(_EXIF_ORIENTATION, 1) != 1:
        findings.append(Finding("image_turned", "The picture was turned upright."))
    return findings


def _answer(mime_type: str, extension: str, data: bytes, size: tuple[int, int], findings: list[Finding]) -> Inspection:
    return Inspection("image", mime_type, extension, data, width=size[0], height=size[1], findings=tuple(findings))
