"""A short film and a jingle, both made on the spot and small enough for a picture message."""

import io
import math
from array import array
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import av
from PIL import Image

FRAMES_PER_SECOND = 12
SAMPLES_PER_SECOND = 22_050
LOUDEST = 11_000
X264 = {"crf": "26", "preset": "veryfast"}
# Pitches in Hz with their lengths in seconds: a rising C major chord and its resolution.
TUNE = ((523.25, 0.22), (659.25, 0.22), (783.99, 0.22), (1046.5, 0.5), (783.99, 0.22), (1046.5, 0.9))


def film(frames: Iterable[Image.Image]) -> bytes:
    """The frames as MP4 (H.264), with its index in front so that it plays while it loads."""
    # A film is written back to front at its end, so it needs a real file.
    with TemporaryDirectory() as folder:
        path = Path(folder, "film.mp4")
        with av.open(path, "w", format="mp4", options={"movflags": "faststart"}) as container:
            stream = None
            for frame in frames:
                if stream is None:
                    stream = container.add_stream("libx264", rate=FRAMES_PER_SECOND, options=X264)
                    stream.width, stream.height, stream.pix_fmt = frame.width, frame.height, "yuv420p"
                picture = av.VideoFrame.from_image(frame)  # type: ignore[no-untyped-call]
                container.mux(stream.encode(picture))
            if stream is not None:
                container.mux(stream.encode(None))
        return path.read_bytes()


def jingle() -> bytes:
    """The tune as MP3."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp3") as container:
        stream = container.add_stream("libmp3lame", rate=SAMPLES_PER_SECOND, layout="mono")
        stream.bit_rate = 48_000
        wanted = av.AudioResampler(format=stream.format, layout="mono", rate=SAMPLES_PER_SECOND)
        fifo = av.AudioFifo()
        for frame in wanted.resample(_frame(_samples())):
            fifo.write(frame)
        while piece := fifo.read(stream.codec_context.frame_size, partial=True):
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return out.getvalue()


def _samples() -> "array[int]":
    """Struck bells: each note with two overtones, dying away."""
    samples = array("h")
    for pitch, seconds in TUNE:
        for n in range(round(seconds * SAMPLES_PER_SECOND)):
            at = n / SAMPLES_PER_SECOND
            angle = 2 * math.pi * pitch * at
            tone = math.sin(angle) + 0.4 * math.sin(2 * angle) + 0.15 * math.sin(3 * angle)
            samples.append(round(LOUDEST * tone * min(1.0, at / 0.006) * math.exp(-5 * at)))
    return samples


def _frame(samples: "array[int]") -> av.AudioFrame:
    frame = av.AudioFrame(format="s16", layout="mono", samples=len(samples))
    frame.sample_rate, frame.pts, frame.time_base = SAMPLES_PER_SECOND, 0, Fraction(1, SAMPLES_PER_SECOND)
    frame.planes[0].update(samples.tobytes())
    return frame
