"""Sentences as words with values, for the plain rooms: who shows them translates them (decision 0011)."""

from collections.abc import Callable, Mapping
from typing import Any

Values = Mapping[str, int | str]
Kept = dict[str, Any]


class Word(str):
    """A value that is itself one of the portal's words, and is translated with the sentence it stands in."""

    __slots__ = ()


class Size(str):
    """A number of bytes as people read it ("412 KB"): its unit is the word that is translated."""

    __slots__ = ()

    @classmethod
    def of(cls, size: int) -> "Size":
        """In the providers' KB of 1000 bytes."""
        return cls(f"{size / 1000:.0f} KB" if size >= 1000 else f"{size} B")


_KINDS: Mapping[str, type[Word] | type[Size]] = {"word": Word, "size": Size}


def gettext_noop(words: str) -> str:
    """The words themselves. Its name tells `makemessages` that they are to be translated where they are shown."""
    return words


def fill(words: str, values: Values, translate: Callable[[str], str] = str) -> str:
    """Words in the reader's language with every {name} replaced by its value.

    A translation whose names do not fit is passed over for the words as they were written.
    """
    if not words:
        return ""
    told = {name: _spoken(value, translate) for name, value in values.items()}
    try:
        return translate(words).format_map(told) if told else translate(words)
    except (LookupError, ValueError):
        return words.format_map(told)


def _spoken(value: int | str, translate: Callable[[str], str]) -> int | str:
    if isinstance(value, Size):
        number, _blank, unit = value.rpartition(" ")
        return f"{number} {translate(unit)}"
    return translate(value) if isinstance(value, Word) else value


def kept(words: str, values: Values | None = None) -> Kept:
    """A sentence and its values as JSON takes them; `said` reads it."""
    kinds = {name: "size" if isinstance(value, Size) else "word" for name, value in (values or {}).items()}
    told = {
        name: [kinds[name], value] if isinstance(value, (Word, Size)) else value
        for name, value in (values or {}).items()
    }
    return {"words": words, "values": told}


def values_of(sentence: Mapping[str, Any]) -> Values:
    """The values that `kept` wrote down."""
    told = sentence["values"].items()
    return {name: _KINDS[value[0]](value[1]) if isinstance(value, list) else value for name, value in told}


def said(sentence: Mapping[str, Any], translate: Callable[[str], str] = str) -> str:
    """What `kept` wrote down, in the reader's language; "" of nothing."""
    return fill(sentence["words"], values_of(sentence), translate) if sentence else ""


UNITS = (gettext_noop("KB"), gettext_noop("B"))
