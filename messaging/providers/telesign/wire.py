"""Words off the wire of Telesign: read without trust, for answers and callbacks alike."""

import json
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

LONGEST = 300
# Control characters and halves of surrogate pairs, which JSON can spell and a database refuses.
_UNSTORABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]")
# "22:07:01:226": the milliseconds behind one more colon, as in the seed's own callback.
_COLON_BEFORE_FRACTION = re.compile(r"(?<=[T ][0-9]{2}:[0-9]{2}:[0-9]{2}):(?=[0-9])")
_ZONE = re.compile(r"\s+(?=(?:Z|[+-][0-9:]+)$)")


def parse(body: bytes) -> Any:
    """The JSON value of a body. Raises ValueError for anything that is none, nesting without end included."""
    try:
        return json.loads(body)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def members(body: bytes) -> dict[str, Any]:
    """The JSON object of a body; an empty one when it holds none."""
    try:
        value = parse(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


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


def lenient(value: object, longest: int = LONGEST) -> str:
    """The same, with "" for every other kind of value too."""
    try:
        return word(value, longest)
    except TypeError:
        return ""


def moment(text: str) -> datetime | None:
    """A time in any spelling of telesign.md, section 9: both of the seed's, RFC 3339 and RFC 1123.

    Without a zone it is UTC; None when it cannot be read.
    """
    try:
        if _DATE.match(text):
            at = datetime.fromisoformat(_ZONE.sub("", _COLON_BEFORE_FRACTION.sub(".", text)))
        else:
            at = parsedate_to_datetime(text)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
