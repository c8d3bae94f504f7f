"""Files on their way in, sent by the browser straight to the storage."""

import uuid6
from django.db import models
from django.utils import timezone

from media.models.assets import Asset


class Upload(models.Model):
    """A file that a browser was allowed to put into the storage, until it has become an asset or was refused.

    `size` is what was announced, in bytes; `storage_key` where it is to be put, and only there. `refusal` is what
    `Refused.kept` says.
    """

    class Status(models.TextChoices):
        STARTED = "started"
        ARRIVED = "arrived"
        DONE = "done"
        REFUSED = "refused"

    id = models.UUIDField(primary_key=True, default=uuid6.uuid7, editable=False)
    owner = models.CharField(max_length=80)
    name = models.CharField(max_length=255)
    alt = models.CharField(max_length=500, blank=True, default="")
    size = models.PositiveBigIntegerField()
    status = models.CharField(max_length=7, choices=Status.choices, default=Status.STARTED)
    storage_key = models.CharField(max_length=120, unique=True)
    asset = models.ForeignKey(Asset, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    refusal = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # Past this nothing may arrive any more, and what did is cleared away.
    expires_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["owner", "status"], name="upload_of_owner"),
            models.Index(fields=["expires_at"], name="upload_by_expiry"),
        ]

    def __str__(self) -> str:
        return self.name
