"""How Telesign says no (telesign.md, section 7): a status object, and which references stand beside it."""

import json
from secrets import token_hex
from typing import NoReturn

from messaging.gateway.contract import HttpAnswer
from messaging.gateway.serving import Rejected
from messaging.providers.telesign.server.wordings import ANSWERS

JSON = {"content-type": "application/json", "allow": "GET,POST,HEAD"}


def reference() -> str:
    """A new reference: 32 upper-case hexadecimal digits."""
    return token_hex(16).upper()


def answer(status: int, members: object) -> HttpAnswer:
    """A JSON answer."""
    body = json.dumps(members, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")
    return HttpAnswer(status, dict(JSON), body)


def bare(status: int) -> HttpAnswer:
    """An answer without a body, for a path or verb that is none of the service's."""
    return HttpAnswer(status, {"allow": "GET,POST,HEAD"}, b"")


def error(code: str, external_id: str | None = None, value: str = "") -> HttpAnswer:
    """The answer for a code; `value` fills the dynamic descriptions."""
    status, description = ANSWERS[code]
    members: dict[str, object] = {"status": {"code": int(code), "description": description.format(value)}}
    if status == 400:
        members["reference_id"] = reference()
    if status != 404:
        members["external_id"] = external_id
    return answer(status, members)


def elsewhere(code: str) -> HttpAnswer:
    """A code in the shape that other products of Telesign give their errors."""
    members = {
        "reference_id": reference(),
        "status": {"code": 500, "description": "Transaction not attempted"},
        "errors": [{"code": int(code), "description": "Transaction not attempted"}],
    }
    return answer(400, members)


def reject(code: str, external_id: str | None = None, value: str = "") -> NoReturn:
    """Raises Rejected with the answer for a code."""
    raise Rejected(error(code, external_id, value))
