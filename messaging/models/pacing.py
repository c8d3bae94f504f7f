"""What the processes that send share of their pace, where no Redis keeps it; and the switch that stops all sending."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from django.db.models import QuerySet


class PaceBucket(models.Model):
    """A token bucket, kept as the moment at which it will be full again, in seconds since 1970 by the database's clock.

    `granted` is what the last one who asked got.
    """

    key = models.CharField(primary_key=True, max_length=60)
    full_at = models.FloatField(default=0)
    granted = models.PositiveIntegerField(default=0)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.key


class PaceShare(models.Model):
    """How many calls one process may have under way at an account; void after `until` (seconds since 1970)."""

    key = models.CharField(max_length=60)
    process = models.CharField(max_length=120)
    calls = models.PositiveIntegerField()
    hungry = models.BooleanField()
    until = models.FloatField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["key", "process"], name="pace_share_once")]

    def __str__(self) -> str:
        return f"{self.key} {self.process}"


class SendingPause(models.Model):
    """A time in which nothing at all is sent: who stopped it, why, and who let it go on. At most one is open."""

    paused_at = models.DateTimeField()
    paused_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    reason = models.CharField(max_length=300)
    resumed_at = models.DateTimeField(null=True)
    resumed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        default_permissions = ()
        ordering = ["-paused_at"]
        constraints = [
            models.UniqueConstraint(models.Value(1), condition=Q(resumed_at=None), name="sending_paused_once"),
            models.CheckConstraint(condition=~Q(reason=""), name="sending_pause_has_reason"),
        ]

    def __str__(self) -> str:
        return self.reason

    @classmethod
    def running(cls) -> "QuerySet[SendingPause]":
        """The pause that is open now; none when sending is on."""
        return cls.objects.filter(resumed_at=None)
