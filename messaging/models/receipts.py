"""The inbox of raw webhook bodies: stored first, understood later (reliability, 3.3)."""

from django.db import models
from django.db.models import Q

from messaging.models.messages import Transaction
from messaging.models.senders import ProviderAccount


class ReceiptInbox(models.Model):
    """One webhook body as it came. The same body again only raises `seen_count`."""

    class State(models.TextChoices):
        NEW = "new", "New"
        DONE = "done", "Done"
        WAITING = "waiting", "Waiting for its message"
        ORPHAN = "orphan", "No message found"
        QUARANTINED = "quarantined", "Not readable"
        DEAD = "dead", "Failed again and again"

    account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, related_name="+")
    received_at = models.DateTimeField()
    method = models.CharField(max_length=8)
    headers = models.JSONField(default=dict)
    body = models.BinaryField()
    digest = models.CharField(max_length=64)
    seen_count = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=11, choices=State.choices, default=State.NEW)
    # How often its message was looked for in vain, and how often reading it broke.
    attempts = models.PositiveSmallIntegerField(default=0)
    failures = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    note = models.CharField(max_length=300, blank=True, default="")
    transaction = models.ForeignKey(Transaction, null=True, on_delete=models.SET_NULL, related_name="receipts")

    class Meta:
        ordering = ["-id"]
        verbose_name = "receipt"
        verbose_name_plural = "receipt inbox"
        permissions = [("replay_receiptinbox", "Can replay receipts")]
        constraints = [
            models.UniqueConstraint(fields=["account", "digest"], name="receipt_body_once"),
            models.CheckConstraint(
                condition=~Q(state__in=["new", "waiting"]) | Q(next_attempt_at__isnull=False),
                name="receipt_open_has_time",
            ),
        ]
        indexes = [
            models.Index(fields=["next_attempt_at"], name="receipt_due", condition=Q(state__in=["new", "waiting"])),
            models.Index(fields=["state", "-id"], name="receipt_by_state"),
            models.Index(fields=["received_at"], name="receipt_by_time"),
        ]

    def __str__(self) -> str:
        return f"receipt {self.pk}"
