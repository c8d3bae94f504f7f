"""A message as it is asked for, by a person or an integration, before anything is known about whether it may go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User

from messaging.content import Content
from messaging.models import ApiKey, CallbackEndpoint, Message, RecipientList, Sender
from messaging.routing import Unseen
from messaging.slide_rules import Finding


@dataclass(frozen=True, slots=True)
class RecipientOrder:
    """One recipient: E.164 number, the caller's own reference, and values of its own."""

    number: str
    correlation_id: str = ""
    substitutions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Order:
    """A message as it is asked for. `once` makes a repeated order the same message.

    `sender` is preferred, `others` may carry it as well, in this order; with `any_sender` the order says nothing, and
    the one that the content suits best comes first. `shared_files` says that the content, as a template's, may name
    files of others than the API key. `recipient_list` is where recipients come from; while they are only counted,
    `unseen` stands for them. An order that is to be queued names each. `noted` is what was found when it was read, such
    as how the callers' addresses answer. `endpoint` is the registered host of `notify_url`: without it nobody is told.
    `dialect` is the provider in whose format the order came ("" is ours), `dialect_facts` what only that format says.
    """

    sender: Sender
    content: Content
    recipients: Sequence[RecipientOrder]
    substitutions: Mapping[str, str] = field(default_factory=dict)
    purpose: str = Message.Purpose.MARKETING
    send_at: datetime | None = None
    expire_at: datetime | None = None
    notify_url: str = ""
    callback_data: str = ""
    requested_receipts: Sequence[str] = ()
    endpoint: CallbackEndpoint | None = None
    dialect: str = ""
    dialect_facts: Mapping[str, Any] = field(default_factory=dict)
    # What a call in that format is answered with.
    dialect_ref: str = ""
    source: str = Message.Source.WEB
    created_by: User | None = None
    api_key: ApiKey | None = None
    once: str | None = None
    shared_files: bool = False
    others: Sequence[Sender] = ()
    any_sender: bool = False
    # It has been asked just now: none of the recipients has opted out of anything.
    nobody_silent: bool = False
    # Media that no sender takes as they are may be encoded anew.
    fit_media: bool = True
    # How staff steer it: see `Message` for each. An integration's message goes at once.
    send_at_said: str = ""
    undo_seconds: int = 0
    canary: int | None = None
    canary_minutes: int | None = None
    test: bool = False
    resend_of: Message | None = None
    recipient_list: RecipientList | None = None
    unseen: Unseen | None = None
    # What it was begun with.
    template_id: UUID | None = None
    template_version: int | None = None
    noted: Sequence[Finding] = ()

    @property
    def senders(self) -> list[Sender]:
        """Everybody who may carry it, each once."""
        return list({sender.pk: sender for sender in (self.sender, *self.others)}.values())
