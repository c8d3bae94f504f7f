"""Still pictures: the JPEG or PNG closest to the original that fits, found on a ladder of sizes and qualities."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pillow_heif
from PIL import Image, ImageCms, ImageOps

from media.fitting import quality
from media.fitting.animations import animate, is_animated
from media.fitting.target import Target
from media.fitting.verdicts import Fitted, Progress, too_small, unreadable
from media.words import Kept, kept
from media.words import gettext_noop as _

MAX_PIXELS = 120_000_000
# Longer sides that are tried; no phone shows more than the first.
SIDES = (2048, 1600, 1280, 1024, 800, 640, 480, 360, 240, 160)
BEST, WORST = 92, 30
# Nearer to the budget than this nobody sees a difference.
CLOSE = 0.97
COLOURS = (256, 128, 64, 32, 16)
_DAMAGE = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError)


@dataclass(frozen=True, slots=True)
class _Copy:
    mime_type: str
    data: bytes
    size: tuple[int, int]
    measured: dict[str, float]
    done: Kept


def fit(given: Path, target: Target, told: Progress) -> Fitted:
    """The copy of a picture that comes closest to it within the target. Raises Unfit."""
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    pillow_heif.register_heif_opener()
    try:
        with Image.open(given) as image:
            if is_animated(image) and "image/gif" in target.types:
                return animate(image, target, told)
            return _still(image, target, told)
    except (Image.DecompressionBombError, *_DAMAGE):
        raise unreadable(_("picture")) from None


def _still(image: Image.Image, target: Target, told: Progress) -> Fitted:
    # A large JPEG is decoded at a half or a quarter straight away: the rest would be thrown away.
    if image.format == "JPEG":
        image.draft("RGB", (SIDES[0], SIDES[0]))
    upright = _in_srgb(ImageOps.exif_transpose(image))
    told(20)
    original = quality.luma(_on_white(upright))
    best: _Copy | None = None
    for number, copy in enumerate(_copies(upright, target, original)):
        best = copy if best is None or copy.measured["ssim"] > best.measured["ssim"] else best
        told(min(90, 40 + 15 * number))
    if best is None:
        raise too_small(_("picture"), target.budget)
    return Fitted(best.mime_type, best.data, *best.size, measured={**best.measured, "done": best.done})


def _copies(image: Image.Image, target: Target, original: Image.Image) -> Iterator[_Copy]:
    """The best of each way at the largest sizes at which it fits, as long as they get better."""
    ways = {"image/jpeg": _jpeg, "image/png": _png, "image/gif": _gif}
    drawn = image.getcolors(4096) is not None or _transparent(image)
    wanted: list[str] = [one for one in ("image/png", "image/jpeg") if one in target.types] or ["image/gif"]
    if not drawn and "image/jpeg" in wanted:
        # A photograph as a PNG is many times the size of the same as a JPEG.
        wanted = ["image/jpeg"]
    for mime_type in wanted:
        best = 0.0
        for scaled in _sizes(image, target.side):
            encoded = ways[mime_type](scaled, target.budget)
            if encoded is None:
                continue
            data, done, whole = encoded
            copy = _Copy(mime_type, data, scaled.size, _measured(data, original), done)
            yield copy
            # Smaller ones only get finer up to a point.
            if whole or copy.measured["ssim"] <= best:
                break
            best = copy.measured["ssim"]


def _sizes(image: Image.Image, most: int | None) -> Iterator[Image.Image]:
    longer = max(image.size)
    first = min(longer, SIDES[0], most or longer)
    for side in (first, *(one for one in SIDES if one < first)):
        yield image if side == longer else ImageOps.contain(image, (side, side), Image.Resampling.LANCZOS)


def _jpeg(image: Image.Image, budget: int) -> tuple[bytes, Kept, bool] | None:
    flat = _on_white(image)

    def encode(level: int) -> bytes:
        # Not progressive: every handset shows the plain form.
        return _saved(flat, "JPEG", quality=level, optimize=True)

    found = _largest(range(WORST, BEST + 1), encode, budget)
    if found is None:
        return None
    level, data = found
    return data, kept(_("JPEG, quality {level}"), {"level": level}), level >= BEST


def _png(image: Image.Image, budget: int) -> tuple[bytes, Kept, bool] | None:
    plain = image if _transparent(image) else image.convert("RGB")
    data = _saved(plain, "PNG", optimize=True)
    if len(data) <= budget:
        return data, kept(_("PNG, no loss")), True
    levels = COLOURS[::-1]

    def encode(index: int) -> bytes:
        return _saved(_few_colours(plain, levels[index]), "PNG", optimize=True)

    found = _largest(range(len(levels)), encode, budget)
    return (found[1], kept(_("PNG, {colours} colours"), {"colours": levels[found[0]]}), False) if found else None


def _gif(image: Image.Image, budget: int) -> tuple[bytes, Kept, bool] | None:
    levels = COLOURS[::-1]
    flat = _on_white(image)

    def encode(index: int) -> bytes:
        return _saved(flat.quantize(levels[index]), "GIF", optimize=True)

    found = _largest(range(len(levels)), encode, budget)
    return (found[1], kept(_("GIF, {colours} colours"), {"colours": levels[found[0]]}), False) if found else None


def _largest(levels: range, encode: Callable[[int], bytes], budget: int) -> tuple[int, bytes] | None:
    """The highest level whose bytes fit, by halving; None when even the lowest does not."""
    low, high, best = levels.start, levels.stop - 1, None
    # The best first: where it fits nothing else need be tried. Then the worst: where it does not, nothing will.
    for middle in (high, low):
        data = encode(middle)
        if len(data) <= budget:
            best = (middle, data)
            break
    if best is None or best[0] == high:
        return best
    while low + 1 < high:
        middle = (low + high) // 2
        data = encode(middle)
        if len(data) <= budget:
            best, low = (middle, data), middle
            if len(data) > CLOSE * budget:
                break
        else:
            high = middle
    return best


def _few_colours(image: Image.Image, colours: int) -> Image.Image:
    # Only the octree knows of transparency.
    method = Image.Quantize.FASTOCTREE if image.mode == "RGBA" else Image.Quantize.MEDIANCUT
    return image.quantize(colours, method=method)


def _saved(image: Image.Image, name: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, name, **options)
    return out.getvalue()


def _measured(data: bytes, original: Image.Image) -> dict[str, float]:
    with Image.open(io.BytesIO(data)) as copy:
        return quality.of_pictures([(original, quality.luma(_on_white(copy), original.size))])


def _transparent(image: Image.Image) -> bool:
    if image.mode != "RGBA":
        return False
    return image.getchannel("A").getextrema()[0] != 255


def _on_white(image: Image.Image) -> Image.Image:
    """The picture without transparency, in RGB."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    over = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", over.size, "white"), over).convert("RGB")


def _in_srgb(image: Image.Image) -> Image.Image:
    """The picture in RGB, or RGBA where it is transparent; colours of another profile turned into the usual ones."""
    profile = image.info.get("icc_profile")
    mode = "RGBA" if image.has_transparency_data else "RGB"
    if not profile or image.mode not in {"RGB", "RGBA", "CMYK", "L"} or mode == "RGBA":
        return image.convert(mode)
    try:
        turned = ImageCms.profileToProfile(
            image, ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        # A broken profile: its colours as they stand are what other programs show too.
        return image.convert(mode)
    return turned or image.convert(mode)
