"""What can become of a message, and why a call may be refused, in words that every provider shares."""

from enum import StrEnum


class Event(StrEnum):
    """What can become of an accepted message, in words that every provider shares."""

    SUBMITTED = "submitted"
    DELIVERED = "delivered"
    DELIVERED_AS_SMS = "delivered as SMS"
    READ = "read"
    CLICKED = "clicked"
    EXPIRED = "expired"
    ADDRESS_NOT_FOUND = "address not found"
    CONTENT_REFUSED = "content refused"
    MEDIA_NOT_FETCHED = "media not fetched"
    MEDIA_TOO_BIG = "media too big"
    RECIPIENT_BLOCKED = "recipient blocked"
    REJECTED = "rejected"
    NO_REPORT = "no report from this carrier"
    UNKNOWN_CODE = "a code nobody knows"
    MALFORMED = "a body that cannot be read"


class Refusal(StrEnum):
    """Why a call is refused for reasons that do not lie in the call itself."""

    RECIPIENT = "recipient not valid"
    BLOCKED = "recipient blacklisted"
    THROTTLED = "throttled"
    CREDENTIALS = "credentials refused"
    INTERNAL = "internal error"
    NOT_FOUND = "not found"
