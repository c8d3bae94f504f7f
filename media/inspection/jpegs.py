"""A JPEG segment by segment (ITU T.81, annex B): the picture kept bit for bit, everything else dropped."""

from collections.abc import Iterator

from media.inspection.verdicts import corrupt
from media.words import gettext_noop as _

_SOI, _EOI, _SOS = 0xD8, 0xD9, 0xDA
# Baseline, extended and progressive frames; tables; restarts; the number of lines.
_NEEDED = {0xC0, 0xC1, 0xC2, 0xC4, 0xDB, 0xDC, 0xDD, _SOS}
_RESTARTS = range(0xD0, 0xD8)
_JFIF, _COLOURS, _ADOBE = 0xE0, 0xE2, 0xEE
_PROFILE = b"ICC_PROFILE\0"


def only_picture(data: bytes) -> bytes:
    """The JPEG without camera, place and author data, comments, thumbnails, and bytes behind its end.

    Without loss: a photo of 10 MB is not compressed a second time. Raises Refused where it cannot be followed.
    """
    kept = [b"\xff\xd8"]
    for marker, start, stop in _segments(data):
        if marker == _JFIF and data[start + 4 : start + 9] == b"JFIF\0" and stop - start >= 18:
            # Its 14 fixed bytes, with a thumbnail of 0 x 0.
            kept.append(b"\xff\xe0\0\x10" + data[start + 4 : start + 16] + b"\0\0")
        elif marker in _NEEDED or _is_about_colours(data, marker, start, stop):
            kept.append(data[start:stop])
    return b"".join([*kept, b"\xff\xd9"])


def _is_about_colours(data: bytes, marker: int, start: int, stop: int) -> bool:
    if marker == _ADOBE:
        return data[start + 4 : start + 9] == b"Adobe" and stop - start == 16
    return marker == _COLOURS and data[start + 4 : start + 16] == _PROFILE


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, start and stop of every segment up to the end of the picture; a scan includes its coded data."""
    at = 2
    try:
        while True:
            if data[at] != 0xFF:
                raise corrupt(_("picture"))
            while data[at + 1] == 0xFF:
                at += 1
            marker = data[at + 1]
            if marker == _EOI:
                return
            if marker in (0, _SOI) or marker in _RESTARTS:
                raise corrupt(_("picture"))
            stop = at + 2 + int.from_bytes(data[at + 2 : at + 4])
            if stop > len(data) or stop < at + 4:
                raise corrupt(_("picture"))
            if marker == _SOS:
                stop = _after_scan(data, stop)
            yield marker, at, stop
            at = stop
    except IndexError:
        raise corrupt(_("picture")) from None


def _after_scan(data: bytes, at: int) -> int:
    """Where the next marker that is neither a stuffed byte nor a restart begins."""
    while (at := data.find(b"\xff", at)) >= 0:
        if data[at + 1] != 0 and data[at + 1] not in _RESTARTS:
            return at
        at += 2
    raise corrupt(_("picture"))
