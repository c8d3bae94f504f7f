"""Fitted copies of files."""

import uuid6
from django.db import models
from django.utils import timezone

from media.models.assets import EXTENSIONS, Asset, new_token


class Rendition(models.Model):
    """A copy of an asset made to fit a target; the original stays as it is, for ever smaller copies.

    `target` names what was asked for in one canonical line (`media.fitting.Target`), so that the same work is done
    once. `size` is bytes, `seconds` the playing time, `progress` 0 to 100. `measured` says how good the copy is
    ("ssim", "psnr", "quality", "bitrate", what was done). A failed one carries the reason's code and words.
    """

    class Status(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        READY = "ready"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid6.uuid7, editable=False)
    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="renditions")
    target = models.CharField(max_length=120)
    status = models.CharField(max_length=7, choices=Status.choices, default=Status.WAITING)
    progress = models.PositiveSmallIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    # Whoever works on it holds it until then; past it somebody else may.
    lease_until = models.DateTimeField(null=True, blank=True)
    code = models.CharField(max_length=40, blank=True, default="")
    text = models.CharField(max_length=300, blank=True, default="")
    # The same words for readers of other languages (`media.words.kept`).
    why = models.JSONField(default=dict, blank=True)
    mime_type = models.CharField(max_length=60, blank=True, default="")
    size = models.PositiveIntegerField(null=True, blank=True)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    seconds = models.FloatField(null=True, blank=True)
    measured = models.JSONField(default=dict)
    sha256 = models.CharField(max_length=64, blank=True, default="")
    storage_key = models.CharField(max_length=120, blank=True, default="", db_index=True)
    token = models.CharField(max_length=22, unique=True, default=new_token, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    used_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["status", "lease_until"], name="rendition_to_do")]
        constraints = [
            models.UniqueConstraint(fields=["asset", "target"], name="rendition_once"),
            models.CheckConstraint(
                name="rendition_ready_is_whole",
                condition=~models.Q(status="ready")
                | (models.Q(size__gt=0) & ~models.Q(sha256="") & ~models.Q(storage_key="") & ~models.Q(mime_type="")),
            ),
            models.CheckConstraint(
                name="rendition_status_known",
                condition=models.Q(status__in=["waiting", "running", "ready", "failed"]),
            ),
        ]

    def __str__(self) -> str:
        return self.target

    @property
    def public_name(self) -> str:
        """The last part of the public address: the asset's name with the extension of this copy's type."""
        return f"{self.asset.public_stem}.{EXTENSIONS.get(self.mime_type, 'bin')}"

    @property
    def public_path(self) -> str:
        """Where this portal serves the copy, on whatever host."""
        return f"/m/{self.token}/{self.public_name}"
