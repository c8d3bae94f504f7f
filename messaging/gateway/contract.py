"""What every provider folder must be: values that cross the gateway, and the two protocols (client, server).

Plain Python. A client turns an OutboundMessage into a request, an answer into Accepted or a SendError, and a webhook
body into Receipts. A server is the same wire seen from the provider's chair; the sandbox plays it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from messaging.content import Content
from messaging.gateway.codes import CodeTable
from messaging.slide_rules import Profile
from messaging.statuses import Status, Via


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


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    """One message to one recipient, ready for the wire: texts substituted, every part with its url.

    `client_ref` (26 characters) is our reference, the same on every retry. `recipient` is E.164 with its plus,
    `sender` as the account knows it. `validity` is in seconds from now.
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


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request as it goes out."""

    method: str
    url: str
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
class Receipt:
    """One fact from a webhook body. `state` is None for what changes no status (clicks, unknown codes, steps).

    `kind` is "receipt", "clicked" or "unrecognised"; `recipient` holds digits only; `at` is the provider's time (UTC),
    None when it gave none that can be read.
    """

    kind: str
    client_ref: str
    provider_ref: str
    recipient: str = field(repr=False)
    state: Status | None
    code: str
    text: str
    at: datetime | None
    at_text: str = ""
    via: Via | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message from a handset to one of our senders."""

    sender: str = field(repr=False)
    recipient: str
    text: str = field(repr=False)
    media_urls: tuple[str, ...] = field(repr=False)
    provider_ref: str
    at: datetime | None


class Unreadable(ValueError):
    """An authentic webhook body that makes no sense: quarantined, never lost."""


class Forged(ValueError):
    """A webhook body whose signature does not verify."""


@dataclass(frozen=True, slots=True)
class CredentialField:
    """One credential an admin types in: its key, its label, what it is for, and whether it must be given."""

    name: str
    label: str
    help: str = ""
    required: bool = False


class Client(Protocol):
    """We call the provider (module `client` of a provider folder)."""

    LABEL: str
    CREDENTIALS: Sequence[CredentialField]
    METHODS: Sequence[str]

    def build(self, account: Account, message: OutboundMessage, *, now: datetime) -> HttpRequest:
        """The request that sends `message`. Raises Refused for what this dialect cannot express."""

    def read(self, answer: HttpAnswer) -> Accepted:
        """What an answer means. Raises a SendError of the right class for everything but acceptance."""

    def verify(self, account: Account, headers: Mapping[str, str], body: bytes) -> None:
        """Check the signature of a webhook body, where the provider signs. Raises Forged."""

    def receipts(self, body: bytes) -> list[Receipt | Inbound]:
        """What a webhook body says. Raises Unreadable."""


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider folder, loaded."""

    name: str
    profile: Profile
    codes: CodeTable
    client: Client
