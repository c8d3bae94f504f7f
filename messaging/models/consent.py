"""Who wants to hear nothing more (opt-outs), and what handsets sent us."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from uuid6 import uuid7

from messaging.gateway.facts import Action
from messaging.models.receipts import ReceiptInbox
from messaging.models.senders import ApiKey, ProviderAccount, Sender


class OptOut(models.Model):
    """One number that one sender (or none of ours, when `sender` is null) may not write to, until it is lifted.

    A lifted row stays as the history of the number's consent.
    """

    class Source(models.TextChoices):
        HANDSET = "handset", "A word from the handset"
        PROVIDER = "provider", "Told by the provider"
        PERSON = "person", "Entered by a person"
        API = "api", "Entered by an integration"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.CharField(max_length=20, help_text="In E.164, such as +14165550100.")
    sender = models.ForeignKey(
        Sender,
        null=True,
        blank=True,
        # Whoever said STOP must not hear from a sender again because its row was made anew.
        on_delete=models.PROTECT,
        related_name="opt_outs",
        help_text="Empty: no sender of ours may write to this number.",
    )
    source = models.CharField(max_length=8, choices=Source.choices, default=Source.PERSON)
    evidence = models.CharField(max_length=300, blank=True, default="", help_text="What was said, or why.")
    inbox = models.ForeignKey(ReceiptInbox, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    # The integration that entered it, and alone may lift it over the API.
    api_key = models.ForeignKey(ApiKey, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_why = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        ordering = ["-created_at"]
        verbose_name = "opt-out"
        constraints = [
            models.UniqueConstraint(
                fields=["number", "sender"], condition=Q(lifted_at=None), name="opt_out_once_per_sender"
            ),
            models.UniqueConstraint(
                fields=["number"], condition=Q(lifted_at=None, sender=None), name="opt_out_once_for_all"
            ),
        ]
        indexes = [models.Index(fields=["number"], name="opt_out_active", condition=Q(lifted_at=None))]

    def __str__(self) -> str:
        return f"…{self.number[-4:]}"


class InboundMessage(models.Model):
    """One message from a handset, or its joining or leaving a campaign. The same news again is one row."""

    class Kind(models.TextChoices):
        MMS = "mms", "MMS"
        SMS = "sms", "SMS"
        SUBSCRIPTION = "subscription", "Subscription"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, related_name="+")
    # Null for an address of ours that no sender has (any more).
    sender = models.ForeignKey(Sender, null=True, on_delete=models.SET_NULL, related_name="inbound")
    address = models.CharField(max_length=40)
    number = models.CharField(max_length=20)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    subject = models.CharField(max_length=200, blank=True, default="")
    text = models.TextField(blank=True, default="")
    media_urls = models.JSONField(default=list)
    # Files that hold the text and have yet to be fetched.
    text_urls = models.JSONField(default=list)
    fetch_at = models.DateTimeField(null=True)
    fetch_attempts = models.PositiveSmallIntegerField(default=0)
    action = models.CharField(max_length=5, blank=True, default="", choices=[(one.value, one.value) for one in Action])
    provider_ref = models.CharField(max_length=100, blank=True, default="")
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    inbox = models.ForeignKey(ReceiptInbox, null=True, on_delete=models.SET_NULL, related_name="inbound")
    dedupe_key = models.CharField(max_length=64)

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [models.UniqueConstraint(fields=["account", "dedupe_key"], name="inbound_once")]
        indexes = [
            models.Index(fields=["number", "sender", "-at"], name="inbound_of_conversation"),
            models.Index(fields=["-at"], name="inbound_by_time"),
            models.Index(fields=["fetch_at"], name="inbound_to_fetch", condition=Q(fetch_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"inbound {self.pk}"
