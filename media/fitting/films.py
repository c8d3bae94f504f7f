"""Films: H.264 baseline and AAC in MP4 or 3GP, in one pass; a second when the first overshoots."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import av
from av.container import InputContainer, OutputContainer
from av.filter import Graph
from PIL import Image

from media.fitting import quality
from media.fitting.reading import DAMAGE, opened
from media.fitting.target import Target
from media.fitting.verdicts import Fitted, Progress, Unfit, unreadable
from media.words import Kept, kept
from media.words import gettext_noop as _

CONTAINERS = {"video/mp4": "mp4", "video/3gpp": "3gp"}
# What the frame of the container takes beside the streams.
ROOM = 0.95
PASSES = 3
# Longer sides and pictures a second, best first, that a rate can pay for.
SIDES = (1280, 960, 848, 640, 480, 400, 320, 240, 176)
RATES = (30, 24, 15, 10)
# Bits for a pixel below which the baseline profile falls into blocks.
BITS_A_PIXEL = 0.06
SMALLEST_RATE = 12_000
SOUND_SHARE, SOUND_MOST, SOUND_LEAST = 0.15, 64_000, 12_000
COMPARED = 6


@dataclass(frozen=True, slots=True)
class _Shape:
    """How a film is to be written: pixels, pictures a second, bits a second of picture and of sound."""

    width: int
    height: int
    rate: int
    video: int
    audio: int


@dataclass(frozen=True, slots=True)
class _Source:
    """A film as it plays: turned upright, cut to what is asked for."""

    width: int
    height: int
    rate: float
    seconds: float
    turned: int
    sound: bool


def fit(given: Path, target: Target, told: Progress) -> Fitted:
    """A copy of a film that keeps to the target. Raises Unfit."""
    try:
        source = _look(given, target)
        scale = 1.0
        for _pass in range(PASSES):
            shape = _shape(source, target, scale)
            samples: dict[float, Image.Image] = {}
            data = _written(given, source, shape, target, samples, told)
            if len(data) <= target.budget:
                return _answer(data, target, shape, samples)
            scale *= target.budget / len(data) * 0.93
    except DAMAGE:
        raise unreadable(_("film")) from None
    raise _too_long(source.seconds, target.budget)


def _look(given: Path, target: Target) -> _Source:
    with opened(given) as container:
        film = _film(container)
        frame = next(container.decode(film), None)
        if frame is None:
            raise unreadable(_("film"))
        turned = frame.rotation % 360
        sideways = turned in (90, 270)
        seconds = (container.duration or 0) / av.time_base or 1.0
        return _Source(
            width=frame.height if sideways else frame.width,
            height=frame.width if sideways else frame.height,
            rate=float(film.average_rate or 30),
            seconds=min(seconds, target.seconds or seconds),
            turned=turned,
            sound=bool(container.streams.audio),
        )


def _film(container: InputContainer) -> Any:
    films = [one for one in container.streams.video if not one.disposition & av.stream.Disposition.attached_pic]
    if not films:
        raise unreadable(_("film"))
    return films[0]


def _shape(source: _Source, target: Target, scale: float) -> _Shape:
    """The largest picture at the highest rate that the bits pay for. Raises Unfit when they pay for none."""
    bits = int(ROOM * scale * 8 * target.budget / source.seconds)
    audio = min(SOUND_MOST, max(SOUND_LEAST, int(bits * SOUND_SHARE))) if source.sound else 0
    video = bits - audio
    if video < SMALLEST_RATE:
        raise _too_long(source.seconds, target.budget)
    longer = max(source.width, source.height)
    most = min(longer, target.side or longer, SIDES[0])
    shapes = [
        _Shape(*_scaled(source, side), rate, video, audio)
        for side in (most, *(one for one in SIDES if one < most))
        for rate in sorted({min(rate, round(source.rate) or 1) for rate in RATES}, reverse=True)
        if rate >= min(15, source.rate) or side <= SIDES[-2]
    ]
    paid = (one for one in shapes if video >= BITS_A_PIXEL * one.width * one.height * one.rate)
    return next(paid, shapes[-1])


def _scaled(source: _Source, side: int) -> tuple[int, int]:
    scale = side / max(source.width, source.height)
    return max(16, round(source.width * scale / 2) * 2), max(16, round(source.height * scale / 2) * 2)


def _written(
    given: Path, source: _Source, shape: _Shape, target: Target, samples: dict[float, Image.Image], told: Progress
) -> bytes:
    # A file with a name: to put its index in front, the container is read again.
    with NamedTemporaryFile(prefix="film-") as out, opened(given) as container:
        with av.open(out.name, "w", format=CONTAINERS[target.types[0]], options={"movflags": "faststart"}) as written:
            film, sounds = _film(container), container.streams.audio[:1] if shape.audio else ()
            film.thread_type = "AUTO"
            copy = _Copy(written, film, source, shape, samples)
            for packet in container.demux(film, *sounds):
                for frame in packet.decode():
                    copy.take(frame)
                    told(min(95, int(95 * (frame.time or 0.0) / source.seconds)))
            copy.close()
        return Path(out.name).read_bytes()


class _Copy:
    """A film being written: takes decoded frames, keeps some of its pictures in `samples` by their time."""

    def __init__(
        self, written: OutputContainer, film: Any, source: _Source, shape: _Shape, samples: dict[float, Image.Image]
    ) -> None:
        self.written, self.samples, self.ends = written, samples, source.seconds
        self.graph, self.pictures = _graph(film, source, shape), _pictures(written, shape)
        self.sound: Any = _sound(written, shape.audio) if shape.audio else None
        self.wanted = [source.seconds * (number + 0.5) / COMPARED for number in range(COMPARED)]

    def take(self, frame: object) -> None:
        """Write one frame, unless it lies past the end."""
        if not isinstance(frame, av.AudioFrame | av.VideoFrame) or (frame.time or 0.0) > self.ends:
            return
        if isinstance(frame, av.VideoFrame):
            self.graph.push(frame)
            self._draw()
        elif self.sound:
            self.written.mux(self.sound.encode(frame))

    def close(self) -> None:
        """Write what the encoders still hold."""
        self.graph.push(None)
        self._draw()
        self.written.mux(self.pictures.encode())
        if self.sound:
            self.written.mux(self.sound.encode())

    def _draw(self) -> None:
        for picture in _pulled(self.graph):
            time = picture.time or 0.0
            if self.wanted and time >= self.wanted[0]:
                self.samples[time] = quality.luma(_image(picture))
                self.wanted.pop(0)
            self.written.mux(self.pictures.encode(picture))


def _image(picture: av.VideoFrame) -> Image.Image:
    image: Image.Image = picture.to_image()  # type: ignore[no-untyped-call]
    return image


def _sound(written: OutputContainer, bits: int) -> Any:
    stream: Any = written.add_stream("aac", rate=32_000 if bits > 24_000 else 16_000, layout="mono")
    stream.bit_rate = bits
    return stream


def _pictures(written: OutputContainer, shape: _Shape) -> Any:
    stream = written.add_stream("libx264", rate=shape.rate)
    stream.width, stream.height, stream.pix_fmt = shape.width, shape.height, "yuv420p"
    stream.bit_rate = shape.video
    stream.codec_context.time_base = Fraction(1, shape.rate)
    stream.codec_context.thread_count = 2
    stream.options = {
        "profile": "baseline",
        "preset": "medium",
        "maxrate": str(int(shape.video * 1.2)),
        "bufsize": str(shape.video * 2),
    }
    return stream


def _graph(film: Any, source: _Source, shape: _Shape) -> Graph:
    """Upright, in the wanted size and rate, in the one pixel format that every phone plays."""
    graph = Graph()
    turns = {90: [("transpose", "cclock")], 180: [("hflip", ""), ("vflip", "")], 270: [("transpose", "clock")]}
    steps = [
        *turns.get(source.turned, []),
        ("fps", str(shape.rate)),
        ("scale", f"{shape.width}:{shape.height}:flags=bicubic"),
        ("format", "yuv420p"),
    ]
    nodes = [graph.add_buffer(template=film, time_base=film.time_base)]
    nodes += [graph.add(name, options) if options else graph.add(name) for name, options in steps]
    nodes.append(graph.add("buffersink"))
    graph.link_nodes(*nodes).configure()
    return graph


def _pulled(graph: Graph) -> Iterator[av.VideoFrame]:
    while True:
        try:
            frame = graph.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return
        if isinstance(frame, av.VideoFrame):
            frame.pict_type = av.video.frame.PictureType.NONE
            yield frame


def _answer(data: bytes, target: Target, shape: _Shape, samples: dict[float, Image.Image]) -> Fitted:
    """The copy with its figures: decoded to its end, so that what is measured is what is sent."""
    pairs, wanted, count = [], sorted(samples), 0
    with av.open(io.BytesIO(data), "r") as copy:
        seconds = (copy.duration or 0) / av.time_base
        for picture in copy.decode(video=0):
            count += 1
            if wanted and (picture.time or 0.0) >= wanted[0] - 0.5 / shape.rate:
                original = samples[wanted.pop(0)]
                pairs.append((original, quality.luma(_image(picture), original.size)))
    if not pairs:
        raise unreadable(_("film"))
    measured: dict[str, float | Kept] = {
        **quality.of_pictures(pairs),
        "bitrate": shape.video + shape.audio,
        "frames": count,
        "done": kept(
            _("{width} x {height} at {rate} pictures a second"),
            {"width": shape.width, "height": shape.height, "rate": shape.rate},
        ),
    }
    return Fitted(target.types[0], data, shape.width, shape.height, round(seconds, 3), measured)


def _too_long(seconds: float, budget: int) -> Unfit:
    most = int(ROOM * 8 * budget / (SMALLEST_RATE + SOUND_LEAST))
    return Unfit(
        "media_too_long",
        _("The film plays {seconds} s; in {budget} KB there is room for {most} s at most. Cut it."),
        {"seconds": round(seconds), "budget": budget // 1000, "most": most},
    )
