"""The provider's chair: what a module `server` of a provider folder must be, and the values it deals in.

The sandbox plays a provider through it on loopback, and the compat endpoints speak the provider's dialect through it.
A server is pure: it reads calls and writes answers and receipts; when things happen is its caller's matter.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Protocol, cast

from messaging.content import Content
from messaging.gateway.contract import HttpAnswer
from messaging.gateway.events import Event as Event
from messaging.gateway.events import Refusal as Refusal
from messaging.gateway.registry import HOME, names


@dataclass(frozen=True, slots=True)
class Call:
    """A request as it came in: `path` below the base URL, header names in lower case, `source` an IP address."""

    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)
    source: str = ""


@dataclass(frozen=True, slots=True)
class Tenant:
    """One customer of the provider.

    `credentials` may hold several values a name. `senders` maps an address to whether it may send MMS. `tps` is in
    destinations per second. `sources` are networks (CIDR); none means any. `webhook_url` gets the receipts of messages
    that name no address themselves, signed with `webhook_key`; `inbound_url` gets what handsets send. Without the
    option `made_up` nothing is said of operators, handsets and prices, which whoever plays a provider makes up; without
    `goes_on_without_media` a file that is not fit is the end of the message, where another channel could take over.
    """

    credentials: Mapping[str, Sequence[str]] = field(repr=False)
    senders: Mapping[str, bool]
    tps: float = 1000
    sources: tuple[str, ...] = ()
    templates: tuple[str, ...] = ()
    webhook_url: str = ""
    webhook_key: str = field(default="", repr=False)
    inbound_url: str = ""
    options: Mapping[str, bool] = field(default_factory=dict)

    def option(self, name: str, *, default: bool) -> bool:
        """A switch of this tenant."""
        return self.options.get(name, default)


@dataclass(frozen=True, slots=True)
class Destination:
    """One recipient of a call: digits only, the caller's reference, and the values meant for this recipient alone; in a
    receipt about a click, the link that was `opened`."""

    recipient: str
    client_ref: str = ""
    substitutions: Mapping[str, str] = field(default_factory=dict, repr=False)
    opened: str = ""


@dataclass(frozen=True, slots=True)
class Medium:
    """A file the provider will fetch: the kind the caller says it is, where it lies, and its slide (from 1)."""

    kind: str
    url: str
    slide: int = 1


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """A call that passed every check.

    `wanted` are the receipts asked for, in the provider's words (empty: all). `fate` is set when the account, not the
    handset, decides the outcome. `parsed` is the body as sent. A call that stores its content instead of sending it
    has `save` set and no destinations; one that sends a stored content names it in `saved_ref`, and `content` and
    `media` are the stored ones.
    """

    sender: str
    destinations: tuple[Destination, ...]
    content: Content = field(repr=False)
    media: tuple[Medium, ...] = ()
    substitutions: Mapping[str, str] = field(default_factory=dict, repr=False)
    notify_url: str = ""
    callback_data: str = ""
    wanted: frozenset[str] = frozenset()
    send_at: datetime | None = None
    fate: Event | None = None
    parsed: object = field(default=None, repr=False)
    save: bool = False
    saved_ref: str = ""


@dataclass(frozen=True, slots=True)
class Lookup:
    """A question for the state of a message, by the provider's reference."""

    ref: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A receipt, or a handset's message, ready to be sent by `method`."""

    headers: Mapping[str, str]
    body: bytes
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class MediaRules:
    """What the provider's fetcher takes: MIME types by kind, and bytes for the whole message and for one file.

    `at_once` fetchers work while the call is open, so that a fault stands in the answer. Kinds in `drops_query` are
    fetched without what follows the "?" of their address.
    """

    types: Mapping[str, frozenset[str]]
    total_bytes: int
    needs_length: bool = True
    part_bytes: Mapping[str, int] = field(default_factory=dict)
    at_once: bool = False
    drops_query: frozenset[str] = frozenset()


class MediaFault(StrEnum):
    """What can be wrong with a file the provider fetched."""

    NOT_COPIED = "could not be copied"
    TOO_BIG = "too big"
    CORRUPT = "corrupt"
    TYPE = "type not taken"


@dataclass(frozen=True, slots=True)
class SavedContent:
    """A content stored at the provider. `ready` once it is encoded, `failed` when that went wrong."""

    ref: str
    message: ReceivedMessage = field(repr=False)
    ready: bool = True
    failed: bool = False


