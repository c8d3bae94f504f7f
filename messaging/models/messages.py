"""An act of sending (Message), and one message to one recipient (Transaction), which is its own queue entry."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from uuid6 import uuid7

from messaging import bands
from messaging.content import Content
from messaging.models.rows import Unheard
from messaging.models.senders import ApiKey, ProviderAccount, Sender
from messaging.statuses import LABELS, Status, Via

TAIL_DIGITS = 4
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
# Two characters at a time: one is made for each recipient of a list.
PAIRS = [first + second for first in CROCKFORD for second in CROCKFORD]
STATUSES = [(status.value, LABELS[status]) for status in Status]


def client_ref(identity: UUID) -> str:
    """Our reference at the provider: the 128 bits of a transaction's id in 26 plain characters (base 32)."""
    number = identity.int
    return "".join([PAIRS[number >> shift & 1023] for shift in range(120, -1, -10)])


class Tail(models.Func):
    """The last TAIL_DIGITS of a number, for an index that finds numbers by their end.

    Written out, not as a parameter: SQLite takes an index only for the very expression it was made of.
    """

    template = f"right(%(expressions)s, {TAIL_DIGITS})"
    output_field = models.CharField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template=f"substr(%(expressions)s, -{TAIL_DIGITS})", **context)


class MessageQuerySet(models.QuerySet["Message"]):
    def for_key(self, key: ApiKey) -> "MessageQuerySet":
        """What an integration may see: what it sent itself."""
        return self.filter(api_key=key)


