"""We call Sinch: a message to a request, an answer to its meaning (seed 002; sinch.md, sections 1 to 9).

Receipts and inbound messages are read by `notifications`; `verify` and `receipts` are part of this module's face.
"""

from datetime import datetime

from messaging.gateway.contract import (
    Accepted,
    Account,
    Acknowledgement,
    CredentialField,
    HttpAnswer,
    HttpRequest,
    OptionField,
    OutboundMessage,
)
from messaging.providers.sinch import bodies
from messaging.providers.sinch.answers import success
from messaging.providers.sinch.notifications import receipts, verify

__all__ = [
    "ACKNOWLEDGEMENT",
    "CALL_SECONDS",
    "CREDENTIALS",
    "ECHOES",
    "LABEL",
    "METHODS",
    "OPTIONS",
    "build",
    "read",
    "receipts",
    "verify",
]

LABEL = "Sinch"
CREDENTIALS = (
    CredentialField("api_key", "API key", "As the account's API settings show it.", required=True),
    CredentialField("service_id", "Service id", "The campaign or service; needed unless the account has none."),
    CredentialField("from_mask", "Sender mask", "Shown instead of the sender in some countries, never in the USA."),
)
OPTIONS = (
    OptionField("cache_content", "Reuse fetched media", "Sinch may fetch a file once for many messages.", default=True),
    OptionField(
        "save_first",
        "Store content first",
        "A content for 50 people or more, or with a video, is stored at Sinch and sent from there.",
        default=True,
    ),
    OptionField(
        "transcoding",
        "Transcoding is on",
        "As Sinch has set up the account: files that do not fit are made to, within the limits for sources.",
    ),
)
METHODS = ("POST", "HEAD")
ACKNOWLEDGEMENT = Acknowledgement("application/json", b'{"status":"success"}')
# Media may be fetched while the call is open (sinch.md, section 1).
CALL_SECONDS = 30.0
ECHOES = True


def build(account: Account, message: OutboundMessage, *, now: datetime) -> HttpRequest:
    """The request that sends `message`, composed here or stored there (sinch.md, sections 4.1 and 4.3).

    Raises Refused for what the dialect cannot express, Misconfigured for an API key that cannot be used.
    """
    return bodies.request(account, bodies.send(account, message, now))


def read(answer: HttpAnswer) -> Accepted:
    """The provider's reference, if it took the message (sinch.md, sections 7 and 8; reliability, 2.5).

    Raises the SendError that the body stands for; Unclear when it stands for nothing known.
    """
    reference, text = success(answer, "tracking-id")
    return Accepted(reference, text=text)
