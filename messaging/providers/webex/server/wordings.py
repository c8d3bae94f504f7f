"""The words of every receipt of Webex Connect (seed 000; webex.md, section 10.1)."""

from dataclasses import dataclass

from messaging.gateway.serving import Event


@dataclass(frozen=True, slots=True)
class Wording:
    """A receipt's code, its words, and the value of requestedReceipts it belongs to."""

    code: str
    description: str
    status: str
    asked_as: str


CLICKED = "Clicked"
LINK = "https://go.example.org/fall25|198.51.100.23"
WORDINGS = {
    Event.SUBMITTED: Wording("7501", "Submitted", "Submitted", "SUBMITTED"),
    Event.DELIVERED: Wording("7500", "Delivered", "Delivered", "DELIVERED"),
    Event.DELIVERED_AS_SMS: Wording("7500", "Delivered", "Delivered", "DELIVERED"),
    Event.READ: Wording("7524", "Read", "Read", "READ"),
    Event.CLICKED: Wording("7525", LINK, CLICKED, "CLICKED"),
    Event.EXPIRED: Wording("7208", "Message expired", "Un-Delivered", "FAILED"),
    Event.ADDRESS_NOT_FOUND: Wording("7553", "Address not found", "Failed", "FAILED"),
    Event.CONTENT_REFUSED: Wording("7554", "Multimedia content refused", "Failed", "FAILED"),
    Event.MEDIA_NOT_FETCHED: Wording("7554", "Multimedia content refused", "Failed", "FAILED"),
    Event.MEDIA_TOO_BIG: Wording("7554", "Multimedia content refused", "Failed", "FAILED"),
    Event.RECIPIENT_BLOCKED: Wording("7223", "Number blocked", "Failed", "FAILED"),
    Event.REJECTED: Wording("7556", "Message rejected", "Failed", "FAILED"),
    # In no table, and with a status word in no table either.
    Event.UNKNOWN_CODE: Wording("7999", "Held for review", "Held", "SUBMITTED"),
}
# Failures that befall no handset of ours; they are posted when they are asked for by code.
FAILURES = {
    "7010": "Provider exception",
    "7101": "Invalid sender ID",
    "7102": "Invalid destination address",
    "7107": "Message length exceeded",
    "7144": "Country not supported",
    "7145": "Slide text too long",
    "7146": "Too many slides",
    "7147": "Route quota exceeded",
    "7148": "Invalid attachment type",
    "7212": "Invalid request",
    "7213": "User authentication failed",
    "7214": "No API rights",
    "7215": "Throughput limit exceeded",
    "7216": "No API rights",
    "7218": "API not activated",
    "7219": "Invalid receiver number",
    "7220": "Invalid short code",
    "7221": "Address not allow-listed",
    "7222": "Throughput limit exceeded",
    "7224": "Request limit reached",
    "7225": "Several objects in one slide",
    "7226": "Media and object in one slide",
    "7227": "Too many slides",
    "7228": "Audio and video in one slide",
    "7229": "Video and image in one slide",
    "7230": "Text too long",
    "7231": "Content not allowed",
    "7232": "Invalid duration",
    "7233": "No such content",
    "7234": "Name required",
    "7235": "No slides",
    "7236": "Empty slide",
    "7237": "Image too big",
    "7238": "Audio too big",
    "7239": "Video too big",
    "7242": "Text too long",
    "7243": "vCard too big",
    "7244": "iCal too big",
    "7245": "PDF too big",
    "7246": "Passbook too big",
    "7247": "Image corrupt",
    "7248": "Could not copy image",
    "7249": "Could not copy audio",
    "7250": "Could not copy video",
    "7251": "Could not copy vCard",
    "7252": "Could not copy iCal",
    "7253": "Could not copy PDF",
    "7254": "Could not copy Passbook",
    "7255": "Internal error",
    "7256": "Invalid link expiry date",
    "7257": "Carrier lookup failed",
    "7258": "Carrier not provisioned",
    "7259": "Fallback text required",
    "7260": "Invalid service ID",
    "7261": "Operator not supported",
    "7262": "Unrecognised content type",
    "7263": "Operator ID and campaign not in order",
    "7264": "Operator ID and campaign not in order",
    "7265": "Operator ID and campaign not in order",
    "7266": "Operator ID and campaign not in order",
    "7267": "Failed at vendor",
    "7268": "Rejected or not supported at vendor",
    "7269": "Account blocked",
    "7270": "Expired at operator",
    "7271": "Expired by application",
    "7272": "Invalid VASID or VASPID",
    "7552": "Address error",
    "7555": "Message format corrupt",
    **{f"90{number:02}": "Held back by contact policy" for number in range(11)},
    "9002": "No consent",
    "9006": "Frequency cap reached",
    "9010": "Consent expired",
}
BY_CODE = {
    **{code: Wording(code, text, "Failed", "FAILED") for code, text in FAILURES.items()},
    "7200": Wording("7200", "Unknown status", "Unknown", "FAILED"),
    **{
        wording.code: wording
        for event, wording in WORDINGS.items()
        if event not in (Event.DELIVERED_AS_SMS, Event.UNKNOWN_CODE)
    },
}
