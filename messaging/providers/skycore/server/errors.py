"""How Skycore says yes and no (seed 004; skycore.md, sections 4 and 6): HTTP 200 with an XML answer, either way."""

import re
from typing import NoReturn
from xml.etree.ElementTree import Element, SubElement, tostring

from messaging.gateway.contract import HttpAnswer
from messaging.gateway.serving import Rejected

# Words and spelling as in seed 004, "General Error Codes"; {} is the number of the slide, or another number.
TEXTS = {
    "E100": "Invalid request. Make a valid request via GET/POST/XML with all the required variables.",
    "E101": "Action required.",
    "E102": "User Authentication Failed.",
    "E103": "Account blocked.",
    "E104": "User Authentication Failed.",
    "E105": "This account has no API rights.",
    "E106": "You can call API every {} seconds.",
    "E107": "This account has no rights to use this action.",
    "E108": "XML Parse error: {}.",
    "E109": "API not activated.",
    "E110": "Invalid receiver number.",
    "E111": "Invalid shortcode.",
    "E112": "IP was not whitelisted. API call rejected.",
    "E113": "Set throughput exceeded for this API action. API call rejected.",
    "E114": "Phone number is blacklisted. API call rejected.",
    "E120": "Account has reached the API request limit.",
    "E201": "Request refused.",
    "E223": "More than one object is not allowed in the same slide.",
    "E224": "MMS audio/video/image are not allowed with object in the same slide.",
    "E225": "Too many Slides.",
    "E226": "Audio and Video not allowed in same slide.",
    "E227": "Video and Image not allowed in same slide.",
    "E228": "Text more than {} characters.",
    "E229": "Content not allowed.",
    "E230": "Bad {} slide duration.",
    "E241": "This content does not exist.",
    "E301": "Request refused.",
    "E302": "Request refused.",
    "E303": "Request refused.",
    "E304": "Request refused.",
    "E311": "The 'name' is required.",
    "E312": "No slides.",
    "E313": "Slide {} is empty.",
    "E314": "The 'subject' is required.",
    "E331": "Image in slide {} is too big.",
    "E332": "Audio in slide {} is too big.",
    "E333": "Video in slide {} is too big.",
    "E334": "Text in slide {} is too long.",
    "E335": "vCard in slide {} is too big.",
    "E336": "iCal in slide {} is too big.",
    "E337": "PDF in slide {} is too big.",
    "E338": "Passbook file in slide {} is too big.",
    "E341": "Image file in slide {} is corrupted.",
    "E343": "Video in slide {} lacks codecs.",
    "E351": "Could not copy Image in slide {}.",
    "E352": "Could not copy Audio in slide {}.",
    "E353": "Could not copy Video in slide {}.",
    "E355": "Could not copy vCard in slide {}.",
    "E356": "Could not copy iCal in slide {}.",
    "E357": "Could not copy PDF in slide {}.",
    "E358": "Could not copy Passbook file in slide {}.",
    "E503": "Internal error.",
    "E617": "mmslink_expiration_date is invalid.",
    "E618": "Carrier lookup failed. Please retry.",
    "E619": "Carrier not provisioned.",
    "E620": "The 'mmsid' is required.",
    "E621": "The 'to' is required.",
    "E622": "The 'fallbacksmstext' is required.",
    "E625": "Invalid mmsid.",
    "E626": "Content is still being encoded.",
    "E627": "Invalid serviceid / serviceid is required",
    "E628": "Operator Not supported.",
    "E629": "Unrecognized content type.",
    "E650": "The 'operator id' is required.",
    "E651": "Unknown operator id.",
    "E713": "Billing problem.",
    "E715": "Number is not subscribed in this campaign",
    "E718": "The 'campaignref' is required",
    "E721": "Invalid campaignref",
}
# Fills the dynamic texts when a code is forced.
FORCED = "1"


def answer(*members: tuple[str, str]) -> HttpAnswer:
    """An XML answer; members without a value are left out."""
    root = Element("RESPONSE")
    for name, value in members:
        if value:
            SubElement(root, name).text = value
    return HttpAnswer(200, {"content-type": "text/xml; charset=utf-8"}, tostring(root, encoding="utf-8"))


def bare(status: int) -> HttpAnswer:
    """An answer without a body, for calls that never reach the API."""
    return HttpAnswer(status, {}, b"")


def failure(code: str, to: str = "", detail: object = FORCED) -> HttpAnswer:
    """The refusal with a code; `to` once the recipient was read, `detail` for the dynamic texts."""
    told = ("ERRORINFO", TEXTS[code].format(detail))
    return answer(("STATUS", "Failure"), ("ERRORCODE", code), ("TO", to), told)


def reject(code: str, to: str = "", detail: object = FORCED) -> NoReturn:
    """Raises Rejected with the refusal for a code."""
    raise Rejected(failure(code, to, detail))


def by_code(code: str, to: str = "", detail: str = "") -> HttpAnswer | None:
    """The answer for a code of the table, or for "http_503" and its like; None for a code that no answer carries."""
    if code in TEXTS:
        return failure(code, to, detail or FORCED)
    if code == "code_missing":
        return answer(("STATUS", "Failure"), ("TO", to))
    if code == "answer_unreadable":
        return HttpAnswer(200, {"content-type": "text/html"}, b"<html><body>OK</body></html>")
    status = re.fullmatch(r"http_([345][0-9]{2})", code)
    return bare(int(status[1])) if status else None
