"""What the REST doors of media read from a request, and how they refuse it."""

import base64
from collections.abc import Collection
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from media.inspection import KINDS, LARGEST_UPLOAD, Refused
from media.models import Asset, AssetQuerySet

PAGE, LARGEST_PAGE = 50, 200
FORM_OVERHEAD = 64_000  # boundaries, headers and the description beside the file


class MediaRefused(APIException):
    """A refusal with its `errors`: pointer, code, message, limit and actual (numbers or null), fix. 422 by itself."""

    status_code = 422
    default_code = "media_refused"
    default_detail = "The file was not taken."

    def __init__(self, pointer: str, reason: Refused) -> None:
        super().__init__(reason.message)
        numbers = {
            name: value if isinstance(value, int) else None
            for name, value in (("limit", reason.limit), ("actual", reason.actual))
        }
        self.errors = [{"pointer": pointer, **reason.as_dict(), **numbers}]


class UploadTooLarge(MediaRefused):
    status_code = 413
    default_code = "media_too_large"


class BadQuery(MediaRefused):
    status_code = 400
    default_code = "invalid_request"
    default_detail = "The request cannot be understood."


def check_length(request: Request) -> None:
    """Raises UploadTooLarge by the declared length, before anything is read."""
    length = str(request.META.get("CONTENT_LENGTH") or "0")
    limit = LARGEST_UPLOAD + FORM_OVERHEAD
    if length.isdecimal() and int(length) > limit:
        words = f"The upload has {int(length):,} bytes; at most {limit:,} are read."
        reason = Refused("media_too_large", words, limit=limit, actual=int(length), fix="Make the file smaller.")
        raise UploadTooLarge("/file", reason)


def read_form(request: Request) -> "tuple[UploadedFile[Any], str]":
    """The file and its description. Raises MediaRefused for anything else in the form."""
    # An empty body has no form; DRF then answers a plain dict.
    form = request.data if isinstance(request.data, QueryDict) else QueryDict()
    for unknown in sorted(set(form) - {"file", "alt"}):
        reason = Refused("unknown_field", "This field is not known here.", fix='Send "file" and, if you like, "alt".')
        raise MediaRefused(f"/{unknown[:80]}", reason)
    files, alt = form.getlist("file"), form.get("alt", "")
    if len(files) != 1 or not isinstance(files[0], UploadedFile):
        words = "Exactly one file is expected."
        reason = Refused("file_missing", words, limit=1, actual=len(files), fix='Send one file as "file".')
        raise MediaRefused("/file", reason)
    if not isinstance(alt, str):
        raise MediaRefused("/alt", Refused("alt_not_text", "The description is not text.", fix="Send it as text."))
    return files[0], alt


def is_json(request: Request) -> bool:
    """Whether the request says that its body is JSON."""
    return request.content_type.partition(";")[0].strip().lower() == "application/json"


def read_address(request: Request) -> tuple[str, str]:
    """The address of a file and its description. Raises MediaRefused for anything else in the body."""
    body = _members(request, "url", "alt")
    url = body.get("url")
    if not isinstance(url, str) or not url:
        reason = Refused("url_missing", "The address of a file is expected.", fix='Send it as "url", in quotes.')
        raise MediaRefused("/url", reason)
    return url, _alt(body)


def read_announcement(request: Request) -> tuple[str, int, str]:
    """The name, the size in bytes and the description of a file to come. Raises MediaRefused."""
    body = _members(request, "name", "size", "alt")
    name, size = body.get("name"), body.get("size")
    if not isinstance(name, str) or not name:
        reason = Refused("name_missing", "The name of the file is expected.", fix='Send it as "name", in quotes.')
        raise MediaRefused("/name", reason)
    if not isinstance(size, int) or isinstance(size, bool):
        reason = Refused("size_missing", "The size in bytes is expected.", fix='Send it as "size", a whole number.')
        raise MediaRefused("/size", reason)
    return name, size, _alt(body)