class Message(models.Model):
    """One act of sending, with its content frozen as it was accepted."""

    class Source(models.TextChoices):
        WEB = "web"
        API = "api"

    class Purpose(models.TextChoices):
        MARKETING = "marketing"
        TRANSACTIONAL = "transactional"

    class Fitting(models.TextChoices):
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=200)
    content = models.JSONField()
    substitutions = models.JSONField(default=dict)
    sender = models.ForeignKey(Sender, on_delete=models.PROTECT, related_name="messages")
    # Ids of the senders that may carry it instead, best first, after an outcome that proves it was not accepted.
    alternatives = models.JSONField(default=list)
    # What spoke for and against each sender when the message was accepted (routes.Route).
    routing = models.JSONField(default=list)
    purpose = models.CharField(max_length=15, choices=Purpose.choices, default=Purpose.MARKETING)
    source = models.CharField(max_length=3, choices=Source.choices)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="messages"
    )
    api_key = models.ForeignKey(ApiKey, null=True, on_delete=models.PROTECT, related_name="messages")
    send_at = models.DateTimeField(null=True)
    expire_at = models.DateTimeField(null=True)
    notify_url = models.CharField(max_length=2048, blank=True, default="")
    callback_data = models.CharField(max_length=2000, blank=True, default="")
    requested_receipts = models.JSONField(default=list)
    # The registered host of `notify_url`; None where nobody is told.
    endpoint = models.ForeignKey("messaging.CallbackEndpoint", null=True, on_delete=models.PROTECT, related_name="+")
    # The provider in whose format it came, and whose news its sender is waiting for; "" is our own.
    dialect = models.CharField(max_length=20, blank=True, default="", editable=False)
    # What that format said and ours has no place for; needed to answer and to tell in the same words.
    dialect_facts = models.JSONField(default=dict, editable=False)
    total = models.PositiveIntegerField()
    # What keeps its transactions in the queue for now; `messaging.steering` is the only writer.
    paused_at = models.DateTimeField(null=True, editable=False)
    paused_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    stopped_at = models.DateTimeField(null=True, editable=False)
    # Until then nothing of it leaves, so that it can be called back.
    undo_until = models.DateTimeField(null=True, editable=False)
    # So many go first; the rest follows when somebody, or the receipts, let them.
    canary = models.PositiveIntegerField(null=True, editable=False)
    # The place of the last of them, and within how many minutes their delivery lets the rest go by itself.
    canary_last = models.PositiveIntegerField(null=True, editable=False)
    canary_minutes = models.PositiveIntegerField(null=True, editable=False)
    canary_passed_at = models.DateTimeField(null=True, editable=False)
    # Media of it are still being made to fit: "" or one of `Fitting`.
    fitting = models.CharField(max_length=7, blank=True, default="", editable=False)
    # The time as a person said it, with its zone; `send_at` is the moment.
    send_at_said = models.CharField(max_length=80, blank=True, default="")
    # A message to one's own number, before the real one.
    test = models.BooleanField(default=False)
    resend_of = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="resends")
    template = models.ForeignKey("messaging.Template", null=True, on_delete=models.SET_NULL, related_name="messages")
    template_version = models.PositiveIntegerField(null=True)
    recipient_list = models.ForeignKey(
        "messaging.RecipientList", null=True, on_delete=models.SET_NULL, related_name="messages"
    )
    # What a call in a provider's format was answered with.
    dialect_ref = models.CharField(max_length=64, blank=True, default="", editable=False)
    # A form or an idempotent request may be posted twice; the message exists once.
    once = models.CharField(max_length=80, null=True, unique=True, editable=False)
    # Its texts and media are gone, for they were kept long enough; `messaging.retention` is the only writer.
    emptied_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField()

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        permissions = [
            ("send_message", "Can send messages"),
            ("view_numbers", "Can see whole phone numbers"),
            ("export_message", "Can download recipients and outcomes"),
        ]
        indexes = [
            models.Index(fields=["api_key", "-id"], name="message_of_key"),
            models.Index(fields=["-created_at", "-id"], name="message_newest"),
            models.Index(fields=["sender", "-created_at", "-id"], name="message_of_sender"),
            models.Index(fields=["created_at"], name="message_to_empty", condition=Q(emptied_at=None)),
            models.Index(fields=["id"], name="message_encoding", condition=Q(fitting="running")),
            models.Index(fields=["dialect_ref"], name="message_dialect_ref", condition=~Q(dialect_ref="")),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(total__gte=1), name="message_has_recipients"),
            models.CheckConstraint(
                condition=Q(expire_at=None) | Q(expire_at__gt=models.F("created_at")), name="message_expires_later"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def frozen(self) -> Content:
        """The content as it was accepted, before substitution."""
        return Content.from_json(self.content, stored=True)

    @property
    def carriers(self) -> list[UUID]:
        """The ids of all senders that may carry it, in turn: its own first."""
        return [self.sender_id, *map(UUID, self.alternatives)]


class TransactionQuerySet(models.QuerySet["Transaction"]):
    def for_key(self, key: ApiKey) -> "TransactionQuerySet":
        """What an integration may see: what it sent itself."""
        return self.filter(message__api_key=key)


class Transaction(Unheard):
    """One message to one recipient: queue entry, current status, and the key to its timeline.

    `client_ref` goes out as the provider's reference and is the same on every retry. `status`, `via`, `conflict` and
    the reason are computed from the timeline by `statuses.fold`; nothing else may set them.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # No index of their own: each stands first in one of those below, and every index is written with every step.
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="transactions", db_index=False)
    # Who carries it now; `account` is this sender's, kept here for the queue's index.
    sender = models.ForeignKey(Sender, on_delete=models.PROTECT, related_name="transactions", db_index=False)
    account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, related_name="+", db_index=False)
    position = models.PositiveIntegerField()
    # What goes first where more is due than may leave (bands.band_of).
    band = models.PositiveSmallIntegerField(default=bands.MARKETING)
    client_ref = models.CharField(max_length=26, editable=False)
    recipient = models.CharField(max_length=20)
    correlation_id = models.CharField(max_length=100, blank=True, default="")
    substitutions = models.JSONField(default=dict)
    status = models.CharField(max_length=12, choices=STATUSES)
    via = models.CharField(max_length=3, blank=True, default="", choices=[(via.value, via.value) for via in Via])
    conflict = models.BooleanField(default=False)
    reason_code = models.CharField(max_length=40, blank=True, default="")
    reason_text = models.CharField(max_length=300, blank=True, default="")
    provider_ref = models.CharField(max_length=100, blank=True, default="")
    attempt_no = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    # Kept in the queue by its message: paused, behind a canary, or its media not ready. Never claimed meanwhile.
    held = models.BooleanField(default=False)
    # Past this the message is not sent any more, however often it waits.
    expires_at = models.DateTimeField()
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    receipt_deadline = models.DateTimeField(null=True)
    clicks = models.PositiveIntegerField(default=0)
    # How many pieces of news its caller has been owed so far; None where nobody wants any.
    news = models.PositiveIntegerField(null=True, editable=False)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    objects = TransactionQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                name="tx_due",
                condition=Q(status__in=["queued", "scheduled"], held=False),
            ),
            # The head of each band of each sender.
            models.Index(
                fields=["sender", "band", "next_attempt_at", "id"],
                name="tx_turn",
                condition=Q(status__in=["queued", "scheduled"], held=False),
            ),
            models.Index(fields=["lease_until"], name="tx_leased", condition=Q(lease_until__isnull=False)),
            models.Index(fields=["receipt_deadline"], name="tx_awaited", condition=Q(receipt_deadline__isnull=False)),
            # Holds all that the page of a message counts, so that 100,000 recipients are counted without their rows.
            models.Index(fields=["message", "position", "status", "sender", "held", "updated_at"], name="tx_standing"),
            models.Index(fields=["account", "provider_ref"], name="tx_by_provider_ref"),
            models.Index(fields=["recipient", "-id"], name="tx_by_recipient"),
            models.Index(Tail("recipient"), F("id").desc(), name="tx_by_tail"),
            models.Index(fields=["sender", "-id"], name="tx_of_sender"),
            models.Index(fields=["status", "-id"], name="tx_by_status"),
            models.Index(fields=["created_at"], name="tx_by_time"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["message", "recipient"], name="tx_once_per_recipient"),
            # Said here and not of the field, which would get an index for searches by its beginning as well.
            models.UniqueConstraint(fields=["client_ref"], name="tx_client_ref_once"),
            models.CheckConstraint(condition=Q(status__in=[status.value for status in Status]), name="tx_status_known"),
            models.CheckConstraint(
                condition=Q(lease_token=None, lease_until=None)
                | Q(lease_token__isnull=False, lease_until__isnull=False),
                name="tx_lease_whole",
            ),
            # Waiting entries must be findable by the pump, leased ones by the sweep: nothing can fall between.
            models.CheckConstraint(
                condition=~Q(status__in=["queued", "scheduled"]) | Q(next_attempt_at__isnull=False),
                name="tx_waiting_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["unknown", "accepted", "submitted"]) | Q(receipt_deadline__isnull=False),
                name="tx_awaiting_has_deadline",
            ),
            models.CheckConstraint(
                condition=~Q(status="sending") | Q(lease_token__isnull=False), name="tx_sending_has_lease"
            ),
        ]

    def __str__(self) -> str:
        return self.client_ref


class IdempotencyRecord(models.Model):
    """A request of an integration that was carried out, with its answer, for whoever repeats it (reliability, 3.5)."""

    api_key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="+")
    route = models.CharField(max_length=80)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    answer_status = models.PositiveSmallIntegerField(null=True)
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["api_key", "route", "key"], name="idempotency_once")]
        indexes = [models.Index(fields=["created_at"], name="idempotency_by_time")]

    def __str__(self) -> str:
        return self.route
