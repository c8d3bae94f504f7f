"""Sound: MP3, AAC or AMR at the highest rate that fits; a second pass when the first overshoots."""

import io
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
from av.audio.resampler import AudioResampler

from media.fitting import quality
from media.fitting.reading import DAMAGE, opened
from media.fitting.target import Target
from media.fitting.verdicts import Fitted, Progress, Unfit, unreadable
from media.words import Kept, kept
from media.words import gettext_noop as _

ROOM = 0.97
# Bits a second, best first, with the samples a second that suit them.
LADDER = (
    (128_000, 44_100),
    (96_000, 44_100),
    (64_000, 32_000),
    (48_000, 24_000),
    (40_000, 24_000),
    (32_000, 22_050),
    (24_000, 16_000),
    (16_000, 16_000),
    (8_000, 8_000),
)
SPEECH = ((12_200, 8000), (7_950, 8000), (5_900, 8000), (4_750, 8000))
# Below this an MP3 sounds worse than AMR, which is made for speech.
FINE = 24_000
# Where its loudness is compared: samples a second, and samples of one window.
LISTENED, WINDOW = 8000, 400
# What the frame and the index of the container take (bytes).
OVERHEAD = 2_500


@dataclass(frozen=True, slots=True)
class _Way:
    mime_type: str
    container: str
    codec: str
    bits: int
    samples: int


def fit(given: Path, target: Target, told: Progress) -> Fitted:
    """A copy of a recording that keeps to the target. Raises Unfit."""
    try:
        seconds = _seconds(given, target)
        for way in _ways(target, seconds):
            heard = array("h")
            data = _written(given, way, seconds, heard, told)
            if len(data) <= target.budget:
                return _answer(data, way, heard)
    except DAMAGE:
        raise unreadable(_("recording")) from None
    most = int(ROOM * 8 * target.budget / min(bits for bits, _samples in _ladder(target.types[-1])))
    raise Unfit(
        "media_too_long",
        _("The recording plays {seconds} s; in {budget} KB there is room for {most} s at most. Cut it."),
        {"seconds": round(seconds), "budget": target.budget // 1000, "most": most},
    )


def _seconds(given: Path, target: Target) -> float:
    with opened(given) as container:
        if not container.streams.audio:
            raise unreadable(_("recording"))
        seconds = (container.duration or 0) / av.time_base
        if not seconds:
            # AMR and some MP3 say nothing of their length.
            seconds = max((frame.time or 0.0 for frame in container.decode(audio=0)), default=0.0) or 1.0
    return min(seconds, target.seconds or seconds)


def _ways(target: Target, seconds: float) -> Iterator[_Way]:
    """What is tried in turn: two steps of the ladder, beginning with the highest that should fit."""
    rate = ROOM * 8 * max(0, target.budget - OVERHEAD) / seconds
    ways = {
        "audio/mpeg": ("mp3", "libmp3lame"),
        "audio/mp4": ("ipod", "aac"),
        "audio/amr": ("amr", "libopencore_amrnb"),
    }
    types = list(target.types)
    if rate < FINE and "audio/amr" in types:
        types.insert(0, types.pop(types.index("audio/amr")))
    for mime_type in types:
        able = [step for step in _ladder(mime_type) if step[0] <= rate][:2]
        yield from (_Way(mime_type, *ways[mime_type], *step) for step in able)


def _ladder(mime_type: str) -> tuple[tuple[int, int], ...]:
    return SPEECH if mime_type == "audio/amr" else LADDER


def _written(given: Path, way: _Way, seconds: float, heard: "array[int]", told: Progress) -> bytes:
    out = io.BytesIO()
    with (
        opened(given) as container,
        av.open(out, "w", format=way.container) as written,
    ):
        stream: Any = written.add_stream(way.codec, rate=way.samples, layout="mono")
        stream.bit_rate = way.bits
        listen = AudioResampler("s16", "mono", LISTENED)
        for frame in container.decode(audio=0):
            time = frame.time or 0.0
            if time > seconds:
                break
            for piece in listen.resample(frame):
                heard.extend(_samples(piece))
            written.mux(stream.encode(frame))
            told(min(90, int(90 * time / seconds)))
        written.mux(stream.encode())
    return out.getvalue()


def _answer(data: bytes, way: _Way, heard: "array[int]") -> Fitted:
    copy = array("h")
    with av.open(io.BytesIO(data), "r") as container:
        listen = AudioResampler("s16", "mono", LISTENED)
        for frame in container.decode(audio=0):
            for piece in listen.resample(frame):
                copy.extend(_samples(piece))
    seconds = len(copy) / LISTENED
    alike = quality.likeness(quality.loudness(heard, WINDOW), quality.loudness(copy, WINDOW))
    measured: dict[str, float | Kept] = {
        "envelope": round(alike, 4),
        "bitrate": way.bits,
        "samples": way.samples,
        "done": kept(
            _("{bits} kbit/s, {samples} kHz, mono"),
            {"bits": f"{way.bits / 1000:g}", "samples": f"{way.samples / 1000:g}"},
        ),
    }
    return Fitted(way.mime_type, data, seconds=round(seconds, 3), measured=measured)


def _samples(frame: av.AudioFrame) -> "array[int]":
    found = array("h")
    found.frombytes(bytes(frame.planes[0])[: 2 * frame.samples])
    return found
