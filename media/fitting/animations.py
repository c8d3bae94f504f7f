"""Animated GIFs: fewer pixels, frames and colours until they fit; they go on moving, at the same pace."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from media.fitting import quality
from media.fitting.target import Target
from media.fitting.verdicts import Fitted, Progress, too_small
from media.words import Kept, kept
from media.words import gettext_noop as _

# All frames together as they are held while work goes on, in pixels of three bytes.
HELD_PIXELS = 60_000_000
# Every so manieth frame stays, with so many colours: each is tried at the largest size at which it fits.
WAYS = tuple((step, colours) for step in (1, 2, 4) for colours in (128, 32))
TRIES = 4
CLOSE = 0.9
SHORTEST_SIDE = 48
# Moments at which copies are compared with the original.
COMPARED = 12
# A frame without a time of its own is shown this long by what phones use (ms).
_USUAL = 100


@dataclass(frozen=True, slots=True)
class _Frame:
    picture: Image.Image
    milliseconds: int


@dataclass(frozen=True, slots=True)
class _Copy:
    data: bytes
    size: tuple[int, int]
    frames: int
    colours: int
    figures: dict[str, float]


def is_animated(image: Image.Image) -> bool:
    # A photo of a phone may hold further pictures of the same moment.
    return image.format in {"GIF", "WEBP"} and bool(getattr(image, "is_animated", False))


def animate(image: Image.Image, target: Target, told: Progress) -> Fitted:
    """The best animation that fits the target. Raises Unfit."""
    loop = image.info.get("loop")
    frames = _frames(image, target.side)
    seconds = sum(frame.milliseconds for frame in frames) / 1000
    moments = _moments(frames)
    best: _Copy | None = None
    for number, (step, colours) in enumerate(WAYS):
        told(30 + 65 * number // len(WAYS))
        data = _largest(frames, step, colours, loop, target.budget) if len(frames) >= 2 * step else None
        if data:
            copy = _measured(data, colours, moments)
            best = copy if best is None or copy.figures["ssim"] > best.figures["ssim"] else best
    if best is None:
        raise too_small(_("animation"), target.budget)
    done = kept(
        _("GIF, {frames} of {most} frames, {colours} colours"),
        {"frames": best.frames, "most": len(frames), "colours": best.colours},
    )
    figures: dict[str, float | Kept] = {**best.figures, "frames": best.frames, "done": done}
    return Fitted("image/gif", best.data, *best.size, seconds=round(seconds, 2), measured=figures)


def _frames(image: Image.Image, side: int | None) -> list[_Frame]:
    count = int(getattr(image, "n_frames", 1))
    width, height = image.size
    scale = min(1.0, (side or max(width, height)) / max(width, height))
    scale = min(scale, (HELD_PIXELS / (count * width * height)) ** 0.5)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    frames = []
    for index in range(count):
        image.seek(index)
        over = image.convert("RGBA")
        flat = Image.alpha_composite(Image.new("RGBA", over.size, "white"), over).convert("RGB")
        picture = flat if size == flat.size else flat.resize(size, Image.Resampling.BOX)
        frames.append(_Frame(picture, int(image.info.get("duration") or _USUAL)))
    return frames


def _largest(frames: Sequence[_Frame], step: int, colours: int, loop: int | None, budget: int) -> bytes | None:
    """The animation at the largest size that fits with so many frames and colours; None when none does."""
    shorter = min(frames[0].picture.size)
    smallest = min(1.0, SHORTEST_SIDE / shorter)
    scale, low, high, best = min(1.0, 0.3 * step**0.5), 0.0, 1.0, None
    for _try in range(TRIES):
        data = _encoded(_thinned(frames, step, scale), colours, loop)
        fits = len(data) <= budget
        if fits:
            best, low = data, scale
        else:
            high = scale
        if (fits and (scale >= 1.0 or len(data) > CLOSE * budget)) or (not fits and scale <= smallest):
            break
        # Bytes go about with the pixels; what is known to be too large or to fit bounds the guess.
        guess = scale * (0.96 * budget / len(data)) ** 0.5
        guess = guess if low < guess < high or (guess >= 1.0 and high == 1.0 and low < 1.0) else (low + high) / 2
        scale = min(1.0, max(smallest, guess))
    return best


def _thinned(frames: Sequence[_Frame], step: int, scale: float) -> list[_Frame]:
    """Every so manieth frame, shown as long as those it stands for, and smaller."""
    width, height = frames[0].picture.size
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return [
        _Frame(
            frames[at].picture.resize(size, Image.Resampling.LANCZOS) if scale < 1 else frames[at].picture,
            sum(frame.milliseconds for frame in frames[at : at + step]),
        )
        for at in range(0, len(frames), step)
    ]


def _encoded(frames: Sequence[_Frame], colours: int, loop: int | None) -> bytes:
    palette = _palette(frames, colours)
    # Without dithering what stands still stays equal from frame to frame, and costs nothing.
    pictures = [frame.picture.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    out = io.BytesIO()
    pictures[0].save(
        out,
        "GIF",
        save_all=True,
        append_images=pictures[1:],
        duration=[frame.milliseconds for frame in frames],
        disposal=1,
        optimize=False,
        **({} if loop is None else {"loop": loop}),
    )
    return out.getvalue()


def _palette(frames: Sequence[_Frame], colours: int) -> Image.Image:
    """Colours for all frames, taken from a sheet of some of them."""
    chosen = frames[:: max(1, len(frames) // 6)][:8]
    small = [frame.picture.resize((96, 96), Image.Resampling.BOX) for frame in chosen]
    sheet = Image.new("RGB", (96 * len(small), 96))
    for index, picture in enumerate(small):
        sheet.paste(picture, (96 * index, 0))
    return sheet.quantize(colours, method=Image.Quantize.MEDIANCUT)


def _moments(frames: Sequence[_Frame]) -> list[tuple[int, Image.Image]]:
    """What is seen at some moments (ms), in grey: a copy that skips frames shows something else there."""
    every, moments, start = max(1, len(frames) // COMPARED), [], 0
    for index, frame in enumerate(frames):
        # Not at the beginning of a step, where every copy is right.
        if index % every == every - 1:
            moments.append((start, quality.luma(frame.picture)))
        start += frame.milliseconds
    return moments


def _measured(data: bytes, colours: int, moments: Sequence[tuple[int, Image.Image]]) -> _Copy:
    pairs, start, waiting = [], 0, list(moments)
    with Image.open(io.BytesIO(data)) as copy:
        count, size = int(getattr(copy, "n_frames", 1)), copy.size
        for index in range(count):
            copy.seek(index)
            start += int(copy.info.get("duration") or _USUAL)
            while waiting and (waiting[0][0] < start or index == count - 1):
                _at, original = waiting.pop(0)
                pairs.append((original, quality.luma(copy.convert("RGB"), original.size)))
    return _Copy(data, size, count, colours, quality.of_pictures(pairs))
