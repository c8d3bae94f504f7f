"""Every code of Skycore's wxml API (seed 004; skycore.md, sections 6, 7 and 10; classes of reliability, 2.5).

E101, E102, E201 and E202 mean one thing in an answer and another in a receipt. Where a receipt tells by code and text
together, its row is both, as "E102 Expired"; the plain "N102" stands for the delivered meaning. Answers without a
code of their own stand here under their HTTP status, as "http_401".
"""

from collections.abc import Iterator

from messaging.gateway.codes import Code, CodeTable, OutcomeClass, Where, Whose, table
from messaging.gateway.next_steps import (
    AGAIN,
    BASE,
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

SETUP = "Check the account's set-up with Skycore, then resume it."
CAMPAIGN = "Check the account's campaign reference, then resume it."
OPERATOR = "Check the account's operator id with Skycore, then resume it or send again."
FETCH = "Check that the file's address opens without a login. It is tried again by itself."
DELIVERY = "Wait for the delivery."

ANSWERS = (
    ("E100", REFUSED, "The provider did not find the request valid.", ADMIN, REPORT),
    ("E101", REFUSED, "The request named no action.", ADMIN, REPORT),
    ("E102", ACCOUNT, "The provider did not accept the account's credentials.", ADMIN, CREDENTIALS),
    ("E103", ACCOUNT, "The provider has blocked the account.", ADMIN, SETUP),
    ("E104", ACCOUNT, "The provider did not accept the account's API key.", ADMIN, CREDENTIALS),
    ("E105", ACCOUNT, "The account may not use the provider's API.", ADMIN, SETUP),
    ("E106", RETRY, "The account called again too soon.", ADMIN, WAIT),
    ("E107", ACCOUNT, "The account may not send picture messages.", ADMIN, SETUP),
    ("E108", REFUSED, "The provider could not read the request as XML.", ADMIN, REPORT),
    ("E109", ACCOUNT, "The provider's API is not switched on for this account.", ADMIN, SETUP),
    ("E110", REFUSED, "The recipient's number is not valid.", SENDER, NUMBER),
    ("E111", ACCOUNT, "The sender ID does not belong to this account.", ADMIN, "Check the sender ID and its account."),
    ("E112", ACCOUNT, "This server's address is not on the account's list of allowed ones.", ADMIN, SETUP),
    ("E113", RETRY, "The account sent more a second than its contract allows.", ADMIN, WAIT),
    ("E114", BLOCKED, "The provider holds messages to this number back.", RECIPIENT, LEAVE),
    ("E120", ACCOUNT, "The account has reached its limit of requests.", ADMIN, "Raise the limit, then resume it."),
    ("E201", REFUSED, "The provider refused the message with a code that its manuals do not explain.", ADMIN, SUPPORT),
    ("E223", REFUSED, "A slide holds several objects.", SENDER, SLIDES),
    ("E224", REFUSED, "A slide holds media beside a card, event, document or pass.", SENDER, SLIDES),
    ("E225", REFUSED, "The message has too many slides.", SENDER, SHORTEN),
    ("E226", REFUSED, "A slide holds audio and video.", SENDER, SLIDES),
    ("E227", REFUSED, "A slide holds a video and an image.", SENDER, SLIDES),
    ("E228", REFUSED, "The subject, or another text of the message, is too long.", SENDER, SHORTEN),
    ("E229", REFUSED, "The provider does not allow this content.", SENDER, "Change the content and send again."),
    ("E230", REFUSED, "A slide's time on screen is out of range.", SENDER, "Choose 1 to 30 seconds and send again."),
    ("E241", REFUSED, "The stored content was not found at the provider.", PROVIDER, AGAIN),
    ("E301", REFUSED, "The provider refused the message with a code that its manuals do not explain.", ADMIN, SUPPORT),
    ("E302", REFUSED, "The provider refused the message with a code that its manuals do not explain.", ADMIN, SUPPORT),
    ("E303", REFUSED, "The provider refused the message with a code that its manuals do not explain.", ADMIN, SUPPORT),
    ("E304", REFUSED, "The provider refused the message with a code that its manuals do not explain.", ADMIN, SUPPORT),
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
    ("E343", REFUSED, "The provider cannot read this kind of video.", SENDER, MEDIA),
    ("E351", RETRY, "The provider could not fetch the image.", ADMIN, FETCH),
    ("E352", RETRY, "The provider could not fetch the audio.", ADMIN, FETCH),
    ("E353", RETRY, "The provider could not fetch the video.", ADMIN, FETCH),
    ("E355", RETRY, "The provider could not fetch the contact card.", ADMIN, FETCH),
    ("E356", RETRY, "The provider could not fetch the calendar event.", ADMIN, FETCH),
    ("E357", RETRY, "The provider could not fetch the PDF.", ADMIN, FETCH),
    ("E358", RETRY, "The provider could not fetch the wallet pass.", ADMIN, FETCH),
    ("E503", UNCLEAR, "The provider had an internal error and may have taken the message.", PROVIDER, LOOK),
    ("E617", REFUSED, "The expiry date of the fallback link is not valid.", SENDER, "Correct the date and send again."),
    ("E618", RETRY, "The recipient's network could not be found out.", PROVIDER, WAIT),
    ("E619", REFUSED, "The recipient's network is not set up for this sender.", ADMIN, "Ask Skycore to set it up."),
    ("E620", REFUSED, "The request named no stored content.", ADMIN, REPORT),
    ("E621", REFUSED, "The request named no recipient.", ADMIN, REPORT),
    ("E622", REFUSED, "The message has neither a fallback text nor a subject.", SENDER, "Write a fallback text."),
    ("E625", REFUSED, "The reference of the stored content is not valid.", ADMIN, REPORT),
    ("E626", RETRY, "The provider is still encoding the message's audio or video.", NOBODY, WAIT),
    ("E627", ACCOUNT, "The provider does not know the service of this account.", ADMIN, SETUP),
    ("E628", REFUSED, "The recipient's network is not supported.", RECIPIENT, "Reach this person by another way."),
    ("E629", REFUSED, "The type of a file was not recognised.", SENDER, MEDIA),
    # The contract calls it a matter of configuration: every message of the account would meet it.
    ("E650", ACCOUNT, "The account has to name the recipient's network.", ADMIN, OPERATOR),
    ("E651", REFUSED, "The provider does not know the account's operator id.", ADMIN, OPERATOR),
    ("E713", ACCOUNT, "The account's bill is not in order at the provider.", ADMIN, SETUP),
    ("E715", BLOCKED, "The recipient has not joined the account's campaign.", RECIPIENT, "Let the recipient join it."),
    ("E718", ACCOUNT, "The account has to name a campaign.", ADMIN, CAMPAIGN),
    ("E721", ACCOUNT, "The provider does not know the account's campaign.", ADMIN, CAMPAIGN),
    ("code_missing", REFUSED, "The provider refused the message without a reason.", PROVIDER, SUPPORT),
    ("answer_unreadable", UNCLEAR, "The provider's answer says neither yes nor no.", PROVIDER, LOOK),
    ("http_301", ACCOUNT, "The provider's address has moved.", ADMIN, BASE),
    ("http_302", ACCOUNT, "The provider's address has moved.", ADMIN, BASE),
    ("http_307", ACCOUNT, "The provider's address has moved.", ADMIN, BASE),
    ("http_308", ACCOUNT, "The provider's address has moved.", ADMIN, BASE),
    ("http_400", REFUSED, "The provider refused the request without a reason it is known for.", ADMIN, REPORT),
    ("http_401", ACCOUNT, "The provider did not accept the account's credentials.", ADMIN, CREDENTIALS),
    ("http_403", ACCOUNT, "The account may not use the provider's API from here.", ADMIN, SETUP),
    ("http_404", ACCOUNT, "There is no messaging service at the account's address.", ADMIN, BASE),
    ("http_405", ACCOUNT, "The account's address does not take messages.", ADMIN, BASE),
    ("http_429", RETRY, "The account sent more a second than its contract allows.", ADMIN, WAIT),
    ("http_500", UNCLEAR, "The provider had an internal error and may have taken the message.", PROVIDER, LOOK),
    ("http_502", UNCLEAR, "The provider's gateway failed and may have passed the message on.", PROVIDER, LOOK),
    ("http_503", RETRY, "The provider is not available at present.", PROVIDER, WAIT),
    ("http_504", UNCLEAR, "The provider's gateway waited in vain and may have passed the message on.", PROVIDER, LOOK),
)

STEPS = (
    ("N013", Status.ACCEPTED, "Audio and video are encoded; the message is on its way.", NOBODY, DELIVERY),
    ("N101", Status.SUBMITTED, "The message was handed to the mobile network.", NOBODY, DELIVERY),
    ("N102", Status.DELIVERED, "The message reached the phone.", NOBODY, NOTHING),
    ("N103", Status.EXPIRED, "The message could not be delivered in time.", RECIPIENT, AGAIN),
    ("N201", Status.SUBMITTED, "The fallback SMS was handed to the mobile network.", NOBODY, DELIVERY),
    ("N202", Status.DELIVERED, "The fallback SMS reached the phone.", NOBODY, NOTHING),
    ("N003", None, "The stored content is encoded and may be sent.", NOBODY, NOTHING),
    ("E002", None, "The audio of the stored content could not be encoded.", SENDER, MEDIA),
    ("E003", None, "The video of the stored content could not be encoded.", SENDER, MEDIA),
    ("N501", None, "The provider looked up the recipient's phone.", NOBODY, NOTHING),
    ("N502", None, "The provider found out the recipient's phone.", NOBODY, NOTHING),
    ("E501", None, "The provider could not look up the recipient's phone.", NOBODY, NOTHING),
    ("E502", None, "The provider could not find out the recipient's phone.", NOBODY, NOTHING),
    ("N401", None, "A picture message came in.", NOBODY, "Read it under Inbound."),
    ("N211", None, "A text message came in.", NOBODY, "Read it under Inbound."),
    ("N301", None, "The number joined a campaign.", NOBODY, NOTHING),
    ("N302", None, "The number left a campaign.", RECIPIENT, LEAVE),
)

FAILURES = (
    ("E011", "The provider could not prepare the message.", SENDER, MEDIA),
    ("E012", "The audio of the message could not be encoded.", SENDER, MEDIA),
    ("E013", "The video of the message could not be encoded.", SENDER, MEDIA),
    ("E101", "The message could not be sent.", PROVIDER, AGAIN),
    ("E102", "The message could not be delivered.", RECIPIENT, AGAIN),
    ("E201", "The fallback SMS could not be sent.", PROVIDER, AGAIN),
    ("E202", "The fallback SMS could not be delivered.", RECIPIENT, AGAIN),
    ("E999", "The message got lost in the provider's queue.", PROVIDER, AGAIN),
)
# The codes whose meaning lies in the word behind "Message Sent/" (section 7.3), for the message and for its fallback.
TOLD_BY_WORD = {"N102": "message", "E102": "message", "N202": "fallback SMS", "E202": "fallback SMS"}
WORDS = (
    ("Expired", Status.EXPIRED, "The {} could not be delivered in time.", RECIPIENT, AGAIN),
    ("Rejected", Status.FAILED, "The network or the recipient rejected the {}.", RECIPIENT, "Do not send again as is."),
    ("Failed", Status.FAILED, "The network could not deliver the {}.", RECIPIENT, AGAIN),
    ("NotSupported", Status.FAILED, "The network or the phone does not take the {}.", RECIPIENT, "Send an SMS."),
)
# A sender that is not the account's says nothing against its other senders.
ABOUT_THE_SENDER = frozenset({"E111"})
# How often a message is tried in all (section 6): what lies with our media host hardly mends itself.
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
    for code, state, meaning, whose, next_step in STEPS:
        yield Code(code, Where.RECEIPT, meaning, whose, next_step, state=state)
    for code, meaning, whose, next_step in FAILURES:
        yield Code(code, Where.RECEIPT, meaning, whose, next_step, state=Status.FAILED)
    for code, what in TOLD_BY_WORD.items():
        for word, word_state, meaning, whose, next_step in WORDS:
            yield Code(f"{code} {word}", Where.RECEIPT, meaning.format(what), whose, next_step, state=word_state)


CODES: CodeTable = table(_rows())
