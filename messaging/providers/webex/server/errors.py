"""How Webex Connect says no (webex.md, section 7): a code and its text under 400, or a bare status."""

import json
import re
from typing import NoReturn

from messaging.gateway.contract import HttpAnswer
from messaging.gateway.serving import Rejected

# Words and spelling as in seed 000, "API Error Codes"; 7001, 7002, 7005 to 7007 and 7200 from the vendor's own pages.
TEXTS = {
    "7000": "Invalid JSON",
    "7001": "Authentication failed",
    "7002": "Service key missing",
    "7003": "Mandatory parameter missing: {}",
    "7004": "Invalid parameter: {}",
    "7005": "Request expired",
    "7006": "Internal error",
    "7007": "Service inactive",
    "7009": "Maximum number of destinations reached",
    "7016": "Unknown exception",
    "7020": "You have reached the maximum transaction limit",
    "7022": "JSON size exceeded",
    "7101": "Invalid sender ID",
    "7102": "Invalid destination address",
    "7104": "Invalid app ID",
    "7107": "Message length exceeded",
    "7108": "Invalid template ID",
    "7126": "Invalid content type",
    "7127": "Source IP is not in the allowed listed",
    "7200": "Unknown status",
}
# The code that comes under a status of its own, and the parameter that the dynamic texts name when a code is forced.
STATUSES = {"7020": 429}
FORCED = "content"


def answer(status: int, members: object) -> HttpAnswer:
    """A JSON answer."""
    body = json.dumps(members, separators=(",", ":"), ensure_ascii=False).encode()
    return HttpAnswer(status, {"content-type": "application/json"}, body)


def bare(status: int) -> HttpAnswer:
    """An answer without a body: 401, 404 and 405."""
    return HttpAnswer(status, {}, b"")


def error(code: str, parameter: str = "", *, status: int = 400) -> HttpAnswer:
    """The answer for a code; `parameter` fills the dynamic texts of 7003 and 7004."""
    return answer(status, {"code": code, "message": TEXTS[code].format(parameter)})


def by_code(code: str, parameter: str = "") -> HttpAnswer | None:
    """The answer for a code of the table, or for "http_503" and its like; None for a code that no answer carries."""
    if code in TEXTS:
        return error(code, parameter or FORCED, status=STATUSES.get(code, 400))
    if code == "http_400":
        return answer(400, {"message": "Bad request"})
    if code == "answer_unreadable":
        return answer(200, {})
    status = re.fullmatch(r"http_([345][0-9]{2})", code)
    return bare(int(status[1])) if status else None


def reject(code: str, parameter: str = "", *, status: int = 400) -> NoReturn:
    """Raises Rejected with the answer for a code."""
    raise Rejected(error(code, parameter, status=status))


def missing(parameter: str) -> NoReturn:
    """Raises Rejected: a member that has to be there is not."""
    reject("7003", parameter)


def invalid(parameter: str) -> NoReturn:
    """Raises Rejected: a member has the wrong type or value."""
    reject("7004", parameter)
