"""Content lines of vCard and iCalendar (RFC 6350 3.2, RFC 5545 3.1), kept as written."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

_HEAD = re.compile(r"^(?:[A-Za-z0-9-]+\.)?(?P<name>[A-Za-z0-9-]+)(?P<rest>[;:].*)$", re.DOTALL)
_PARAMETER = re.compile(r';([A-Za-z0-9-]+)(?:=((?:"[^"]*"|[^";:,])*(?:,(?:"[^"]*"|[^";:,])*)*))?')


@dataclass(frozen=True, slots=True)
class Line:
    """One property: its upper-case name (empty when unreadable), parameters, value, and its physical lines."""

    name: str
    value: str
    parameters: dict[str, list[str]] = field(default_factory=dict)
    physical: tuple[str, ...] = ()


def logical_lines(text: str) -> list[Line]:
    """The properties of a file, folded lines joined; empty lines between them fall away."""
    groups: list[list[str]] = []
    for physical in re.split(r"\r\n|\n|\r", text):
        if groups and (physical[:1] in (" ", "\t") or _goes_on(groups[-1])):
            groups[-1].append(physical)
        elif physical.strip():
            groups.append([physical])
    return [_parsed(group) for group in groups]


def written(lines: Iterable[Line]) -> bytes:
    """The properties as UTF-8 with the line ends of the standards, folding unchanged."""
    return "".join(f"{physical}\r\n" for line in lines for physical in line.physical).encode()


def _goes_on(group: list[str]) -> bool:
    # vCard 2.1 ends a quoted-printable line that goes on with "=".
    head = group[0].partition(":")[0].upper()
    return "QUOTED-PRINTABLE" in head and group[-1].endswith("=")


def _parsed(group: list[str]) -> Line:
    physical = tuple(line for line in group if line.strip())
    whole = group[0] + "".join(line[1:] if line[:1] in (" ", "\t") else line for line in group[1:])
    match = _HEAD.match(whole)
    if match is None:
        return Line("", whole, physical=physical)
    rest, parameters = match["rest"], {}
    at = 0
    while found := _PARAMETER.match(rest, at):
        parameters[found[1].upper()] = [value.strip('"') for value in (found[2] or "").split(",")]
        at = found.end()
    if rest[at : at + 1] != ":":
        return Line("", whole, physical=physical)
    return Line(match["name"].upper(), rest[at + 1 :], parameters, physical)
