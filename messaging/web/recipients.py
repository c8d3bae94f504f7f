"""The recipients box: numbers in any usual spelling, each with values of its own if it needs some.

    +1 647 555 0142
    (647) 555-0143  area=EC1M 4BH  name=Ann
    6475550144 name="Lee, Ann"

One entry a line, or several parted by commas, semicolons or tabs. What follows the number is `name=value`; a value
runs to the next name or the end of the entry, and is quoted when it holds a separator.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from messaging.addresses import AddressError, normalise
from messaging.slide_rules.findings import fill

ENTRY = re.compile(r'(?:="[^"\n]*"|[^\n,;\t])+')
PAIR = re.compile(r"(?:^|(?<=\s))([A-Za-z_][A-Za-z0-9_]{0,63})=")
LONGEST_VALUE = 1000
VALUE_TOO_LONG = gettext_noop("A value has more than {longest} characters. Shorten it.")
# What is remembered of an entry: twenty thousand longer ones would fill the memory.
LONGEST_KEPT = 200


@dataclass(frozen=True, slots=True)
class Recipient:
    """One entry: as written, its E.164 number or why there is none, its own values, and whether it came before.

    `error` is in the portal's own words, which may name the {longest} a value may be: entries outlive a language.

    `tidy` is the entry in its normal form; one that cannot be read stays as written. Entries are shared: change none.
    """

    written: str
    number: str = ""
    error: str = ""
    repeated: bool = False
    values: Mapping[str, str] = field(default_factory=dict)
    tidy: str = ""

    @property
    def trouble(self) -> str:
        """The error in the reader's language."""
        return fill(self.error, {"longest": LONGEST_VALUE}, _)

    @property
    def usable(self) -> bool:
        """Whether a message goes out for this entry."""
        return bool(self.number) and not self.repeated


def read_recipients(text: str, *, region: str = "US") -> list[Recipient]:
    """Every entry of the box in order; repeats are marked, never dropped silently. Raises nothing."""
    found: list[Recipient] = []
    seen: set[str] = set()
    for match in ENTRY.finditer(text):
        written = match[0].strip()
        if not written:
            continue
        entry = (_entry if len(written) <= LONGEST_KEPT else _entry.__wrapped__)(written, region)
        found.append(replace(entry, repeated=True) if entry.number in seen else entry)
        if entry.number:
            seen.add(entry.number)
    return found


def tidied(recipients: Iterable[Recipient]) -> str:
    """The whole box in normal form: one entry a line, repeats left out."""
    return "\n".join(entry.tidy for entry in recipients if not entry.repeated)


def spelt(number: str, values: Mapping[str, str]) -> str:
    """An entry as the box holds it: the number, and its own values behind it."""
    return " ".join([number, *(f"{name}={_quoted(value)}" for name, value in values.items())])


# The box is read at every pause in typing; only entries that changed are worth parsing again.
@lru_cache(maxsize=20_000)
def _entry(written: str, region: str) -> Recipient:
    number_text, values = _split(written)
    number, error = _number(number_text, region)
    if not error and any(len(value) > LONGEST_VALUE for value in values.values()):
        number, error = "", VALUE_TOO_LONG
    return Recipient(written, number, error, values=values, tidy=spelt(number, values) if number else written)


def _split(written: str) -> tuple[str, dict[str, str]]:
    pairs = list(PAIR.finditer(written))
    if not pairs:
        return written, {}
    ends = [pair.start() for pair in pairs[1:]] + [len(written)]
    values = {pair[1]: _unquoted(written[pair.end() : end].strip()) for pair, end in zip(pairs, ends, strict=True)}
    return written[: pairs[0].start()].strip(), values


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) >= 2 and value[0] == value[-1] == '"' else value


def _quoted(value: str) -> str:
    return f'"{value}"' if re.search(r"[,;\t=]", value) else value


def _number(written: str, region: str) -> tuple[str, str]:
    try:
        return normalise(written, region=region), ""
    except AddressError as error:
        return "", error.message
