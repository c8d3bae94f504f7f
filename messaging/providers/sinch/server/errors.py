"""How Sinch says no (sinch.md, sections 7 and 8): HTTP 200 with a failure body that holds a code and a text."""

import json
import re
from collections.abc import Mapping
from typing import NoReturn

from messaging.gateway.contract import HttpAnswer
from messaging.gateway.serving import Rejected

# "{}" stands for the number of the slide, counted from 1.
TEXTS: Mapping[str, str] = {
    "E100": "Invalid request",
    "E103": "API blocked for this account",
    "E104": "Authentication failed",
    "E105": "No API access",
    "E106": "Minimum interval between calls not kept",
    "E107": "Invalid action",
    "E108": "JSON parsing failed",
    "E109": "API not activated",
    "E110": "Invalid receiver number",
    "E111": "Invalid sender",
    "E112": "IP not whitelisted",
    "E113": "Throughput exceeded for this action",
    "E114": "Phone number is blacklisted",
    "E115": "Sender mask is too long",
    "E120": "Request limit reached",
    "E212": "Invalid page number",
    "E213": "Invalid page size",
    "E214": "Invalid start date",
    "E223": "More than one object in slide {}",
    "E224": "Media and object in slide {}",
    "E225": "Too many slides",
    "E226": "Audio and video in slide {}",
    "E227": "Video and image in slide {}",
    "E228": "Text is too long",
    "E229": "Content not allowed",
    "E230": "Invalid duration in slide {}",
    "E241": "mms-id does not exist",
    "E311": "name is required",
    "E312": "No slides",
    "E313": "Slide {} is empty",
    "E314": "message-subject is required",
    "E331": "Image in slide {} is too big",
    "E332": "Audio in slide {} is too big",
    "E333": "Video in slide {} is too big",
    "E334": "Text in slide {} is too big",
    "E335": "vCard in slide {} is too big",
    "E336": "iCal in slide {} is too big",
    "E337": "PDF in slide {} is too big",
    "E338": "Passbook in slide {} is too big",
    "E341": "Image in slide {} is corrupt",
    "E343": "Video in slide {} lacks codecs",
    "E351": "Could not copy image in slide {}",
    "E352": "Could not copy audio in slide {}",
    "E353": "Could not copy video in slide {}",
    "E355": "Could not copy vCard in slide {}",
    "E356": "Could not copy iCal in slide {}",
    "E357": "Could not copy PDF in slide {}",
    "E358": "Could not copy Passbook in slide {}",
    "E503": "Internal error",
    "E617": "Invalid fallback-sms-link-expiration",
    "E618": "Carrier lookup failed",
    "E619": "Carrier not provisioned",
    "E620": "mms-id is required",
    "E622": "fallback-sms-text is required",
    "E626": "Encoding in progress",
    "E627": "Invalid service-id",
    "E628": "Carrier not supported",
    "E629": "Content type not recognised in slide {}",
    "E650": "Invalid operator id",
    "E651": "Unknown operator id",
    "E713": "Billing problem",
    "E715": "Not subscribed to the campaign",
    "E718": "Campaign reference is required",
    "E721": "Unknown campaign reference",
    "E999": "Queue processing error",
}
# Found before the body is looked into: these answers name no recipient.
NAMELESS = frozenset({"E100", "E103", "E104", "E105", "E108", "E109", "E112"})


def answer(members: object) -> HttpAnswer:
    """A JSON answer; there is no other HTTP status than 200."""
    body = json.dumps(members, separators=(",", ":")).encode()
    return HttpAnswer(200, {"content-type": "application/json; charset=utf-8"}, body)


def bare(status: int) -> HttpAnswer:
    """What stands before Sinch says: a status without a body."""
    return HttpAnswer(status, {}, b"")


def failure(code: str, *, to: str = "", slide: int = 1) -> HttpAnswer:
    """The answer for a code."""
    members = {"status": "failure", "error-code": code, "error-info": TEXTS[code].format(slide)}
    return answer(members | ({"to": to} if to and code not in NAMELESS else {}))


def by_code(code: str, to: str, slide: int = 1) -> HttpAnswer | None:
    """The answer for a code, for "http_503" and its like, or for what names no code; None for what no answer says."""
    if code in TEXTS:
        return failure(code, to=to, slide=slide)
    if code == "refused_without_code":
        return answer({"status": "failure"})
    if code == "answer_unreadable":
        return answer({})
    status = re.fullmatch(r"http_([345][0-9]{2})", code)
    return bare(int(status[1])) if status else None


def reject(code: str, *, to: str = "", slide: int = 1) -> NoReturn:
    """Raises Rejected with the answer for a code."""
    raise Rejected(failure(code, to=to, slide=slide))
