"""Every code of Webex Connect that an MMS can meet (seed 000; webex.md, sections 7 and 10).

Receipts from 7010 up to 7272 that the seed does not list come from the vendor's own pages. Answers without a code of
their own stand here under their HTTP status, as "http_401".
"""

from collections.abc import Iterator

from messaging.gateway.codes import Code, CodeTable, OutcomeClass, Where, Whose, table
from messaging.gateway.next_steps import AGAIN, LOOK, MEDIA, NOTHING, NUMBER, REPORT, SHORTEN, SLIDES, SUPPORT, WAIT
from messaging.statuses import Status

RETRY, REFUSED, ACCOUNT, UNCLEAR = (
    OutcomeClass.RETRY,
    OutcomeClass.FAILED,
    OutcomeClass.CONFIGURATION,
    OutcomeClass.UNKNOWN,
)
SENDER, ADMIN, RECIPIENT, PROVIDER, NOBODY = (
    Whose.SENDER,
    Whose.ADMIN,
    Whose.RECIPIENT,
    Whose.PROVIDER,
    Whose.NOBODY,
)

CREDENTIALS = "Check the account's credentials, then resume it."
SETUP = "Check the account's set-up with Webex Connect, then resume it."
FETCH = "Check that the file's address opens without a login, then send again."

ANSWERS = (
    ("7000", REFUSED, "The provider could not read the request as JSON.", ADMIN, REPORT),
    ("7001", ACCOUNT, "The provider did not accept the account's credentials.", ADMIN, CREDENTIALS),
    ("7002", ACCOUNT, "The service key was missing from the request.", ADMIN, CREDENTIALS),
    ("7003", REFUSED, "A part of the message that the provider needs was missing.", ADMIN, REPORT),
    ("7004", REFUSED, "A part of the message was not as the provider wants it.", SENDER, "Correct it and send again."),
    ("7005", REFUSED, "The request had run out when it reached the provider.", ADMIN, "Check the server's clock."),
    ("7006", UNCLEAR, "The provider had an internal error and may have taken the message.", PROVIDER, LOOK),
    ("7007", ACCOUNT, "The service of this account is switched off at the provider.", ADMIN, SETUP),
    ("7009", REFUSED, "Too many recipients in one request.", ADMIN, REPORT),
    ("7016", UNCLEAR, "The provider had an unknown error and may have taken the message.", PROVIDER, LOOK),
    ("7020", RETRY, "The account sent more a second than its contract allows.", ADMIN, WAIT),
    ("7022", REFUSED, "The message is longer than the provider takes in one request.", SENDER, SHORTEN),
    ("7101", ACCOUNT, "The sender ID does not belong to this account.", ADMIN, "Check the sender ID and its account."),
    ("7102", REFUSED, "The recipient's number is not valid.", SENDER, NUMBER),
    ("7104", ACCOUNT, "The provider does not know the application of this account.", ADMIN, SETUP),
    ("7107", REFUSED, "A text of the message is too long.", SENDER, SHORTEN),
    ("7108", REFUSED, "The provider does not know the template.", SENDER, "Choose another template."),
    ("7126", REFUSED, "The provider does not take this kind of content.", SENDER, MEDIA),
    ("7127", ACCOUNT, "This server's address is not on the account's list of allowed ones.", ADMIN, SETUP),
    ("7200", UNCLEAR, "The provider could not tell what became of the request.", PROVIDER, LOOK),
    ("answer_unreadable", UNCLEAR, "The provider's answer says neither yes nor no.", PROVIDER, LOOK),
    ("http_301", ACCOUNT, "The provider's address has moved.", ADMIN, "Correct the account's base address."),
    ("http_302", ACCOUNT, "The provider's address has moved.", ADMIN, "Correct the account's base address."),
    ("http_307", ACCOUNT, "The provider's address has moved.", ADMIN, "Correct the account's base address."),
    ("http_308", ACCOUNT, "The provider's address has moved.", ADMIN, "Correct the account's base address."),
    ("http_400", REFUSED, "The provider refused the message without a reason it is known for.", ADMIN, REPORT),
    ("http_401", ACCOUNT, "The provider did not accept the account's credentials.", ADMIN, CREDENTIALS),
    ("http_403", ACCOUNT, "The provider does not know the customer, or the account is over its quota.", ADMIN, SETUP),
    (
        "http_404",
        ACCOUNT,
        "There is no messaging service at the account's address.",
        ADMIN,
        "Correct the base address.",
    ),
    ("http_405", ACCOUNT, "The account's address does not take messages.", ADMIN, "Correct the base address."),
    ("http_409", UNCLEAR, "The provider reported a conflict and may have taken the message.", PROVIDER, LOOK),
    ("http_429", RETRY, "The account sent more a second than its contract allows.", ADMIN, WAIT),
    ("http_500", UNCLEAR, "The provider had an internal error and may have taken the message.", PROVIDER, LOOK),
    ("http_502", UNCLEAR, "The provider's gateway failed and may have passed the message on.", PROVIDER, LOOK),
    ("http_503", RETRY, "The provider is not available at present.", PROVIDER, WAIT),
    ("http_504", UNCLEAR, "The provider's gateway waited in vain and may have passed the message on.", PROVIDER, LOOK),
)

