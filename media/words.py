"""Sentences as words with values, for the plain rooms: who shows them translates them (decision 0011)."""

from collections.abc import Callable, Mapping
from typing import Any

Values = Mapping[str, int | str]
Kept = dict[str, Any]


class Word(str):
    """A value that is itself one of the portal's words, and is translated with the sentence it stands in."""

    __slots__ = ()


def gettext_noop(words: str) -> str:
    """The words themselves. Its name tells `makemessages` that they are to be translated where they are shown."""
    return words


def fill(words: str, values: Values, translate: Callable[[str], str] = str) -> str:
    """Words in the reader's language with every {name} replaced by its value.

    A translation whose names do not fit is passed over for the words as they were written.
    """
    if not words:
        return ""
    told = {name: translate(value) if isinstance(value, Word) else value for name, value in values.items()}
    try:
        return translate(words).format_map(told) if told else translate(words)
    except (LookupError, ValueError):
        return words.format_map(told)


def kept(words: str, values: Values | None = None) -> Kept:
    """A sentence and its values as JSON takes them; `said` reads it."""
    told = {name: [value] if isinstance(value, Word) else value for name, value in (values or {}).items()}
    return {"words": words, "values": told}


def values_of(sentence: Mapping[str, Any]) -> Values:
    """The values that `kept` wrote down."""
    return {name: Word(value[0]) if isinstance(value, list) else value for name, value in sentence["values"].items()}


def said(sentence: Mapping[str, Any], translate: Callable[[str], str] = str) -> str:
    """What `kept` wrote down, in the reader's language; "" of nothing."""
    return fill(sentence["words"], values_of(sentence), translate) if sentence else ""
