"""Reading JSON strictly: what PostgreSQL, SQLite or another JSON reader could take differently is refused here
(reliability, section 5, rows 1 to 9)."""

import hashlib
import json
import math
import re
from collections.abc import Mapping
from typing import Any

from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from messaging.api.errors import Problem, fault, invalid

# 100,000 recipients with 250 bytes each: a number, a reference and a few values.
LARGEST_BODY = 25_000_000
DEEPEST = 20
# Each opens an object or a list, which takes far more memory than the two bytes it may be written in.
MOST_BRACKETS = 250_000
# Each may part values that take ten times the memory of their bytes: twenty for each recipient.
MOST_COMMAS = 2_000_000
# Every integer up to 2**53 means the same to every JSON reader; no field of ours is larger.
LONGEST_INTEGER = 16
ESCAPES = re.compile(r"\\u(0000|[dD][89a-fA-F])")
_DIGEST = "mms.body_sha256"


class _Odd:
    """A number that is no number of ours, kept until its place in the document is known."""


class _Repeating(dict[str, Any]):
    """An object in which `name` stands twice, kept until its place in the document is known."""

    name = ""


class StrictJSONParser(BaseParser):
    """application/json as UTF-8 with an object on top, at most 25 MB and 20 levels. Raises Problem 400 or 413."""

    media_type = "application/json"

    def parse(self, stream: Any, _media_type: str | None = None, parser_context: Any = None) -> dict[str, Any]:
        context: Mapping[str, Any] = parser_context or {}
        request: Request | None = context.get("request")
        raw = _read(stream, request)
        if request is not None:
            request.META[_DIGEST] = hashlib.sha256(raw).hexdigest()
        return parse(raw)


def body_digest(request: Request) -> str:
    """SHA-256 (hexadecimal) of the body as it came over the wire; read `request.data` first."""
    return str(request.META.get(_DIGEST, hashlib.sha256().hexdigest()))


def parse(raw: bytes) -> dict[str, Any]:
    """A JSON object from bytes. Raises Problem 400 with the pointer of the first fault where it has one."""
    text = _text(raw)
    _check_size(text)
    value, odd = _loaded(text)
    # A NUL and half a surrogate pair can only be written as escapes: a long list without is not read letter by letter.
    if odd or ESCAPES.search(text) or _deep(value):
        _check(value)
    if not isinstance(value, dict):
        raise invalid("", "json_not_object", "The body is not a JSON object.", fix='Send an object: {"from": ...}.')
    return value


def step(pointer: str, name: str | int) -> str:
    """A JSON pointer (RFC 6901) one level deeper; what cannot be written in UTF-8 is replaced."""
    text = str(name).encode("utf-8", "replace").decode().replace("\x00", "�")
    return f"{pointer}/{text[:200].replace('~', '~0').replace('/', '~1')}"


def _read(stream: Any, request: Request | None) -> bytes:
    declared = request.META.get("CONTENT_LENGTH") if request is not None else None
    length = int(declared) if declared and str(declared).isdigit() else 0
    raw: bytes = b"" if length > LARGEST_BODY else stream.read(LARGEST_BODY + 1)
    actual = max(length, len(raw))
    if actual > LARGEST_BODY:
        message = f"The body has more than {LARGEST_BODY} bytes."
        fix = "Split the recipients over several requests."
        raise Problem(413, errors=[fault("", "body_too_large", message, limit=LARGEST_BODY, actual=actual, fix=fix)])
    return raw


def _text(raw: bytes) -> str:
    if raw.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")) or b"\0" in raw:
        raise invalid("", "json_encoding", "The body is not plain UTF-8.", fix="Send UTF-8 without a byte order mark.")
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        message = f"The body is not UTF-8: byte {error.start} does not fit."
        raise invalid("", "json_encoding", message, fix="Send UTF-8.") from error


def _check_size(text: str) -> None:
    brackets, commas = text.count("{") + text.count("["), text.count(",")
    for what, actual, limit in (("brackets that open", brackets, MOST_BRACKETS), ("commas", commas, MOST_COMMAS)):
        if actual > limit:
            message = f"The body has {actual} {what}; {limit} are taken."
            raise invalid("", "json_too_many", message, limit=limit, actual=actual, fix="Split the recipients.")


def _loaded(text: str) -> tuple[Any, bool]:
    """The document, and whether there is anything in it whose place must be found."""
    found: list[_Odd | _Repeating] = []

    def kept(value: Any) -> Any:
        if isinstance(value, _Odd | _Repeating):
            found.append(value)
        return value

    try:
        value = json.loads(
            text,
            object_pairs_hook=lambda pairs: kept(_object(pairs)),
            parse_int=lambda digits: kept(_integer(digits)),
            parse_float=lambda digits: kept(_number(digits)),
            parse_constant=lambda _name: kept(_Odd()),
        )
        return value, bool(found)
    except RecursionError as error:
        raise _too_deep("") from error
    except json.JSONDecodeError as error:
        message = f"The body is not JSON: {error.msg} in line {error.lineno}, column {error.colno}."
        raise invalid("", "json_malformed", message, fix="Check the body with a JSON linter.") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) == len(pairs):
        return members
    seen: set[str] = set()
    repeating = _Repeating(members)
    repeating.name = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
    return repeating


def _integer(text: str) -> int | _Odd:
    return int(text) if len(text) <= LONGEST_INTEGER + 1 else _Odd()


def _number(text: str) -> float | _Odd:
    value = float(text)
    return value if math.isfinite(value) else _Odd()


def _deep(document: Any) -> bool:
    """Whether there are more levels than may be."""
    level = [document] if isinstance(document, dict | list) else []
    for _depth in range(DEEPEST):
        below = (outer.values() if isinstance(outer, dict) else outer for outer in level)
        level = [inner for outer in below for inner in outer if isinstance(inner, dict | list)]
        if not level:
            return False
    return True


def _check(document: Any) -> None:
    """Walk without recursion, so that depth costs nothing. Raises Problem 400."""
    waiting: list[tuple[str, Any, int]] = [("", document, 1)]
    while waiting:
        pointer, value, depth = waiting.pop()
        if isinstance(value, str):
            _check_text(value, pointer)
        elif isinstance(value, _Odd):
            fix = "Use a number that fits in 16 digits, never NaN or Infinity."
            raise invalid(pointer, "json_number", "This number cannot be taken.", fix=fix)
        elif isinstance(value, dict | list):
            if depth > DEEPEST:
                raise _too_deep(pointer)
            waiting.extend((at, inner, depth + 1) for at, inner in _inside(value, pointer))


def _inside(value: dict[str, Any] | list[Any], pointer: str) -> list[tuple[str, Any]]:
    if isinstance(value, list):
        return [(f"{pointer}/{index}", inner) for index, inner in enumerate(value)]
    if isinstance(value, _Repeating):
        raise invalid(step(pointer, value.name), "json_repeated", "This name stands twice in one object.")
    for name in value:
        _check_text(name, step(pointer, name))
    return [(step(pointer, name), inner) for name, inner in value.items()]


def _check_text(text: str, pointer: str) -> None:
    if "\x00" in text:
        raise invalid(pointer, "text_nul", "The text holds a NUL character.", fix="Remove \\u0000.")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        message = "The text holds half of a surrogate pair."
        raise invalid(pointer, "text_surrogate", message, fix="Send the whole character.") from error


def _too_deep(pointer: str) -> Problem:
    message = f"The body is nested deeper than {DEEPEST} levels."
    return invalid(pointer[:200], "json_too_deep", message, limit=DEEPEST)
