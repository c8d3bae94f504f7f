"""How close a copy comes to its original: SSIM and PSNR of luma, and the course of loudness of sound."""

import math
from array import array
from collections.abc import Sequence
from operator import mul

from PIL import Image, ImageChops, ImageMath, ImageStat

# Both are looked at in the size a phone shows them.
VIEW = 512
_WINDOW = 8
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
_BEST_PSNR = 99.0


def luma(image: Image.Image, size: tuple[int, int] | None = None) -> Image.Image:
    """A picture in grey, as large as a phone shows it or as `size` says."""
    if size is None:
        scale = min(1.0, VIEW / max(image.size))
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.convert("L").resize(size, Image.Resampling.LANCZOS)


def ssim(one: Image.Image, other: Image.Image) -> float:
    """Structural similarity of two grey pictures of one size over windows of 8 x 8: 1 for equal ones."""
    x, y = one.convert("F"), other.convert("F")

    def mean(of: Image.Image) -> Image.Image:
        return of.reduce(_WINDOW)

    def product(a: Image.Image, b: Image.Image) -> Image.Image:
        made: Image.Image = ImageMath.lambda_eval(lambda given: given["a"] * given["b"], a=a, b=b)
        return made

    def index(given: dict[str, ImageMath._Operand]) -> ImageMath._Operand:
        mx, my = given["mx"], given["my"]
        vx, vy, cov = given["xx"] - mx * mx, given["yy"] - my * my, given["xy"] - mx * my
        return ((2 * mx * my + _C1) * (2 * cov + _C2)) / ((mx * mx + my * my + _C1) * (vx + vy + _C2))

    means = {"mx": mean(x), "my": mean(y)}
    means |= {"xx": mean(product(x, x)), "yy": mean(product(y, y)), "xy": mean(product(x, y))}
    found = array("f")
    found.frombytes(ImageMath.lambda_eval(index, **means).tobytes())
    return sum(found) / len(found)


def psnr(one: Image.Image, other: Image.Image) -> float:
    """Peak signal to noise ratio of two grey pictures of one size, in dB; 99 for equal ones."""
    error = ImageStat.Stat(ImageChops.difference(one, other)).rms[0]
    return min(_BEST_PSNR, 20 * math.log10(255 / error)) if error else _BEST_PSNR


def of_pictures(pairs: Sequence[tuple[Image.Image, Image.Image]]) -> dict[str, float]:
    """The mean figures of pairs of grey pictures: original and copy, each pair of one size."""
    return {
        "ssim": round(sum(ssim(*pair) for pair in pairs) / len(pairs), 4),
        "psnr": round(sum(psnr(*pair) for pair in pairs) / len(pairs), 1),
    }


def loudness(samples: "array[int]", window: int) -> list[float]:
    """The root mean square of each window of so many samples."""
    pieces = (samples[at : at + window] for at in range(0, len(samples) - window + 1, window))
    return [math.sqrt(sum(map(mul, piece, piece)) / window) for piece in pieces]


def likeness(one: Sequence[float], other: Sequence[float]) -> float:
    """How alike two courses are: their correlation, 1 for the same course; 1 as well where nothing varies."""
    length = min(len(one), len(other))
    if length < 2:
        return 1.0
    x, y = one[:length], other[:length]
    mx, my = sum(x) / length, sum(y) / length
    spread = math.sqrt(sum((a - mx) ** 2 for a in x) * sum((b - my) ** 2 for b in y))
    # A steady tone has no course to lose.
    if spread < 1e-3 * length * max(mx, 1.0):
        return 1.0
    return sum((a - mx) * (b - my) for a, b in zip(x, y, strict=True)) / spread
