"""Contents stored at a provider, to be sent from there to many."""

from django.db import models
from django.db.models import Q

from messaging.models.senders import ProviderAccount


class SavedContent(models.Model):
    """One content at one account. `digest` is that of the content as the provider gets it, media addresses included.

    Whoever sets `lease_until` saves it; the others wait. Without a `provider_ref` there is nothing to send yet.
    """

    class State(models.TextChoices):
        SAVING = "saving"
        ENCODING = "encoding"
        READY = "ready"
        FAILED = "failed"

    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64)
    state = models.CharField(max_length=8, choices=State.choices, default=State.SAVING)
    provider_ref = models.CharField(max_length=100, blank=True, default="")
    code = models.CharField(max_length=40, blank=True, default="")
    text = models.CharField(max_length=300, blank=True, default="")
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "digest"], name="saved_once_per_account"),
            models.CheckConstraint(
                condition=Q(state="saving") | Q(state="failed") | ~Q(provider_ref=""), name="saved_has_reference"
            ),
        ]
        indexes = [models.Index(fields=["account", "provider_ref"], name="saved_by_reference")]

    def __str__(self) -> str:
        return f"saved content {self.pk}"
