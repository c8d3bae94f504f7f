"""Audio and video by PyAV: demuxed to the end, decoded within a budget, tags and trailing bytes taken out."""

import io
from dataclasses import dataclass

import av
from av.container import InputContainer
from av.error import FFmpegError

from media.inspection import boxes, tags
from media.inspection.verdicts import Finding, Inspection, Refused, corrupt

MAX_SECONDS = 3600.0
MAX_PIXELS = 4096 * 2304
# Pixels decoded in full; a longer film is demuxed to its end and decoded at its key frames.
DECODE_BUDGET = 6_000_000_000

_DEMUXERS = {
    "audio/mpeg": "mp3",
    "audio/amr": "amr",
    "audio/wav": "wav",
    "audio/mp4": "mov",
    "video/mp4": "mov",
    "video/3gpp": "mov",
}
_AUDIO_ONLY = {"video/mp4": ("audio/mp4", "m4a"), "video/3gpp": ("audio/3gpp", "3gp")}
_EXTENSIONS = {"audio/mpeg": "mp3", "audio/amr": "amr", "audio/wav": "wav", "audio/mp4": "m4a"}
_EXTENSIONS |= {"video/mp4": "mp4", "video/3gpp": "3gp"}


@dataclass(slots=True)
class _Seen:
    width: int | None = None
    height: int | None = None
    seconds: float = 0.0
    pictures: int = 0
    samples: int = 0


def read(data: bytes, mime_type: str) -> Inspection:
    """Decode the streams of a film or a recording. Raises Refused."""
    what = "film" if mime_type.startswith("video/") else "recording"
    clean = boxes.stripped(data) if _DEMUXERS[mime_type] == "mov" else tags.stripped(data, mime_type)
    try:
        with av.open(
            io.BytesIO(clean),
            mode="r",
            format=_DEMUXERS[mime_type],
            # Only the bytes given: a file may name other files or hosts to read.
            container_options={"protocol_whitelist": "none", "err_detect": "explode"},
        ) as container:
            seen = _play(container, what)
    except (FFmpegError, ValueError, EOFError, OSError, IndexError):
        raise corrupt(what) from None
    findings = []
    if clean != data:
        findings.append(Finding("metadata_removed", "Tags, place data and bytes beside the streams were taken out."))
    return _answer(clean, mime_type, seen, what, findings)


def _play(container: InputContainer, what: str) -> _Seen:
    films = [
        stream for stream in container.streams.video if not stream.disposition & av.stream.Disposition.attached_pic
    ]
    sounds = list(container.streams.audio)
    if len(films) > 1 or len(sounds) > 4 or not films + sounds:
        raise corrupt(what)
    seen = _Seen(seconds=(container.duration or 0) / av.time_base)
    _check_length(seen.seconds)
    for film in films:
        _check_picture(film.width, film.height)
        seen.width, seen.height = film.width, film.height
        rate = float(film.average_rate or 30)
        if film.width * film.height * rate * seen.seconds > DECODE_BUDGET:
            film.codec_context.skip_frame = "NONKEY"
    ends = 0.0
    for packet in container.demux(*films, *sounds):
        if packet.is_corrupt:
            raise corrupt(what)
        for frame in packet.decode():
            if isinstance(frame, av.VideoFrame):
                _check_picture(frame.width, frame.height)
                seen.pictures += 1
            elif isinstance(frame, av.AudioFrame):
                seen.samples += frame.samples
                ends = max(ends, (frame.time or 0.0) + frame.samples / (frame.sample_rate or 1))
    if (films and not seen.pictures) or (sounds and not seen.samples):
        raise corrupt(what)
    seen.seconds = seen.seconds or ends
    _check_length(max(seen.seconds, ends))
    return seen


def _check_length(seconds: float) -> None:
    if seconds > MAX_SECONDS:
        raise Refused(
            "media_too_long",
            f"It plays longer than {MAX_SECONDS:.0f} seconds.",
            limit=MAX_SECONDS,
            actual=round(seconds, 1),
            fix="Cut it; messages carry well under a minute of film or a few minutes of sound.",
        )


def _check_picture(width: int, height: int) -> None:
    if not 0 < width * height <= MAX_PIXELS:
        raise Refused(
            "video_too_many_pixels",
            f"The film is {width} x {height} pixels; at most {MAX_PIXELS:,} pixels a picture are decoded.",
            limit=MAX_PIXELS,
            actual=f"{width} x {height}",
            fix="Export it at 1080p or smaller.",
        )


def _answer(data: bytes, mime_type: str, seen: _Seen, what: str, findings: list[Finding]) -> Inspection:
    kind = "video" if seen.width else "audio"
    extension = _EXTENSIONS[mime_type]
    if kind == "audio" and what == "film":
        mime_type, extension = _AUDIO_ONLY[mime_type]
    elif kind == "video" and what == "recording":
        kind, mime_type, extension = "video", "video/mp4", "mp4"
    return Inspection(kind, mime_type, extension, data, seen.width, seen.height, seen.seconds or None, tuple(findings))
