"""The words of every receipt of Sinch (sinch.md, sections 11.2 and 11.3)."""

from collections.abc import Mapping
from dataclasses import dataclass

from messaging.gateway.serving import Event


@dataclass(frozen=True, slots=True)
class Wording:
    """A receipt's code, status and details. `by_operator`: the carrier is told; `names`: the kind of medium whose file
    is; `good`: it reached the phone; `stored`: it is about a stored content, not about a message."""

    code: str
    status: str
    details: str = ""
    sent_as: str = "MMS"
    by_operator: bool = False
    names: str = ""
    good: bool = False
    stored: bool = False


TRANSCODING_FAILED = "Transcoding failed"
# The short words of today and the phrases of before.
DIALECT: Mapping[str, str] = {
    "Sent": "Message Sent",
    "Delivered": "Message Sent/Delivered",
    "Failed": "Message Sent/Failed",
    "Rejected": "Message Sent/Rejected",
    "Expired": "Message Sent/Expired",
    "Not Supported": "Message Sent/Not Supported",
}
TWO_SIDED = ("Expired", "Rejected", "Unrecognised", "Failed", "Not Supported")


def _told(code: str, status: str, *, sent_as: str = "MMS", good: bool = False) -> Wording:
    """A receipt that the carrier's own report stands behind."""
    return Wording(code, status, f"Message {status}", sent_as, by_operator=True, good=good)


BY_CODE: Mapping[str, Wording] = {
    "N013": Wording("N013", "Transcoding successful and sending triggered", "Transcoding completed", ""),
    "N101": _told("N101", "Sent"),
    "N102": _told("N102", "Delivered", good=True),
    "N103": _told("N103", "Expired"),
    "N201": _told("N201", "Sent", sent_as="SMS"),
    "N202": _told("N202", "Delivered", sent_as="SMS", good=True),
    "E011": Wording("E011", "Content validation failed", "Content-Length missing for slide 1", ""),
    "E012": Wording("E012", TRANSCODING_FAILED, "Audio could not be encoded", "", names="audio"),
    "E013": Wording("E013", TRANSCODING_FAILED, "Video could not be encoded", "", names="video"),
    "E100": Wording("E100", "Failed", "Invalid request", ""),
    "E101": Wording("E101", "Failed", "Message Failed"),
    "E102": Wording("E102", "", "Message not taken", by_operator=True),
    "E201": Wording("E201", "Failed", "Message Failed", "SMS"),
    "E202": Wording("E202", "", "Message not delivered", "SMS", by_operator=True),
    "E999": Wording("E999", "Failed", "Queue processing error"),
    **{
        f"{code} {word}": _told(code, word, sent_as=sent_as)
        for code, sent_as in {"N102": "MMS", "E102": "MMS", "N202": "SMS", "E202": "SMS"}.items()
        for word in TWO_SIDED
    },
    "N003": Wording("N003", "Transcoding successful", sent_as="", stored=True),
    "E002": Wording("E002", TRANSCODING_FAILED, sent_as="", names="audio", stored=True),
    "E003": Wording("E003", TRANSCODING_FAILED, sent_as="", names="video", stored=True),
    "E004": Wording("E004", TRANSCODING_FAILED, sent_as="", stored=True),
    **{
        code: Wording(code, status, "Device discovery", "")
        for code, status in {"N501": "Sent", "N502": "Delivered", "E501": "Failed", "E502": "Failed"}.items()
    },
}
# Nobody reads along: there is no word for "read" or "clicked", and silence for a carrier that does not report.
EVENTS: Mapping[Event, Wording] = {
    Event.SUBMITTED: BY_CODE["N101"],
    Event.DELIVERED: BY_CODE["N102"],
    Event.DELIVERED_AS_SMS: _told("N102", "Delivered", sent_as="SMS", good=True),
    Event.EXPIRED: BY_CODE["N103"],
    Event.ADDRESS_NOT_FOUND: BY_CODE["E102 Unrecognised"],
    Event.CONTENT_REFUSED: BY_CODE["E011"],
    Event.MEDIA_NOT_FETCHED: BY_CODE["E011"],
    Event.MEDIA_TOO_BIG: BY_CODE["E011"],
    Event.RECIPIENT_BLOCKED: BY_CODE["E102 Rejected"],
    Event.REJECTED: BY_CODE["E102 Rejected"],
    # In no table.
    Event.UNKNOWN_CODE: Wording("N777", "Held", "Held for review"),
}


def of_fault(kind: str) -> Wording:
    """The news of a stored content: which kind of medium could not be encoded, "" when all could."""
    code = {"": "N003", "audio": "E002", "video": "E003"}.get(kind, "E004")
    return BY_CODE[code]
