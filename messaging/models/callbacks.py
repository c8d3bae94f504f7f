"""Where an integration hears news (CallbackEndpoint), and each piece of news owed to it (Callback)."""

import base64
import secrets
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from uuid6 import uuid7

from messaging.models.messages import Transaction
from messaging.models.sealing import seal, unseal
from messaging.models.senders import ApiKey

SECRET_BYTES = 32
MOST_AT_ONCE = 10


def new_signing_secret() -> str:
    """A secret in the spelling of Standard Webhooks: whsec_ and 32 random bytes in base64."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()}"


class CallbackEndpoint(models.Model):
    """A host that one integration hears news at: `url` answered the challenge, any address of its host may be told.

    `host` is "shop.example.com:443". News waits while the state is not `active`. `failing_since` is the first failure
    after the last success; `rests_until` the moment before which it asked to be left alone (429, 503).
    """

    class State(models.TextChoices):
        PENDING = "pending", "Not verified"
        ACTIVE = "active", "Active"
        DISABLED = "disabled", "Switched off"

    class Reason(models.TextChoices):
        GONE = "gone", "It answered 410."
        FAILING = "failing", "Every try failed for five days."
        BY_HAND = "by_hand", "It was switched off by hand."

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    api_key = models.ForeignKey(ApiKey, on_delete=models.PROTECT, related_name="endpoints")
    host = models.CharField(max_length=270, editable=False)
    url = models.CharField(max_length=2048)
    secrets_sealed = models.TextField(editable=False)
    # Until then the secret before the present one signs as well.
    previous_until = models.DateTimeField(null=True, editable=False)
    state = models.CharField(max_length=8, choices=State.choices, default=State.PENDING, editable=False)
    reason = models.CharField(max_length=8, choices=Reason.choices, blank=True, default="", editable=False)
    concurrency = models.PositiveSmallIntegerField(
        default=2, validators=[MinValueValidator(1), MaxValueValidator(MOST_AT_ONCE)]
    )
    verified_at = models.DateTimeField(null=True, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    rests_until = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = "callback endpoint"
        constraints = [
            models.UniqueConstraint(fields=["api_key", "host"], name="endpoint_once_per_host"),
            models.CheckConstraint(
                condition=Q(concurrency__gte=1, concurrency__lte=MOST_AT_ONCE), name="endpoint_concurrency_bounded"
            ),
            models.CheckConstraint(
                condition=~Q(state="active") | Q(verified_at__isnull=False), name="endpoint_active_is_verified"
            ),
        ]

    def __str__(self) -> str:
        return self.host

    @property
    def secret(self) -> str:
        """The secret that signs, opened. For the length of a try, and for the one answer that shows it."""
        return unseal(self.secrets_sealed)["secret"]

    def renew_secret(self, *, keep_until: datetime | None = None) -> str:
        """Set a new secret, unsaved; the present one signs beside it until `keep_until`. Out: the new one."""
        secret = new_signing_secret()
        kept = {"previous": self.secret} if keep_until else {}
        self.secrets_sealed, self.previous_until = seal({"secret": secret, **kept}), keep_until
        return secret

    def signing_secrets(self, now: datetime) -> Sequence[str]:
        """Those that sign at a moment, the newest first. Raises SealBroken."""
        values = unseal(self.secrets_sealed)
        both = self.previous_until is not None and now < self.previous_until and "previous" in values
        return (values["secret"], values["previous"]) if both else (values["secret"],)


class CallbackQuerySet(models.QuerySet["Callback"]):
    def for_key(self, key: ApiKey) -> "CallbackQuerySet":
        """What an integration may see: the news it was owed itself."""
        return self.filter(endpoint__api_key=key)


class Callback(models.Model):
    """One piece of news about a transaction, frozen as it is owed; its id is the `webhook-id` of every try.

    `sequence` grows by one with each piece of a transaction's news. Written in the commit of the fact it tells of.
    `dialect` names the provider in whose words it is ("" is ours). `outcome` says what came of the last try, `status`
    what was answered to it; of the answer itself nothing is kept.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        TOLD = "told", "Told"
        EXHAUSTED = "exhausted", "Given up"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    endpoint = models.ForeignKey(CallbackEndpoint, on_delete=models.PROTECT, related_name="callbacks")
    transaction = models.ForeignKey(Transaction, on_delete=models.CASCADE, related_name="callbacks")
    sequence = models.PositiveIntegerField()
    event = models.CharField(max_length=12)
    dialect = models.CharField(max_length=20, blank=True, default="")
    method = models.CharField(max_length=4, default="POST")
    url = models.CharField(max_length=2048)
    headers = models.JSONField(default=dict)
    body = models.BinaryField()
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING)
    next_attempt_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    status = models.PositiveSmallIntegerField(null=True)
    outcome = models.CharField(max_length=20, blank=True, default="")
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True)

    objects = CallbackQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        permissions = [("replay_callback", "Can replay callbacks")]
        indexes = [
            models.Index(
                fields=["endpoint", "next_attempt_at", "id"], name="callback_due", condition=Q(state="waiting")
            ),
            models.Index(fields=["lease_until"], name="callback_leased", condition=Q(lease_until__isnull=False)),
            models.Index(fields=["endpoint", "-id"], name="callback_of_endpoint"),
            models.Index(fields=["created_at"], name="callback_by_time"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["transaction", "sequence"], name="callback_once"),
            # What waits must be findable by the sender.
            models.CheckConstraint(
                condition=~Q(state="waiting") | Q(next_attempt_at__isnull=False), name="callback_waiting_has_time"
            ),
            models.CheckConstraint(
                condition=Q(lease_token=None, lease_until=None)
                | Q(lease_token__isnull=False, lease_until__isnull=False),
                name="callback_lease_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.sequence}"

    @property
    def shown_url(self) -> str:
        """Where it goes, without what may be secret: callers put keys into paths and queries."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}/" + ("…" if parts.path.strip("/") or parts.query else "")
