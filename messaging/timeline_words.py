"""How each kind of fact is worded when it is shown. A new kind needs its line here, or a test fails."""

from dataclasses import dataclass

from messaging.statuses import Status


@dataclass(frozen=True, slots=True)
class Words:
    """Title and text for people; `level` (ok, warn, err, info) and `icon` (lucide). "" leaves it to the state."""

    title: str
    text: str = ""
    level: str = ""
    icon: str = ""


GUESSED = "Matched by number and time: this provider's receipts do not name our reference."
WORDS = {
    "queued": Words("Queued", "Accepted by the portal; waits for its turn.", "info", "list-plus"),
    "scheduled": Words("Scheduled", "Accepted by the portal; waits for its time.", "info", "calendar-clock"),
    "sending": Words("Sent to the provider", "The request left the portal.", "info", "send"),
    "accepted": Words("Accepted by the provider", "The provider has taken the message.", "info", "circle-check"),
    "retry": Words("Not accepted, will be tried again", "The provider did not take it this time.", "warn", "rotate-cw"),
    "account_fault": Words(
        "Account refused, kept in the queue", "The provider refuses the account, not the message.", "warn", "key-round"
    ),
    "failed": Words("Failed", "The provider refused the message.", "err", "circle-x"),
    "blocked": Words("Held back", "The provider holds this recipient back.", "warn", "shield-ban"),
    "unknown": Words(
        "Outcome unknown",
        "The line broke after the request had left. It is not sent again on our own; a receipt will tell.",
        "warn",
        "circle-question-mark",
    ),
    # The same, where receipts overtook the answer.
    "unanswered": Words(
        "No clear answer to the call",
        "Its receipts had told by then what became of the message.",
        "info",
        "clock",
    ),
    "saved": Words(
        "Content stored at the provider", "It is sent from there; nothing has left yet.", "info", "package-check"
    ),
    "encoding": Words(
        "Encoding at the provider", "The provider prepares the content; the message is sent after that.", "info", "film"
    ),
    "no_media": Words(
        "Waits for its media", "A file of this message cannot be read; nothing has left yet.", "warn", "cloud-off"
    ),
    "fitting": Words("Encoding", "Its media are being made to fit; it leaves after that.", "info", "film"),
    "fitted": Words("Encoded", "Its media fit now.", "info", "circle-check"),
    "unfitted": Words(
        "Goes as text alone", "Its media cannot be made to fit, so the fallback text goes out instead.", "warn", "text"
    ),
    "rerouted": Words("Taken over by another sender", "Another sender carries it now.", "warn", "shuffle"),
    "late_answer": Words("Late answer", "The provider answered after we had stopped waiting.", "info", "clock"),
    "returned": Words("Back in the queue", "The worker stopped before sending; nothing had left.", "warn", "undo-2"),
    "expired": Words("Expired", "Its time ran out before it could be sent.", "err", "clock-alert"),
    "unconfirmed": Words("Unconfirmed", "No final receipt came in time.", "warn", "circle-question-mark"),
    "paused": Words("Paused", "Somebody paused the message; it waits here.", "warn", "circle-pause"),
    "resumed": Words("Resumed", "The message goes on.", "info", "circle-play"),
    "canary_passed": Words("Let go", "Those that went first were looked at; the rest follows.", "info", "bird"),
    "cancelled": Words("Cancelled", "Withdrawn before it was sent.", "info", "ban"),
    "receipt": Words("", "", "", ""),
    "step": Words("What happened on one channel", "", "info", "list-tree"),
    "clicked": Words("Link opened", "The recipient opened a link.", "ok", "mouse-pointer-click"),
    "unrecognised": Words(
        "Unknown receipt", "The provider sent a code that is in none of its tables.", "warn", "circle-question-mark"
    ),
}
# What somebody may do about it.
NEXT_STEPS = {
    Status.FAILED: "Check the recipient and the content, then send it again.",
    Status.EXPIRED: "The phone was not reached in time. Send it again if it still matters.",
    Status.UNKNOWN: "Wait for a receipt. Send it again only if two copies would do no harm.",
    Status.BLOCKED: "This recipient is held back; nothing was sent.",
    Status.UNCONFIRMED: "Nothing more is expected. A late receipt would still be counted.",
}
