"""The Range header of one request (RFC 9110, section 14)."""

import re

_SINGLE = re.compile(r"^bytes=(\d*)-(\d*)$")


class Unsatisfiable(Exception):
    """The range lies outside the file: 416."""


def wanted(header: str, size: int) -> tuple[int, int] | None:
    """First byte and number of bytes asked for; None for the whole file.

    Several ranges and anything unreadable mean the whole file, as the standard allows. Raises Unsatisfiable.
    """
    match = _SINGLE.match(header.replace(" ", "").lower())
    if match is None or match[1] == match[2] == "" or len(header) > 60:
        return None
    if match[1] == "":
        length = min(int(match[2]), size)
        if length == 0:
            raise Unsatisfiable
        return size - length, length
    first = int(match[1])
    last = min(int(match[2]), size - 1) if match[2] else size - 1
    if match[2] and int(match[2]) < first:
        return None
    if first >= size:
        raise Unsatisfiable
    return first, last - first + 1
