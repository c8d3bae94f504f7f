"""How a fallback text travels as SMS: its alphabet, its segments, and the characters that cost (GSM 03.38)."""

from dataclasses import dataclass
from itertools import groupby

GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENDED = frozenset("^{}\\[~]|€\f")
GSM, UCS2 = "GSM-7", "UCS-2"
GSM_ONE, GSM_MANY = 160, 153
UCS2_ONE, UCS2_MANY = 70, 67
# Providers advise 110 characters where they add a link, so that both share one SMS of 160 (sinch.md, section 4; the
# address itself is [assumed]).
SAMPLE_LINK = "https://pictures.example/s/0123456789abcdefghijkl"
PLAINER = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4`", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb\u2033", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
        **dict.fromkeys("\u00a0\u2002\u2003\u2009\u202f\u200a", " "),
        **dict.fromkeys("\u200b\u200d\u2060\ufeff\u00ad", ""),
        "\u2026": "...",
        "\u2022": "-",
    }
)


@dataclass(frozen=True, slots=True)
class Segments:
    """How a text is cut: alphabet, units used, segments, units left in the last one, what forces UCS-2."""

    encoding: str
    units: int
    segments: int
    left: int
    forcing: tuple[str, ...]

    @property
    def over(self) -> int:
        """How many units to cut to save the last segment; 0 where there is but one."""
        if self.segments < 2:
            return 0
        one, many = (GSM_ONE, GSM_MANY) if self.encoding == GSM else (UCS2_ONE, UCS2_MANY)
        return self.units - one if self.segments == 2 else many - self.left


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of a text whose characters cost the same: "" what any does, "two" double, "unicode" all others dear."""

    text: str
    cost: str


def runs(text: str) -> list[Run]:
    """A text by what its characters cost: those outside the GSM alphabet, and those that take two places."""
    return [Run("".join(characters), cost) for cost, characters in groupby(text, _cost)]


def _cost(character: str) -> str:
    if character in GSM_BASIC:
        return ""
    return "two" if character in GSM_EXTENDED else "unicode"


def plain(text: str) -> str:
    """A text with the punctuation that word processors put in written as a typewriter would: it costs less by SMS."""
    return text.translate(PLAINER)


def segments(text: str) -> Segments:
    """Count a text as a phone network would.

    Extended GSM characters take two septets and surrogate pairs two UCS-2 units; neither is ever split.
    """
    forcing = tuple(dict.fromkeys(c for c in text if c not in GSM_BASIC and c not in GSM_EXTENDED))
    if forcing:
        widths = [2 if ord(c) > 0xFFFF else 1 for c in text]
        return _cut(UCS2, widths, UCS2_ONE, UCS2_MANY, forcing)
    widths = [2 if c in GSM_EXTENDED else 1 for c in text]
    return _cut(GSM, widths, GSM_ONE, GSM_MANY, forcing)


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
