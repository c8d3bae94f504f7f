"""Words off the wire of Sinch: read without trust, for answers and receipts alike."""

import json
import re
from typing import Any

LONGEST = 300
# Control characters and halves of surrogate pairs, which JSON can spell and a database refuses.
_UNSTORABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


def parse(body: bytes) -> Any:
    """The JSON value of a body. Raises ValueError for anything that is none, nesting without end included."""
    try:
        return json.loads(body)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def word(value: object, longest: int = LONGEST) -> str:
    """A string or whole number as one trimmed word; "" for what is absent or says "null".

    Raises TypeError for every other kind of value.
    """
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise TypeError(f"a word is expected, not {type(value).__name__}")
    if isinstance(value, int) and value.bit_length() > 256:
        raise TypeError("a number of this length means nothing here")
    text = _UNSTORABLE.sub(" ", str(value)).strip()[:longest]
    return "" if text.lower() == "null" else text


def loose(value: object, longest: int = LONGEST) -> str:
    """A word where there is one, and "" for every other kind of value."""
    try:
        return word(value, longest)
    except TypeError:
        return ""
