"""Codes of our own: faults of the line to a provider, and steps of the portal. No provider's table has them.

Where one fault may come before or after a message was handed over, the class is decided by the line itself
(reliability, 2.5, "Transport") and `outcome` is left open.
"""

from messaging.gateway.codes import Code, CodeTable, OutcomeClass, Where, Whose, table
from messaging.gateway.next_steps import LOOK, NOTHING

LABEL = "MMS portal"
OPEN = None
FAILED, ACCOUNT, BLOCKED, UNKNOWN = (
    OutcomeClass.FAILED,
    OutcomeClass.CONFIGURATION,
    OutcomeClass.BLOCKED,
    OutcomeClass.UNKNOWN,
)
ADMIN, PROVIDER, RECIPIENT, SENDER = Whose.ADMIN, Whose.PROVIDER, Whose.RECIPIENT, Whose.SENDER

LINE = "Nothing to do at first. If it goes on, check the account's base URL and this server's network."
ADDRESS = "Correct the account's base URL, then resume it."
STORAGE = "The message goes out by itself once the storage answers. If it goes on, check the storage and its keys."
RESTORE = "Restore the file from a backup of the storage; the message goes out by itself. Else cancel it."
AGAIN = "Choose another file and send the message again."
LIVE = "Send it with a live key, or from a sender of an account at a sandbox."
REPORT = "Tell an administrator: the portal's log says more."

ROWS = (
    ("name_not_found", OPEN, "The provider's host name cannot be resolved.", ADMIN, LINE),
    ("tls_failed", OPEN, "The provider's TLS certificate or handshake is not acceptable.", ADMIN, LINE),
    ("connect_timed_out", OPEN, "No connection to the provider in time.", PROVIDER, LINE),
    ("connect_failed", OPEN, "The provider takes no connection.", PROVIDER, LINE),
    ("timed_out", OPEN, "No answer from the provider in time.", PROVIDER, LOOK),
    ("connection_lost", OPEN, "The connection to the provider broke off.", PROVIDER, LOOK),
    ("answer_unreadable", OPEN, "The provider's answer says neither yes nor no.", PROVIDER, LOOK),
    ("answer_too_large", UNKNOWN, "The provider's answer is too long to be read.", PROVIDER, LOOK),
    ("address_invalid", ACCOUNT, "The provider's address is not a web address.", ADMIN, ADDRESS),
    ("https_required", ACCOUNT, "The provider's address has to start with https.", ADMIN, ADDRESS),
    (
        "target_not_public",
        ACCOUNT,
        "The provider's address leads into a private or reserved network.",
        ADMIN,
        ADDRESS,
    ),
    ("request_invalid", FAILED, "The request cannot be written as HTTP.", ADMIN, REPORT),
    ("request_broken", OPEN, "The portal could not put the request together.", ADMIN, REPORT),
    ("broken_call", UNKNOWN, "The call to the provider broke in the portal.", ADMIN, LOOK),
    ("worker_lost", OPEN, "The worker stopped while it had this message in hand.", ADMIN, LOOK),
    ("restored", UNKNOWN, "The database was restored from a backup; this message may have left before.", ADMIN, LOOK),
    ("gave_up", FAILED, "The worker broke down over this message several times; nothing was sent.", ADMIN, REPORT),
    ("media_unavailable", OPEN, "The storage of the media does not answer, or refuses the portal.", ADMIN, STORAGE),
    ("media_lost", OPEN, "A file of the message is missing from the storage.", ADMIN, RESTORE),
    ("media_gone", FAILED, "A file of the message was deleted from the library.", SENDER, AGAIN),
    ("test_key_real_account", FAILED, "A test key reaches sandboxes only; this account is a real one.", SENDER, LIVE),
    ("opted_out", BLOCKED, "The recipient has asked to get nothing more from this sender.", RECIPIENT, NOTHING),
)

CODES: CodeTable = table(
    Code(code, Where.ANSWER, meaning, whose, next_step, outcome=outcome)
    for code, outcome, meaning, whose, next_step in ROWS
)
