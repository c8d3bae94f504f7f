"""We call Skycore: a message to a request, an answer to its meaning (seed 004; skycore.md, sections 1 to 6, 8, 9).

Receipts and inbound messages are read by `notifications`; `verify` and `receipts` are part of this module's face.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

from messaging.addresses import country, digits
from messaging.gateway.codes import OutcomeClass, Where
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
from messaging.gateway.errors import BY_CLASS, Misconfigured, SendError, Unclear
from messaging.providers.skycore.codes import CODES
from messaging.providers.skycore.document import (
    LABEL,
    Member,
    fallback,
    naming,
    request,
    single_spaced,
    slides_of,
)
from messaging.providers.skycore.notifications import receipts, verify
from messaging.providers.skycore.wire import leaves, parse, word

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

CREDENTIALS = (
    CredentialField("api_key", "API key", "From the page “API Settings” of the Skycore account.", required=True),
    CredentialField(
        "campaign_ref",
        "Campaign reference",
        "Only where the account enforces campaigns: the campaign that every recipient has to have joined.",
    ),
    CredentialField(
        "operator_id",
        "Operator id",
        "Seven digits, such as 0001000 for all networks of the USA. Used only where it is switched on below.",
    ),
    CredentialField(
        "from_mask", "Sender mask", "Up to 11 letters and digits, shown in a few countries; never in the USA."
    ),
)
OPTIONS = (
    OptionField(
        "use_get",
        "Send by GET",
        "The API key then stands in the address, and in logs on the way. Long messages go by POST all the same.",
    ),
    OptionField("send_operator", "Name the operator", "Only where Skycore demands it (E650)."),
    OptionField(
        "save_first",
        "Store what goes to many",
        "A content for fifty people or more, or with a video, is stored at Skycore once and sent from there.",
        default=True,
    ),
    OptionField(
        "transcoding",
        "Transcoding is on",
        "As Skycore has set up the account: files that do not fit are made to, within the limits for sources.",
    ),
    OptionField(
        "enforce_campaign",
        "Campaigns are enforced",
        "“Enforce Campaign Check” in the account: nothing is sent without a campaign reference (E718).",
    ),
)
METHODS = ("POST", "HEAD")
# Answered with an empty body (section 7.1).
ACKNOWLEDGEMENT = Acknowledgement(body=b"")
CALL_SECONDS = 30.0
ECHOES = False

THROTTLED_FOR_SECONDS, ENCODING = "E106", "E626"
# Where the provider's text names no number of seconds (section 9).
SHORT_WAIT = 5.0
ENCODING_WAIT = 60.0
LONGEST_WAIT = 3600.0
LONGEST_REFERENCE, LONGEST_MASK = 100, 11
NO_MASKS_IN = "US"


def build(account: Account, message: OutboundMessage, *, now: datetime) -> HttpRequest:
    """The request that sends `message`: `sendSavedMMS` when its content is stored there, else `sendMMS`.

    There is no member for our reference, for a validity or for receipts (section 3). Raises Refused for what the
    dialect cannot express, Misconfigured for credentials that cannot be used.
    """
    content, operator, campaign = message.content, *of_account(account)
    addresses = [
        ("TO", digits(message.recipient)),
        ("FROM", sender_of(message.sender)),
        ("FROM_MASK", _mask(account, message.recipient)),
    ]
    if message.saved_ref:
        head = [("MMSID", message.saved_ref), *addresses, operator, campaign]
        return request(account, "sendSavedMMS", head, tail=fallback(content))
    # In the order of the seed's worked example.
    texts = [("SUBJECT", single_spaced(content.subject)), campaign, ("NAME", naming(content))]
    return request(account, "sendMMS", [*addresses, operator, *texts], slides_of(content), fallback(content, now=now))


def read(answer: HttpAnswer) -> Accepted:
    """The tracking id, if the provider took the message (section 4). Raises the SendError that an answer stands for."""
    told = told_in(answer)
    reference = told.get("TRACKINGID", "")
    if not reference:
        raise Unclear("answer_unreadable", "The answer says success and gives no reference.")
    return Accepted(reference[:LONGEST_REFERENCE], text=told.get("STATUSDETAILS", ""))


def told_in(answer: HttpAnswer) -> dict[str, str]:
    """The members of an answer that says success, by name.

    Its STATUS decides, whatever the HTTP status; without one, the HTTP status does (section 4; reliability, 2.5).
    Raises the SendError of its class for everything else.
    """
    told = _members(answer.body)
    status = told.get("STATUS", "").lower()
    if status == "success":
        return told
    if status == "failure":
        raise _refusal(told, answer)
    if 200 <= answer.status < 300:
        raise Unclear("answer_unreadable", "The answer says neither yes nor no.")
    row = CODES.get((Where.ANSWER, f"http_{answer.status}"))
    if row is None and 400 <= answer.status < 500:
        row = CODES[Where.ANSWER, "http_400"]
    if row is None:
        raise Unclear(f"http_{answer.status}", "The answer is none that the provider is known for.")
    raise _error(row.outcome, f"http_{answer.status}", "", answer)


def _refusal(told: Mapping[str, str], answer: HttpAnswer) -> SendError:
    code, text = told.get("ERRORCODE", "")[:40], told.get("ERRORINFO", "")
    row = CODES.get((Where.ANSWER, code or "code_missing"))
    # A code that no table has is a refusal all the same, and is kept so that it can be looked up (section 6, "other").
    return _error(row.outcome if row else OutcomeClass.FAILED, code or "code_missing", text, answer)


def _error(outcome: OutcomeClass | None, code: str, text: str, answer: HttpAnswer) -> SendError:
    kind = BY_CLASS[outcome or OutcomeClass.UNKNOWN]
    return kind(code, text, retry_after=_wait(code, text, answer) if outcome is OutcomeClass.RETRY else None)


def _wait(code: str, text: str, answer: HttpAnswer) -> float | None:
    """Seconds to wait: those the provider names in its text or its headers, else those of the contract."""
    if code == THROTTLED_FOR_SECONDS:
        named = re.search(r"[0-9]{1,6}", text)
        return min(float(named[0]), LONGEST_WAIT) if named else SHORT_WAIT
    if code == ENCODING:
        return ENCODING_WAIT
    given = answer.headers.get("retry-after", "").strip()
    try:
        if given.isdecimal():
            seconds = float(given[:9])
        else:
            sent = parsedate_to_datetime(answer.headers.get("date", ""))
            seconds = (parsedate_to_datetime(given) - sent).total_seconds()
    except (TypeError, ValueError, OverflowError):
        return None
    return min(max(seconds, 0.0), LONGEST_WAIT)


def _members(body: bytes) -> dict[str, str]:
    """The words of an answer by name; none for a body that is no answer."""
    try:
        root = parse(body.lstrip())
    except ValueError:
        return {}
    return {name: word(text) for name, text in leaves(root)} if root.tag == "RESPONSE" else {}


def sender_of(address: str) -> str:
    """A sender as the wire spells it."""
    return address.strip().removeprefix("+")


def _mask(account: Account, recipient: str) -> str:
    """The name shown instead of the sender; the United States do not carry any (seed 004)."""
    mask = account.credentials.get("from_mask", "").strip()[:LONGEST_MASK]
    return "" if country(recipient) == NO_MASKS_IN else mask


def of_account(account: Account) -> tuple[Member, Member]:
    """What the account has to say in every call: the operator where that is switched on, and the campaign.

    Raises Misconfigured where the operator is to be named and is not known: each message would be refused for it.
    """
    operator = account.credentials.get("operator_id", "").strip() if account.option("send_operator") else ""
    if account.option("send_operator") and not operator:
        raise Misconfigured("operator_missing", "Enter the account's operator id, or do not name the operator.")
    return ("OPERATORID", operator), ("CAMPAIGNREF", account.credentials.get("campaign_ref", "").strip())