def read_description(request: Request) -> str:
    """The description alone. Raises MediaRefused."""
    body = _members(request, "alt")
    if "alt" not in body:
        reason = Refused("alt_missing", "The description is expected.", fix='Send it as "alt"; "" takes it away.')
        raise MediaRefused("/alt", reason)
    return _alt(body)


def refuse_body(request: Request) -> None:
    """For calls whose address says everything. Raises MediaRefused for a body that says more."""
    _members(request)


def _members(request: Request, *known: str) -> dict[str, Any]:
    body: Any = request.data
    for unknown in sorted(set(body) - set(known)):
        fix = f"Known: {', '.join(known)}." if known else "Send {}."
        reason = Refused("unknown_field", "This field is not known here.", fix=fix)
        raise MediaRefused(f"/{unknown[:80]}", reason)
    return dict(body)


def _alt(body: dict[str, Any]) -> str:
    alt = body.get("alt", "")
    if not isinstance(alt, str):
        raise MediaRefused("/alt", Refused("alt_not_text", "The description is not text.", fix="Send it as text."))
    return alt


def read_query(request: Request, known: tuple[str, ...]) -> dict[str, str]:
    """The query parameters, each known and given once. Raises BadQuery; the pointer is the parameter's name."""
    for name, values in request.query_params.lists():
        if name not in known:
            fix = f"Known: {', '.join(known)}." if known else "Leave it out."
            raise BadQuery(name[:80], Refused("unknown_parameter", "This parameter is not known here.", fix=fix))
        if len(values) > 1:
            raise BadQuery(name, Refused("repeated", "This parameter is given twice.", fix="Give it once."))
    given = {name: str(value) for name, value in request.query_params.items()}
    if "kind" in given and given["kind"] not in KINDS:
        raise _wrong("kind", "There is no such kind of file.", f"Use one of {', '.join(KINDS)}.")
    return given


def read_fields(values: dict[str, str], known: Collection[str]) -> frozenset[str]:
    """The members that `fields` names, all when it is left out. Raises BadQuery for a name that no file has."""
    names = frozenset(values["fields"].split(",")) if "fields" in values else frozenset(known)
    if unknown := sorted(names.difference(known)):
        message = f"There is no member “{unknown[0][:80]}”." if unknown[0] else "A name is empty."
        raise BadQuery("fields", Refused("unknown_member", message, fix=f"Known: {', '.join(known)}."))
    return names


def page(rows: AssetQuerySet, request: Request, values: dict[str, str]) -> tuple[list[Asset], str | None]:
    """Newest first: up to `limit` rows after the cursor, and the address of those that follow. Raises BadQuery."""
    written = values.get("limit", str(PAGE))
    if not (written.isascii() and written.isdigit() and len(written) < 7 and 1 <= int(written) <= LARGEST_PAGE):
        raise _wrong("limit", f"limit is a number from 1 to {LARGEST_PAGE}.", f"Leave it out for {PAGE}.")
    if "cursor" in values:
        rows = rows.filter(pk__lt=_cursor(values["cursor"]))
    found = list(rows.order_by("-pk")[: int(written) + 1])
    if len(found) <= int(written):
        return found, None
    found.pop()
    cursor = base64.urlsafe_b64encode(found[-1].pk.bytes).decode().rstrip("=")
    return found, request.build_absolute_uri(f"{request.path}?{urlencode({**values, 'cursor': cursor})}")


def _cursor(written: str) -> UUID:
    try:
        return UUID(bytes=base64.b64decode(written + "==", altchars=b"-_", validate=True))
    except ValueError:
        fix = "Follow `next` of the page before, unchanged."
        raise _wrong("cursor", "This cursor is not ours.", fix) from None


def _wrong(name: str, message: str, fix: str) -> BadQuery:
    return BadQuery(name, Refused("wrong_value", message, fix=fix))