@dataclass(frozen=True, slots=True)
class PostingRules:
    """How receipts are posted: seconds for one try, seconds before each further try, statuses that end the tries."""

    timeout: float
    retries: tuple[float, ...]
    good: frozenset[int]
    hopeless: frozenset[int]


class Rejected(Exception):
    """A call that is refused, with the answer it gets."""

    def __init__(self, answer: HttpAnswer) -> None:
        super().__init__(f"{answer.status} {answer.body.decode(errors='replace')}".strip())
        self.answer = answer


class Desk(Protocol):
    """What the provider remembers between calls, kept by whoever plays it."""

    def take(self, destinations: int) -> bool:
        """Whether so many more destinations fit the tenant's rate; if so, they are taken."""

    def saved(self, ref: str) -> SavedContent | None:
        """A content that this tenant stored."""

    def first_sight(self, key: str) -> bool:
        """Whether a one-time value (a nonce) is seen for the first time within 15 minutes."""


class Server(Protocol):
    """The provider answers. Checks run in its own order: `route`, `authenticate`, `read`; media fetched at once; then
    `refuse` or `accept`."""

    LABEL: str
    ENDPOINTS: Sequence[str]
    DEMO: Tenant
    MEDIA: MediaRules
    POSTING: PostingRules

    def route(self, call: Call) -> Lookup | None:
        """What is asked for; None is a message to send. Raises Rejected for a wrong path or verb."""

    def authenticate(self, call: Call, tenant: Tenant, desk: Desk, *, now: datetime) -> None:
        """Raises Rejected for credentials that do not hold. Does nothing where they can only be read with the body."""

    def read(self, call: Call, tenant: Tenant, desk: Desk, *, now: datetime) -> ReceivedMessage:
        """The message in a call. Raises Rejected with the first fault."""

    def accept(self, message: ReceivedMessage, *, now: datetime) -> tuple[str, HttpAnswer]:
        """A new reference (of the stored content, when the call saves one) and the answer that gives it."""

    def refuse(self, refusal: Refusal, message: ReceivedMessage | None = None) -> HttpAnswer | None:
        """The answer for a refusal; None when this provider says such a thing in a receipt only."""

    def refuse_medium(self, message: ReceivedMessage, medium: Medium, fault: MediaFault) -> HttpAnswer | None:
        """The answer for a file that was fetched at once and is not fit; None where that is told in a receipt."""

    def answer_with(self, code: str, message: ReceivedMessage, *, about: str = "") -> HttpAnswer | None:
        """The answer that carries one code of the provider's table; None for a code that no answer carries.
        `about` fills a text that names something: a parameter, or the number of a slide."""

    def report_with(
        self, message: ReceivedMessage, destination: Destination, ref: str, code: str, tenant: Tenant, *, at: datetime
    ) -> Notice | None:
        """The receipt that carries one code of the provider's table; None for a code that no receipt carries."""

    def report_saved(
        self, message: ReceivedMessage, ref: str, tenant: Tenant, *, fault: str, at: datetime
    ) -> Notice | None:
        """The news that a stored content is encoded, or which kind of medium was not; None if nothing is stored."""

    def describe(
        self,
        message: ReceivedMessage,
        destination: Destination,
        ref: str,
        event: Event | None,
        *,
        accepted_at: datetime,
        updated_at: datetime | None = None,
        tenant: Tenant | None = None,
    ) -> HttpAnswer:
        """The answer to a Lookup; `event` is the latest one, at `updated_at`. Without a tenant it is the demo's."""

    def report(
        self,
        message: ReceivedMessage,
        destination: Destination,
        ref: str,
        event: Event,
        tenant: Tenant,
        *,
        at: datetime,
    ) -> Notice | None:
        """The receipt for an event; None when it was not asked for, or the provider has no word for it."""

    def inbound(
        self, tenant: Tenant, *, sender: str, recipient: str, text: str, files: Sequence[str], at: datetime
    ) -> Notice:
        """What a handset sent: `sender` is the handset, digits only; `files` are addresses."""


@cache
def served() -> tuple[str, ...]:
    """The providers that have a server side."""
    return tuple(name for name in names() if find_spec(f"{HOME}.{name}.server"))


def base_path(name: str) -> str:
    """The `BASE_PATH` of a server whose calls all go to one address; "" where the client adds the path itself."""
    return str(getattr(server(name), "BASE_PATH", ""))


@cache
def server(name: str) -> Server:
    """The server side of a provider. Raises LookupError when there is none."""
    if name not in served():
        raise LookupError(f"No provider called {name!r} can be served; there are {', '.join(served())}.")
    return cast(Server, import_module(f"{HOME}.{name}.server"))
