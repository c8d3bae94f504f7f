"""Provider accounts, the sender IDs that belong to them, and the API keys of integrations."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, Group, User
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from uuid6 import uuid7

from messaging.addresses import AddressError, SenderKind, check_sender
from messaging.gateway import registry
from messaging.gateway.contract import Account
from messaging.models.rows import Unheard
from messaging.models.sealing import SealBroken, seal, unseal

# How long an account takes to climb from nothing back to its pace after it was throttled.
RECOVERY = timedelta(seconds=60)


@lru_cache(maxsize=256)
def _given(sealed: str) -> frozenset[str]:
    # Remembered by the sealed text: names only, so that asking about a sender opens no secret each time.
    try:
        return frozenset(name for name, value in unseal(sealed).items() if value.strip())
    except SealBroken:
        return frozenset()


def new_webhook_secret() -> str:
    """An unguessable path segment of 32 bytes."""
    return secrets.token_urlsafe(32)


class ProviderAccount(Unheard):
    """One set of credentials at one provider. Credentials are sealed and never shown again."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=80, unique=True)
    provider = models.CharField(max_length=20)
    base_url = models.CharField(max_length=300, help_text="Where your tenant lives, without the path of the call.")
    credentials_sealed = models.TextField(blank=True, default="", editable=False)
    options = models.JSONField(default=dict, blank=True)
    calls_per_second = models.PositiveSmallIntegerField(default=10)
    concurrency = models.PositiveSmallIntegerField(default=10)
    webhook_secret = models.CharField(max_length=64, unique=True, default=new_webhook_secret, editable=False)
    webhook_secret_previous = models.CharField(max_length=64, null=True, blank=True, unique=True, editable=False)
    source_cidrs = models.JSONField(default=list, blank=True)
    # Refusals in a row that point at the account itself; one acceptance sets it back to nought.
    config_faults = models.PositiveSmallIntegerField(default=0, editable=False)
    paused_at = models.DateTimeField(null=True, blank=True, editable=False)
    paused_reason = models.CharField(max_length=300, blank=True, default="", editable=False)
    # Throttled by the provider: the calls a second it bore then, from which it climbs back (`rate_at`), and until when
    # it asked to be left alone.
    slowed_to = models.FloatField(null=True, editable=False)
    slowed_at = models.DateTimeField(null=True, editable=False)
    slowed_until = models.DateTimeField(null=True, editable=False)
    # What the last test of this account found: a list of {"what", "verdict", "text"}.
    tested_at = models.DateTimeField(null=True, blank=True, editable=False)
    test_findings = models.JSONField(default=list, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(concurrency__gt=0), name="account_concurrency_positive"),
            models.CheckConstraint(condition=Q(calls_per_second__gt=0), name="account_calls_positive"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def audience(self) -> str:
        """Who it is at the media host: files have addresses of their own for each account."""
        return f"account:{self.pk}"

    def rate_at(self, now: datetime) -> float:
        """Calls a second it may get: what is configured, or less for a while after its provider has throttled it; 0 as
        long as that asked to be left alone."""
        full = float(self.calls_per_second)
        if self.slowed_to is None or self.slowed_at is None:
            return full
        if self.slowed_until and now < self.slowed_until:
            return 0.0
        since = max(self.slowed_at, self.slowed_until or self.slowed_at)
        # Two clocks are never quite the same: what was slowed down by another's is not slowed to nothing by ours.
        return min(full, self.slowed_to + full * max(now - since, timedelta()) / RECOVERY)

    def clean(self) -> None:
        if self.provider and self.provider not in registry.names():
            raise ValidationError({"provider": f"Choose one of {', '.join(registry.names())}."})

    @property
    def credentials(self) -> dict[str, str]:
        """The credentials, opened. For the length of a call only; never for a page."""
        return unseal(self.credentials_sealed)

    @credentials.setter
    def credentials(self, values: Mapping[str, str]) -> None:
        self.credentials_sealed = seal(values)

    @property
    def given(self) -> frozenset[str]:
        """The names of the credentials that are set, without their values; none where they cannot be opened."""
        return _given(self.credentials_sealed)

    def opened(self) -> Account:
        """The account as the gateway knows it, credentials opened. Raises SealBroken."""
        credentials = self.credentials
        keys = (credentials.get("webhook_key"), credentials.get("webhook_key_previous"))
        return Account(
            id=str(self.pk),
            provider=self.provider,
            base_url=self.base_url.rstrip("/"),
            credentials=credentials,
            webhook_url=self.webhook_url,
            webhook_keys=tuple(key for key in keys if key),
            options=self.options,
        )

    @property
    def webhook_url(self) -> str:
        """The address to paste at the provider."""
        return f"{settings.PUBLIC_BASE_URL}/webhooks/{self.provider}/{self.webhook_secret}"


class SenderQuerySet(models.QuerySet["Sender"]):
    def for_user(self, user: AbstractBaseUser | AnonymousUser) -> "SenderQuerySet":
        """The senders a person may choose: all that name no group, and those of the person's groups."""
        if not isinstance(user, User):
            return self.none()
        if user.is_superuser:
            return self
        return self.filter(Q(allowed_groups=None) | Q(allowed_groups__in=user.groups.all())).distinct()

    def served(self) -> "SenderQuerySet":
        """Those that can send at all: a provider's folder may be gone while its accounts are still here."""
        return self.filter(account__provider__in=registry.names())

    def for_key(self, key: "ApiKey") -> "SenderQuerySet":
        """The senders an integration may use: those its key lists, or all when it lists none."""
        return self.filter(api_keys=key) if key.senders.exists() else self


class Sender(Unheard):
    """A sender ID that staff and integrations may choose."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    address = models.CharField(max_length=20, help_text="A short code, a number in E.164, or a mask.")
    label = models.CharField(max_length=60, blank=True, default="", help_text="What staff see beside it.")
    kind = models.CharField(max_length=12, choices=[(kind.value, kind.value) for kind in SenderKind])
    country = models.CharField(max_length=2, default="US")
    account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, related_name="senders")
    mms_enabled = models.BooleanField("MMS enabled", default=True)
    messages_per_second = models.PositiveSmallIntegerField(null=True, blank=True)
    config_faults = models.PositiveSmallIntegerField(default=0, editable=False)
    paused_at = models.DateTimeField(null=True, blank=True, editable=False)
    paused_reason = models.CharField(max_length=300, blank=True, default="", editable=False)
    allowed_groups = models.ManyToManyField(Group, blank=True, related_name="senders")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SenderQuerySet.as_manager()

    class Meta:
        ordering = ["label", "address"]
        constraints = [
            models.UniqueConstraint(fields=["account", "address"], name="sender_once_per_account"),
            models.CheckConstraint(condition=Q(kind__in=[kind.value for kind in SenderKind]), name="sender_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.address}, {self.label}" if self.label else self.address

    @property
    def is_paused(self) -> bool:
        """Whether it is paused, or the account it belongs to, which is to be loaded."""
        return bool(self.paused_at or self.account.paused_at)

    def clean(self) -> None:
        if not self.kind:
            return
        try:
            check_sender(self.address, SenderKind(self.kind))
        except AddressError as error:
            raise ValidationError({"address": error.message}) from error


SCOPES = {
    "messages:send": "Send and cancel messages",
    "messages:read": "Read messages, transactions and timelines",
    "templates:read": "Read templates",
    "templates:write": "Save templates",
    "senders:read": "Read sender IDs",
    "media:read": "Read media",
    "media:write": "Upload, describe and archive media",
    "opt_outs:read": "Read opt-outs",
    "opt_outs:write": "Enter opt-outs, and lift those that it entered",
    "callbacks:read": "Read what callers were told, and the endpoints",
    "callbacks:write": "Register endpoints and replay callbacks",
    "events:read": "Follow the feed of events",
}


class ApiKey(Unheard):
    """An integration. The key itself is shown once; only its digest stays. Also verifies the JWTs it issues.

    A `test` key reaches accounts at sandboxes only. While a rotation runs, the secrets of before hold as well, until
    `previous_until`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=8, unique=True, editable=False)
    test = models.BooleanField(
        "test key", default=False, help_text="Reaches sandboxes only, never a real provider. Cannot be changed later."
    )
    digest = models.CharField(max_length=64, editable=False)
    digest_previous = models.CharField(max_length=64, blank=True, default="", editable=False)
    jwt_secret_sealed = models.TextField(editable=False, default="")
    jwt_secret_previous_sealed = models.TextField(editable=False, default="")
    previous_until = models.DateTimeField("previous secret until", null=True, blank=True, editable=False)
    scopes = models.JSONField(default=list)
    senders = models.ManyToManyField(Sender, blank=True, related_name="api_keys")
    source_cidrs = models.JSONField(default=list, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    calls_per_second = models.PositiveSmallIntegerField(
        default=100,
        validators=[MinValueValidator(1)],
        help_text="On average; ten seconds' worth may come at once.",
    )
    recipients_per_day = models.PositiveIntegerField(
        null=True, blank=True, help_text="How many people it may send to in a day of UTC. Empty for any number."
    )
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = "API key"
        constraints = [models.CheckConstraint(condition=Q(calls_per_second__gt=0), name="key_calls_positive")]

    def __str__(self) -> str:
        return f"{self.name} ({self.mark}…)"

    @property
    def mark(self) -> str:
        """What the key begins with: for people, and for whoever looks for keys that leaked."""
        return f"mms_{'test' if self.test else 'live'}_{self.prefix}"

    @property
    def owner_label(self) -> str:
        """How this integration is named as the owner of media and messages."""
        return f"key:{self.id}"

    @property
    def jwt_secret(self) -> str:
        """The base64 secret that signs this integration's JWTs."""
        return unseal(self.jwt_secret_sealed).get("jwt", "")

    def jwt_secrets(self, now: datetime) -> list[str]:
        """All that may sign its JWTs at a moment, the present one first."""
        previous = unseal(self.jwt_secret_previous_sealed).get("jwt", "") if self.rotating(now) else ""
        return [secret for secret in (self.jwt_secret, previous) if secret]

    def rotating(self, now: datetime) -> bool:
        """Whether the secrets from before the last rotation still hold."""
        return self.previous_until is not None and now < self.previous_until

    def matches(self, secret: str, now: datetime | None = None) -> bool:
        """Whether the secret part of a presented key is this key's, in constant time."""
        given = digest_of(secret)
        previous = self.digest_previous if self.rotating(now or timezone.now()) else ""
        return hmac.compare_digest(self.digest, given) | hmac.compare_digest(previous, given)


def digest_of(secret: str) -> str:
    """What is stored of a key: SHA-256 of its secret part, peppered with the portal's own secret."""
    return hmac.new(settings.SECRET_KEY.encode(), secret.encode(), hashlib.sha256).hexdigest()
