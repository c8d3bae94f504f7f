"""MP3, AMR and WAV without what stands before and after their sound: tags, covers, hidden files."""

from media.inspection.verdicts import corrupt
from media.words import gettext_noop as _

_AMR_HEADER = b"#!AMR\n"
# Bytes of a frame after its one-byte header, by frame type (RFC 4867, 5.3; 3GPP TS 26.101).
_AMR_FRAMES = {0: 12, 1: 13, 2: 15, 3: 17, 4: 19, 5: 20, 6: 26, 7: 31, 8: 5, 15: 0}
_MP3_KBPS = {
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_MP3_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


def stripped(data: bytes, mime_type: str) -> bytes:
    """The sound alone. Raises Refused when it ends in the middle of a frame or holds something else in between."""
    return {"audio/mpeg": _mp3, "audio/amr": _amr, "audio/wav": _wav}[mime_type](data)


def _mp3(data: bytes) -> bytes:
    start = _after_id3(data)
    while start < len(data) and data[start] == 0:
        start += 1
    at = start
    while (length := _mp3_frame(data, at)) and at + length <= len(data):
        at += length
    if at == start or (_mp3_frame(data, at) and len(data) - at > 4):
        raise corrupt(_("recording"))
    return data[start:at]


def _after_id3(data: bytes) -> int:
    if data[:3] != b"ID3" or len(data) < 10:
        return 0
    size = sum((byte & 0x7F) << shift for byte, shift in zip(data[6:10], (21, 14, 7, 0), strict=True))
    return 10 + size + (10 if data[5] & 0x10 else 0)


def _mp3_frame(data: bytes, at: int) -> int:
    """Bytes of the layer III frame that starts here, 0 when none does (ISO 11172-3, 2.4.1.3)."""
    head = data[at : at + 4]
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return 0
    version, layer, bits, rate = head[1] >> 3 & 3, head[1] >> 1 & 3, head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or layer != 1 or bits in (0, 15) or rate == 3:
        return 0
    kbps = _MP3_KBPS[3 if version == 3 else 2][bits]
    return (144 if version == 3 else 72) * kbps * 1000 // _MP3_RATES[version][rate] + (head[2] >> 1 & 1)


def _amr(data: bytes) -> bytes:
    at = len(_AMR_HEADER)
    while at < len(data):
        length = _AMR_FRAMES.get(data[at] >> 3 & 15)
        if length is None or data[at] & 0x83 or at + 1 + length > len(data):
            raise corrupt(_("recording"))
        at += 1 + length
    return data


def _wav(data: bytes) -> bytes:
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data) + 1:
        raise corrupt(_("recording"))
    kept, at = [], 12
    while at + 8 <= end:
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        if at + 8 + length > len(data):
            raise corrupt(_("recording"))
        if data[at : at + 4] in (b"fmt ", b"data", b"fact"):
            kept.append(data[at : at + 8 + length] + b"\0" * (length % 2))
        at += 8 + length + length % 2
    body = b"WAVE" + b"".join(kept)
    return b"RIFF" + len(body).to_bytes(4, "little") + body
