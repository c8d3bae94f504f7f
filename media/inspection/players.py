"""Audio and video by PyAV: demuxed to the end, decoded within a budget, tags and trailing bytes taken out."""

import io
from dataclasses import dataclass

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Stream
from av.video.stream import VideoStream

from media.inspection import boxes, tags
from media.inspection.sniffing import unsupported
from media.inspection.verdicts import Finding, Inspection, Refused, corrupt
from media.words import Word
from media.words import gettext_noop as _

MAX_SECONDS = 3600.0
MAX_PIXELS = 4096 * 2304
MAX_STREAMS = 12
# Pixels decoded in full; a longer film is demuxed to its end and decoded at its key frames.
DECODE_BUDGET = 1_500_000_000

_DEMUXERS = {
    "audio/mpeg": "mp3",
    "audio/amr": "amr",
    "audio/wav": "wav",
    "audio/mp4": "mov",
    "video/mp4": "mov",
    "video/3gpp": "mov",
    "video/quicktime": "mov",
}
# What phones and cameras write. Everything else stays unread: each decoder is a door.
_FILM_CODECS = {"h264", "hevc", "av1", "libdav1d", "vp9", "libvpx-vp9", "mpeg4", "h263", "mjpeg", "prores"}
_SOUND_CODECS = {"aac", "mp3", "mp3float", "alac", "amrnb", "amrwb", "amr_nb", "amr_wb", "opus", "libopus", "ac3"}
_SOUND_CODECS |= {"libopencore_amrnb", "libopencore_amrwb", "pcm_u8", "pcm_s8", "pcm_s16le", "pcm_s16be", "pcm_s24le"}
_SOUND_CODECS |= {"pcm_s24be", "pcm_s32le", "pcm_f32le", "pcm_alaw", "pcm_mulaw", "adpcm_ms", "adpcm_ima_wav"}
_AUDIO_ONLY = {"video/mp4": ("audio/mp4", "m4a"), "video/3gpp": ("audio/3gpp", "3gp")}
_EXTENSIONS = {"audio/mpeg": "mp3", "audio/amr": "amr", "audio/wav": "wav", "audio/mp4": "m4a"}
_EXTENSIONS |= {"video/mp4": "mp4", "video/3gpp": "3gp", "video/quicktime": "mov"}


@dataclass(slots=True)
class _Seen:
    width: int | None = None
    height: int | None = None
    seconds: float = 0.0
    pictures: int = 0
    samples: int = 0


def read(data: bytes, mime_type: str) -> Inspection:
    """Decode the streams of a film or a recording. Raises Refused."""
    what = _("film") if mime_type.startswith("video/") else _("recording")
    clean = boxes.stripped(data) if _DEMUXERS[mime_type] == "mov" else tags.stripped(data, mime_type)
    try:
        with av.open(
            io.BytesIO(clean),
            mode="r",
            format=_DEMUXERS[mime_type],
            # Only the bytes given: a file may name other files or hosts to read.
            container_options={
                "protocol_whitelist": "none",
                "err_detect": "explode",
                "codec_whitelist": ",".join(sorted(_FILM_CODECS | _SOUND_CODECS)),
            },
        ) as container:
            seen = _play(container, what)
    except (FFmpegError, ValueError, EOFError, OSError, IndexError):
        raise corrupt(what) from None
    findings = []
    if clean != data:
        findings.append(Finding("metadata_removed", _("Tags, place data and bytes beside the streams were taken out.")))
    return _answer(clean, mime_type, seen, what, findings)


def _streams(container: InputContainer, what: str) -> tuple[list[VideoStream], list[AudioStream]]:
    """The film and the sounds that are played. Raises Refused when there are none, too many, or unreadable ones."""
    films = [
        stream for stream in container.streams.video if not stream.disposition & av.stream.Disposition.attached_pic
    ]
    # A phone may add a second sound of its own making beside one that everybody can play.
    sounds = [stream for stream in container.streams.audio if _codec(stream) in _SOUND_CODECS]
    if len(films) > 1 or len(container.streams) > MAX_STREAMS or not [*films, *container.streams.audio]:
        raise corrupt(what)
    if not all(_codec(film) in _FILM_CODECS for film in films) or not [*films, *sounds]:
        raise _unread(container, what)
    return films, sounds


def _play(container: InputContainer, what: str) -> _Seen:
    films, sounds = _streams(container, what)
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
                if not seen.pictures and frame.rotation % 180:
                    # As shown: a phone held upright films lying and says so.
                    seen.width, seen.height = film.height, film.width
                seen.pictures += 1
            elif isinstance(frame, av.AudioFrame):
                seen.samples += frame.samples
                ends = max(ends, (frame.time or 0.0) + frame.samples / (frame.sample_rate or 1))
    if (films and not seen.pictures) or (sounds and not seen.samples):
        raise corrupt(what)
    seen.seconds = seen.seconds or ends
    _check_length(max(seen.seconds, ends))
    return seen


def _codec(stream: Stream) -> str:
    # There is none where nothing can read the stream.
    return str(getattr(getattr(stream, "codec_context", None), "name", "")) or "unknown"


def _unread(container: InputContainer, what: str) -> Refused:
    names = sorted({_codec(stream) for stream in (*container.streams.video, *container.streams.audio)})
    return Refused(
        "media_codec_unsupported",
        _("The {what} is compressed in a way that is not read here."),
        {"what": Word(what)},
        limit="H.264 or HEVC with AAC; MP3, AAC, AMR or PCM",
        actual=", ".join(names),
        fix=_("Export it as MP4 (H.264 and AAC) or MP3."),
    )


def _check_length(seconds: float) -> None:
    if seconds > MAX_SECONDS:
        raise Refused(
            "media_too_long",
            _("It plays longer than {limit} seconds."),
            {"limit": round(MAX_SECONDS)},
            limit=MAX_SECONDS,
            actual=round(seconds, 1),
            fix=_("Cut it; messages carry well under a minute of film or a few minutes of sound."),
        )


def _check_picture(width: int, height: int) -> None:
    if not 0 < width * height <= MAX_PIXELS:
        raise Refused(
            "video_too_many_pixels",
            _("The film is {width} x {height} pixels; at most {limit} million pixels a picture are decoded."),
            {"width": width, "height": height, "limit": MAX_PIXELS // 1_000_000},
            limit=MAX_PIXELS,
            actual=f"{width} x {height}",
            fix=_("Export it at 1080p or smaller."),
        )


def _answer(data: bytes, mime_type: str, seen: _Seen, what: str, findings: list[Finding]) -> Inspection:
    kind = "video" if seen.width else "audio"
    extension = _EXTENSIONS[mime_type]
    if kind == "audio" and mime_type == "video/quicktime":
        raise unsupported(_("a QuickTime recording without a film"), _("Export it as M4A or MP3."))
    if kind == "audio" and what == "film":
        mime_type, extension = _AUDIO_ONLY[mime_type]
    elif kind == "video" and what == "recording":
        kind, mime_type, extension = "video", "video/mp4", "mp4"
    return Inspection(kind, mime_type, extension, data, seen.width, seen.height, seen.seconds or None, tuple(findings))
