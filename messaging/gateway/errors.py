"""Why a send did not end in acceptance. The class of the error says what may happen next; nobody reads its text."""

from messaging.gateway.codes import OutcomeClass


class SendError(Exception):
    """A send that was not accepted, or may not have been.

    `code` is the provider's own code, or a short name of ours for faults of the line; `text` is the provider's text.
    `retry_after` is in seconds, when the provider named a time.
    """

    outcome = OutcomeClass.UNKNOWN

    def __init__(self, code: str, text: str = "", *, retry_after: float | None = None) -> None:
        super().__init__(f"{code} {text}".strip())
        self.code = code
        self.text = text
        self.retry_after = retry_after


class NotAccepted(SendError):
    """Provably not accepted: may be tried again later."""

    outcome = OutcomeClass.RETRY


class Refused(SendError):
    """Refused for good: trying the same again cannot help."""

    outcome = OutcomeClass.FAILED


class Misconfigured(SendError):
    """The account is at fault: keep the messages, pause the account, call an admin."""

    outcome = OutcomeClass.CONFIGURATION


class Blocked(SendError):
    """The provider holds this recipient back."""

    outcome = OutcomeClass.BLOCKED


class Unclear(SendError):
    """May have been accepted. Never repeated on our own initiative."""

    outcome = OutcomeClass.UNKNOWN


BY_CLASS: dict[OutcomeClass, type[SendError]] = {
    error.outcome: error for error in (NotAccepted, Refused, Misconfigured, Blocked, Unclear)
}
