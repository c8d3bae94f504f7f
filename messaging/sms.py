"""How a fallback text travels as SMS: its alphabet, its segments, and the characters that cost (GSM 03.38)."""

from dataclasses import dataclass

GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENDED = frozenset("^{}\\[~]|€\f")
GSM_ONE, GSM_MANY = 160, 153
UCS2_ONE, UCS2_MANY = 70, 67


@dataclass(frozen=True, slots=True)
class Segments:
    """How a text is cut: alphabet, units used, segments, units left in the last one, what forces UCS-2."""

    encoding: str
    units: int
    segments: int
    left: int
    forcing: tuple[str, ...]


def segments(text: str) -> Segments:
    """Count a text as a phone network would.

    Extended GSM characters take two septets and surrogate pairs two UCS-2 units; neither is ever split.
    """
    forcing = tuple(dict.fromkeys(c for c in text if c not in GSM_BASIC and c not in GSM_EXTENDED))
    if forcing:
        widths = [2 if ord(c) > 0xFFFF else 1 for c in text]
        return _cut("UCS-2", widths, UCS2_ONE, UCS2_MANY, forcing)
    widths = [2 if c in GSM_EXTENDED else 1 for c in text]
    return _cut("GSM-7", widths, GSM_ONE, GSM_MANY, forcing)


def _cut(encoding: str, widths: list[int], one: int, many: int, forcing: tuple[str, ...]) -> Segments:
    units = sum(widths)
    if units <= one:
        return Segments(encoding, units, 1 if units else 0, one - units, forcing)
    count, used = 1, 0
    for width in widths:
        if used + width > many:
            count, used = count + 1, 0
        used += width
    return Segments(encoding, units, count, many - used, forcing)
