"""The words of Skycore's receipts (skycore.md, section 7.3; the older manual for what N102 may say)."""

from dataclasses import dataclass

from messaging.gateway.serving import Event


@dataclass(frozen=True, slots=True)
class Wording:
    """A receipt's code and texts, and which members it comes with.

    `about_sms` ones name no stored content; `names_number` ones hold both addresses; `by_carrier` ones are the
    carrier's own report.
    """

    code: str
    status: str = ""
    origin: str = "MMS_MT"
    sent_as: str = ""
    details: str = ""
    about_sms: bool = False
    names_number: bool = True
    dated: bool = True
    by_carrier: bool = False


SENT = "Message Sent"
FAILED = "Message Failed"
# The words behind "Message Sent/" that carriers report.
WORDS = ("Expired", "Rejected", "Failed", "NotSupported")


def _told(code: str, word: str, details: str = "") -> Wording:
    """A carrier's report: N202 and E202 are about the fallback SMS."""
    about_sms = code[1] == "2"
    sent_as = "SMS" if about_sms else "MMS" if code[0] == "N" else ""
    return Wording(code, f"{SENT}/{word}", sent_as=sent_as, details=details, about_sms=about_sms, by_carrier=True)


WORDINGS: dict[str, Wording] = {
    "N013": Wording("N013", names_number=False, dated=False),
    "N101": Wording("N101", SENT, sent_as="MMS"),
    "N102": _told("N102", "Delivered"),
    "N103": Wording("N103", f"{SENT}/Expired", by_carrier=True),
    "N201": Wording("N201", SENT, origin="SMS_MT", about_sms=True),
    "N202": _told("N202", "Delivered"),
    "E011": Wording("E011", names_number=False, dated=False),
    "E012": Wording("E012", names_number=False, dated=False),
    "E013": Wording("E013", names_number=False, dated=False),
    "E101": Wording("E101", FAILED, dated=False),
    "E102": Wording("E102", FAILED, by_carrier=True),
    "E201": Wording("E201", FAILED, origin="SMS_MT", about_sms=True),
    "E202": Wording("E202", FAILED, sent_as="SMS", about_sms=True, by_carrier=True),
    "E999": Wording("E999", FAILED, dated=False),
    **{f"{code} {word}": _told(code, word) for code in ("N102", "E102", "N202", "E202") for word in WORDS},
    **{code: Wording(code, about_sms=True) for code in ("N501", "N502", "E501", "E502")},
}
BY_EVENT = {
    Event.SUBMITTED: WORDINGS["N101"],
    Event.DELIVERED: WORDINGS["N102"],
    Event.DELIVERED_AS_SMS: WORDINGS["N202"],
    Event.EXPIRED: WORDINGS["E102 Expired"],
    Event.ADDRESS_NOT_FOUND: _told("E102", "Failed", "Unknown subscriber"),
    Event.CONTENT_REFUSED: _told("E102", "NotSupported", "Content not supported"),
    Event.MEDIA_NOT_FETCHED: Wording("E101", FAILED, details="Dynamic content could not be fetched", dated=False),
    Event.MEDIA_TOO_BIG: Wording("E101", FAILED, details="Dynamic content is too big", dated=False),
    Event.RECIPIENT_BLOCKED: _told("E102", "Rejected", "Blocked by operator"),
    Event.REJECTED: _told("E102", "Rejected"),
    # In no table, and with a status in no table either.
    Event.UNKNOWN_CODE: Wording("N777", "Message Held", sent_as="MMS"),
}