STEPS = (
    ("7501", Status.SUBMITTED, "The message was handed to the mobile network.", NOBODY, "Wait for the delivery."),
    ("7500", Status.DELIVERED, "The message reached the phone.", NOBODY, NOTHING),
    ("7524", Status.READ, "The message was opened.", NOBODY, NOTHING),
    ("7525", Status.READ, "A link in the message was opened.", NOBODY, NOTHING),
    ("7208", Status.EXPIRED, "The message could not be delivered in time.", RECIPIENT, AGAIN),
    ("7200", None, "The provider could not tell what became of the message.", PROVIDER, LOOK),
)

FAILURES = (
    ("7552", "The recipient's number cannot be reached.", RECIPIENT, NUMBER),
    ("7553", "The recipient's number does not exist.", RECIPIENT, NUMBER),
    ("7554", "The network refused the media of the message.", SENDER, MEDIA),
    ("7555", "The network could not read the message.", SENDER, "Send a test with simpler content."),
    ("7556", "The network or the recipient rejected the message.", RECIPIENT, "Do not send again without a reason."),
    ("7010", "The provider had an internal error.", PROVIDER, AGAIN),
    ("7101", "The sender ID does not belong to this account.", ADMIN, SETUP),
    ("7102", "The recipient's number is not valid.", SENDER, NUMBER),
    ("7107", "A text of the message is too long.", SENDER, SHORTEN),
    ("7144", "The provider does not send to this country.", SENDER, NUMBER),
    ("7145", "The text of a slide is too long.", SENDER, SHORTEN),
    ("7146", "The message has too many slides.", SENDER, SHORTEN),
    ("7147", "The quota of this route is used up.", ADMIN, SETUP),
    ("7148", "The provider does not take this type of file.", SENDER, MEDIA),
    ("7212", "The provider's gateway could not read the request.", ADMIN, REPORT),
    ("7213", "The provider's gateway did not accept the credentials.", ADMIN, SETUP),
    ("7214", "The account may not send this way.", ADMIN, SETUP),
    ("7215", "The account sent more at once than its contract allows.", ADMIN, AGAIN),
    ("7216", "The account may not send this way.", ADMIN, SETUP),
    ("7218", "Sending is not switched on for this account.", ADMIN, SETUP),
    ("7219", "The recipient's number is not valid.", SENDER, NUMBER),
    ("7220", "The short code is not valid.", ADMIN, SETUP),
    ("7221", "The address is not on the account's list of allowed ones.", ADMIN, SETUP),
    ("7222", "The account sent more at once than its contract allows.", ADMIN, AGAIN),
    ("7223", "The recipient's number is blocked.", RECIPIENT, "Do not send to this number again."),
    ("7224", "The account has reached its limit of requests.", ADMIN, AGAIN),
    ("7225", "A slide holds several objects.", SENDER, SLIDES),
    ("7226", "A slide holds media beside a card, event or document.", SENDER, SLIDES),
    ("7227", "The message has too many slides.", SENDER, SHORTEN),
    ("7228", "A slide holds audio and video.", SENDER, SLIDES),
    ("7229", "A slide holds a video and an image.", SENDER, SLIDES),
    ("7230", "A text of the message is too long.", SENDER, SHORTEN),
    ("7231", "The provider does not allow this content.", SENDER, MEDIA),
    ("7232", "A slide's time on screen is out of range.", SENDER, "Choose 1 to 60 seconds and send again."),
    ("7233", "The content was not found at the provider.", ADMIN, REPORT),
    ("7234", "The message has no name.", SENDER, "Name the message and send again."),
    ("7235", "The message has no slides.", SENDER, "Add a slide and send again."),
    ("7236", "A slide is empty.", SENDER, "Fill or remove the slide and send again."),
    ("7237", "The image is too large.", SENDER, MEDIA),
    ("7238", "The audio is too large.", SENDER, MEDIA),
    ("7239", "The video is too large.", SENDER, MEDIA),
    ("7242", "A text of the message is too long.", SENDER, SHORTEN),
    ("7243", "The contact card is too large.", SENDER, MEDIA),
    ("7244", "The calendar event is too large.", SENDER, MEDIA),
    ("7245", "The PDF is too large.", SENDER, MEDIA),
    ("7246", "The wallet pass is too large.", SENDER, MEDIA),
    ("7247", "The image is damaged.", SENDER, MEDIA),
    ("7248", "The provider could not fetch the image.", ADMIN, FETCH),
    ("7249", "The provider could not fetch the audio.", ADMIN, FETCH),
    ("7250", "The provider could not fetch the video.", ADMIN, FETCH),
    ("7251", "The provider could not fetch the contact card.", ADMIN, FETCH),
    ("7252", "The provider could not fetch the calendar event.", ADMIN, FETCH),
    ("7253", "The provider could not fetch the PDF.", ADMIN, FETCH),
    ("7254", "The provider could not fetch the wallet pass.", ADMIN, FETCH),
    ("7255", "The provider's gateway had an internal error.", PROVIDER, AGAIN),
    ("7256", "The expiry date of the fallback link is not valid.", SENDER, "Correct the date and send again."),
    ("7257", "The recipient's network could not be found out.", PROVIDER, AGAIN),
    ("7258", "The recipient's network is not set up for this sender.", ADMIN, SETUP),
    ("7259", "The message has no fallback text.", SENDER, "Write a fallback text and send again."),
    ("7260", "The provider's gateway does not know the service.", ADMIN, SETUP),
    ("7261", "The recipient's network is not supported or not available.", PROVIDER, AGAIN),
    ("7262", "The type of a file was not recognised.", SENDER, MEDIA),
    ("7263", "The campaign or network of this sender is not in order.", ADMIN, SETUP),
    ("7264", "The campaign or network of this sender is not in order.", ADMIN, SETUP),
    ("7265", "The campaign or network of this sender is not in order.", ADMIN, SETUP),
    ("7266", "The campaign or network of this sender is not in order.", ADMIN, SETUP),
    ("7267", "The message failed at the provider's own supplier.", PROVIDER, SUPPORT),
    ("7268", "The provider's own supplier rejected the message or does not support it.", PROVIDER, SUPPORT),
    ("7269", "The account is blocked.", ADMIN, SETUP),
    ("7270", "The mobile network gave the message up after a time.", RECIPIENT, AGAIN),
    ("7271", "The provider gave the message up after a time.", PROVIDER, AGAIN),
    ("7272", "The account's network identity (VASID or VASPID) is not valid.", ADMIN, SETUP),
    ("9002", "The recipient has not agreed to be written to.", RECIPIENT, "Wait until this person has agreed."),
    ("9006", "The recipient has had as many messages as the tenant's contact policy allows.", ADMIN, AGAIN),
    ("9010", "The recipient's agreement has run out.", RECIPIENT, "Wait until this person has agreed again."),
    # The vendor explains the others of this range in no more than its name (webex.md, section 12).
    *(
        (f"90{number:02}", "The tenant's contact policy held the message back.", ADMIN, SETUP)
        for number in (0, 1, 3, 4, 5, 7, 8, 9)
    ),
)


# An unknown sender ID says nothing against the account's other senders.
ABOUT_THE_SENDER = frozenset({"7101"})
# Too fast: the account is slowed down for a while.
THROTTLES = frozenset({"7020", "http_429"})


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
            throttles=code in THROTTLES,
        )
    for code, state, meaning, whose, next_step in STEPS:
        yield Code(code, Where.RECEIPT, meaning, whose, next_step, state=state)
    for code, meaning, whose, next_step in FAILURES:
        yield Code(code, Where.RECEIPT, meaning, whose, next_step, state=Status.FAILED)


CODES: CodeTable = table(_rows())
