"""A WebP chunk by chunk (RFC 9649): the picture kept bit for bit, everything else dropped."""

from media.inspection.verdicts import corrupt
from media.words import gettext_noop as _

_NEEDED = {b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"}
_HAS_EXIF_OR_XMP = 0x0C


def only_picture(data: bytes) -> bytes:
    """The WebP without camera, place and author data, and bytes behind its end. Raises Refused when cut short."""
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data):
        raise corrupt(_("picture"))
    kept, at = [], 12
    while at + 8 <= end:
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        stop = at + 8 + length + length % 2
        if stop > end:
            raise corrupt(_("picture"))
        name, chunk = data[at : at + 4], data[at:stop]
        if name == b"VP8X" and length:
            chunk = chunk[:8] + bytes([chunk[8] & ~_HAS_EXIF_OR_XMP]) + chunk[9:]
        if name in _NEEDED:
            kept.append(chunk)
        at = stop
    body = b"WEBP" + b"".join(kept)
    return b"RIFF" + len(body).to_bytes(4, "little") + body
