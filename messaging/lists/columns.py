"""Which column of a file holds what: guessed from its heading and its cells, and checked when somebody says so.

A mapping is {heading: role}; a role is "number", "correlation_id" or "$name" for the value of a placeholder. A column
without one is ignored.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence

import phonenumbers
from django.utils.translation import gettext as _

from messaging.addresses import AddressError, normalise
from messaging.lists.troubles import Unreadable

NUMBER, REFERENCE = "number", "correlation_id"
PLACEHOLDER = re.compile(r"[A-Za-z0-9_]{1,64}")
NUMBER_WORDS = re.compile(r"\b(phone|mobile|cell|msisdn|number|recipient|to|tel|telephone|handy|gsm|whatsapp|sms)\b")
REFERENCE_WORDS = re.compile(r"\b(correlation|reference|ref|order|customer id|contact id|external id|id)\b")
LONGEST_HEADING = 80
REGIONS = frozenset(phonenumbers.SUPPORTED_REGIONS)


def headings(rows: Sequence[Sequence[str]], region: str) -> tuple[list[str], bool]:
    """The headings of a file that begins with these rows, and whether its first row holds them.

    A row with a phone number in it is no heading. Columns without one are called by their place.
    """
    width = max(map(len, rows))
    first = rows[0]
    given = not any(_is_number(cell, region) for cell in first)
    names: list[str] = []
    for index in range(width):
        cell = " ".join(first[index].split())[:LONGEST_HEADING] if given and index < len(first) else ""
        name = cell or _("Column %(number)s") % {"number": index + 1}
        names.append(name if name not in names else f"{name} ({index + 1})")
    return names, given


def guess(columns: Sequence[str], rows: Sequence[Sequence[str]], region: str) -> dict[str, str]:
    """The likeliest mapping of these columns, given some rows below them. One column always holds the number."""
    shares = {
        name: sum(_is_number(row[index], region) for row in rows if index < len(row))
        for index, name in enumerate(columns)
    }
    number = max(columns, key=lambda name: (shares[name], bool(NUMBER_WORDS.search(_words(name)))))
    mapping, taken = {number: NUMBER}, set[str]()
    for name in columns:
        if name == number:
            continue
        if REFERENCE not in mapping.values() and REFERENCE_WORDS.search(_words(name)):
            mapping[name] = REFERENCE
        elif (value := placeholder(name)) and value not in taken:
            mapping[name] = f"${value}"
            taken.add(value)
    return mapping


def placeholder(heading: str) -> str:
    """A heading as the name of a placeholder: "First name" is first_name; "" when nothing of it can be one."""
    plain = unicodedata.normalize("NFKD", heading).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "_", plain).strip("_").lower()[:64]


def checked(mapping: Mapping[str, str]) -> dict[str, str]:
    """A mapping that somebody chose, without the columns to ignore. Raises Unreadable."""
    kept = {column: role for column, role in mapping.items() if role}
    roles = list(kept.values())
    if NUMBER not in roles:
        raise Unreadable("columns_no_number")
    if roles.count(NUMBER) > 1:
        raise Unreadable("columns_two_numbers")
    if roles.count(REFERENCE) > 1:
        raise Unreadable("columns_two_references")
    names = [role[1:] if role[0] == "$" else "" for role in roles if role not in {NUMBER, REFERENCE}]
    for name in names:
        if not PLACEHOLDER.fullmatch(name):
            raise Unreadable("columns_name", actual=name[:40])
        if names.count(name) > 1:
            raise Unreadable("columns_name_twice", actual=name)
    return kept


def checked_region(region: str) -> str:
    """The region that numbers without a country belong to. Raises Unreadable."""
    if region not in REGIONS:
        raise Unreadable("columns_region", actual=region[:10])
    return region


def _words(heading: str) -> str:
    """A heading as plain lower-case words: "MobileNumber" and "mobile_number" are "mobile number"."""
    return re.sub(r"[\W_]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", heading)).strip().lower()


def _is_number(cell: str, region: str) -> bool:
    try:
        return bool(normalise(cell, region=region))
    except AddressError:
        return False
