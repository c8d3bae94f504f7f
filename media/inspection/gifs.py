"""A GIF block by block (GIF89a specification, appendix A): frames kept as they are, everything else dropped."""

from media.inspection.verdicts import corrupt
from media.words import gettext_noop as _

_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, 0x3B
_GRAPHIC_CONTROL, _APPLICATION = 0xF9, 0xFF
_LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")


def only_pictures(data: bytes) -> bytes:
    """The GIF without comments, plain text, foreign application blocks and bytes after its end.

    Without loss, where writing it anew by an image library would change colours. Raises Refused when cut short.
    """
    try:
        at = 13 + _table_bytes(data[10])
        kept = [data[:at]]
        while data[at] != _TRAILER:
            end = _block_end(data, at)
            if end > len(data):
                raise corrupt(_("animation"))
            if _is_needed(data, at):
                kept.append(data[at:end])
            at = end
    except IndexError:
        raise corrupt(_("animation")) from None
    return b"".join([*kept, bytes([_TRAILER])])


def _table_bytes(packed: int) -> int:
    return 3 * 2 ** ((packed & 7) + 1) if packed & 0x80 else 0


def _block_end(data: bytes, at: int) -> int:
    if data[at] == _EXTENSION:
        return _after_sub_blocks(data, at + 2)
    if data[at] == _IMAGE:
        return _after_sub_blocks(data, at + 10 + _table_bytes(data[at + 9]) + 1)
    raise corrupt(_("animation"))


def _after_sub_blocks(data: bytes, at: int) -> int:
    while data[at]:
        at += data[at] + 1
    return at + 1


def _is_needed(data: bytes, at: int) -> bool:
    if data[at] == _IMAGE or data[at + 1] == _GRAPHIC_CONTROL:
        return True
    return data[at + 1] == _APPLICATION and data[at + 3 : at + 14] in _LOOPS
