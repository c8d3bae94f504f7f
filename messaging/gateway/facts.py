"""What a webhook body can say, in values that every provider shares: receipts, inbound messages, news of contents."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from messaging.statuses import Status, Via


@dataclass(frozen=True, slots=True)
class Receipt:
    """One fact from a webhook body. `state` is None for what changes no status (clicks, unknown codes, steps).

    `kind` is "receipt", "clicked", "step" (what happened on one channel, named in `detail`) or "unrecognised".
    `code` is the key of its row in the provider's table: where the provider tells by code and text, it is both
    ("E102 Expired"). `recipient` and `sender` (ours, where it is told) hold digits only; `at` is the provider's time
    (UTC), None when it gave none that can be read. `opted_out` says that the recipient wants nothing more.
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
    sender: str = ""
    opted_out: bool = False


class Action(StrEnum):
    """What the provider itself takes an inbound message to mean; NONE when it does not say."""

    NONE = ""
    STOP = "stop"
    START = "start"
    HELP = "help"


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message from a handset to one of our senders, or the news that it joined or left a campaign.

    `sender` is the handset (E.164), `recipient` our address as the provider spells it. `kind` is "mms", "sms" or
    "subscription". `text_urls` are files that hold the text, which some providers send instead of it.
    """

    sender: str = field(repr=False)
    recipient: str
    text: str = field(repr=False)
    media_urls: tuple[str, ...] = field(repr=False)
    provider_ref: str
    at: datetime | None
    kind: str = "mms"
    subject: str = field(default="", repr=False)
    action: Action = Action.NONE
    text_urls: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class SavedNews:
    """What became of a content that was saved at the provider: `ready` to be sent, or of no use."""

    saved_ref: str
    ready: bool
    code: str
    text: str = ""


Fact = Receipt | Inbound | SavedNews


class Unreadable(ValueError):
    """An authentic webhook body that makes no sense: quarantined, never lost."""


class Forged(ValueError):
    """A webhook body whose signature does not verify."""
