"""A PNG chunk by chunk (ISO 15948, 5.3): the picture kept bit for bit, everything else dropped."""

import zlib

from media.inspection.verdicts import corrupt
from media.words import gettext_noop as _

_SIGNATURE = 8
_NEEDED = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"bKGD", b"pHYs"}


def only_picture(data: bytes) -> bytes:
    """The PNG without texts, times, places, further frames, and bytes behind its end.

    Raises Refused when a chunk is cut short or does not have the checksum it names.
    """
    kept, at, name = [data[:_SIGNATURE]], _SIGNATURE, b""
    while name != b"IEND":
        stop = at + 12 + int.from_bytes(data[at : at + 4])
        name = data[at + 4 : at + 8]
        if stop > len(data) or zlib.crc32(data[at + 4 : stop - 4]) != int.from_bytes(data[stop - 4 : stop]):
            raise corrupt(_("picture"))
        if name in _NEEDED:
            kept.append(data[at:stop])
        elif not name[:1].islower():
            # A capital first letter: without it the picture cannot be understood.
            raise corrupt(_("picture"))
        at = stop
    return b"".join(kept)
