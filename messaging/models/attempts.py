"""Tries to send, and the facts that make up a transaction's timeline."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import models
from django.db.models import Q

from messaging.gateway.codes import OutcomeClass
from messaging.models.messages import STATUSES, Transaction
from messaging.models.rows import Unheard
from messaging.models.senders import Sender
from messaging.statuses import Via


class SendAttempt(Unheard):
    """One try to send.

    `phase` is the protocol's memory: what is `claimed` was not sent, what is on the `wire` may have been.
    """

    class Phase(models.TextChoices):
        CLAIMED = "claimed"
        WIRE = "wire"
        DONE = "done"

    transaction = models.ForeignKey(Transaction, on_delete=models.CASCADE, related_name="attempts", db_index=False)
    number = models.PositiveSmallIntegerField()
    sender = models.ForeignKey(Sender, on_delete=models.PROTECT, related_name="+", db_index=False)
    phase = models.CharField(max_length=7, choices=Phase.choices, default=Phase.CLAIMED)
    outcome = models.CharField(
        max_length=1, blank=True, default="", choices=[(outcome.value, outcome.name) for outcome in OutcomeClass]
    )
    http_status = models.PositiveSmallIntegerField(null=True)
    provider_ref = models.CharField(max_length=100, blank=True, default="")
    code = models.CharField(max_length=40, blank=True, default="")
    text = models.CharField(max_length=300, blank=True, default="")
    request = models.JSONField(null=True)
    answer = models.TextField(blank=True, default="")
    started_at = models.DateTimeField()
    wire_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["transaction", "number"]
        constraints = [
            models.UniqueConstraint(fields=["transaction", "number"], name="attempt_number_once"),
            models.CheckConstraint(
                condition=Q(phase="claimed", wire_at=None) | Q(phase="wire", wire_at__isnull=False) | Q(phase="done"),
                name="attempt_phase_told_by_times",
            ),
            models.CheckConstraint(
                condition=~Q(phase="done") | Q(finished_at__isnull=False), name="attempt_done_is_finished"
            ),
        ]

    def __str__(self) -> str:
        return f"try {self.number}"


class TimelineEntry(models.Model):
    """One fact about a transaction; never changed, never deleted but by retention.

    `kind` names the fact (its wording is made when it is shown), `state` is the status it claims ("" for none).
    `dedupe_key` makes a repeated fact one row; `at` is when it happened, by the provider's clock where it told us.
    """

    class Source(models.TextChoices):
        PORTAL = "portal"
        PROVIDER = "provider"
        PERSON = "person"

    transaction = models.ForeignKey(Transaction, on_delete=models.CASCADE, related_name="timeline", db_index=False)
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    source = models.CharField(max_length=8, choices=Source.choices)
    kind = models.CharField(max_length=30)
    state = models.CharField(max_length=12, blank=True, default="", choices=STATUSES)
    via = models.CharField(max_length=3, blank=True, default="", choices=[(via.value, via.value) for via in Via])
    code = models.CharField(max_length=40, blank=True, default="")
    text = models.CharField(max_length=300, blank=True, default="")
    data = models.JSONField(default=dict)
    dedupe_key = models.CharField(max_length=64)
    inbox = models.ForeignKey(
        "messaging.ReceiptInbox", null=True, on_delete=models.SET_NULL, related_name="entries", db_index=False
    )

    class Meta:
        ordering = ["id"]
        indexes = [
            # What we wrote ourselves came with no receipt, and is most of it.
            models.Index(fields=["inbox"], name="entry_of_receipt", condition=Q(inbox__isnull=False)),
            # Few rows, asked for by an admin who has learnt what a code means.
            models.Index(fields=["code"], name="entry_unrecognised", condition=Q(kind="unrecognised")),
        ]
        constraints = [models.UniqueConstraint(fields=["transaction", "dedupe_key"], name="entry_once")]

    def __str__(self) -> str:
        return self.kind


class Known(NamedTuple):
    """An entry that is only read, without its data: to make an object of each costs more than to fold it."""

    transaction_id: UUID
    at: datetime
    source: str
    kind: str
    state: str
    via: str
    code: str
    text: str
    dedupe_key: str

    @property
    def data(self) -> Mapping[str, object]:
        """Nothing: whoever needs it reads the entry itself."""
        return {}
