"""Every code of Sinch that an MMS can meet (seed 002 and the V2 introduction; sinch.md, sections 8 and 11.3).

One number means other things in an answer than in a receipt (sinch.md, section 14). Classes are those of reliability,
2.5: what says nothing about acceptance is unclear, never repeated. Answers without a code of their own stand here under
their HTTP status, as "http_401". Where a receipt's status decides beside its code, the row is named by both.
"""

from collections.abc import Iterator

from messaging.gateway.codes import Code, CodeTable, OutcomeClass, Where, Whose, table
from messaging.gateway.next_steps import (
    AGAIN,
    CREDENTIALS,
    LEAVE,
    LOOK,
    MEDIA,
    NOTHING,
    NUMBER,
    REPORT,
    SHORTEN,
    SLIDES,
    SUPPORT,
    WAIT,
)
from messaging.statuses import Status

RETRY, REFUSED, ACCOUNT, BLOCKED, UNCLEAR = (
    OutcomeClass.RETRY,
    OutcomeClass.FAILED,
    OutcomeClass.CONFIGURATION,
    OutcomeClass.BLOCKED,
    OutcomeClass.UNKNOWN,
)
SENDER, ADMIN, RECIPIENT, PROVIDER, NOBODY = (
    Whose.SENDER,
    Whose.ADMIN,
    Whose.RECIPIENT,
    Whose.PROVIDER,
    Whose.NOBODY,
)

SETUP = "Check the account's set-up with Sinch, then resume it."
ADDRESS = "Correct the account's base address, then resume it."
NETWORK = "This number's network cannot be reached; leave the number out or use another provider."
FETCH = "Check that the file's address opens without a login and tells its length, then send again."

