"""Cutting texts where a reader would: between paragraphs, sentences or words, never inside a placeholder or letter."""

import unicodedata
from collections.abc import Mapping, Sequence
from itertools import accumulate

from messaging.content import PLACEHOLDER

# Ends of sentences; the wide ones (of Chinese and Japanese) need no blank behind them.
WIDE_ENDS = frozenset("\u3002\uff01\uff1f")
ENDS = WIDE_ENDS | frozenset(".!?\u2026\u061f\u0964")
TRAILING = " \n\t,;:-\u2013\u2014"
JOINER = "\u200d"
# What modifies the character before it without being a combining mark: skin tones, and the tags of a flag.
MODIFIERS = frozenset(map(chr, [*range(0x1F3FB, 0x1F400), *range(0xE0020, 0xE0080)]))
FLAGS = frozenset(map(chr, range(0x1F1E6, 0x1F200)))
# A nicer place to cut is worth that much of what would fit.
WORTH = {"paragraph": 0.5, "sentence": 0.6, "word": 0.3}


def width(text: str, values: Mapping[str, str]) -> int:
    """Characters of a text, each placeholder counted as its value in `values`, or as written if it has none."""
    return sum(_widths(_atoms(text), values))


def pieces(text: str, limit: int, values: Mapping[str, str]) -> list[str]:
    """A text in parts of `limit` characters at most, none of them empty; one value longer than that stays whole."""
    found, atoms = [], _atoms(text.strip())
    while atoms:
        end, _kind = _end(atoms, limit, values)
        found.append("".join(atoms[:end]).strip())
        atoms = atoms[end:]
        while atoms and atoms[0].isspace():
            atoms = atoms[1:]
    return [piece for piece in found if piece]


def shortened(text: str, limit: int, values: Mapping[str, str], mark: str = "…") -> str:
    """The beginning of a text in `limit` characters at most; `mark` says that it goes on, unless a sentence ended."""
    text = text.strip()
    if width(text, values) <= limit:
        return text
    atoms = _atoms(text)
    end, kind = _end(atoms, limit, values)
    whole = "".join(atoms[:end]).strip()
    if kind in {"paragraph", "sentence"} and width(whole, values) <= limit:
        return whole
    end, kind = _end(atoms, max(limit - len(mark), 1), values)
    cut = "".join(atoms[:end]).rstrip(TRAILING)
    return cut + mark if width(cut, values) + len(mark) <= limit else ""


def first_sentence(text: str) -> str:
    """What stands before the first line's or sentence's end."""
    line = text.strip().partition("\n")[0]
    atoms = _atoms(line)
    ends = (index for index in range(len(atoms) - 1) if _kind(atoms, index + 1) == "sentence")
    return "".join(atoms[: next(ends, len(atoms)) + 1]).strip()


def _end(atoms: Sequence[str], limit: int, values: Mapping[str, str]) -> tuple[int, str]:
    """Where to cut, as a number of atoms, and what ends there; one atom at least."""
    sums = list(accumulate(_widths(atoms, values)))
    most = sum(total <= limit for total in sums)
    if most == len(atoms):
        return most, "paragraph"
    best: dict[str, int] = {}
    for index in range(1, most + 1):
        best[_kind(atoms, index)] = index
    for kind, worth in WORTH.items():
        if kind in best and sums[best[kind] - 1] >= worth * limit:
            return best[kind], kind
    return max(most, 1), ""


def _kind(atoms: Sequence[str], index: int) -> str:
    """What a cut before the atom at `index` would part."""
    before, after = atoms[index - 1], atoms[index]
    if before == "\n" or after == "\n":
        return "paragraph"
    if before in ENDS and (after.isspace() or before in WIDE_ENDS):
        return "sentence"
    return "word" if before.isspace() or after.isspace() else ""


def _widths(atoms: Sequence[str], values: Mapping[str, str]) -> list[int]:
    return [len(values.get(atom[2:-1], atom)) if atom.startswith("$(") else len(atom) for atom in atoms]


def _atoms(text: str) -> list[str]:
    """The text in what must not be cut: placeholders, and characters with all that belongs to them."""
    atoms: list[str] = []
    at = 0
    for match in PLACEHOLDER.finditer(text):
        atoms += [*_letters(text[at : match.start()]), match[0]]
        at = match.end()
    return atoms + _letters(text[at:])


def _letters(text: str) -> list[str]:
    letters: list[str] = []
    for character in text:
        if letters and _belongs(letters[-1], character):
            letters[-1] += character
        else:
            letters.append(character)
    return letters


def _belongs(letter: str, character: str) -> bool:
    if character in FLAGS:
        return len(letter) == 1 and letter in FLAGS
    return (
        character == JOINER
        or letter.endswith(JOINER)
        or character in MODIFIERS
        or unicodedata.category(character) in {"Mn", "Me", "Mc"}
    )
