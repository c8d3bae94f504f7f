"""The boxes of an MP4, MOV or 3GP file (ISO 14496-12, 4.2): complete to the last byte, user data blanked."""

from collections.abc import Iterator

from media.inspection.verdicts import corrupt
from media.words import gettext_noop as _

_BLANKED = (b"udta", b"meta")  # where places, cameras and authors are written
_PLAYED = (b"ftyp", b"styp", b"moov", b"mdat", b"moof", b"mfra", b"sidx", b"ssix", b"pdin", b"prft")
_KNOWN = (*_PLAYED, *_BLANKED, b"free", b"skip", b"uuid", b"emsg", b"wide")
_PARENTS = (b"moov", b"trak")


def stripped(data: bytes) -> bytes:
    """The file with its metadata boxes turned into free space, and without bytes behind the last box.

    Nothing moves, so the offsets inside stay true. Raises Refused when a box reaches past the end.
    """
    copy = bytearray(data)
    end = 0
    names = set()
    for name, start, stop in walk(copy, 0, len(copy), top=True):
        names.add(name)
        _clean(copy, name, start, stop, needless=name not in _PLAYED)
        end = stop
    if not {b"ftyp", b"moov"} <= names:
        raise corrupt(_("film"))
    return bytes(copy[:end])


def walk(data: bytearray, at: int, end: int, *, top: bool = False) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and stop of each box; at the top, what is no box has been hung on behind the end.

    Raises Refused when a box reaches past `end`.
    """
    while end - at >= 8:
        size, name, header = int.from_bytes(data[at : at + 4]), bytes(data[at + 4 : at + 8]), 8
        if size == 1:
            size, header = int.from_bytes(data[at + 8 : at + 16]), 16
        elif size == 0:
            size = end - at
        if size < header or at + size > end:
            if top and name not in _KNOWN:
                return
            raise corrupt(_("file"))
        yield name, at, at + size
        at += size


def blank(data: bytearray, start: int, stop: int) -> None:
    """Turn a box into free space of the same length."""
    header = 16 if int.from_bytes(data[start : start + 4]) == 1 else 8
    data[start + 4 : start + 8] = b"free"
    data[start + header : stop] = bytes(stop - start - header)


def _clean(data: bytearray, name: bytes, start: int, stop: int, *, needless: bool = False) -> None:
    if needless or name in _BLANKED:
        blank(data, start, stop)
    elif name in _PARENTS:
        for child, child_start, child_stop in walk(data, start + 8, stop):
            _clean(data, child, child_start, child_stop)