ANSWERS = (
    ("E100", REFUSED, "The provider found the request incomplete or not valid.", ADMIN, REPORT),
    ("E103", ACCOUNT, "The provider has blocked the account.", ADMIN, SETUP),
    ("E104", ACCOUNT, "The provider did not accept the account's API key.", ADMIN, CREDENTIALS),
    ("E105", ACCOUNT, "The account may not use this interface.", ADMIN, SETUP),
    ("E106", RETRY, "Two requests came too close together.", ADMIN, WAIT),
    ("E107", ACCOUNT, "The account may not do this kind of request.", ADMIN, SETUP),
    ("E108", REFUSED, "The provider could not read the request as JSON.", ADMIN, REPORT),
    ("E109", ACCOUNT, "Sending is not switched on for this account.", ADMIN, SETUP),
    ("E110", REFUSED, "The recipient's number is not valid.", SENDER, NUMBER),
    ("E111", ACCOUNT, "The sender ID does not belong to this account.", ADMIN, "Check the sender ID and its account."),
    ("E112", ACCOUNT, "This server's address is not on the account's list of allowed ones.", ADMIN, SETUP),
    ("E113", RETRY, "The account sent more a second than its contract allows.", ADMIN, WAIT),
    ("E114", BLOCKED, "The provider holds the recipient's number on its blacklist.", RECIPIENT, LEAVE),
    ("E115", REFUSED, "The sender mask is longer than 50 characters.", ADMIN, "Shorten the account's sender mask."),
    ("E120", ACCOUNT, "The account has reached its limit of requests.", ADMIN, SETUP),
    ("E212", REFUSED, "The provider did not accept a page number.", ADMIN, REPORT),
    ("E213", REFUSED, "The provider did not accept a page size.", ADMIN, REPORT),
    ("E214", REFUSED, "The provider did not accept a start date.", ADMIN, REPORT),
    ("E223", REFUSED, "A slide holds several objects.", SENDER, SLIDES),
    ("E224", REFUSED, "A slide holds media beside a card, event or document.", SENDER, SLIDES),
    ("E225", REFUSED, "The message has too many slides.", SENDER, SHORTEN),
    ("E226", REFUSED, "A slide holds audio and video.", SENDER, SLIDES),
    ("E227", REFUSED, "A slide holds a video and an image.", SENDER, SLIDES),
    ("E228", REFUSED, "A text of the message is too long.", SENDER, SHORTEN),
    ("E229", REFUSED, "The provider does not allow this content.", SENDER, MEDIA),
    ("E230", REFUSED, "A slide's time on screen is out of range.", SENDER, "Choose another time and send again."),
    ("E241", REFUSED, "The provider no longer has the stored content.", PROVIDER, AGAIN),
    ("E311", REFUSED, "The message has no name.", SENDER, "Name the message and send again."),
    ("E312", REFUSED, "The message has no slides.", SENDER, "Add a slide and send again."),
    ("E313", REFUSED, "A slide is empty.", SENDER, "Fill or remove the slide and send again."),
    ("E314", REFUSED, "The message has no subject.", SENDER, "Write a subject and send again."),
    ("E331", REFUSED, "The image is too large.", SENDER, MEDIA),
    ("E332", REFUSED, "The audio is too large.", SENDER, MEDIA),
    ("E333", REFUSED, "The video is too large.", SENDER, MEDIA),
    ("E334", REFUSED, "The text of a slide is too long.", SENDER, SHORTEN),
    ("E335", REFUSED, "The contact card is too large.", SENDER, MEDIA),
    ("E336", REFUSED, "The calendar event is too large.", SENDER, MEDIA),
    ("E337", REFUSED, "The PDF is too large.", SENDER, MEDIA),
    ("E338", REFUSED, "The wallet pass is too large.", SENDER, MEDIA),
    ("E341", REFUSED, "The image is damaged.", SENDER, MEDIA),
    ("E343", REFUSED, "The video is in a form that the provider cannot play.", SENDER, MEDIA),
    ("E351", RETRY, "The provider could not fetch the image.", ADMIN, FETCH),
    ("E352", RETRY, "The provider could not fetch the audio.", ADMIN, FETCH),
    ("E353", RETRY, "The provider could not fetch the video.", ADMIN, FETCH),
    ("E355", RETRY, "The provider could not fetch the contact card.", ADMIN, FETCH),
    ("E356", RETRY, "The provider could not fetch the calendar event.", ADMIN, FETCH),
    ("E357", RETRY, "The provider could not fetch the PDF.", ADMIN, FETCH),
    ("E358", RETRY, "The provider could not fetch the wallet pass.", ADMIN, FETCH),
    ("E503", UNCLEAR, "The provider had an internal error and may have taken the message.", PROVIDER, LOOK),
    ("E617", REFUSED, "The expiry date of the fallback link is not valid.", SENDER, "Correct it and send again."),
    ("E618", RETRY, "The recipient's network could not be found out.", PROVIDER, WAIT),
    ("E619", REFUSED, "The recipient's network is not set up for this sender.", ADMIN, NETWORK),
    ("E620", REFUSED, "The request named no stored content.", ADMIN, REPORT),
    ("E622", REFUSED, "The message has no fallback text.", SENDER, "Write a fallback text and send again."),
    ("E626", RETRY, "The provider is still preparing the content.", PROVIDER, WAIT),
    ("E627", ACCOUNT, "The provider does not know the account's service id.", ADMIN, SETUP),
    ("E628", REFUSED, "The recipient's network is not supported.", RECIPIENT, NETWORK),
    ("E629", REFUSED, "The type of a file was not recognised.", SENDER, MEDIA),
    ("E650", REFUSED, "The provider did not accept the network's id.", ADMIN, REPORT),
    ("E651", REFUSED, "The provider does not know the network's id.", ADMIN, REPORT),
    ("E713", ACCOUNT, "The account has a billing problem at the provider.", ADMIN, SETUP),
    ("E715", BLOCKED, "The recipient has not joined the account's campaign.", RECIPIENT, LEAVE),
    ("E718", ACCOUNT, "The account needs a campaign reference.", ADMIN, SETUP),
    ("E721", ACCOUNT, "The provider does not know the account's campaign reference.", ADMIN, SETUP),
    ("E999", UNCLEAR, "The provider's queue failed and may have taken the message.", PROVIDER, LOOK),
    ("refused_without_code", REFUSED, "The provider refused the message without a reason.", ADMIN, SUPPORT),
    ("answer_unreadable", UNCLEAR, "The provider's answer says neither yes nor no.", PROVIDER, LOOK),
    ("http_301", ACCOUNT, "The provider's address has moved.", ADMIN, ADDRESS),
    ("http_302", ACCOUNT, "The provider's address has moved.", ADMIN, ADDRESS),
    ("http_307", ACCOUNT, "The provider's address has moved.", ADMIN, ADDRESS),
    ("http_308", ACCOUNT, "The provider's address has moved.", ADMIN, ADDRESS),
    ("http_400", REFUSED, "The provider refused the request without a reason it is known for.", ADMIN, REPORT),
    ("http_401", ACCOUNT, "The provider did not accept the account's API key.", ADMIN, CREDENTIALS),
    ("http_403", ACCOUNT, "The provider does not let this account or this server in.", ADMIN, SETUP),
    ("http_404", ACCOUNT, "There is no messaging service at the account's address.", ADMIN, ADDRESS),
    ("http_405", ACCOUNT, "The account's address does not take messages.", ADMIN, ADDRESS),
    ("http_413", REFUSED, "The request was larger than the provider takes.", SENDER, SHORTEN),
    ("http_429", RETRY, "The account sent more a second than its contract allows.", ADMIN, WAIT),
    ("http_500", UNCLEAR, "The provider had an internal error and may have taken the message.", PROVIDER, LOOK),
    ("http_502", UNCLEAR, "The provider's gateway failed and may have passed the message on.", PROVIDER, LOOK),
    ("http_503", RETRY, "The provider is not available at present.", PROVIDER, WAIT),
    ("http_504", UNCLEAR, "The provider's gateway waited in vain and may have passed the message on.", PROVIDER, LOOK),
)

