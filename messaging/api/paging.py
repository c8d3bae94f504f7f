"""Lists of any length, newest first: an opaque cursor, an allow-list of filters, no offset."""

import base64
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import QuerySet
from rest_framework.request import Request

from messaging.addresses import AddressError, normalise
from messaging.api.errors import Problem, fault
from messaging.api.fields import moment
from messaging.statuses import Status

PAGE, LARGEST_PAGE = 50, 200
PAGING = ("limit", "cursor")


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, and the address of those that follow (None on the last page)."""

    rows: list[Any]
    next: str | None


def query_values(request: Request, known: Collection[str]) -> dict[str, str]:
    """The query parameters, each known and given once. Raises Problem 400; `pointer` names the parameter."""
    faults = []
    for name, values in request.query_params.lists():
        if name not in known:
            fix = f"Known: {', '.join(sorted(known))}."
            faults.append(fault(name[:80], "unknown_parameter", "This parameter is not known here.", fix=fix))
        elif len(values) > 1:
            faults.append(fault(name, "repeated", "This parameter is given twice.", fix="Give it once."))
        elif "\x00" in str(values[0]) or len(str(values[0])) > 200:
            faults.append(fault(name, "wrong_value", "This value cannot be taken."))
    if faults:
        raise Problem(400, errors=faults)
    return {name: str(value) for name, value in request.query_params.items()}


def page(rows: "QuerySet[Any]", request: Request, values: Mapping[str, str]) -> Page:
    """One page of `rows` by descending id, one query. Raises Problem 400 for a bad limit or cursor."""
    limit = read_limit(values)
    rows = rows.order_by("-pk")
    if "cursor" in values:
        rows = rows.filter(pk__lt=_cursor(values["cursor"]))
    found = list(rows[: limit + 1])
    if len(found) <= limit:
        return Page(found, None)
    cursor = base64.urlsafe_b64encode(found[limit - 1].pk.bytes).decode().rstrip("=")
    query = urlencode({**values, "cursor": cursor})
    return Page(found[:limit], request.build_absolute_uri(f"{request.path}?{query}"))


def read_moment(values: Mapping[str, str], name: str) -> datetime | None:
    """A filter that is a moment. Raises Problem 400."""
    if name not in values:
        return None
    # A plus in a query that was not escaped arrives as a blank.
    found = moment(values[name].replace(" ", "+"))
    if found is None:
        raise _refused(name, "This is not a moment with its zone.", "Write it as 2030-01-31T09:30:00Z.")
    return found


def read_status(values: Mapping[str, str]) -> str | None:
    """The filter `status`. Raises Problem 400."""
    if "status" in values and values["status"] not in [status.value for status in Status]:
        raise _refused("status", "There is no such status.", f"Use one of {', '.join(Status)}.")
    return values.get("status")


def read_choice(values: Mapping[str, str], name: str, choices: Collection[str]) -> str | None:
    """A filter that is one of some words. Raises Problem 400."""
    if name in values and values[name] not in choices:
        raise _refused(name, "This value is not known here.", f"Use one of {', '.join(choices)}.")
    return values.get(name)


def read_number(values: Mapping[str, str], name: str) -> str | None:
    """A filter that is a phone number, as E.164. Raises Problem 400."""
    if name not in values:
        return None
    written = values[name].strip()
    if written.isascii() and written.isdigit() and len(written) == 11:
        written = f"+{written}"
    try:
        return normalise(written)
    except AddressError as error:
        raise _refused(name, error.message, "Write it as %2B16475550142.") from error


def read_id(values: Mapping[str, str], name: str) -> UUID | None:
    """A filter that is an id. Raises Problem 400."""
    if name not in values:
        return None
    try:
        return UUID(values[name])
    except ValueError as error:
        raise _refused(name, "This is not an id.", "Use the id as we gave it.") from error


def read_limit(values: Mapping[str, str]) -> int:
    """How many rows at once. Raises Problem 400."""
    written = values.get("limit", str(PAGE))
    if not (written.isascii() and written.isdigit() and len(written) <= 6 and int(written) >= 1):
        raise _refused("limit", f"limit is a number from 1 to {LARGEST_PAGE}.", "Leave it out for 50.")
    if int(written) > LARGEST_PAGE:
        message = f"A page has at most {LARGEST_PAGE} rows."
        raise Problem(400, errors=[fault("limit", "wrong_value", message, limit=LARGEST_PAGE, actual=int(written))])
    return int(written)


def read_whole(values: Mapping[str, str], name: str, *, highest: int) -> int:
    """A whole number from 0 to `highest`; 0 when it is left out. Raises Problem 400."""
    written = values.get(name, "0")
    if not (written.isascii() and written.isdigit() and len(written) <= 6 and int(written) <= highest):
        raise _refused(name, f"{name} is a number from 0 to {highest}.", "Leave it out for 0.")
    return int(written)


def _cursor(written: str) -> UUID:
    try:
        return UUID(bytes=base64.b64decode(written + "==", altchars=b"-_", validate=True))
    except ValueError as error:
        raise _refused("cursor", "This cursor is not ours.", "Follow `next` of the page before, unchanged.") from error


def _refused(name: str, message: str, fix: str) -> Problem:
    return Problem(400, errors=[fault(name, "wrong_value", message, fix=fix)])
