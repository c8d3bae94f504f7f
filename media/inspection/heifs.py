"""A HEIC or AVIF photo (ISO 23008-12): its boxes followed to the end, its private items blanked where they lie."""

import io
from collections.abc import Iterator

from media.inspection.boxes import blank, walk
from media.inspection.verdicts import corrupt
from media.words import gettext_noop as _

# Camera, place and author data. What the picture needs is in items of its own types.
_PRIVATE_ITEMS = {b"Exif", b"mime", b"uri "}
# Camera data that say nothing, as decoders refuse an item of them that is all zeros: an empty TIFF directory.
_NOTHING = b"\0\0\0\0" + b"MM\0*\0\0\0\x08" + b"\0\0" + b"\0\0\0\0"
_NEEDED = (b"ftyp", b"meta", b"mdat", b"moov")


def only_picture(data: bytes) -> bytes:
    """The photo with its private items emptied, and without bytes behind its last box.

    Nothing moves, so the offsets inside stay true. Raises Refused when a box reaches past the end.
    """
    copy = bytearray(data)
    end, meta = 0, False
    for name, start, stop in walk(copy, 0, len(copy), top=True):
        if name == b"meta":
            meta = True
            for first, last in _private(copy, start, stop):
                copy[first:last] = _NOTHING[: last - first].ljust(last - first, b"\0")
        elif name not in _NEEDED:
            blank(copy, start, stop)
        end = stop
    if not meta:
        raise corrupt(_("picture"))
    return bytes(copy[:end])


def _private(data: bytearray, start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Where the bytes of private items begin and end."""
    inside = {name: (at, end) for name, at, end in walk(data, start + 12, stop)}
    if b"iinf" not in inside or b"iloc" not in inside:
        return
    private = set(_items(data, *inside[b"iinf"]))
    inner = inside.get(b"idat", (start, start))[0] + 8
    for item, method, first, length in _places(data, *inside[b"iloc"]):
        at = first + (inner if method == 1 else 0)
        if item in private:
            if at + length > len(data):
                raise corrupt(_("picture"))
            yield at, at + length


def _items(data: bytearray, start: int, stop: int) -> Iterator[int]:
    """The numbers of the private items (item information box, 8.11.6 of ISO 14496-12)."""
    count_bytes = 2 if data[start + 8] == 0 else 4
    for name, at, _end in walk(data, start + 12 + count_bytes, stop):
        id_bytes = 2 if data[at + 8] < 3 else 4
        kind = bytes(data[at + 14 + id_bytes : at + 18 + id_bytes])
        if name == b"infe" and kind in _PRIVATE_ITEMS:
            yield int.from_bytes(data[at + 12 : at + 12 + id_bytes])


def _places(data: bytearray, start: int, stop: int) -> Iterator[tuple[int, int, int, int]]:
    """Item, method (0: from the start of the file, 1: from the idat box), offset and length of every extent."""
    box = io.BytesIO(data[start + 8 : stop])

    def number(size: int) -> int:
        given = box.read(size)
        if len(given) < size:
            raise corrupt(_("picture"))
        return int.from_bytes(given)

    version = number(4) >> 24
    sizes = number(2)
    offset_bytes, length_bytes, base_bytes, index_bytes = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    wide = 2 if version < 2 else 4
    for _entry in range(number(wide)):
        item = number(wide)
        method = number(2) & 15 if version else 0
        number(2)
        base = number(base_bytes)
        for _entry in range(number(2)):
            if version and index_bytes:
                number(index_bytes)
            offset = number(offset_bytes)
            yield item, method, base + offset, number(length_bytes)