RECEIPTS = (
    ("N013", Status.ACCEPTED, "The provider has prepared the media and begun to send.", NOBODY, NOTHING),
    ("N101", Status.SUBMITTED, "The message was handed to the mobile network.", NOBODY, "Wait for the delivery."),
    ("N102", Status.DELIVERED, "The message reached the phone.", NOBODY, NOTHING),
    ("N103", Status.EXPIRED, "The message could not be delivered in time.", RECIPIENT, AGAIN),
    ("N201", Status.SUBMITTED, "The fallback SMS was handed to the mobile network.", NOBODY, "Wait for the delivery."),
    ("N202", Status.DELIVERED, "The fallback SMS reached the phone.", NOBODY, NOTHING),
    ("E011", Status.FAILED, "A file of the message could not be used.", SENDER, FETCH),
    ("E012", Status.FAILED, "An audio could not be made to fit the phone.", SENDER, MEDIA),
    ("E013", Status.FAILED, "A video could not be made to fit the phone.", SENDER, MEDIA),
    ("E100", Status.FAILED, "The provider found the request not valid.", ADMIN, REPORT),
    ("E101", Status.FAILED, "The message could not be sent.", PROVIDER, AGAIN),
    ("E102", Status.FAILED, "The network rejected the message.", RECIPIENT, NUMBER),
    ("E201", Status.FAILED, "The fallback SMS could not be sent.", PROVIDER, AGAIN),
    ("E202", Status.FAILED, "The fallback SMS did not reach the phone.", RECIPIENT, NUMBER),
    ("E999", Status.FAILED, "The message failed in the provider's queue.", PROVIDER, AGAIN),
    ("N003", None, "The stored content is ready to be sent.", NOBODY, NOTHING),
    ("E002", None, "An audio of the stored content could not be prepared.", SENDER, MEDIA),
    ("E003", None, "A video of the stored content could not be prepared.", SENDER, MEDIA),
    ("E004", None, "An image of the stored content could not be prepared.", SENDER, MEDIA),
    ("N401", None, "A message from a phone.", NOBODY, NOTHING),
    (
        "N501",
        None,
        "A message of the network about the phone's model; it concerns no picture message.",
        NOBODY,
        NOTHING,
    ),
    (
        "N502",
        None,
        "A message of the network about the phone's model; it concerns no picture message.",
        NOBODY,
        NOTHING,
    ),
    ("E501", None, "The phone's model could not be asked for; it concerns no picture message.", NOBODY, NOTHING),
    ("E502", None, "The phone's model could not be found out; it concerns no picture message.", NOBODY, NOTHING),
)

# What the status says beside a code that stands for good news and bad (sinch.md, section 11.3).
BY_STATUS = (
    ("Expired", Status.EXPIRED, "{} could not be delivered in time.", RECIPIENT, AGAIN),
    ("Rejected", Status.FAILED, "{} was rejected by the network or the recipient.", RECIPIENT, NUMBER),
    ("Unrecognised", Status.FAILED, "{} was not recognised by the network.", RECIPIENT, NUMBER),
    ("Failed", Status.FAILED, "{} failed in the mobile network.", RECIPIENT, AGAIN),
    ("Not Supported", Status.FAILED, "{} is not supported by the phone or its network.", RECIPIENT, NETWORK),
)
TWO_SIDED = {"N102": "The message", "E102": "The message", "N202": "The fallback SMS", "E202": "The fallback SMS"}

# An unknown sender ID says nothing against the account's other senders.
ABOUT_THE_SENDER = frozenset({"E111"})
# How often a message is tried in all (sinch.md, section 8): what lies with our media host hardly mends itself.
COPYING = ("E351", "E352", "E353", "E355", "E356", "E357", "E358")
TRIES = {**dict.fromkeys(COPYING, 3), "E618": 5, "E626": 30}
# Too fast: the account is slowed down for a while.
THROTTLES = frozenset({"E106", "E113", "http_429"})


def _rows() -> Iterator[Code]:
    for code, outcome, meaning, whose, next_step in ANSWERS:
        yield Code(
            code,
            Where.ANSWER,
            meaning,
            whose,
            next_step,
            outcome=outcome,
            about_sender=code in ABOUT_THE_SENDER,
            tries=TRIES.get(code, 0),
            throttles=code in THROTTLES,
        )
    for code, state, meaning, whose, next_step in RECEIPTS:
        yield Code(code, Where.RECEIPT, meaning, whose, next_step, state=state)
    for code, what in TWO_SIDED.items():
        for word, state, meaning, whose, next_step in BY_STATUS:
            yield Code(f"{code} {word}", Where.RECEIPT, meaning.format(what), whose, next_step, state=state)


CODES: CodeTable = table(_rows())
