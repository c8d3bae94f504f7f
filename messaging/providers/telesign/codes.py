"""Every code of Telesign that an MMS can meet (seed; telesign.md, sections 7, 10, 11 and 13; reliability, 2.5).

Codes of a channel stand in callbacks; they also count when an answer carries one ("decide by status.code", section 6).
Answers without a code of their own stand here under their HTTP status, as "http_401".
"""

from collections.abc import Iterator

from messaging.gateway.codes import Code, CodeTable, OutcomeClass, Where, Whose, table
from messaging.gateway.next_steps import AGAIN, BASE, LOOK, MEDIA, NOTHING, NUMBER, REPORT, SHORTEN, SUPPORT, WAIT
from messaging.statuses import Status

ACCEPTED, RETRY, REFUSED, ACCOUNT, BLOCKED, UNCLEAR = (
    OutcomeClass.ACCEPTED,
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

CREDENTIALS = "Check the account's customer ID and API key, then resume it."
SETUP = "Check the account's set-up with Telesign, then resume it."
CLOCK = "Check the server's clock, then resume the account."
STOP = "Do not send to this number again."
MENDED = "Correct the message and send again."

# What only an answer says: code, outcome, meaning, whose, next step.
ANSWERS = (
    ("3102", REFUSED, "The provider does not know this type of message.", ADMIN, REPORT),
    ("3103", REFUSED, "The provider did not take the portal's reference.", ADMIN, REPORT),
    ("3104", REFUSED, "The provider does not know this account event.", ADMIN, REPORT),
    ("3105", REFUSED, "The provider did not take the address the request came from.", ADMIN, REPORT),
    ("3106", REFUSED, "The provider did not take the address for receipts.", ADMIN, REPORT),
    ("3110", REFUSED, "The provider could not read the request.", ADMIN, REPORT),
    ("3113", REFUSED, "The provider did not take the list of channels.", ADMIN, REPORT),
    ("3116", REFUSED, "The message is longer than the provider takes in one request.", SENDER, SHORTEN),
    (
        "3203",
        ACCOUNT,
        "The account may not name an address for receipts.",
        ADMIN,
        "Switch that option off, then resume.",
    ),
    ("3206", ACCOUNT, "The account may not send MMS this way.", ADMIN, SETUP),
    ("3300", REFUSED, "The list of channels was missing.", ADMIN, REPORT),
    ("3301", REFUSED, "A channel had no name.", ADMIN, REPORT),
    ("3302", REFUSED, "The recipient's number was missing.", ADMIN, REPORT),
    ("3303", REFUSED, "The message itself was missing.", ADMIN, REPORT),
    ("3304", REFUSED, "The type of the message was missing.", ADMIN, REPORT),
    ("3311", REFUSED, "The provider does not take this as one of its references.", ADMIN, REPORT),
    ("3400", ACCOUNT, "The provider did not accept the account's credentials.", ADMIN, CREDENTIALS),
    ("3405", ACCOUNT, "The credentials were missing from the request.", ADMIN, CREDENTIALS),
    ("3406", ACCOUNT, "The provider has suspended the account.", ADMIN, SETUP),
    ("3408", ACCOUNT, "The provider does not find the account.", ADMIN, CREDENTIALS),
    ("3409", ACCOUNT, "This server's address is not on the account's list of allowed ones.", ADMIN, SETUP),
    ("3410", ACCOUNT, "The customer ID is not valid.", ADMIN, CREDENTIALS),
    ("3411", ACCOUNT, "The API key is not valid.", ADMIN, CREDENTIALS),
    ("3412", ACCOUNT, "The provider could not read the credentials.", ADMIN, CREDENTIALS),
    ("3413", ACCOUNT, "This server's address is not on the account's list of allowed ones.", ADMIN, SETUP),
    ("3500", RETRY, "The provider is not available at present.", PROVIDER, WAIT),
    ("-10004", REFUSED, "The provider no longer remembers the message.", NOBODY, "Ask within twelve hours of sending."),
    ("-40007", UNCLEAR, "The provider answered with a code of another product.", PROVIDER, LOOK),
    ("10000", RETRY, "The provider could not process the request at present.", PROVIDER, WAIT),
    ("10002", UNCLEAR, "The provider saw this request before and may have taken it then.", PROVIDER, LOOK),
    ("10003", ACCOUNT, "The provider did not take the length of the one-time value.", ADMIN, REPORT),
    ("10004", ACCOUNT, "The request's date is too far from the provider's clock.", ADMIN, CLOCK),
    ("10005", ACCOUNT, "The provider could not read the request's date.", ADMIN, REPORT),
    ("10006", ACCOUNT, "The provider does not know the way of signing.", ADMIN, REPORT),
    ("10007", ACCOUNT, "The request's date was missing.", ADMIN, REPORT),
    ("10008", ACCOUNT, "The signature does not belong to the request.", ADMIN, CREDENTIALS),
    ("answer_unreadable", UNCLEAR, "The provider's answer says neither yes nor no.", PROVIDER, LOOK),
    ("http_301", ACCOUNT, "The provider's address has moved.", ADMIN, BASE),
    ("http_302", ACCOUNT, "The provider's address has moved.", ADMIN, BASE),
    ("http_307", ACCOUNT, "The provider's address has moved.", ADMIN, BASE),
    ("http_308", ACCOUNT, "The provider's address has moved.", ADMIN, BASE),
    ("http_400", REFUSED, "The provider refused the message without a reason it is known for.", ADMIN, REPORT),
    ("http_401", ACCOUNT, "The provider did not accept the account's credentials.", ADMIN, CREDENTIALS),
    ("http_402", ACCOUNT, "The account has run out of credit.", ADMIN, SETUP),
    ("http_403", ACCOUNT, "The account may not do this.", ADMIN, SETUP),
    ("http_404", ACCOUNT, "There is no messaging service at the account's address.", ADMIN, BASE),
    ("http_405", ACCOUNT, "The account's address does not take messages.", ADMIN, BASE),
    ("http_413", REFUSED, "The message is longer than the provider takes in one request.", SENDER, SHORTEN),
    ("http_429", RETRY, "The account sent more a second than its contract allows.", ADMIN, WAIT),
    ("http_500", UNCLEAR, "The provider had an internal error and may have taken the message.", PROVIDER, LOOK),
    ("http_502", UNCLEAR, "The provider's gateway failed and may have passed the message on.", PROVIDER, LOOK),
    ("http_503", UNCLEAR, "The provider was not available, and does not say whether it took it.", PROVIDER, LOOK),
    ("http_504", UNCLEAR, "The provider's gateway waited in vain and may have passed the message on.", PROVIDER, LOOK),
)

# What a callback says of the whole message: code, answer's outcome, state, meaning, whose, next step.
STATES = (
    ("3001", ACCEPTED, Status.ACCEPTED, "The provider is working on the message.", NOBODY, "Wait for a receipt."),
    ("3002", ACCEPTED, Status.SUBMITTED, "The message was handed to the network.", NOBODY, "Wait for the delivery."),
    ("3040", ACCEPTED, Status.SUBMITTED, "The message waits at the network.", NOBODY, "Wait for the delivery."),
    ("3000", ACCEPTED, Status.DELIVERED, "The message reached the phone.", NOBODY, NOTHING),
    ("3005", ACCEPTED, Status.READ, "The message was opened.", NOBODY, NOTHING),
    (
        "3004",
        ACCEPTED,
        Status.UNCONFIRMED,
        "The message was sent and probably arrived; the network confirms nothing more.",
        NOBODY,
        "Send again only if a second copy would do no harm.",
    ),
    ("3039", ACCEPTED, Status.UNCONFIRMED, "The provider cannot tell what became of the message.", PROVIDER, LOOK),
    ("3003", REFUSED, Status.FAILED, "The message could not be delivered on any channel.", RECIPIENT, AGAIN),
    ("3006", ACCOUNT, Status.FAILED, "None of the channels is switched on for the account.", ADMIN, SETUP),
    ("3204", RETRY, Status.FAILED, "The account sent more a second than its contract allows.", ADMIN, AGAIN),
)

# What a callback says of one channel; at the end of a failed message it is the reason. Columns as in ANSWERS.
FAILURES = (
    ("3030", REFUSED, "The phone could not take the message just then.", RECIPIENT, AGAIN),
    ("3031", REFUSED, "The phone cannot take the message.", RECIPIENT, NUMBER),
    ("3032", REFUSED, "The network finds no way to this number.", RECIPIENT, NUMBER),
    ("3034", REFUSED, "The phone or its plan takes no SMS.", RECIPIENT, NUMBER),
    ("3035", REFUSED, "The content is not valid or not supported.", SENDER, MEDIA),
    ("3036", ACCOUNT, "The message costs more than the account allows.", ADMIN, SETUP),
    ("3037", REFUSED, "The account does not send to this country.", ADMIN, NUMBER),
    ("3038", REFUSED, "The account does not send to numbers of this range.", ADMIN, NUMBER),
    # Said in an answer, the next channel may be under way all the same.
    ("3041", UNCLEAR, "The network rejected the message for the time being.", PROVIDER, AGAIN),
    ("3042", REFUSED, "The network rejected the message.", RECIPIENT, "Do not send again without a reason."),
    ("3043", UNCLEAR, "The provider's gateway had a passing fault.", PROVIDER, AGAIN),
    ("3044", REFUSED, "The provider's gateway cannot send this message.", PROVIDER, SUPPORT),
    ("3045", REFUSED, "A part of the message was not as the provider wants it.", SENDER, MENDED),
    ("3046", BLOCKED, "The recipient wants no messages from this sender.", RECIPIENT, STOP),
    ("3047", REFUSED, "The recipient's phone has no credit left.", RECIPIENT, AGAIN),
    ("3048", REFUSED, "The recipient is abroad and cannot be reached there.", RECIPIENT, AGAIN),
    ("3049", REFUSED, "The number has moved to another network, which could not be found.", PROVIDER, AGAIN),
    ("3050", REFUSED, "The phone is switched off or out of reach.", RECIPIENT, AGAIN),
    ("3051", REFUSED, "The message was taken for spam.", SENDER, "Change the wording before sending again."),
    ("3052", BLOCKED, "The number is blocked at the account's own request.", ADMIN, STOP),
    ("3053", BLOCKED, "The provider has blocked the number.", PROVIDER, STOP),
    ("3055", REFUSED, "The recipient's phone does not support this kind of message.", RECIPIENT, NUMBER),
    ("3057", ACCOUNT, "The sender ID is not valid.", ADMIN, "Check the sender ID and its account."),
    ("3058", ACCOUNT, "This server's address is not on the account's list of allowed ones.", ADMIN, SETUP),
    ("3061", REFUSED, "The file is larger than the network carries.", SENDER, MEDIA),
    ("3062", REFUSED, "The phone or its plan takes no MMS.", RECIPIENT, "Reach this number by SMS."),
    ("3071", ACCOUNT, "The account is on trial, and this number is not among its verified ones.", ADMIN, SETUP),
    ("3072", BLOCKED, "The provider holds this number for too great a risk.", PROVIDER, STOP),
    ("3073", ACCOUNT, "The account's credit is used up.", ADMIN, "Top up the account, then resume it."),
    ("3100", ACCOUNT, "The provider does not know the channel.", ADMIN, REPORT),
    ("3101", REFUSED, "The recipient's number is not valid.", SENDER, NUMBER),
    ("3107", REFUSED, "The recipient's country code is not valid.", SENDER, NUMBER),
    ("3108", REFUSED, "The provider could not make a message of this.", SENDER, MENDED),
    ("3109", ACCOUNT, "The sender ID does not belong to this account.", ADMIN, "Check the sender ID and its account."),
    ("3112", REFUSED, "The provider has no such kind of message for the channel.", ADMIN, REPORT),
    ("3115", REFUSED, "The provider does not reach this number.", RECIPIENT, NUMBER),
    ("3200", ACCOUNT, "The channel is not switched on for the account.", ADMIN, SETUP),
    ("3202", ACCOUNT, "The account may not use a second channel.", ADMIN, SETUP),
    ("3305", REFUSED, "The file or the text of a channel was missing.", ADMIN, REPORT),
    ("3306", REFUSED, "There was no message for one of the channels.", ADMIN, REPORT),
    ("3011", UNCLEAR, "The provider's own account at its supplier is not in order.", PROVIDER, SUPPORT),
    ("3012", UNCLEAR, "The provider's own account at its supplier is not in order.", PROVIDER, SUPPORT),
    ("3054", REFUSED, "A chat channel is not in order; the portal uses none.", ADMIN, REPORT),
    ("3059", REFUSED, "A chat channel is not in order; the portal uses none.", ADMIN, REPORT),
    ("3114", REFUSED, "A chat channel is not in order; the portal uses none.", ADMIN, REPORT),
    ("3205", RETRY, "The account sent more SMS a second than its contract allows.", ADMIN, AGAIN),
    ("3207", ACCOUNT, "The account has reached a limit set for it.", ADMIN, SETUP),
    ("3208", ACCOUNT, "The account has reached a limit set for it.", ADMIN, SETUP),
    ("3209", REFUSED, "The number is not among those the account may send to for now.", ADMIN, SETUP),
    ("3601", UNCLEAR, "The provider lost track of the message.", PROVIDER, LOOK),
)

# The channel gave up in time for the next one: nothing has failed yet.
GAVE_UP = "3056"
INBOUND = "1500"
OPTED_OUT = "3046"
# A wrong sender ID says nothing against the account's other senders.
ABOUT_THE_SENDER = frozenset({"3057", "3109"})
# Too fast: the account is slowed down for a while.
THROTTLES = frozenset({"3204", "3205", "http_429"})


def _rows() -> Iterator[Code]:
    for code, outcome, meaning, whose, next_step in (*ANSWERS, *FAILURES):
        # While it is unclear, sending again is the last thing to do.
        step = LOOK if outcome is UNCLEAR else next_step
        sender, fast = code in ABOUT_THE_SENDER, code in THROTTLES
        yield Code(code, Where.ANSWER, meaning, whose, step, outcome=outcome, about_sender=sender, throttles=fast)
    for code, outcome, state, meaning, whose, next_step in STATES:
        yield Code(code, Where.ANSWER, meaning, whose, next_step, outcome=outcome, throttles=code in THROTTLES)
        yield Code(code, Where.RECEIPT, meaning, whose, next_step, state=state)
    for code, _outcome, meaning, whose, next_step in FAILURES:
        yield Code(code, Where.RECEIPT, meaning, whose, next_step, state=Status.FAILED)
    late = "The message was given up: it could not be delivered in time."
    yield Code("3033", Where.ANSWER, late, RECIPIENT, AGAIN, outcome=REFUSED)
    yield Code("3033", Where.RECEIPT, late, RECIPIENT, AGAIN, state=Status.EXPIRED)
    gave_up = "This channel confirmed no delivery in the time set for it; the next one, if any, takes over."
    yield Code(GAVE_UP, Where.ANSWER, gave_up, NOBODY, LOOK, outcome=UNCLEAR)
    yield Code(GAVE_UP, Where.RECEIPT, gave_up, NOBODY, "Wait for the next channel.")
    yield Code(INBOUND, Where.RECEIPT, "A phone sent a message to one of our numbers.", NOBODY, NOTHING)


CODES: CodeTable = table(_rows())
