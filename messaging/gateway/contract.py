"""What every provider folder must be: values that cross the gateway, and the two protocols (client, server).

Plain Python. A client turns an OutboundMessage into a request, an answer into Accepted or a SendError, and a webhook
body into Receipts. A server is the same wire seen from the provider's chair; the sandbox plays it.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from messaging.content import Content
from messaging.gateway.codes import CodeTable
from messaging.gateway.facts import Fact, Receipt
from messaging.slide_rules import Profile

# No client may take longer over a call (Client.CALL_SECONDS): the leases of delivery are made for it.
MOST_CALL_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Account:
    """One set of credentials at one provider, decrypted, for the length of a call.

    `webhook_url` is where this account's receipts go; `webhook_keys` verify signatures (two during a rotation).
    """

    id: str
    provider: str
    base_url: str
    credentials: Mapping[str, str] = field(repr=False)
    webhook_url: str = field(default="", repr=False)
    webhook_keys: tuple[str, ...] = field(default=(), repr=False)
    options: Mapping[str, bool] = field(default_factory=dict)

    def option(self, name: str, *, default: bool = False) -> bool:
        """A switch of this account."""
        return self.options.get(name, default)


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    """One message to one recipient, ready for the wire: texts substituted, every part with its url.

    `client_ref` (26 characters) is our reference, the same on every retry. `recipient` is E.164 with its plus,
    `sender` as the account knows it. `validity` is in seconds from now. `recipients` is how many people the content
    goes to, `personal` whether it differs between them; `saved_ref` is what the provider calls the content when it was
    saved there beforehand.
    """

    client_ref: str
    sender: str
    recipient: str = field(repr=False)
    content: Content = field(repr=False)
    substitutions: Mapping[str, str] = field(default_factory=dict, repr=False)
    shared_substitutions: Mapping[str, str] = field(default_factory=dict, repr=False)
    callback_data: str = field(default="", repr=False)
    requested_receipts: tuple[str, ...] = ()
    validity: int | None = None
    purpose: str = "marketing"
    recipients: int = 1
    personal: bool = False
    saved_ref: str = ""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request as it goes out; one provider's address may hold its key."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An answer as it came in; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider has taken the message and calls it `provider_ref`."""

    provider_ref: str
    code: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class CredentialField:
    """One credential an admin types in: its key, its label, what it is for, and whether it must be given."""

    name: str
    label: str
    help: str = ""
    required: bool = False


@dataclass(frozen=True, slots=True)
class OptionField:
    """One switch of an account that an admin may set."""

    name: str
    label: str
    help: str = ""
    default: bool = False


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """The 200 that a provider wants for a webhook call: its content type and its body."""

    content_type: str = "text/plain"
    body: bytes = b"ok"


class Client(Protocol):
    """We call the provider (module `client` of a provider folder).

    `CALL_SECONDS` is the longest a send may take (30 at most). `ECHOES` says whether receipts carry our reference;
    where they do not, only one message at a time is under way from a sender to a recipient (reliability, 3.1).
    """

    LABEL: str
    CREDENTIALS: Sequence[CredentialField]
    OPTIONS: Sequence[OptionField]
    METHODS: Sequence[str]
    ACKNOWLEDGEMENT: Acknowledgement
    CALL_SECONDS: float
    ECHOES: bool

    def build(self, account: Account, message: OutboundMessage, *, now: datetime) -> HttpRequest:
        """The request that sends `message`. Raises Refused for what this dialect cannot express."""

    def read(self, answer: HttpAnswer) -> Accepted:
        """What an answer means. Raises a SendError of the right class for everything but acceptance."""

    def verify(self, account: Account, headers: Mapping[str, str], body: bytes) -> None:
        """Check the signature of a webhook body, where the provider signs. Raises Forged."""

    def receipts(self, body: bytes) -> Sequence[Fact]:
        """What a webhook body says; nothing for what concerns nobody. Raises Unreadable."""


@dataclass(frozen=True, slots=True)
class Saved:
    """The provider has stored a content; `ready` when it may be sent at once."""

    saved_ref: str
    ready: bool


class Saving(Protocol):
    """Contents that are stored at the provider once and sent many times (module `saving`, where there is one).

    `GONE` are the codes by which the answer to a send says that the provider no longer has the stored content.
    """

    GONE: Collection[str]

    def wanted(self, account: Account, message: OutboundMessage) -> bool:
        """Whether this message is better sent from a stored content."""

    def build_save(self, account: Account, message: OutboundMessage, *, now: datetime) -> HttpRequest:
        """The request that stores the content of `message`. Raises SendErrors as `Client.build` does."""

    def read_save(self, answer: HttpAnswer, message: OutboundMessage) -> Saved:
        """What an answer to that means for the content of `message`. Raises SendErrors as `Client.read` does."""


class Query(Protocol):
    """Asking for the state of a message that was accepted (module `query`, where there is one).

    `AFTER` and `UNTIL` are seconds since acceptance: the provider is asked between them, about messages of which
    nothing final was heard.
    """

    AFTER: float
    UNTIL: float

    def build_query(self, account: Account, provider_ref: str, *, now: datetime) -> HttpRequest:
        """The question."""

    def read_query(self, answer: HttpAnswer) -> Sequence[Receipt]:
        """The answer, as receipts; none when there is nothing to say yet. Raises SendErrors as `Client.read` does."""


class Verdict(StrEnum):
    """What a trial call proved about one thing."""

    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Trial:
    """What a trial call proved about an account's credentials and one of its senders, with the provider's words."""

    credentials: Verdict
    sender: Verdict
    code: str = ""
    text: str = ""


class Probe(Protocol):
    """A call that shows whether an account works and can never reach a handset (module `probe`, where there is one)."""

    def build_probe(self, account: Account, sender: str, *, now: datetime) -> HttpRequest:
        """The call; `sender` may be "" when the account has none yet. Raises Misconfigured."""

    def read_probe(self, answer: HttpAnswer) -> Trial:
        """What its answer proves."""


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider folder, loaded. The last four are None where a provider offers no such thing.

    `profile` are the limits of an account as it comes, `switched` those of one with the options given.
    """

    name: str
    profile: Profile
    codes: CodeTable
    client: Client
    saving: Saving | None = None
    query: Query | None = None
    probe: Probe | None = None
    switched: Callable[[Mapping[str, bool]], Profile] | None = None

    def profile_for(self, options: Mapping[str, bool]) -> Profile:
        """The limits of an account with these switches."""
        return self.switched(options) if self.switched else self.profile
