"""What is particular to each provider's format beyond its server side: what our findings are called in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from messaging.gateway import registry
from messaging.gateway.contract import Provider
from messaging.gateway.serving import Server, server


@dataclass(frozen=True, slots=True)
class Dialect:
    """One format. `codes` are the provider's codes for findings that its own limits do not name, by our code, or by the
    beginning of our pointer; `plain` is the code for everything else.

    `scope_option` is the switch of its tenants that says a key may not send; without one, such a key is refused as if
    it were unknown. `sender_member` is where a call may name its sender; without one, it always does. `templates` says
    that a call may name a saved message of ours. `expires` are members that say when a message runs out, and
    `purpose_member` is the one that says what it is for: in another format they mean nothing, and hold anything.
    `dropped` are members of a call that need not be kept.
    """

    name: str
    plain: str
    codes: Mapping[str, str]
    scope_option: str = ""
    sender_member: str = ""
    templates: bool = False
    expires: frozenset[str] = frozenset()
    purpose_member: str = ""
    dropped: frozenset[str] = frozenset()
    # What a text that names something is filled with, by the beginning of our pointer; else the number of the slide.
    about: Mapping[str, str] = field(default_factory=dict)

    @property
    def server(self) -> Server:
        """The provider's chair."""
        return server(self.name)

    @property
    def provider(self) -> Provider:
        """The provider's limits and client."""
        return registry.provider(self.name)


WEBEX = Dialect(
    "webex",
    plain="7004",
    codes={
        "number": "7102",
        "recipients_opted_out": "7102",
        "country_not_allowed": "7102",
        "sender_kind_not_carried": "7101",
        "sender_not_mms": "7101",
        "fallback_missing": "7003",
        "kind_unknown": "7126",
        "template_unknown": "7108",
        "texts_too_long": "7107",
    },
    templates=True,
    expires=frozenset({"expireAt", "validity"}),
    dropped=frozenset({"to", "substitutions"}),
    about={
        "/content/subject": "subject",
        "/content/name": "name",
        "/content/fallback": "fallbacktext",
        "/content/slides": "attachments",
        "/send_at": "sendAt",
        "/expire_at": "expireAt",
        "/notify_url": "notifyUrl",
        "/correlation_id": "correlationId",
        "": "content",
    },
)
TELESIGN = Dialect(
    "telesign",
    plain="3108",
    codes={
        "number": "3101",
        "recipients_opted_out": "3046",
        "country_not_allowed": "3115",
        "no_sender": "3006",
        "sender_not_mms": "3200",
        "media_too_big": "3061",
        "media": "3035",
        "fallback_cannot_be_disabled": "3202",
        "/notify_url": "3203",
    },
    sender_member="sender_id",
    purpose_member="message_type",
)
SINCH = Dialect(
    "sinch",
    plain="E229",
    codes={
        "recipients_opted_out": "E114",
        "country_not_allowed": "E628",
        "sender_not_mms": "E111",
        "asset_wrong_kind": "E629",
        "fallback_cannot_be_disabled": "E622",
        "/expire_at": "E100",
    },
    scope_option="api_access",
    expires=frozenset({"mms-expiry-timestamp"}),
)
SKYCORE = Dialect(
    "skycore",
    plain="E229",
    codes={
        "recipients_opted_out": "E114",
        "country_not_allowed": "E628",
        "sender_not_mms": "E111",
        "asset_wrong_kind": "E629",
    },
    scope_option="api_rights",
)
DIALECTS: Mapping[str, Dialect] = {one.name: one for one in (WEBEX, TELESIGN, SINCH, SKYCORE)}
