"""What making media fit costs: seconds and peak memory of the big four files, beside one plain save of the same.

Each alone within 740 KB, then all four within one message of 600 KB; the ratio is to what Pillow or PyAV take for one
encode at about that size, without a search, without a measure of quality and without a child of their own.
"""

import io
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import av
from PIL import Image

from media.fitting import Fitted, Need, Target, fit, share
from tests.media.fitting import sources

Made = TypeVar("Made")
ALONE, TOGETHER = 740_000, 600_000
TYPES = {
    "photo 10 MB": ("image/jpeg", "image/png"),
    "animation 6 MB": ("image/gif",),
    "film 20 s 720p": ("video/mp4",),
    "wav 60 s": ("audio/mpeg",),
}


def measure(_place: object = None) -> list[dict[str, object]]:
    """Rows of name, value, unit, ratio and against what."""
    with TemporaryDirectory() as folder:
        files = dict(zip(TYPES, _files(Path(folder)), strict=True))
        rows = []
        for name, path in files.items():
            fitted, seconds = _timed(lambda name=name, path=path: fit(path, Target(TYPES[name], ALONE)))
            _plain, plain = _timed(lambda name=name, path=path, like=fitted: PLAIN[name](path, like))
            rows += _rows(f"fit {name}", fitted, seconds, seconds / plain)
        return [*rows, *_shared(files)]


def _rows(name: str, fitted: Fitted, seconds: float, ratio: float) -> Iterator[dict[str, object]]:
    yield {
        "name": name,
        "value": round(seconds, 2),
        "unit": "s",
        "ratio": round(ratio, 2),
        "against": "one plain encode",
    }
    memory = int(fitted.measured["memory"]) / 1e6
    yield {"name": f"{name}, peak", "value": round(memory), "unit": "MB", "ratio": None, "against": ""}
    yield _figure(name, fitted)


def _figure(name: str, fitted: Fitted) -> dict[str, object]:
    figure = "ssim" if "ssim" in fitted.measured else "envelope"
    size = f"in {fitted.size // 1000} KB"
    return {"name": f"{name}, {figure}", "value": fitted.measured[figure], "unit": size, "ratio": None, "against": ""}


def _shared(files: dict[str, Path]) -> Iterator[dict[str, object]]:
    kinds, seconds = ("image", "animation", "video", "audio"), (None, None, 20, 60)
    needs = [Need(kind, path.stat().st_size, s) for kind, path, s in zip(kinds, files.values(), seconds, strict=True)]
    total = 0
    for (name, path), budget in zip(files.items(), share(needs, TOGETHER), strict=True):
        fitted = fit(path, Target(TYPES[name], budget))
        total += fitted.size
        yield _figure(f"shared {name}", fitted)
    yield {"name": "shared message", "value": total / 1000, "unit": "KB of 600", "ratio": None, "against": ""}


def _files(folder: Path) -> Iterator[Path]:
    photo, animation, wav = folder / "photo.jpg", folder / "animation.gif", folder / "tone.wav"
    photo.write_bytes(sources.jpeg(4000, 3000, quality=93))
    animation.write_bytes(sources.gif(frames=46, width=480, height=360))
    wav.write_bytes(sources.wav(60, 44_100))
    yield from (photo, animation, sources.film(folder / "film.mp4", 20, 1280, 720, bits=3_000_000), wav)


def _timed(work: Callable[[], Made]) -> tuple[Made, float]:
    start = time.perf_counter()
    return work(), time.perf_counter() - start


def _photo(path: Path, like: Fitted) -> None:
    with Image.open(path) as image:
        image.resize((like.width or 1, like.height or 1)).save(io.BytesIO(), "JPEG", quality=85, optimize=True)


def _animation(path: Path, like: Fitted) -> None:
    with Image.open(path) as image:
        frames = []
        for index in range(image.n_frames):
            image.seek(index)
            frames.append(image.convert("RGB").resize((like.width or 1, like.height or 1)).quantize(64))
    frames[0].save(io.BytesIO(), "GIF", save_all=True, append_images=frames[1:])


def _film(path: Path, like: Fitted) -> None:
    with av.open(path) as given, av.open(io.BytesIO(), "w", format="mp4") as written:
        stream = written.add_stream("libx264", rate=given.streams.video[0].average_rate)
        stream.width, stream.height, stream.pix_fmt = like.width, like.height, "yuv420p"
        stream.bit_rate = int(like.measured["bitrate"])
        for frame in given.decode(video=0):
            written.mux(stream.encode(frame.reformat(like.width, like.height, "yuv420p")))
        written.mux(stream.encode())


def _wav(path: Path, like: Fitted) -> None:
    with av.open(path) as given, av.open(io.BytesIO(), "w", format="mp3") as written:
        stream = written.add_stream("libmp3lame", rate=int(like.measured["samples"]), layout="mono")
        stream.bit_rate = int(like.measured["bitrate"])
        for frame in given.decode(audio=0):
            written.mux(stream.encode(frame))
        written.mux(stream.encode())


PLAIN = dict(zip(TYPES, (_photo, _animation, _film, _wav), strict=True))
